"""What the nights really found, planned and sent: what another policy is compared with."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule
from pact_etl.store.batches import RELEASED_SQL
from pact_etl.store.notices import INVITES
from pact_etl.store.replay.findings import Standing

# A finding that a repeated night took back at once never stood.
FINDINGS = """
SELECT f.district_id, f.student_id, f.rule, f.as_of FROM finding f
WHERE f.school_year = :school_year AND f.as_of BETWEEN :first AND :last
  AND f.ended_as_of IS DISTINCT FROM f.as_of
ORDER BY f.as_of, f.id
"""

STANDING = """
SELECT f.district_id, f.student_id, f.rule, f.as_of, f.unexcused_days FROM finding f
WHERE f.school_year = :school_year AND f.as_of < :first AND COALESCE(f.ended_as_of, 'infinity') >= :first
"""

INVITATIONS = """
SELECT i.student_id, f.district_id, i.as_of, i.status, i.reason,
       EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id JOIN batch b ON b.id = n.batch_id
               WHERE s.invitation_id = i.id AND b.released_as_of IS NOT NULL
                 AND n.status NOT IN ('withdrawn', 'failed')) AS is_sent
FROM invitation i JOIN finding f ON f.id = i.finding_id
WHERE i.school_year = :school_year AND i.status <> 'withdrawn' AND i.sequence = 1
"""

LAST_LETTERS = f"""
SELECT p.student_id, max(b.released_as_of) AS last_letter
FROM invitation p JOIN notice_student s ON s.invitation_id = p.id JOIN notice n ON n.id = s.notice_id
JOIN batch b ON b.id = n.batch_id
WHERE p.status = 'planned' AND b.status IN {RELEASED_SQL}
  AND {INVITES}
  AND n.status NOT IN ('withdrawn', 'failed', 'void') AND b.released_as_of < :first
GROUP BY p.student_id
"""


def recorded_findings(
    connection: Connection, year: SchoolYear, first: date, last: date
) -> pd.DataFrame:
    """Findings that the nights of a span opened: `district_id`, `student_id`, `rule`, `as_of`."""
    keys = {"school_year": year.name, "first": first, "last": last}
    rows = connection.execute(text(FINDINGS), keys).all()
    return pd.DataFrame(rows, columns=["district_id", "student_id", "rule", "as_of"])


def standing_before(
    connection: Connection, year: SchoolYear, first: date
) -> dict[int, dict[tuple[Rule, int], Standing]]:
    """By district, then rule and student, the findings that stood when a night began."""
    found: dict[int, dict[tuple[Rule, int], Standing]] = {}
    for row in connection.execute(text(STANDING), {"school_year": year.name, "first": first}):
        own = found.setdefault(row.district_id, {})
        own[Rule(row.rule), row.student_id] = Standing(
            as_of=row.as_of, unexcused_days=row.unexcused_days
        )
    return found


def recorded_invitations(connection: Connection, year: SchoolYear) -> pd.DataFrame:
    """Invitations of a school year: `student_id`, `district_id`, `as_of`, `status`, `reason`, `is_sent`."""
    rows = connection.execute(text(INVITATIONS), {"school_year": year.name}).all()
    columns = ["student_id", "district_id", "as_of", "status", "reason", "is_sent"]
    return pd.DataFrame(rows, columns=columns)


def last_letters(connection: Connection, first: date) -> dict[int, date]:
    """When an invitation about each student last left before a day, in any school year."""
    rows = connection.execute(text(LAST_LETTERS), {"first": first})
    return {row.student_id: row.last_letter for row in rows}
