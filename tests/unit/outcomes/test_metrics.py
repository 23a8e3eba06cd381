"""Rates, changes, funnel and costs, worked out by hand."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from pact_etl.domain.attendance import Status
from pact_etl.domain.county import Costs
from pact_etl.outcomes.costs import LetterCost, cost_per_letter, letter_cost
from pact_etl.outcomes.metrics import NOT_AN_EFFECT, attendance_rate, funnel, raw_change
from pact_etl.outcomes.shares import day_shares

COSTS = Costs(from_=date(2020, 7, 1), postage=0.78, sheet=0.06, envelope=0.09, staff=1.40)


def outcome(
    status: str, pre: tuple[int, int, int], post: tuple[int, int, int]
) -> dict[str, object]:
    names = ("enrolled_days", "unexcused_days", "absent_days")
    sides = {"pre": pre, "post": post}
    days = {
        f"{s}_{n}": v for s, values in sides.items() for n, v in zip(names, values, strict=True)
    }
    return {"window_days": 40, "district": "a", "status": status, **days}


def test_a_rate_over_letters_is_the_ratio_of_sums_of_the_complete_ones() -> None:
    outcomes = pd.DataFrame(
        [
            outcome("complete", (40, 8, 10), (40, 4, 6)),
            outcome("complete", (20, 2, 2), (20, 2, 3)),
            outcome("short", (40, 40, 40), (5, 5, 5)),
            outcome("immature", (40, 40, 40), (5, 5, 5)),
            outcome("truncated", (40, 40, 40), (5, 5, 5)),
            outcome("void", (40, 40, 40), (40, 0, 0)),
        ]
    )

    (row,) = raw_change(outcomes).to_dict("records")

    assert (row["letters"], row["mature"], row["complete"]) == (5, 3, 2)
    assert row["attrition_pct"] == pytest.approx(100 / 3)
    assert row["pre_unexcused_rate"] == pytest.approx(100 * 10 / 60)
    assert row["post_unexcused_rate"] == pytest.approx(100 * 6 / 60)
    assert row["unexcused_rate_change"] == pytest.approx(-100 * 4 / 60)
    assert row["pre_attendance_rate"] == pytest.approx(80)
    assert row["post_attendance_rate"] == pytest.approx(85)
    assert row["attendance_rate_change"] == pytest.approx(5)


def test_a_raw_change_is_always_labelled_as_no_effect() -> None:
    outcomes = pd.DataFrame([outcome("complete", (40, 8, 10), (40, 4, 6))])

    assert raw_change(outcomes, by=["district"])["label"].tolist() == [NOT_AN_EFFECT]


def test_a_group_without_a_complete_letter_has_no_rate() -> None:
    outcomes = pd.DataFrame([outcome("immature", (40, 8, 10), (5, 4, 5))])

    (row,) = raw_change(outcomes).to_dict("records")

    assert row["letters"] == 1
    assert row["mature"] == 0
    assert pd.isna(row["attrition_pct"])
    assert pd.isna(row["post_attendance_rate"])


def test_nobody_enrolled_is_a_missing_rate() -> None:
    assert attendance_rate(pd.Series([0.0]), pd.Series([0.0])).isna().all()


def test_a_funnel_gives_each_stage_as_a_share_of_the_one_before() -> None:
    table = funnel({"planned": 200, "approved": 150, "mailed": 120, "returned": 0})

    assert table["stage"].tolist() == ["planned", "approved", "mailed", "returned"]
    assert table["letters"].tolist() == [200, 150, 120, 0]
    assert table["share_of_previous"].tolist()[1:] == [0.75, 0.8, 0.0]
    assert pd.isna(table["share_of_previous"][0])


def test_a_letter_of_three_sheets_costs_postage_paper_envelope_and_staff() -> None:
    assert letter_cost(3, COSTS) == LetterCost(marginal=Decimal("1.050"), full=Decimal("2.450"))


def test_the_cost_per_letter_is_the_mean_over_what_was_mailed() -> None:
    letters = pd.DataFrame({"marginal_cost": [1.05, 0.93], "full_cost": [2.45, 2.33]})

    assert cost_per_letter(letters) == LetterCost(marginal=Decimal("0.990"), full=Decimal("2.390"))
    assert cost_per_letter(letters.head(0)) is None


def test_a_day_is_missed_as_the_law_counts_it() -> None:
    statuses = [status.value for status in Status]

    shares = day_shares(pd.Series(statuses))

    by_status = dict(zip(statuses, shares.itertuples(index=False, name=None), strict=True))
    assert by_status["absent_unexcused"] == (1, 1)
    assert by_status["suspended_out"] == (0, 1)
    assert by_status["absent_mixed"] == (0, 1)
    assert by_status["tardy"] == (0, 0)
    assert (shares["unexcused"] <= shares["absent"]).all()
