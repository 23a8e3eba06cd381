"""Letters that are out: which of them a correction has undone since, and which nothing came back about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.letter_kind import INVITING
from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.reasons import Reason

OUT = (
    LetterStatus.PACKAGED,
    LetterStatus.ACKNOWLEDGED,
    LetterStatus.MAILED,
    LetterStatus.DELIVERED,
)
"""Letters that a family has, or will have."""

# A finding that was corrected away and then opened anew stands: the letter about it is right as it is. One that fell by
# attended days alone was right when its letter left.
UNDONE = """
SELECT n.id AS notice, array_agg(i.id ORDER BY i.id) FILTER (WHERE u.is_undone) AS invitations,
       max(f.ended_as_of) FILTER (WHERE u.is_undone) AS night, bool_and(u.is_undone) AS is_void
FROM notice n
JOIN notice_student s ON s.notice_id = n.id
JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id
CROSS JOIN LATERAL (
  SELECT COALESCE(f.ended_reason = 'corrected' AND f.ended_as_of <= :as_of, false) AND NOT EXISTS (
    SELECT FROM finding g WHERE g.district_id = f.district_id AND g.student_id = f.student_id
      AND g.school_year = f.school_year AND g.rule = f.rule AND g.ended_as_of IS NULL) AS is_undone
) u
WHERE n.status = ANY(:out) AND n.kind = ANY(:inviting)
GROUP BY n.id HAVING bool_or(u.is_undone) ORDER BY n.id
"""

# Said once: a task that somebody has closed stays closed, for what happened to the letter is not undone.
OPEN_TASKS = """
INSERT INTO staff_task (invitation_id, reason, owner, as_of, due_on)
SELECT DISTINCT id, :reason, :owner, CAST(:as_of AS date), CAST(:due_on AS date)
FROM unnest(CAST(:invitations AS bigint[])) AS id
ON CONFLICT (invitation_id, reason) DO NOTHING
"""

MAILED = """
SELECT mailed_on, array_agg(id ORDER BY id) AS notices FROM notice
WHERE status = 'mailed' AND mailed_on < :as_of AND returned_on IS NULL GROUP BY 1 ORDER BY 1
"""

STUDENTS = "SELECT DISTINCT invitation_id FROM notice_student WHERE notice_id = ANY(:notices)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneLetter:
    """A letter that is out and tells of days that a correction has taken away.

    Attributes:
        notice: its id.
        invitations: of the students whose finding was undone.
        night: of the newest of these corrections.
        is_void: nobody is left on it whose finding was right.
    """

    notice: int
    invitations: tuple[int, ...]
    night: date
    is_void: bool


def undone_letters(connection: Connection, as_of: date) -> list[UndoneLetter]:
    """Letters that are out, not yet void, of whose students at least one had no finding left on a date."""
    keys = {"as_of": as_of, "out": [status.value for status in OUT], "inviting": sorted(INVITING)}
    return [
        UndoneLetter(
            notice=row.notice,
            invitations=tuple(row.invitations),
            night=row.night,
            is_void=row.is_void,
        )
        for row in connection.execute(text(UNDONE), keys)
    ]


def unanswered_letters(connection: Connection, as_of: date) -> dict[date, list[int]]:
    """Letters mailed before a date about which nothing has come back, by the day on which they were mailed."""
    rows = connection.execute(text(MAILED), {"as_of": as_of})
    return {row.mailed_on: list(row.notices) for row in rows}


def open_tasks_of_letters(
    connection: Connection,
    notices: Sequence[int],
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
) -> None:
    """A task for each invitation of letters that are out; repeating it changes nothing."""
    rows = connection.execute(text(STUDENTS), {"notices": list(notices)})
    open_tasks_after_mailing(
        connection, [row.invitation_id for row in rows], reason, owner, as_of, due_on
    )


def open_tasks_after_mailing(
    connection: Connection,
    invitations: Sequence[int],
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
) -> None:
    """A task for each invitation whose letter is out; repeating it changes nothing."""
    keys = {
        "invitations": list(invitations),
        "reason": reason.value,
        "owner": owner,
        "as_of": as_of,
        "due_on": due_on,
    }
    connection.execute(text(OPEN_TASKS), keys)
