"""By-hand work: one task for each invitation and reason, open as long as the reason stands."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

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

OF_LETTERS = f"""
INSERT INTO staff_task AS t (invitation_id, reason, owner, as_of, due_on)
SELECT DISTINCT s.invitation_id, :reason, :owner, CAST(:as_of AS date), CAST(:due_on AS date)
FROM notice_student s JOIN notice n ON n.id = s.notice_id WHERE n.id = ANY(:letters) AND n.follows IS NULL
{REOPEN}
"""

CLOSE_WITHDRAWN = """
UPDATE staff_task t SET closed_as_of = :as_of FROM invitation i
WHERE i.id = t.invitation_id AND i.status = 'withdrawn' AND t.closed_as_of IS NULL AND i.school_year = :school_year
"""

OPEN_TASKS = """
SELECT t.id, i.student_id, t.reason, t.owner, t.as_of AS since, t.due_on FROM staff_task t
JOIN LATERAL (
  SELECT i.student_id FROM invitation i WHERE i.id = t.invitation_id
  UNION ALL
  SELECT min(i.student_id) FROM follow_up u JOIN notice_student s ON s.notice_id = u.follows
  JOIN invitation i ON i.id = s.invitation_id WHERE u.id = t.follow_up_id HAVING count(*) > 0
) i ON true
WHERE t.closed_as_of IS NULL AND (CAST(:owner AS text) IS NULL OR t.owner = :owner)
ORDER BY t.due_on, t.id
"""


def open_batch_tasks(
    connection: Connection, batch_id: int, reason: str, owner: str, as_of: date, due_on: date
) -> None:
    """A task for every invitation of a batch that is held for a reason; repeating it changes nothing."""
    keys = {"batch": batch_id, "reason": reason, "owner": owner, "as_of": as_of, "due_on": due_on}
    connection.execute(text(OF_HELD_BATCH), keys)


def open_letter_tasks(
    connection: Connection,
    letters: Sequence[int],
    reason: str,
    owner: str,
    as_of: date,
    due_on: date,
) -> None:
    """A task for every student on letters, whether their invitation is held or another letter of theirs goes on.

    Letters that follow another one have tasks of their own; see `follow_ups.hold_ended`.
    """
    keys = {"letters": list(letters), "reason": reason, "owner": owner}
    connection.execute(text(OF_LETTERS), keys | {"as_of": as_of, "due_on": due_on})


def open_tasks(connection: Connection, owner: str | None = None) -> Sequence[dict[str, Any]]:
    """Every open task, those due first at the top: id, student_id, reason, owner, since, due_on."""
    rows = connection.execute(text(OPEN_TASKS), {"owner": owner}).mappings()
    return [dict(row) for row in rows]
