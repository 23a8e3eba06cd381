"""What an approver is told of a batch: its make-up, what changed since the batch before, and how large batches are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

# A letter about students of two districts counts in each.
MAKE_UP = """
SELECT d.name AS district, n.language, n.kind, count(DISTINCT n.id) AS letters
FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
WHERE n.id = ANY(:letters)
GROUP BY d.name, n.language, n.kind ORDER BY d.name, n.language, n.kind
"""

# Of a batch that nobody answered its letters were withdrawn, and its students planned anew.
_CAME_BEFORE = """
EXISTS (SELECT FROM invitation o JOIN notice_student r ON r.invitation_id = o.id JOIN notice e ON e.id = r.notice_id
        WHERE o.student_id = i.student_id AND o.school_year = i.school_year AND e.batch_id <> :batch
          AND e.status = 'withdrawn' AND e.reason = 'approval_expired')
"""
_WAITED = """
EXISTS (SELECT FROM staff_task t WHERE t.invitation_id = i.id AND t.closed_as_of IS NOT NULL)
"""
ORIGINS = f"""
SELECT origin, count(*) AS letters FROM (
  SELECT n.id, CASE WHEN bool_or({_CAME_BEFORE}) THEN 'carried_over'
                    WHEN bool_or({_WAITED}) THEN 'was_held' ELSE 'new' END AS origin
  FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
  WHERE n.id = ANY(:letters) GROUP BY n.id
) letters GROUP BY origin
"""

# Who waited for a letter when the batch before was planned, and waits no more, and why.
GONE = """
SELECT COALESCE(f.ended_reason, i.reason) AS reason, count(DISTINCT i.student_id) AS students
FROM invitation i JOIN finding f ON f.id = i.finding_id
WHERE i.status = 'withdrawn' AND f.ended_as_of > :before AND f.ended_as_of <= :night
  AND NOT EXISTS (SELECT FROM invitation o WHERE o.student_id = i.student_id AND o.school_year = i.school_year
                    AND o.status <> 'withdrawn')
GROUP BY 1 ORDER BY 1
"""

# A hold is decided anew each night; its task remembers since when it stands.
HELD = """
SELECT i.reason, count(*) AS students, count(*) FILTER (
         WHERE EXISTS (SELECT FROM staff_task t WHERE t.invitation_id = i.id AND t.reason = i.reason
                         AND t.closed_as_of IS NULL AND t.as_of = :night)) AS tonight
FROM invitation i WHERE i.status = 'held' GROUP BY i.reason
UNION ALL
SELECT kind || ': ' || reason, count(*), count(*) FILTER (WHERE as_of = :night)
FROM follow_up WHERE status = 'held' GROUP BY kind, reason
ORDER BY reason
"""

TAKEN_OUT = """
SELECT count(*) FROM notice WHERE batch_id = :batch AND status = 'rejected' AND reason = 'letter_taken_out'
"""

BATCH_BEFORE = "SELECT max(as_of) FROM batch WHERE as_of < :night"

# Letters of a batch that nobody answered come again in the next, and would count twice.
EARLIER = """
SELECT b.id, d.name AS district, count(DISTINCT n.id) AS letters
FROM batch b JOIN notice n ON n.batch_id = b.id JOIN notice_student s ON s.notice_id = n.id
JOIN invitation i ON i.id = s.invitation_id JOIN finding f ON f.id = i.finding_id
JOIN district d ON d.id = f.district_id
WHERE b.as_of >= :since AND b.as_of < :night AND b.status NOT IN ('open', 'proposed', 'expired')
GROUP BY GROUPING SETS ((b.id, d.name), (b.id))
ORDER BY b.id
"""

DISTRICTS_OF = """
SELECT DISTINCT ON (n.id) n.id, d.name AS district
FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
WHERE n.id = ANY(:letters) ORDER BY n.id, d.name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is otherwise than in the batch before.

    Attributes:
        before: the night of that batch, where there is one.
        origins: letters by `new`, `carried_over` (of a batch that nobody answered) and `was_held`.
        gone: students who waited for a letter and do so no more, by reason.
        held: students who are held, and how many of them since this night, by reason; letters that would follow another
            one by `kind: reason`.
        taken_out: letters that a person has taken out of this batch already.
    """

    before: date | None
    origins: Mapping[str, int]
    gone: Mapping[str, int]
    held: Mapping[str, tuple[int, int]]
    taken_out: int


def make_up(connection: Connection, letters: Sequence[int]) -> dict[tuple[str, str, str], int]:
    """(district name, language, kind) to how many of these letters."""
    rows = connection.execute(text(MAKE_UP), {"letters": list(letters)})
    return {(row.district, row.language, row.kind): row.letters for row in rows}


def districts_of(connection: Connection, letters: Sequence[int]) -> dict[int, str]:
    """Each letter's district; of several the first by name."""
    rows = connection.execute(text(DISTRICTS_OF), {"letters": list(letters)})
    return {row.id: row.district for row in rows}


def changes(connection: Connection, batch_id: int, night: date, letters: Sequence[int]) -> Changes:
    """What is otherwise than in the batch before.

    Args:
        connection: any.
        batch_id: the batch.
        night: its own.
        letters: those of it that would go out.
    """
    before = connection.execute(text(BATCH_BEFORE), {"night": night}).scalar_one()
    spans = {"before": before or date.min, "night": night}
    these = {"batch": batch_id, "letters": list(letters)}
    return Changes(
        before=before,
        origins={r.origin: r.letters for r in connection.execute(text(ORIGINS), these)},
        gone={r.reason: r.students for r in connection.execute(text(GONE), spans)},
        held={
            r.reason: (r.students, r.tonight)
            for r in connection.execute(text(HELD), {"night": night})
        },
        taken_out=connection.execute(text(TAKEN_OUT), {"batch": batch_id}).scalar_one(),
    )


def letters_before(connection: Connection, night: date, weeks: int) -> dict[str | None, list[int]]:
    """Letters of each answered batch of the weeks before a night, by district; under None those of all districts.

    A batch without a letter of a district counts as none for it.
    """
    keys = {"since": night - timedelta(weeks=weeks), "night": night}
    by_batch: dict[int, dict[str | None, int]] = defaultdict(dict)
    for row in connection.execute(text(EARLIER), keys):
        by_batch[row.id][row.district] = row.letters
    names = {name for batch in by_batch.values() for name in batch}
    return {name: [batch.get(name, 0) for batch in by_batch.values()] for name in names}
