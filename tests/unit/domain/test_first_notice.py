"""Who gets a first notice, whose turn it is otherwise, and that nobody gets two."""

from dataclasses import replace
from datetime import date

import pytest

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.first_notice import (
    WAITS,
    FirstNoticeBalance,
    NextStep,
    NoticeDecision,
    NoticeState,
    Truant,
    decide,
    next_step,
    pieces,
    told,
    without,
)
from pact_etl.domain.first_notice_rule import FirstNoticeRule, set_since
from pact_etl.domain.reasons import HOLDS, Reason
from pact_etl.domain.routing import FAMILY_REASONS, Envelope, Routing

NEW = Truant(student_id=1, finding_id=10, found_on=date(2026, 9, 18), stands=True, is_noticed=False)
HELD = NoticeState.HELD


def envelope(home: str) -> Envelope:
    return Envelope(household_key=home, recipient="A", lines=("A",), language="eng", email=None)


MAY_GO = Routing(envelopes=(envelope("h"),), holds=())


def held_for(reason: Reason) -> Routing:
    return Routing(envelopes=(), holds=(reason,))


def outcome(truant: Truant, routing: Routing | None = MAY_GO) -> tuple[str, str | None] | None:
    decision = decide(truant, routing)
    if decision is None:
        return None
    return decision.state.value, decision.reason.value if decision.reason else None


@pytest.mark.parametrize(
    ("truant", "routing", "expected"),
    [
        (NEW, MAY_GO, ("made", None)),
        (NEW, held_for(Reason.NO_ADDRESS), ("held", "no_address")),
        (replace(NEW, is_noticed=True), MAY_GO, ("already_noticed", None)),
        (replace(NEW, was_truant_before=True), MAY_GO, ("held", "stands_again")),
        (replace(NEW, stands=False), MAY_GO, None),
        (replace(NEW, state=NoticeState.MADE), MAY_GO, None),
        (replace(NEW, state=NoticeState.MADE, stands=False), None, ("undone", "corrected")),
        (replace(NEW, state=NoticeState.UNDONE, stands=False), None, None),
        (replace(NEW, state=NoticeState.UNDONE), MAY_GO, ("held", "stands_again")),
        (
            replace(NEW, state=HELD, reason=Reason.NO_ADDRESS, stands=False),
            None,
            ("withdrawn", "corrected"),
        ),
    ],
)
def test_what_becomes_of_a_truant(
    truant: Truant, routing: Routing | None, expected: tuple[str, str | None] | None
) -> None:
    assert outcome(truant, routing) == expected


def test_a_hold_that_waits_is_told_once_and_again_when_its_reason_changes() -> None:
    waiting = replace(NEW, state=HELD, reason=Reason.VOLUME_JUMP)

    assert outcome(waiting, held_for(Reason.VOLUME_JUMP)) is None
    assert outcome(waiting, held_for(Reason.IDENTITY_UNCLEAR)) == ("held", "identity_unclear")
    assert outcome(waiting, MAY_GO) == ("made", None)


def test_what_the_district_was_asked_to_write_by_hand_is_never_set_here() -> None:
    given_back = replace(NEW, state=HELD, reason=Reason.NO_ADDRESS)
    withdrawn = replace(given_back, state=NoticeState.WITHDRAWN)
    retracted = replace(given_back, state=NoticeState.ALREADY_NOTICED)

    assert not given_back.is_open
    assert outcome(given_back) is None
    assert outcome(replace(given_back, is_noticed=True)) == ("already_noticed", None)
    assert outcome(withdrawn) == outcome(retracted) == ("held", "stands_again")


def test_a_notice_that_the_district_takes_back_from_its_ladder_is_looked_at_anew() -> None:
    assert outcome(replace(NEW, state=NoticeState.ALREADY_NOTICED)) == ("made", None)


def test_no_reason_that_protects_a_family_waits_or_is_told_by_its_name() -> None:
    assert not WAITS & FAMILY_REASONS
    assert {told(reason) for reason in FAMILY_REASONS} == {"family_reason"}
    assert {next_step(reason) for reason in FAMILY_REASONS} == {NextStep.SEND_BY_HAND}
    assert told(Reason.NO_ADDRESS) == "no_address"
    assert WAITS - {Reason.CORRECTED} <= HOLDS


def decision(student: int, *homes: str) -> NoticeDecision:
    truant = replace(NEW, student_id=student, finding_id=student)
    return NoticeDecision(
        truant=truant, state=NoticeState.MADE, envelopes=tuple(envelope(h) for h in homes)
    )


def test_one_envelope_for_each_home_with_every_student_of_it() -> None:
    found = pieces([decision(2, "mother"), decision(1, "father", "mother")])

    assert [(e.household_key, [t.student_id for t in who]) for e, who in found] == [
        ("father", [1]),
        ("mother", [1, 2]),
    ]


def test_a_home_whose_letter_cannot_be_set_is_written_to_by_hand() -> None:
    both, one = decision(1, "a", "b"), decision(2, "b")

    assert without(decision(3, "a"), {"b"}) == decision(3, "a")
    left = without(both, {"b"})
    assert (left.state, left.reason, len(left.envelopes)) == ("made", Reason.RENDER_FAILED, 1)
    lost = without(one, {"b"})
    assert (lost.state, lost.reason, lost.envelopes) == ("held", Reason.RENDER_FAILED, ())


def rule(month: int, *, on: bool) -> FirstNoticeRule:
    return FirstNoticeRule(from_=date(2026, month, 1), set_for_district=on, why="a test")


def test_since_when_notices_are_set_without_a_break() -> None:
    rules = [rule(11, on=True), rule(8, on=True), rule(9, on=True), rule(10, on=False)]

    days = [date(2026, month, 15) for month in range(7, 13)]
    assert [set_since(rules, day) for day in days] == [
        None,
        date(2026, 8, 1),
        date(2026, 8, 1),
        None,
        date(2026, 11, 1),
        date(2026, 11, 1),
    ]


def test_a_truant_who_is_nowhere_stops_the_night() -> None:
    whole = FirstNoticeBalance(truants=6, made=3, held=1, already_noticed=1, withdrawn=1)
    whole.require()

    with pytest.raises(InvariantBroken, match="1 of 7 truants"):
        replace(whole, truants=7).require()
