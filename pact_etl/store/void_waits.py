"""Letters whose void waits for a person, because unusually many of their district were undone at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.void_brake import VoidAnswer
from pact_etl.store.notices import INVITES

# The district's letters of a school year that a family has or will have.
LETTERS_OUT = f"""
SELECT f.district_id, count(DISTINCT n.id) AS letters
FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id
WHERE n.status = ANY(:out) AND {INVITES} AND n.record_as_of >= :since GROUP BY 1
"""

VOIDED_BY = """
SELECT f.district_id, count(DISTINCT n.notice_id) AS letters
FROM notice_event n JOIN notice_student s ON s.notice_id = n.notice_id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id
WHERE n.event = 'void' AND n.is_applied AND n.source = :source
  AND NOT EXISTS (SELECT FROM void_wait w WHERE w.notice_id = n.notice_id) GROUP BY 1
"""

STANDING = "SELECT notice_id, district_id, since, answer FROM void_wait WHERE ended_as_of IS NULL ORDER BY id"

WAIT = """
INSERT INTO void_wait (notice_id, district_id, since)
SELECT notice_id, district_id, :since
FROM unnest(CAST(:notices AS bigint[]), CAST(:districts AS bigint[])) AS w (notice_id, district_id)
ON CONFLICT (notice_id, district_id) WHERE ended_as_of IS NULL DO NOTHING
"""

END = """
UPDATE void_wait SET ended_as_of = :as_of WHERE ended_as_of IS NULL AND notice_id = ANY(:notices)
"""

ANSWER = """
UPDATE void_wait w SET answer = :answer, answered_by = :by, answered_reason = :reason, answered_as_of = :as_of,
       answered_at = now()
FROM district d
WHERE d.id = w.district_id AND d.slug = :slug AND w.ended_as_of IS NULL AND w.answer IS NULL
"""

LISTED = """
SELECT d.slug AS district, w.notice_id, w.since, w.answer, w.answered_by, w.answered_as_of, w.answered_reason
FROM void_wait w JOIN district d ON d.id = w.district_id WHERE w.ended_as_of IS NULL
ORDER BY d.slug, w.since, w.notice_id
"""

ANSWERED_BEFORE = """
SELECT count(*) FROM void_wait w JOIN district d ON d.id = w.district_id
WHERE d.slug = :slug AND w.answer = :answer AND w.answered_as_of = :as_of AND w.answered_by = :by
"""

TASKED = """
SELECT invitation_id FROM staff_task WHERE reason = :reason AND invitation_id = ANY(:invitations)
"""

CLOSE_TASKS = """
UPDATE staff_task t SET closed_as_of = :as_of
WHERE t.reason = 'void_waits' AND t.closed_as_of IS NULL AND NOT EXISTS (
  SELECT FROM void_wait w JOIN notice_student s ON s.notice_id = w.notice_id
  WHERE s.invitation_id = t.invitation_id AND w.ended_as_of IS NULL AND w.answer IS NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidWait:
    """One letter that waits on account of one district; `answer` is None until a person has said."""

    notice: int
    district_id: int
    answer: VoidAnswer | None


def letters_out(
    connection: Connection, statuses: Iterable[LetterStatus], since: date
) -> dict[int, int]:
    """District id to its letters that are out and print a record of a day since.

    Args:
        connection: any.
        statuses: what a letter that is out can be.
        since: the first day.
    """
    keys = {"out": [status.value for status in statuses], "since": since}
    rows = connection.execute(text(LETTERS_OUT), keys)
    return {row.district_id: int(row.letters) for row in rows}


def voided_unasked(connection: Connection, source: str) -> dict[int, int]:
    """District id to letters that one night's correction has made void already without anybody being asked."""
    rows = connection.execute(text(VOIDED_BY), {"source": source})
    return {row.district_id: int(row.letters) for row in rows}


def standing_waits(connection: Connection) -> list[VoidWait]:
    """Every wait that has not ended, answered ones among them."""
    return [
        VoidWait(
            notice=row.notice_id,
            district_id=row.district_id,
            answer=None if row.answer is None else VoidAnswer(row.answer),
        )
        for row in connection.execute(text(STANDING))
    ]


def let_wait(connection: Connection, letters: Mapping[int, Iterable[int]], since: date) -> None:
    """Let letters wait, each for the districts it is about; one that waits already goes on waiting."""
    pairs = sorted((notice, d) for notice, districts in letters.items() for d in districts)
    keys = {"notices": [n for n, _ in pairs], "districts": [d for _, d in pairs], "since": since}
    connection.execute(text(WAIT), keys)


def end_waits(connection: Connection, notices: Iterable[int], as_of: date) -> None:
    """These letters wait no longer: they are void, or were right after all."""
    connection.execute(text(END), {"notices": sorted(notices), "as_of": as_of})


def answer_waits(
    connection: Connection, slug: str, answer: VoidAnswer, by: str, reason: str, as_of: date
) -> int:
    """Keep what a person says of a district's letters that wait; how many letters that are."""
    keys = {"slug": slug, "answer": answer.value, "by": by, "reason": reason, "as_of": as_of}
    return connection.execute(text(ANSWER), keys).rowcount


def was_answered(
    connection: Connection, slug: str, answer: VoidAnswer, by: str, as_of: date
) -> bool:
    """Whether the same person has given this answer about a district on that day."""
    keys = {"slug": slug, "answer": answer.value, "by": by, "as_of": as_of}
    return bool(connection.execute(text(ANSWERED_BEFORE), keys).scalar_one())


def waits_listed(connection: Connection) -> list[dict[str, Any]]:
    """Every wait that has not ended, with its district and, where there is one, the answer."""
    return [dict(row) for row in connection.execute(text(LISTED)).mappings()]


def tasked(connection: Connection, invitations: Sequence[int], reason: str) -> frozenset[int]:
    """Those of some invitations that have had a task for a reason, open or closed."""
    keys = {"invitations": list(invitations), "reason": reason}
    return frozenset(connection.execute(text(TASKED), keys).scalars())


def close_tasks_of_waits(connection: Connection, as_of: date) -> None:
    """Close the tasks of letters that no longer wait for an answer."""
    connection.execute(text(CLOSE_TASKS), {"as_of": as_of})
