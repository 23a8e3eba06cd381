"""The scorecard's figures: shares with small groups hidden, nights counted, days to an excuse."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.scorecards.figures import (
    attendance_by,
    clearing,
    deliveries,
    middle,
    rate,
    waiting,
    within,
)
from pact_etl.scorecards.wording import KINDS
from pact_etl.steps.scorecard import conceal
from tests.policies import POLICY


class Group(NamedTuple):
    enrolled: int
    absent: int
    unexcused: int
    students: int
    period: str = "now"
    slug: str = "oak-grove"


def shares(*groups: Group):  # type: ignore[no-untyped-def]
    return attendance_by(groups, POLICY, 11)["oak-grove", "now"]


def test_shares_are_sums_of_days_and_not_means_of_students() -> None:
    one = shares(Group(20, 0, 0, 60), Group(20, 2, 1, 20), Group(10, 4, 3, 20))

    # 80 + 40 = 120 days absent and 20 + 60 = 80 unexcused of 1800 enrolled; only 80 are enrolled long enough.
    assert one.absent.percent == pytest.approx(100 * 120 / 1800)
    assert one.unexcused.percent == pytest.approx(100 * 80 / 1800)
    assert one.chronic.percent == pytest.approx(100 * 20 / 80)


def test_ten_students_behind_a_share_hide_it_and_eleven_do_not() -> None:
    assert shares(Group(20, 0, 0, 90), Group(20, 4, 0, 10)).absent.is_hidden
    assert shares(Group(20, 0, 0, 89), Group(20, 4, 0, 11)).absent.percent is not None


def test_nobody_absent_is_hidden_like_a_few_so_that_neither_can_be_told() -> None:
    assert shares(Group(20, 0, 0, 90)).absent.is_hidden


def test_a_share_whose_complement_is_a_small_group_is_hidden() -> None:
    assert shares(Group(20, 4, 0, 90), Group(20, 0, 0, 10)).chronic.is_hidden
    assert rate(90, 101, 90, 101, 11).percent is not None


def test_without_students_a_share_is_missing_and_not_hidden() -> None:
    found = rate(0, 0, 0, 0, 11)

    assert (found.percent, found.is_hidden) == (None, False)


@given(st.integers(0, 200), st.integers(0, 200))
def test_no_printed_share_of_students_stands_for_fewer_than_eleven(part: int, rest: int) -> None:
    found = rate(part, part + rest, part, part + rest, 11)

    if min(part, rest) < 11:
        assert found.percent is None


def test_the_middle_of_too_few_districts_is_not_told() -> None:
    assert middle([1.0, 2.0, 3.0, 4.0, None, None]) is None
    assert middle([1.0, 2.0, 9.0, 4.0, 5.0, None]) == 4.0


def night(day: int, **changes: object) -> Mapping[str, object]:
    row: dict[str, object] = {
        "date": date(2026, 10, day),
        "is_taught": True,
        "is_recorded": True,
        "refused_reason": None,
        "received": 500,
        "set_aside": 0,
        "lag": 0,
    }
    return row | changes


def test_nights_are_told_apart_and_days_before_the_first_delivery_are_nobodys_fault() -> None:
    gone = {"is_recorded": False, "received": 0}
    found = deliveries(
        [
            night(5, **gone, lag=8),
            night(6),
            night(7, **gone, lag=None),
            night(8, **gone, refused_reason="header_changed", lag=1),
            night(9, set_aside=5),
            night(10, is_taught=False, set_aside=400),
        ],
        date(2026, 10, 6),
    )

    assert (found.delivered, len(found.nights)) == (2, 4)
    assert [n.date.day for n in found.missed] == [7]
    assert [n.date.day for n in found.refused] == [8]
    assert [d.day for d in found.never] == [7]
    assert found.lags == [0, 0, 1]
    assert found.per_thousand == pytest.approx(5)


def change(lag: int | None, marks: int, students: int, kind: str = "cleared") -> dict[str, object]:
    return {"kind": kind, "lag": lag, "marks": marks, "students": students}


def test_excuses_are_counted_by_how_long_they_took() -> None:
    found = clearing(
        [
            change(None, 100, 60),
            change(1, 50, 40),
            change(6, 38, 20),
            change(40, 12, 12),
            change(None, 7, 5, "charged"),
            change(3, 7, 5, "charged"),
        ],
        conceal,
        11,
    )

    assert (found.half_within, found.most_within, found.corrections) == (1, 40, 107)
    assert found.shares["0 to 2 days"] == 50.0
    # The empty buckets are hidden as small ones, and nothing printed gives away which is which.
    assert found.shares["8 to 14 days"] is None
    assert found.shares["15 to 30 days"] is None


def test_excuses_of_a_few_students_are_not_shown() -> None:
    found = clearing([change(None, 30, 10), change(2, 30, 10)], conceal, 11)

    assert found.is_hidden
    assert found.shares == {}
    assert found.half_within is None


def test_a_month_without_excuses_is_empty_and_not_hidden() -> None:
    assert clearing([], conceal, 11).is_empty


@given(st.lists(st.integers(0, 60), min_size=1, max_size=50))
def test_nine_in_ten_are_within_what_is_said(values: list[int]) -> None:
    values.sort()
    said = within(values, 0.9)

    assert sum(v <= said for v in values) * 10 >= 9 * len(values)
    assert sum(v < said for v in values) * 10 < 9 * len(values)


def test_letters_that_wait_are_told_by_kind_with_half_and_longest_wait() -> None:
    found, total = waiting(
        [
            {"reason": "address_invalid", "waiting": 3, "students": 20},
            {"reason": "no_address", "waiting": 30, "students": 5},
            {"reason": "language_without_template", "waiting": 9, "students": 15},
        ],
        KINDS,
        conceal,
    )

    assert [(w.kind, w.students, w.half_waits, w.longest) for w in found] == [
        ("address", 25, 3, 30),
        ("language", 15, 9, 9),
    ]
    assert total == 40


def test_one_small_kind_takes_another_along_so_that_no_subtraction_gives_it_away() -> None:
    found, total = waiting(
        [
            {"reason": "safe_at_home", "waiting": 3, "students": 2},
            {"reason": "no_address", "waiting": 30, "students": 25},
            {"reason": "language_without_template", "waiting": 9, "students": 15},
        ],
        KINDS,
        conceal,
    )
    shown = {w.kind: w.students for w in found}

    assert total == 42
    assert shown == {"address": 25, "language": None, "person": None}
    assert all(w.longest is None for w in found if w.students is None)
