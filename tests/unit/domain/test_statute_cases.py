"""The cases of tests/cases/truancy about single days, the ladder, and words: no database needed."""

from datetime import date, timedelta
from typing import Any

import pytest

from pact_etl.domain.district import Form
from pact_etl.domain.ladder import LadderStep, Step, stage_of
from pact_etl.domain.wording import unlawful_words
from tests.cases.reading import FOLDER, cases
from tests.policies import STATUTES
from tests.small_district import event, judge, make_district, statuses

DAY = "2026-11-20"
LADDER, WORDING, DAYS = cases("ladder.yaml"), cases("wording.yaml"), cases("canonical_day.yaml")


def rows_of(case: dict[str, Any]) -> list[dict[str, str]]:
    stated = case.get("rows", [])
    for period, said in case.get("periods", {}).items():
        stated = [
            *stated,
            {"period": period} | (said if isinstance(said, dict) else {"code": said}),
        ]
    return [event("101", DAY, **{k: str(v) for k, v in row.items()}) for row in stated]


@pytest.mark.parametrize("sentence", DAYS)
def test_a_day_comes_to(sentence: str) -> None:
    case = DAYS[sentence]
    form = Form.PERIODS if "periods" in case else Form.DAILY

    judged = judge(rows_of(case), district=make_district(form))

    assert statuses(judged).get(("101", DAY), "nothing") == case["then"]
    assert judged.quarantined.empty


@pytest.mark.parametrize("sentence", LADDER)
def test_the_ladder(sentence: str) -> None:
    case, then = LADDER[sentence], LADDER[sentence]["then"]
    occasions = [date(2026, 9, 1) + timedelta(days=n) for n in range(case["occasions"])]
    steps = [
        LadderStep(
            section=told.split()[0],
            step=Step(told.split()[1]),
            date=date(2026, 10, 1) + timedelta(days=n),
            proof="ledger",
        )
        for n, told in enumerate(case.get("told", ()))
    ]

    standing = stage_of(
        steps,
        occasions,
        STATUTES.ladder_on(date(2026, 11, 20)),
        ratio_met=case.get("ten_per_cent", False),
    )

    assert standing.stage == then["stage"]
    assert standing.is_derived == then.get("derived", False)
    if "missing" in then:
        assert list(standing.missing) == then["missing"]
    assert standing.may_be_called_chronic_truant == then.get("may_be_called_chronic_truant", False)


@pytest.mark.parametrize("sentence", WORDING)
def test_the_words_of_a_letter(sentence: str) -> None:
    case = WORDING[sentence]
    chronic = case.get("every_student_is_chronic_truant", False)

    words = unlawful_words(
        case["text"], STATUTES.wording_on(case["night"]), every_student_is_chronic_truant=chronic
    )

    assert list(words) == case["then"]


def test_every_file_of_cases_is_run() -> None:
    run = {"ladder", "wording", "canonical_day"}
    counted = {p.stem for p in FOLDER.glob("[0-9]*.yaml")}

    assert {p.stem for p in FOLDER.glob("*")} == run | counted
    assert len(counted) == 7
