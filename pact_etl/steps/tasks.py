"""Tasks: the work that waits for a person, and how a named person ends it."""

import re
from datetime import date
from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.domain.notice import LetterEvent
from pact_etl.domain.plain_words import REMEDY, meaning_of
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.task_outcome import OUTCOMES, Outcome
from pact_etl.store.letter_values import piece_id
from pact_etl.store.notices import record_event
from pact_etl.store.retries import refused_letters
from pact_etl.store.served_notices import notice_code
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import (
    StaffTask,
    close_tasks,
    get_task,
    last_closing,
    open_tasks,
    tasks_of_letters,
)
from pact_etl.wiring import Collaborators


def list_tasks(
    using: Collaborators,
    as_of: date,
    owner: str | None = None,
    due_by: date | None = None,
    *,
    overdue: bool = False,
) -> list[dict[str, Any]]:
    """Open tasks by owner and due date.

    Returns:
        Rows of task, student (opaque), letter (its code), notice (its code, of one that is served on persons), reason,
        detail (what the vendor or the post office said, as a code), words (what the reason means), remedy, outcomes
        (how it can be closed by hand), owner, since, due_on, is_overdue.
    """
    with using.engine.connect() as connection:
        rows = open_tasks(connection, owner, due_by)
    return [
        {
            "task": f"T{row['id']}",
            "student": f"S{row['student_id']}",
            "letter": None if row["notice_id"] is None else piece_id(row["notice_id"]),
            "notice": row["served_notice_id"] and notice_code(row["served_notice_id"]),
            "reason": row["reason"],
            "detail": row["detail"],
            "words": meaning_of(row["reason"]),
            "remedy": REMEDY.get(row["reason"]),
            "outcomes": [o.value for o in OUTCOMES.get(Reason(row["reason"]), ())],
            "owner": row["owner"],
            "since": row["since"].isoformat(),
            "due_on": row["due_on"].isoformat(),
            "is_overdue": row["due_on"] < as_of,
        }
        for row in rows
        if not overdue or row["due_on"] < as_of
    ]


def close(
    using: Collaborators, task: str, outcome: str, by: str, reason: str, as_of: date
) -> StepResult:
    """Close one task; who, when, with which outcome and why is kept for good.

    A letter stands for all students of a family on it: a retry of it closes the tasks of them all. The same closing
    again changes nothing.

    Raises:
        UsageError: there is no such task, it is closed otherwise, nobody is named, no reason is given, or the outcome
            is none of those that fit its reason.
    """
    if not by.strip() or not reason.strip():
        raise UsageError("a task is closed by a named person, and with a reason")
    with slice_transaction(using.engine, "plan") as connection:
        one = get_task(connection, _number(task))
        said = _outcome(one, outcome)
        if one.closed_as_of is not None:
            before = last_closing(connection, one.id)
            if before is None or (before["outcome"], before["closed_by"]) != (said.value, by):
                raise UsageError(f"{task} was closed on {one.closed_as_of}")
            return _result(as_of, said, closed=0)
        ids = [one.id]
        if said is Outcome.RETRY and one.invitation_id is not None:
            letters = refused_letters(connection, one.invitation_id)
            if not letters:
                raise UsageError(f"{task}: no letter of it waits to be made again")
            ids = tasks_of_letters(connection, letters, one.reason)
            source = f"task {one.id} closed {as_of}"
            record_event(connection, letters, LetterEvent.RETRY, source=source, as_of=as_of)
        close_tasks(connection, ids, said, by, reason, as_of)
    return _result(as_of, said, closed=len(ids))


def _result(as_of: date, outcome: Outcome, *, closed: int) -> StepResult:
    counts, reasons = {"closed": closed}, {outcome.value: 1}
    return StepResult(
        step="tasks", status=StepStatus.DONE, as_of=as_of, counts=counts, reasons=reasons
    )


def _number(task: str) -> int:
    found = re.fullmatch(r"[Tt]?(\d{1,18})", task.strip())
    if found is None:
        raise UsageError("a task is named T and a number, as `pact tasks` lists it")
    return int(found[1])


def _outcome(task: StaffTask, outcome: str) -> Outcome:
    allowed = OUTCOMES.get(task.reason, ())
    if not allowed:
        how = "`pact void` answers it" if task.reason is Reason.VOID_WAITS else "it ends by itself"
        raise UsageError(f"a task {task.reason.value} is not closed by hand: {how}")
    if outcome not in {one.value for one in allowed}:
        raise UsageError(
            f"{outcome!r} is no outcome of {task.reason.value}; allowed are {', '.join(allowed)}"
        )
    return Outcome(outcome)
