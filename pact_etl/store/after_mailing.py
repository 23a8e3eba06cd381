"""Letters that are out: which of them a correction has undone since, and which nothing came back about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import Connection, text

from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.policy import Policy
from pact_etl.domain.reasons import Reason
from pact_etl.domain.truancy import Rule
from pact_etl.store.notices import INVITES
from pact_etl.store.undone import STANDS, Claim, undone_claims

OUT = (
    LetterStatus.PACKAGED,
    LetterStatus.ACKNOWLEDGED,
    LetterStatus.MAILED,
    LetterStatus.DELIVERED,
)
"""Letters that a family has, or will have."""

# Everybody on a letter that is out on which somebody is no longer over the line tonight.
ON_LETTERS = f"""
SELECT * FROM (
  SELECT n.id AS notice, i.id AS invitation, f.district_id, f.student_id, f.rule, n.record_as_of AS night,
         {STANDS} AS stands, bool_and({STANDS}) OVER (PARTITION BY n.id) AS all_stand
  FROM notice n
  JOIN notice_student s ON s.notice_id = n.id
  JOIN invitation i ON i.id = s.invitation_id
  JOIN finding f ON f.id = i.finding_id
  WHERE n.status = ANY(:out) AND {INVITES}
) l WHERE NOT all_stand ORDER BY notice, invitation
"""

MAILED = """
SELECT mailed_on, array_agg(id ORDER BY id) AS notices FROM notice
WHERE status = 'mailed' AND mailed_on < :as_of AND returned_on IS NULL GROUP BY 1 ORDER BY 1
"""

# Nobody has got the invitation, so planning looks for another home; one that a second home holds stays as it is. For a
# letter that followed another one no other home is looked for: its task is a person's.
HOLD_UNREACHED = """
UPDATE invitation i SET status = 'held', reason = :reason
WHERE i.status = 'planned' AND i.id IN (
    SELECT s.invitation_id FROM notice_student s JOIN notice n ON n.id = s.notice_id
    WHERE n.id = ANY(:notices) AND n.follows IS NULL)
  AND NOT EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id WHERE s.invitation_id = i.id
    AND n.follows IS NULL AND n.status NOT IN ('returned', 'withdrawn', 'failed', 'rejected'))
RETURNING i.id
"""

BOOK_REASONS = """
UPDATE notice n SET return_reason = r.reason
FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS r (id, reason)
WHERE n.id = r.id AND n.returned_on IS NOT NULL AND n.return_reason IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneLetter:
    """A letter that is out and tells of what a correction has undone.

    Attributes:
        notice: its id.
        invitations: of the students whose finding was undone.
        districts: ids of these students' districts.
        is_void: nobody is left on it whose finding was right.
    """

    notice: int
    invitations: tuple[int, ...]
    districts: frozenset[int]
    is_void: bool


def undone_letters(
    connection: Connection, policy_on: Callable[[date], Policy]
) -> list[UndoneLetter]:
    """Letters that are out, not yet void, with at least one student who should not have been on them.

    Of that student no finding stands tonight, and the night whose record the letter prints would not find it either
    (`pact_etl.store.undone`).

    Args:
        connection: inside a transaction.
        policy_on: law and county policy of a night.
    """
    rows = connection.execute(text(ON_LETTERS), {"out": [status.value for status in OUT]}).all()
    claims = {
        (row.notice, row.invitation): Claim(
            row.district_id, row.student_id, Rule(row.rule), row.night
        )
        for row in rows
        if not row.stands
    }
    undone = undone_claims(connection, claims.values(), policy_on)
    letters = []
    for notice, group in groupby(rows, key=lambda row: row.notice):
        people = list(group)
        wrong = [p for p in people if claims.get((p.notice, p.invitation)) in undone]
        if wrong:
            letters.append(
                UndoneLetter(
                    notice=notice,
                    invitations=tuple(p.invitation for p in wrong),
                    districts=frozenset(p.district_id for p in wrong),
                    is_void=len(wrong) == len(people),
                )
            )
    return letters


def unanswered_letters(connection: Connection, as_of: date) -> dict[date, list[int]]:
    """Letters mailed before a date about which nothing has come back, by the day on which they were mailed."""
    rows = connection.execute(text(MAILED), {"as_of": as_of})
    return {row.mailed_on: list(row.notices) for row in rows}


def book_return_reasons(connection: Connection, reasons: Mapping[int, str]) -> None:
    """Keep why letters came back, by the post office's endorsement; one that was said before stays."""
    said = {notice: reason for notice, reason in reasons.items() if reason}
    keys = {"ids": list(said), "reasons": list(said.values())}
    connection.execute(text(BOOK_REASONS), keys)


def hold_unreached(connection: Connection, notices: Sequence[int]) -> list[int]:
    """Let invitations wait of which every letter came back, so that planning looks at the homes again; their ids."""
    keys = {"notices": list(notices), "reason": Reason.MAIL_RETURNED.value}
    return sorted(connection.execute(text(HOLD_UNREACHED), keys).scalars())
