"""By-hand work: one task for each invitation and reason, open as long as the reason stands."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.reasons import Reason

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

CLOSE_WITHDRAWN = """
UPDATE staff_task t SET closed_as_of = :as_of FROM invitation i
WHERE i.id = t.invitation_id AND i.status = 'withdrawn' AND t.closed_as_of IS NULL AND i.school_year = :school_year
"""

OPEN_TASKS = """
SELECT t.id, i.student_id, t.reason, t.owner, t.as_of AS since, t.due_on FROM staff_task t
JOIN invitation i ON i.id = t.invitation_id
WHERE t.closed_as_of IS NULL AND (CAST(:owner AS text) IS NULL OR t.owner = :owner)
ORDER BY t.due_on, t.id
"""


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


def open_tasks(connection: Connection, owner: str | None = None) -> Sequence[dict[str, Any]]:
    """Every open task, those due first at the top: id, student_id, reason, owner, since, due_on."""
    rows = connection.execute(text(OPEN_TASKS), {"owner": owner}).mappings()
    return [dict(row) for row in rows]
