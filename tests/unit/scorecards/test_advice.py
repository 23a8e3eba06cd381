"""What would help most: asked by rule, weightiest first, never more than five."""

from datetime import date

import pytest

from pact_etl.districts import load_county
from pact_etl.scorecards.advice import advice
from pact_etl.scorecards.figures import Clearing, Deliveries, Scorecard, Waiting
from pact_etl.scorecards.wording import KINDS, LETTERS
from tests.conftest import ROOT
from tests.scorecard_factories import card, night, schooldays, worst_month

DAY = date(2026, 10, 6)
CODE = {"code": "Q", "rows": 214, "schools": 2, "since": DAY}
HELD = [{"name": n, "reason": "unknown_code", "rows": 5, "since": DAY} for n in ("Oak", "Elm")]


def text(one: Scorecard) -> str:
    return " ".join(f"{what} {why}" for what, why in advice(one))


def test_a_month_without_a_fault_asks_for_nothing() -> None:
    assert advice(card()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"codes": [CODE], "schools": HELD}, "Tell us what code Q means. 214 rows wait for it"),
        ({"codes": [CODE], "schools": HELD}, "letters of 2 schools"),
        (
            {"codes": [CODE | {"rows": 3}], "schools": HELD},
            "Tell us what code Q means. Rows wait for it",
        ),
        ({"waiting": [Waiting(kind="address", students=41)]}, "Correct 41 addresses."),
        ({"waiting": [Waiting(kind="address", students=None)]}, "A few letters wait"),
        (
            {"waiting": [Waiting(kind="volume", students=19)]},
            "19 letters wait until a person says that attendance was entered rightly",
        ),
        ({"questions": 14}, "14 records may belong to a child"),
        ({"clearing": Clearing(half_within=3, most_within=15)}, "One in ten reaches us 15 days"),
        (
            {"drift": [{"date": DAY, "drift": 12}], "reads_changes": True},
            "12 differences that the nightly changes had missed",
        ),
        ({"first_night": None}, "Send a first delivery."),
    ],
)
def test_a_figure_that_calls_for_it_is_asked_about(changes: dict[str, object], said: str) -> None:
    assert said in text(card(**changes))


def test_a_day_that_was_never_delivered_is_named_with_how_far_to_reach_back() -> None:
    days = schooldays()
    lost = [night(d, is_recorded=False, received=0, lag=None) for d in days[3:5]]
    found = advice(card(now=Deliveries(nights=[*map(night, days[:3]), *lost])))

    assert found[0][0] == "Send one file that reaches back to Oct 6."
    assert "2 schooldays never reached us (Oct 6, Oct 7)" in found[0][1]


def test_rows_set_aside_are_asked_about_only_above_the_countys_middle() -> None:
    rows = {"duplicate_row": 40}
    above = Deliveries(nights=[night(DAY, set_aside=5)])
    below = Deliveries(nights=[night(DAY, set_aside=1)])

    assert "the same row is there twice" in text(card(reasons=rows, now=above))
    assert advice(card(reasons=rows, now=below)) == []


def test_the_worst_month_asks_for_five_things_and_lost_days_come_first() -> None:
    found = advice(worst_month())

    assert len(found) == 5
    assert "reaches back to" in found[0][0]
    assert "Explain codes" in found[1][0]


def test_every_reason_for_which_the_county_names_a_duty_has_its_line_on_the_page() -> None:
    duties = load_county(ROOT / "config").duties

    assert all(set(one.holds) <= set(KINDS) for one in duties)
    assert set(KINDS.values()) <= set(LETTERS)
