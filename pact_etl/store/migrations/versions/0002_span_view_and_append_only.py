"""The view that settles overlapping enrollments, and the guard that keeps logs append-only."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# When two enrollments of one student in one district overlap, the later entry takes over from its entry date:
# the earlier school's exit is the one that arrives late in practice.
ENROLLMENT_SPAN = """
CREATE VIEW enrollment_span AS
SELECT district_id, student_id, school_id, grade, entry_date,
       LEAST(COALESCE(exit_date, 'infinity'), COALESCE(lead(entry_date) OVER spans - 1, 'infinity')) AS exit_date
FROM enrollment
WHERE recorded_to IS NULL
WINDOW spans AS (PARTITION BY district_id, student_id ORDER BY entry_date, id)
"""

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    op.execute(ENROLLMENT_SPAN)
    op.execute(REFUSE)
    for table in ("disclosure", "notice_event"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("disclosure", "notice_event"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change")
    op.execute("DROP VIEW enrollment_span")
