"""Every cell of the three transition tables: what is listed happens, all else is unfit."""

from enum import StrEnum
from typing import Any

import pytest

from pact_etl.domain.notice import (
    EMAIL,
    LETTER,
    SUBMISSION,
    EmailEvent,
    EmailStatus,
    LetterStatus,
    Machine,
    UnfitEvent,
)

# Written out a second time, by hand: a table that tests itself tests nothing.
LETTER_CELLS = {
    "planned": {
        "approve": "approved",
        "reject": "rejected",
        "hold": "held",
        "withdraw": "withdrawn",
    },
    "approved": {
        "render": "rendered",
        "reject": "rejected",
        "hold": "held",
        "withdraw": "withdrawn",
        "fail": "failed",
    },
    "rendered": {
        "package": "packaged",
        "reject": "rejected",
        "hold": "held",
        "withdraw": "withdrawn",
        "fail": "failed",
    },
    "packaged": {
        "acknowledge": "acknowledged",
        "mail": "mailed",
        "void": "void",
        "fail": "failed",
    },
    "acknowledged": {"mail": "mailed", "void": "void", "fail": "failed"},
    "mailed": {"deliver": "delivered", "return": "returned", "void": "void"},
    "delivered": {"return": "returned", "void": "void"},
    "returned": {"void": "void"},
    "held": {"resume": "planned", "withdraw": "withdrawn"},
    "withdrawn": {},
    "void": {"acknowledge": "void", "mail": "void", "deliver": "void", "return": "void"},
    "rejected": {},
    "failed": {"retry": "failed", "withdraw": "withdrawn"},
}
EMAIL_CELLS = {
    "planned": {"claim": "sending", "withdraw": "withdrawn", "suppress": "suppressed"},
    "sending": {
        "accept": "accepted",
        "release": "planned",
        "lose": "uncertain",
        "drop": "dropped",
        "deliver": "delivered",
        "defer": "deferred",
        "bounce": "bounced",
    },
    "accepted": {
        "deliver": "delivered",
        "defer": "deferred",
        "bounce": "bounced",
        "drop": "dropped",
    },
    "delivered": {"bounce": "bounced", "accept": "delivered"},
    "deferred": {
        "defer": "deferred",
        "deliver": "delivered",
        "bounce": "bounced",
        "drop": "dropped",
        "accept": "deferred",
    },
    "bounced": {"accept": "bounced"},
    "dropped": {"accept": "dropped"},
    "uncertain": {
        "accept": "accepted",
        "deliver": "delivered",
        "defer": "deferred",
        "bounce": "bounced",
        "drop": "dropped",
        "resend": "planned",
    },
    "withdrawn": {},
    "suppressed": {},
}
SUBMISSION_CELLS = {
    "received": {"validate": "validated", "refuse": "refused", "supersede": "superseded"},
    "validated": {
        "validate": "validated",
        "record": "recorded",
        "refuse": "refused",
        "supersede": "superseded",
    },
    "recorded": {"validate": "validated", "supersede": "superseded"},
    "refused": {"validate": "validated", "refuse": "refused", "supersede": "superseded"},
    "superseded": {},
}
MACHINES: list[tuple[Machine[Any, Any], dict[str, dict[str, str]]]] = [
    (LETTER, LETTER_CELLS),
    (EMAIL, EMAIL_CELLS),
    (SUBMISSION, SUBMISSION_CELLS),
]


def members(machine: Machine[Any, Any]) -> tuple[type[StrEnum], type[StrEnum]]:
    status, event = next(iter(machine.transitions))
    return type(status), type(event)


def every_cell() -> list[Any]:
    cells = []
    for machine, table in MACHINES:
        statuses, events = members(machine)
        for status in statuses:
            for event in events:
                expected = table[status.value].get(event.value)
                name = f"{machine.name}: {status} + {event} = {expected or 'unfit'}"
                cells.append(pytest.param(machine, status, event, expected, id=name))
    return cells


@pytest.mark.parametrize(("machine", "status", "event", "expected"), every_cell())
def test_each_cell_of_the_table(
    machine: Machine[Any, Any], status: StrEnum, event: StrEnum, expected: str | None
) -> None:
    after = machine.advance(status, event)

    if expected is None:
        assert UnfitEvent(machine=machine.name, status=status.value, event=event.value) == after
    else:
        assert expected == after


@pytest.mark.parametrize(("machine", "table"), MACHINES, ids=["letter", "email", "submission"])
def test_every_status_can_be_reached_from_the_initial_one(
    machine: Machine[Any, Any], table: dict[str, dict[str, str]]
) -> None:
    reached, frontier = {machine.initial}, [machine.initial]
    while frontier:
        status = frontier.pop()
        after = {a for (before, _), a in machine.transitions.items() if before is status} - reached
        reached |= after
        frontier += after

    assert set(table) == {status.value for status in reached}


def test_final_letters_are_those_that_nothing_can_move() -> None:
    final = {status for status in LetterStatus if LETTER.is_final(status)}

    assert final == {LetterStatus.WITHDRAWN, LetterStatus.VOID, LetterStatus.REJECTED}


def test_an_uncertain_email_is_sent_again_only_where_a_person_says_so() -> None:
    after = {event: EMAIL.advance(EmailStatus.UNCERTAIN, event) for event in EmailEvent}

    assert EmailStatus.SENDING not in after.values()
    assert [e for e, status in after.items() if status is EmailStatus.PLANNED] == [
        EmailEvent.RESEND
    ]


def test_a_released_letter_can_be_void_but_never_withdrawn() -> None:
    for status in ("packaged", "acknowledged", "mailed", "delivered", "returned"):
        assert "withdraw" not in LETTER_CELLS[status]
        assert LETTER_CELLS[status]["void"] == "void"
