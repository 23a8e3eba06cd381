"""Every approved letter is in exactly one place, and whatever contradicts itself is said to."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.letter_balance import (
    LetterTrace,
    NumberedPackage,
    balance,
    broken_packages,
    missing_numbers,
    overtaken,
)

FRIDAY, SATURDAY, MONDAY, TUESDAY = (date(2026, 11, day) for day in (20, 21, 23, 24))


def trace(letter: int = 1, **marks: object) -> LetterTrace:
    plain: dict[str, object] = {"letter": letter, "package": "A", "day": FRIDAY}
    return LetterTrace(**(plain | marks))  # type: ignore[arg-type]


SENT = {"is_packaged": True}
HELD = SENT | {"is_acknowledged": True}


@pytest.mark.parametrize(
    ("marks", "places"),
    [
        ({"day": None}, {"waits_for_release"}),
        ({"is_left_out": True}, {"left_out"}),
        ({"is_failed": True}, {"left_out"}),
        (SENT, {"packaged", "waits_for_acknowledgement"}),
        (SENT | {"is_failed": True}, {"packaged", "refused"}),
        (HELD, {"packaged", "acknowledged", "waits_for_mailing"}),
        (HELD | {"mailed_on": MONDAY}, {"packaged", "acknowledged", "mailed", "in_transit"}),
        (SENT | {"mailed_on": MONDAY}, {"packaged", "acknowledged", "mailed", "in_transit"}),
        (
            HELD | {"mailed_on": MONDAY, "is_delivered": True},
            {"packaged", "acknowledged", "mailed", "delivered"},
        ),
        (
            HELD | {"mailed_on": MONDAY, "is_delivered": True, "returned_on": TUESDAY},
            {"packaged", "acknowledged", "mailed", "returned"},
        ),
    ],
)
def test_a_letter_stands_where_its_marks_say(marks: dict[str, object], places: set[str]) -> None:
    [day] = balance([trace(**marks)], ()).values()

    found = {name for name in day.__dataclass_fields__ if getattr(day, name)}
    assert found == places | {"approved"}


@pytest.mark.parametrize(
    "marks",
    [
        {"mailed_on": MONDAY},
        SENT | {"mailed_on": MONDAY, "is_failed": True},
        SENT | {"is_left_out": True},
        HELD | {"returned_on": MONDAY},
        HELD | {"mailed_on": TUESDAY, "returned_on": MONDAY},
        {"is_acknowledged": True},
    ],
)
def test_a_letter_that_contradicts_itself_is_in_no_place_but_broken(
    marks: dict[str, object],
) -> None:
    [day] = balance([trace(**marks)], ()).values()

    assert day.broken == [1]
    assert not day.packaged
    assert not day.left_out


def test_what_is_handed_over_on_a_saturday_counts_for_the_monday() -> None:
    assert list(balance([trace(day=SATURDAY), trace(2, day=FRIDAY)], ())) == [FRIDAY, MONDAY]


flags = st.booleans()
days = st.sampled_from([None, FRIDAY, MONDAY, TUESDAY])


@given(
    st.lists(
        st.builds(
            LetterTrace,
            letter=st.integers(1, 10**6),
            package=st.sampled_from([None, "A", "B", "C"]),
            day=days,
            is_packaged=flags,
            is_acknowledged=flags,
            is_failed=flags,
            is_left_out=flags,
            is_delivered=flags,
            mailed_on=days,
            returned_on=days,
        ),
        unique_by=lambda one: one.letter,
    )
)
def test_the_numbers_add_up_whatever_was_reported(traces: list[LetterTrace]) -> None:
    found = balance(traces, ())

    assert sorted(n for day in found.values() for n in day.approved) == sorted(
        one.letter for one in traces
    )
    for day in found.values():
        sums = {
            "approved": [
                *day.packaged,
                *day.left_out,
                *day.waits_for_release,
                *day.broken,
            ],
            "packaged": [*day.acknowledged, *day.refused, *day.waits_for_acknowledgement],
            "acknowledged": [*day.mailed, *day.waits_for_mailing],
            "mailed": [*day.delivered, *day.returned, *day.in_transit],
        }
        for name, parts in sums.items():
            assert sorted(parts) == getattr(day, name)


def test_a_package_that_holds_other_letters_than_it_was_booked_with_is_broken() -> None:
    traces = [trace(1, **SENT), trace(2, **SENT), trace(3, package="B", **SENT)]

    assert broken_packages({"A": 2, "B": 1}, traces) == []
    assert broken_packages({"A": 3, "B": 1, "C": 1}, traces) == ["A", "C"]


def test_a_number_nobody_sent_is_missing() -> None:
    assert missing_numbers([1, 2, 5]) == [3, 4]
    assert missing_numbers([]) == []


def test_a_package_that_a_later_nights_overtakes_is_told_and_one_of_the_same_night_is_not() -> None:
    def out(*answered: bool, night: date = FRIDAY) -> list[NumberedPackage]:
        return [NumberedPackage(day=night, is_answered=one) for one in answered]

    same_night = dict(enumerate(out(False, True, False), start=1))
    assert overtaken(same_night) == []

    later = dict(enumerate([*same_night.values(), *out(True, False, night=MONDAY)], start=1))
    assert overtaken(later) == [1, 3]
    assert overtaken({}) == []
