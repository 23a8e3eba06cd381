"""A school's tracks have calendars of their own, and an enrollment says which of them it follows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENROLLMENT = "whose calendar of the school's the student follows; empty for the common one"
CALENDAR = "One row per date of the year; what a track does not state is as in the common calendar."
TRACKS = "Tracks with a calendar of their own. A student of any other track follows the common one."

# The view of 0002, with the track whose calendar counts for the span.
SPANS_BY_TRACK = """
CREATE OR REPLACE VIEW enrollment_span AS
SELECT e.district_id, e.student_id, e.school_id, e.grade, e.entry_date,
       LEAST(COALESCE(e.exit_date, 'infinity'), COALESCE(lead(e.entry_date) OVER spans - 1, 'infinity')) AS exit_date,
       COALESCE(c.track, '') AS track
FROM enrollment e
LEFT JOIN calendar_track c ON c.school_id = e.school_id AND c.track = e.track
WHERE e.recorded_to IS NULL
WINDOW spans AS (PARTITION BY e.district_id, e.student_id ORDER BY e.entry_date, e.id)
"""

SPANS = """
CREATE VIEW enrollment_span AS
SELECT district_id, student_id, school_id, grade, entry_date,
       LEAST(COALESCE(exit_date, 'infinity'), COALESCE(lead(entry_date) OVER spans - 1, 'infinity')) AS exit_date
FROM enrollment
WHERE recorded_to IS NULL
WINDOW spans AS (PARTITION BY district_id, student_id ORDER BY entry_date, id)
"""


def upgrade() -> None:
    op.add_column("enrollment", _track(ENROLLMENT))
    op.add_column("calendar_day", _track())
    _key(["school_id", "track", "date"])
    op.create_table_comment("calendar_day", CALENDAR)
    op.create_table(
        "calendar_track",
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name="fk_calendar_track_school_id_school"
        ),
        sa.PrimaryKeyConstraint("school_id", "track", name="pk_calendar_track"),
        comment=TRACKS,
    )
    for table in ("staging_enrollments", "staging_calendar"):
        op.add_column(table, sa.Column("track", sa.Text()))
    op.execute(SPANS_BY_TRACK)


def downgrade() -> None:
    op.execute("DROP VIEW enrollment_span")
    for table in ("staging_enrollments", "staging_calendar"):
        op.drop_column(table, "track")
    op.drop_table("calendar_track")
    op.drop_table_comment("calendar_day")
    op.execute("DELETE FROM calendar_day WHERE track <> ''")
    _key(["school_id", "date"])
    op.drop_column("calendar_day", "track")
    op.drop_column("enrollment", "track")
    op.execute(SPANS)


def _track(comment: str | None = None) -> "sa.Column[str]":
    return sa.Column("track", sa.Text(), nullable=False, server_default="", comment=comment)


def _key(columns: list[str]) -> None:
    op.drop_constraint("pk_calendar_day", "calendar_day", type_="primary")
    op.create_primary_key("pk_calendar_day", "calendar_day", columns)
