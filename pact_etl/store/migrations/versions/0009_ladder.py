"""Weekend classes are numbered apart from schooldays; exempt days leave D; the ladder as districts tell it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Days already numbered counted weekend classes among the schooldays. School years run from 1 July.
RENUMBER = """
UPDATE calendar_day t SET day_number = n.day_number, weekend_day_number = n.weekend_day_number
FROM (
  SELECT school_id, track, date,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) < 6) OVER so_far AS day_number,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) > 5) OVER so_far AS weekend_day_number
  FROM calendar_day
  WINDOW so_far AS (PARTITION BY school_id, track, extract(year FROM date - interval '6 months') ORDER BY date)
) n
WHERE t.school_id = n.school_id AND t.track = n.track AND t.date = n.date
  AND (t.day_number, t.weekend_day_number) <> (n.day_number, n.weekend_day_number)
"""
DUE = """
INSERT INTO tally_due
SELECT DISTINCT e.district_id, e.student_id FROM enrollment e JOIN calendar_day c USING (school_id)
WHERE e.recorded_to IS NULL AND c.weekend_day_number > 0
UNION SELECT DISTINCT district_id, student_id FROM mark WHERE recorded_to IS NULL AND status = 'exempt'
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.add_column(
        "calendar_day",
        sa.Column(
            "weekend_day_number",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="the same of weekend classes, which count only where the county says so",
        ),
    )
    op.alter_column(
        "calendar_day",
        "day_number",
        comment="instructional weekdays of the school year through this date, so that a denominator is a subtraction",
    )
    op.add_column(
        "tally", sa.Column("exempt_days", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "staging_ladder",
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("local_id", sa.Text()),
        sa.Column("step", sa.Text()),
        sa.Column("section", sa.Text()),
        sa.Column("date", sa.Date()),
        sa.Column("channel", sa.Text()),
        sa.Column("proof", sa.Text()),
    )
    op.create_index("ix_staging_ladder_submission", "staging_ladder", ["submission_id"])
    op.create_table(
        "ladder_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column(
            "section", sa.Text(), nullable=False, comment="of the Education Code, such as 48260.5"
        ),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("proof", sa.Text(), comment="where the district can show it, in its own words"),
        sa.Column("recorded_from", sa.BigInteger(), nullable=False),
        sa.Column("recorded_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_ladder_step_district_id_district"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_ladder_step_student_id_student"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_from"], ["submission.id"], name="fk_ladder_step_recorded_from_submission"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_to"], ["submission.id"], name="fk_ladder_step_recorded_to_submission"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ladder_step"),
        comment="As districts told it; derived steps are worked out when asked and never stored.",
    )
    for column in ("student_id", "recorded_from", "recorded_to"):
        op.create_index(f"ix_ladder_step_{column}", "ladder_step", [column])
    op.create_index(
        "uq_ladder_step_believed",
        "ladder_step",
        ["district_id", "student_id", "step", "section", "date"],
        unique=True,
        postgresql_where=sa.text("recorded_to IS NULL"),
    )
    op.execute(RENUMBER)
    op.execute(DUE)


def downgrade() -> None:
    op.drop_table("ladder_step")
    op.drop_table("staging_ladder")
    op.drop_column("tally", "exempt_days")
    op.drop_column("calendar_day", "weekend_day_number")
