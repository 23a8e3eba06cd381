"""Holds by hand: a person says that letters about a student wait, or has looked at a hold and lets the letter go on.

Each entry has a reason code, an end and the name of who entered it. Planning and release read them with everything else
they know; nothing here touches a letter.
"""

from datetime import date
from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.suppression import CLEARED_BY_HAND, ENDLESS, TOLD_BY_HAND
from pact_etl.store.holds import enter_hold, lift_hold, standing_holds, students_held_with
from pact_etl.store.session import slice_transaction
from pact_etl.store.student_ids import find_student
from pact_etl.wiring import Collaborators


def add(
    using: Collaborators, student: str, reason: Reason, as_of: date, until: date | None, by: str
) -> StepResult:
    """Let letters about a student wait from a night on; the same entry again changes nothing.

    Raises:
        UsageError: nobody is named, the reason is none that a person enters, or it has no end and needs one.
    """
    _check(reason, TOLD_BY_HAND, as_of, until, by)
    return _enter(using, student, reason, as_of, until, by, is_clearance=False)


def clear(
    using: Collaborators, student: str, reason: Reason, as_of: date, until: date | None, by: str
) -> StepResult:
    """Let a letter go on although the record shows a reason to look first: somebody has looked.

    Raises:
        UsageError: see `add`; what protects a family cannot be cleared.
    """
    _check(reason, CLEARED_BY_HAND, as_of, until, by)
    return _enter(using, student, reason, as_of, until, by, is_clearance=True)


def clear_batch(
    using: Collaborators, batch: int, reason: Reason, as_of: date, until: date | None, by: str
) -> StepResult:
    """Let every letter of a batch that an approver said no to be planned again: somebody has decided anew.

    What else holds a letter holds it as before, and the new batch is approved or not like any other.

    Returns:
        Counts `students`.

    Raises:
        UsageError: as `clear`; another reason than a batch has; no letter of the batch waits for it.
    """
    _check(reason, CLEARED_BY_HAND, as_of, until, by)
    if reason is not Reason.BATCH_REJECTED:
        raise UsageError(f"a batch waits for {Reason.BATCH_REJECTED.value} alone")
    with slice_transaction(using.engine, "plan") as connection:
        students = students_held_with(connection, batch, reason)
        for student in students:
            enter_hold(connection, student, reason, as_of, until, by, is_clearance=True)
    if not students:
        raise UsageError(f"no letter of batch {batch} waits for {reason.value}")
    return StepResult(
        step="hold",
        status=StepStatus.DONE,
        as_of=as_of,
        counts={"students": len(students)},
        reasons={reason.value: len(students)},
        ids={"batch": batch},
    )


def lift(using: Collaborators, student: str, reason: Reason, as_of: date, by: str) -> StepResult:
    """End what was entered about a student for a reason.

    Raises:
        UsageError: nobody is named, or nothing of the kind stands.
    """
    if not by.strip():
        raise UsageError("a hold is lifted by a named person")
    with slice_transaction(using.engine, "plan") as connection:
        lifted = lift_hold(connection, find_student(connection, student), reason, as_of, by)
    if not lifted:
        raise UsageError(f"nothing was entered about this student for {reason.value}")
    return StepResult(step="hold", status=StepStatus.DONE, as_of=as_of, counts={"lifted": lifted})


def entered(using: Collaborators, as_of: date) -> list[dict[str, Any]]:
    """Every entry in force on a night: student (opaque), kind, reason, since, until, by."""
    with using.engine.connect() as connection:
        rows = standing_holds(connection, as_of)
    return [
        {
            "student": f"S{row['student_id']}",
            "kind": "clearance" if row["is_clearance"] else "hold",
            "reason": row["reason"],
            "since": row["as_of"].isoformat(),
            "until": row["until"].isoformat() if row["until"] else None,
            "by": row["entered_by"],
        }
        for row in rows
    ]


def _check(
    reason: Reason, allowed: frozenset[Reason], as_of: date, until: date | None, by: str
) -> None:
    if not by.strip():
        raise UsageError("a hold is entered by a named person")
    if reason not in allowed:
        raise UsageError(f"{reason.value} is not entered by hand; {', '.join(sorted(allowed))} are")
    if until is None and reason not in ENDLESS:
        raise UsageError(f"{reason.value} needs a date until which it holds")
    if until is not None and until < as_of:
        raise UsageError(f"it would end on {until}, before {as_of}")


def _enter(
    using: Collaborators,
    student: str,
    reason: Reason,
    as_of: date,
    until: date | None,
    by: str,
    *,
    is_clearance: bool,
) -> StepResult:
    with slice_transaction(using.engine, "plan") as connection:
        about = find_student(connection, student)
        enter_hold(connection, about, reason, as_of, until, by, is_clearance=is_clearance)
    return StepResult(step="hold", status=StepStatus.DONE, as_of=as_of, reasons={reason.value: 1})
