"""Weekend classes are numbered apart from schooldays; exempt days leave D."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0006"
branch_labels = None
depends_on = None

# Days already numbered counted weekend classes among the schooldays. School years run from 1 July.
RENUMBER = """
UPDATE calendar_day t SET day_number = n.day_number, weekend_day_number = n.weekend_day_number
FROM (
  SELECT school_id, date,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) < 6) OVER so_far AS day_number,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) > 5) OVER so_far AS weekend_day_number
  FROM calendar_day
  WINDOW so_far AS (PARTITION BY school_id, extract(year FROM date - interval '6 months') ORDER BY date)
) n
WHERE t.school_id = n.school_id AND t.date = n.date
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
    op.execute(RENUMBER)
    op.execute(DUE)


def downgrade() -> None:
    op.drop_column("tally", "exempt_days")
    op.drop_column("calendar_day", "weekend_day_number")
