"""Whether a past night's finding would be made again: the one truth about what a correction has undone.

What was found is undone when that night, with all that is known of its days now, would not have found it: its days are
excused or gone, were no schooldays, or the student was not enrolled on them. Days attended since undo nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from pact_etl.domain.policy import Policy
from pact_etl.domain.retention import RecordClass
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.truancy import Rule
from pact_etl.store.findings import judge, students_over
from pact_etl.store.tallies import count_past_night

# Whoever is over the line tonight was rightly written to, whatever the letter's own night would say.
STANDS = """
EXISTS (SELECT FROM finding g WHERE g.district_id = f.district_id AND g.student_id = f.student_id
          AND g.school_year = f.school_year AND g.rule = f.rule AND g.ended_as_of IS NULL)
"""

ASKED = """
INSERT INTO asked SELECT * FROM unnest(CAST(:districts AS bigint[]), CAST(:students AS bigint[]))
"""


class Claim(NamedTuple):
    """That a student of a district was over a rule's line on a night."""

    district_id: int
    student_id: int
    rule: Rule
    night: date


def undone_claims(
    connection: Connection, claims: Iterable[Claim], policy_on: Callable[[date], Policy]
) -> frozenset[Claim]:
    """Those that would not be found on their night by what is known now.

    A year whose marks have been destroyed says nothing any more: of its nights nothing is undone.

    Args:
        connection: inside a transaction, for the temporary tables; see `count_past_night`.
        claims: what was found.
        policy_on: law and county policy of a night.
    """
    gone = attendance_gone_through(connection)
    by_night: dict[date, set[Claim]] = defaultdict(set)
    for claim in claims:
        if gone is None or school_year_of(claim.night).first > gone:
            by_night[claim.night].add(claim)
    undone: set[Claim] = set()
    for night, found in sorted(by_night.items()):
        policy = policy_on(night)
        _ask(connection, found)
        count_past_night(connection, school_year_of(night), night, policy, "asked")
        judge(connection, policy)
        over = {rule: students_over(connection, rule) for rule in {c.rule for c in found}}
        undone |= {c for c in found if (c.district_id, c.student_id) not in over[c.rule]}
    return frozenset(undone)


def _ask(connection: Connection, claims: Iterable[Claim]) -> None:
    pairs = sorted({(c.district_id, c.student_id) for c in claims})
    connection.execute(text("DROP TABLE IF EXISTS asked"))
    table = "CREATE TEMP TABLE asked (district_id bigint, student_id bigint) ON COMMIT DROP"
    connection.execute(text(table))
    keys = {"districts": [d for d, _ in pairs], "students": [s for _, s in pairs]}
    connection.execute(text(ASKED), keys)
    connection.execute(text("ANALYZE asked"))


def attendance_gone_through(connection: Connection) -> date | None:
    """The last day whose marks have been destroyed; None where none have."""
    query = "SELECT max(due_through) FROM purge WHERE record_class = :attendance AND deleted > 0"
    keys = {"attendance": RecordClass.ATTENDANCE.value}
    gone: date | None = connection.execute(text(query), keys).scalar_one()
    return gone
