"""Holds that a person entered by hand, and holds that a person has looked at and cleared."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.reasons import Reason
from pact_etl.domain.suppression import NO_BY_A_PERSON, ByHand

# A person enters a hold by day, and what leaves that day rests on the night before: a hold is in force once it is
# there, whatever night it names, and a clearance from its night on and until it is taken back.
IN_FORCE = """
SELECT student_id, array_agg(reason) FILTER (WHERE NOT is_clearance) AS told,
       array_agg(reason) FILTER (WHERE is_clearance) AS cleared
FROM hold_by_hand
WHERE student_id = ANY(:students) AND (until IS NULL OR :as_of <= until)
  AND CASE WHEN is_clearance THEN as_of <= :as_of AND lifted_as_of IS NULL
           ELSE lifted_as_of IS NULL OR lifted_as_of > :as_of END
GROUP BY student_id
"""

ENTER = """
INSERT INTO hold_by_hand AS h (student_id, reason, is_clearance, as_of, until, entered_by)
VALUES (:student, :reason, :is_clearance, :as_of, :until, :by)
ON CONFLICT (student_id, reason, is_clearance) WHERE lifted_as_of IS NULL
DO UPDATE SET until = excluded.until, entered_by = excluded.entered_by
WHERE (h.until, h.entered_by) IS DISTINCT FROM (excluded.until, excluded.entered_by)
"""

LIFT = """
UPDATE hold_by_hand SET lifted_as_of = :as_of, lifted_by = :by
WHERE student_id = :student AND reason = :reason AND lifted_as_of IS NULL AND as_of <= :as_of
"""

# Whoever clears a no decides about the letters of then: the next no ends it, on whichever day that is.
END_CLEARANCES = """
UPDATE hold_by_hand h SET lifted_as_of = GREATEST(h.as_of, CAST(:as_of AS date)), lifted_by = :by
WHERE h.is_clearance AND h.lifted_as_of IS NULL AND h.reason = ANY(:reasons) AND h.student_id IN (
  SELECT i.student_id FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
  WHERE s.notice_id = ANY(:letters))
"""

STANDING = """
SELECT student_id, reason, is_clearance, as_of, until, entered_by FROM hold_by_hand
WHERE as_of <= :as_of AND (until IS NULL OR :as_of <= until) AND (lifted_as_of IS NULL OR lifted_as_of > :as_of)
ORDER BY as_of, id
"""


HELD_WITH_BATCH = """
SELECT DISTINCT i.student_id FROM invitation i
JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
WHERE n.batch_id = :batch AND i.status = 'held' AND i.reason = :reason ORDER BY i.student_id
"""


def holds_by_hand(
    connection: Connection, students: Sequence[int], as_of: date
) -> dict[int, ByHand]:
    """Student to what persons have entered that a night must heed; students without an entry are left out."""
    rows = connection.execute(text(IN_FORCE), {"students": list(students), "as_of": as_of})
    return {row.student_id: ByHand(_reasons(row.told), _reasons(row.cleared)) for row in rows}


def enter_hold(
    connection: Connection,
    student_id: int,
    reason: Reason,
    as_of: date,
    until: date | None,
    by: str,
    *,
    is_clearance: bool,
) -> None:
    """Keep a person's word; the same reason again moves its end, and the same word again changes nothing."""
    keys = {"student": student_id, "reason": reason.value, "as_of": as_of, "until": until, "by": by}
    connection.execute(text(ENTER), keys | {"is_clearance": is_clearance})


def lift_hold(connection: Connection, student_id: int, reason: Reason, as_of: date, by: str) -> int:
    """End what was entered for a reason, hold or clearance; returns how many entries that were."""
    keys = {"student": student_id, "reason": reason.value, "as_of": as_of, "by": by}
    return connection.execute(text(LIFT), keys).rowcount


def end_clearances(connection: Connection, letters: Sequence[int], as_of: date, by: str) -> None:
    """End what was cleared of an earlier no, for everybody on letters that a person says no to."""
    keys = {"letters": list(letters), "as_of": as_of, "by": by, "reasons": sorted(NO_BY_A_PERSON)}
    connection.execute(text(END_CLEARANCES), keys)


def students_held_with(connection: Connection, batch_id: int, reason: Reason) -> list[int]:
    """Students whose letters were in a batch and wait for a reason."""
    keys = {"batch": batch_id, "reason": reason.value}
    return list(connection.execute(text(HELD_WITH_BATCH), keys).scalars())


def standing_holds(connection: Connection, as_of: date) -> list[dict[str, Any]]:
    """Every entry in force on a night."""
    return [dict(row) for row in connection.execute(text(STANDING), {"as_of": as_of}).mappings()]


def _reasons(values: Sequence[str] | None) -> frozenset[Reason]:
    return frozenset(Reason(value) for value in values or ())
