"""By-hand work: one task for each invitation and reason.

A task about a hold is open as long as the hold; one about a letter that is out, until a named person closes it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import AFTER_MAILING, Reason
from pact_etl.domain.task_outcome import Outcome

# A reason that comes back opens its task again, with a new date: there is never a second row for the same work.
REOPEN = """
ON CONFLICT (invitation_id, reason) DO UPDATE
SET closed_as_of = NULL, owner = excluded.owner, as_of = excluded.as_of, due_on = excluded.due_on
WHERE t.closed_as_of IS NOT NULL
"""

OF_HELD_BATCH = f"""
INSERT INTO staff_task AS t (invitation_id, reason, owner, as_of, due_on)
SELECT DISTINCT i.id, i.reason, :owner, CAST(:as_of AS date), CAST(:due_on AS date)
FROM invitation i JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
WHERE n.batch_id = :batch AND i.status = 'held' AND i.reason = :reason
{REOPEN}
"""

OF_INVITATIONS = """
INSERT INTO staff_task AS t (invitation_id, reason, owner, as_of, due_on)
SELECT DISTINCT id, :reason, :owner, CAST(:as_of AS date), CAST(:due_on AS date)
FROM unnest(CAST(:invitations AS bigint[])) AS id
{conflict}
"""
SAID_ONCE = "ON CONFLICT (invitation_id, reason) DO NOTHING"

STUDENTS = "SELECT DISTINCT invitation_id FROM notice_student WHERE notice_id = ANY(:notices)"

# What happened to a letter that is out stays somebody's work until that somebody says otherwise.
BY_HAND_ONLY = ", ".join(f"'{reason.value}'" for reason in sorted(AFTER_MAILING))

CLOSE_WITHDRAWN = f"""
UPDATE staff_task t SET closed_as_of = :as_of FROM invitation i
WHERE i.id = t.invitation_id AND i.status = 'withdrawn' AND t.closed_as_of IS NULL AND i.school_year = :school_year
  AND t.reason NOT IN ({BY_HAND_ONLY})
"""

OF_NOTICE = """
INSERT INTO staff_task AS t (served_notice_id, reason, owner, as_of, due_on)
VALUES (:notice, :reason, :owner, :as_of, :due_on)
ON CONFLICT (served_notice_id, reason) DO {conflict}
"""

CLOSE_OF_NOTICE = """
UPDATE staff_task SET closed_as_of = :as_of
WHERE served_notice_id = :notice AND reason = ANY(:reasons) AND closed_as_of IS NULL
"""

# With the newest letter that the task can be about, and what the vendor or the post office said of it.
OPEN_TASKS = """
SELECT t.id, w.student_id, t.reason, t.owner, t.as_of AS since, t.due_on, l.id AS notice_id, t.served_notice_id,
       CASE t.reason WHEN 'letter_returned' THEN l.return_reason WHEN 'letter_refused' THEN l.reason END AS detail
FROM staff_task t LEFT JOIN follow_up u ON u.id = t.follow_up_id
JOIN LATERAL (
  SELECT i.student_id FROM invitation i WHERE i.id = t.invitation_id
  UNION ALL
  SELECT min(i.student_id) FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
  WHERE s.notice_id = u.follows HAVING count(*) > 0
  UNION ALL
  SELECT c.student_id FROM served_notice v JOIN case_file c ON c.id = v.case_id
  WHERE v.id = t.served_notice_id) w ON true
LEFT JOIN LATERAL (
  SELECT n.id, n.return_reason, n.reason FROM notice n
  WHERE (n.id = u.follows OR EXISTS (SELECT FROM notice_student s WHERE s.notice_id = n.id
                                     AND s.invitation_id = t.invitation_id))
    AND n.status = ANY(CASE t.reason WHEN 'letter_returned' THEN ARRAY['returned', 'void']
                         WHEN 'letter_refused' THEN ARRAY['failed'] ELSE ARRAY[n.status] END)
  ORDER BY n.id DESC LIMIT 1) l ON true
WHERE t.closed_as_of IS NULL AND (CAST(:owner AS text) IS NULL OR t.owner = :owner)
  AND (CAST(:due_by AS date) IS NULL OR t.due_on <= :due_by)
ORDER BY t.owner, t.due_on, t.id
"""

TASK = "SELECT id, invitation_id, reason, closed_as_of FROM staff_task WHERE id = :id FOR UPDATE"

# One letter stands for several students of a family: what is done about it is done for all of them.
OF_SAME_LETTERS = """
SELECT DISTINCT t.id FROM staff_task t JOIN notice_student o ON o.invitation_id = t.invitation_id
WHERE t.reason = :reason AND t.closed_as_of IS NULL AND o.notice_id = ANY(:notices) ORDER BY t.id
"""

CLOSE = """
UPDATE staff_task SET closed_as_of = :as_of WHERE id = ANY(:ids) AND closed_as_of IS NULL
"""

BOOK_CLOSING = """
INSERT INTO task_closing (task_id, outcome, reason, closed_by, as_of)
SELECT id, :outcome, :reason, :by, CAST(:as_of AS date) FROM unnest(CAST(:ids AS bigint[])) AS id
"""

CLOSINGS = """
SELECT outcome, reason, closed_by, as_of FROM task_closing WHERE task_id = :id ORDER BY id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffTask:
    """One task; `closed_as_of` is None while it is open, `invitation_id` where a letter would follow another one."""

    id: int
    invitation_id: int | None
    reason: Reason
    closed_as_of: date | None


def open_batch_tasks(
    connection: Connection, batch_id: int, reason: str, owner: str, as_of: date, due_on: date
) -> None:
    """A task for every invitation of a batch that is held for a reason; repeating it changes nothing."""
    keys = {"batch": batch_id, "reason": reason, "owner": owner, "as_of": as_of, "due_on": due_on}
    connection.execute(text(OF_HELD_BATCH), keys)


def open_tasks_of_letters(
    connection: Connection,
    notices: Sequence[int],
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
) -> None:
    """A task for each invitation of letters to which something has just happened, again where one had been closed."""
    found = connection.execute(text(STUDENTS), {"notices": list(notices)}).scalars().all()
    open_tasks_of(connection, found, reason, owner, as_of, due_on, again=True)


def open_tasks_of(
    connection: Connection,
    invitations: Sequence[int],
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
    *,
    again: bool,
) -> None:
    """A task for each invitation; while it is open, repeating it changes nothing.

    Args:
        connection: inside a transaction.
        invitations: ids.
        reason: what has happened.
        owner: whose work it is.
        as_of: since when.
        due_on: until when.
        again: whether a task that was closed is opened anew; otherwise it was said once and for all.
    """
    keys = {
        "invitations": list(invitations),
        "reason": reason.value,
        "owner": owner,
        "as_of": as_of,
        "due_on": due_on,
    }
    statement = OF_INVITATIONS.format(conflict=REOPEN if again else SAID_ONCE)
    connection.execute(text(statement), keys)


def open_task_of_notice(
    connection: Connection,
    served_notice: int,
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
    *,
    again: bool,
) -> int:
    """A task about a notice that is served on persons; how many are new or open again, see `open_tasks_of`."""
    again_ = (
        "UPDATE SET closed_as_of = NULL, owner = excluded.owner, as_of = excluded.as_of,"
        " due_on = excluded.due_on WHERE t.closed_as_of IS NOT NULL"
    )
    statement = OF_NOTICE.format(conflict=again_ if again else "NOTHING")
    keys = {"notice": served_notice, "reason": reason.value, "owner": owner}
    return int(
        connection.execute(text(statement), keys | {"as_of": as_of, "due_on": due_on}).rowcount
    )


def close_tasks_of_notice(
    connection: Connection, served_notice: int, reasons: Collection[Reason], as_of: date
) -> None:
    """Close what is answered by what became of a notice."""
    keys = {"notice": served_notice, "reasons": sorted(reasons), "as_of": as_of}
    connection.execute(text(CLOSE_OF_NOTICE), keys)


def open_tasks(
    connection: Connection, owner: str | None = None, due_by: date | None = None
) -> Sequence[dict[str, Any]]:
    """Open tasks by owner, those due first at the top.

    Args:
        connection: any.
        owner: only this one's.
        due_by: only those due by then.

    Returns:
        Rows of id, student_id, reason, owner, since, due_on, notice_id, served_notice_id, detail.
    """
    rows = connection.execute(text(OPEN_TASKS), {"owner": owner, "due_by": due_by}).mappings()
    return [dict(row) for row in rows]


def get_task(connection: Connection, task_id: int) -> StaffTask:
    """One task, locked.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(text(TASK), {"id": task_id}).mappings().one_or_none()
    if row is None:
        raise UsageError(f"no task T{task_id}")
    return StaffTask(**{**row, "reason": Reason(row["reason"])})


def last_closing(connection: Connection, task_id: int) -> dict[str, Any] | None:
    """How a task was last closed: outcome, reason, closed_by, as_of."""
    row = connection.execute(text(CLOSINGS), {"id": task_id}).mappings().first()
    return None if row is None else dict(row)


def tasks_of_letters(connection: Connection, notices: Sequence[int], reason: Reason) -> list[int]:
    """Open tasks of a reason of everybody on some letters."""
    keys = {"notices": list(notices), "reason": reason.value}
    return list(connection.execute(text(OF_SAME_LETTERS), keys).scalars())


def close_tasks(
    connection: Connection, ids: Sequence[int], outcome: Outcome, by: str, reason: str, as_of: date
) -> None:
    """Close open tasks and keep who did so, with which outcome and why; nothing is ever deleted."""
    keys = {"ids": list(ids), "outcome": outcome.value, "by": by, "reason": reason, "as_of": as_of}
    connection.execute(text(BOOK_CLOSING), keys)
    connection.execute(text(CLOSE), {"ids": list(ids), "as_of": as_of})
