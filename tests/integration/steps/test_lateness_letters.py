"""Letters about lateness, from marks to the printed page: planned, told truly, stopped when an excuse comes late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from pact_etl.districts.other_policy import load_other_policy
from pact_etl.domain.policy import Choice, DaysThreshold, PactThreshold
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.steps.what_if import what_if
from pact_etl.steps.what_if_figures import Edition
from pact_etl.steps.why import explain
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import DAYS, NEXT_NIGHT, NIGHT, one, statuses
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration

WHOLE, LATE = "absent_unexcused", "partial_unexcused"
LINE_OF_2012 = DaysThreshold(
    from_=date(2020, 7, 1),
    minimum_occasions=6,
    minimum_enrolled_days=20,
    kind="days_or_occasions",
)


@pytest.fixture
def by_days(using: Collaborators) -> Collaborators:
    """The county with the program's line of 2012."""
    return replace(using, county=replace(using.county, thresholds=[LINE_OF_2012]))


def state(using: Collaborators, night: date, missed: Sequence[str], born: int = 2015) -> None:
    """A night's whole word: so many of the first schooldays with these marks, then evaluated."""
    frames = roster(["01"], born=date(born, 8, 14))
    frames |= {"marks": marks({"01": dict(zip(DAYS, missed, strict=False))})}
    record_submission(using.engine, night, frames, covers_days=60)
    evaluate(using, night)


def approved(using: Collaborators) -> int:
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="seen")
    return batch


def printed(using: Collaborators) -> list[str]:
    """The pages of the one package, each as one line."""
    [path] = sealed_packages(Path(using.settings.vendor))
    with open_package(using.settings.vendor_keys, path) as package:
        document = pdfium.PdfDocument(package.read("letters.pdf"))
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return pages


@pytest.mark.parametrize(
    ("missed", "sentence", "whole_days", "late_days"),
    [
        (
            [LATE] * 6,
            "Ana was late or away more than 30 minutes on 6 of 30 school days",
            "None",
            "August 10, 11, 12, 13, 14, 17",
        ),
        (
            [WHOLE] * 2 + [LATE] * 4,
            "Ana has missed 2 of 30 school days this school year and was late or away more than"
            " 30 minutes on 4 of 30, all with no excuse on file",
            "August 10, 11",
            "August 12, 13, 14, 17",
        ),
        (
            [WHOLE] * 6,
            "Ana has missed 6 of 30 school days this school year with no excuse on file",
            "August 10, 11, 12, 13, 14, 17",
            "None",
        ),
    ],
)
def test_a_letter_says_the_days_that_brought_the_student_over_the_line(
    by_days: Collaborators, missed: list[str], sentence: str, whole_days: str, late_days: str
) -> None:
    state(by_days, NIGHT, missed)
    assert explain(by_days, "oak-grove:01", NIGHT)["verdict"] == "to_be_invited"

    release_batch(by_days, approved(by_days))

    letter, record = printed(by_days)
    assert sentence in letter
    assert f"Full days missed with no excuse on file {whole_days} Late or away" in record
    assert f"Late or away more than 30 minutes with no excuse on file {late_days} full" in record


def test_a_late_excuse_lowers_the_number_that_a_letter_says(by_days: Collaborators) -> None:
    state(by_days, NIGHT, [LATE] * 8)
    batch = approved(by_days)
    state(by_days, NEXT_NIGHT, [LATE] * 6 + ["partial_excused"] * 2)

    release_batch(by_days, batch)

    assert "30 minutes on 6 of 31 school days" in printed(by_days)[0]


def test_a_whole_day_that_was_lateness_after_all_moves_to_the_other_count(
    by_days: Collaborators,
) -> None:
    state(by_days, NIGHT, [WHOLE] * 6)
    batch = approved(by_days)
    state(by_days, NEXT_NIGHT, [WHOLE] * 2 + [LATE] * 4)

    release_batch(by_days, batch)

    assert "missed 2 of 31 school days" in printed(by_days)[0]
    assert "30 minutes on 4 of 31" in printed(by_days)[0]


@pytest.mark.parametrize("excused", [1, 6])
def test_a_letter_about_lateness_below_its_line_is_withdrawn_as_corrected(
    by_days: Collaborators, excused: int
) -> None:
    state(by_days, NIGHT, [LATE] * 6)
    batch = approved(by_days)
    state(by_days, NEXT_NIGHT, [LATE] * (6 - excused) + ["partial_excused"] * excused)

    assert release_batch(by_days, batch).counts["withdrawn"] == 1
    assert statuses(by_days) == {"withdrawn": 1}
    assert one(by_days, "SELECT reason FROM invitation") == "corrected"


def test_a_county_that_counts_part_of_a_day_in_u_calls_no_such_day_a_whole_one(
    using: Collaborators,
) -> None:
    county = using.county
    ratio = PactThreshold(
        from_=date(2020, 7, 1), minimum_unexcused_days=3, minimum_enrolled_days=20
    )
    counting = [
        replace(every, partial_absences_in_u=Choice(answer=True, why="a test"))
        for every in county.counting
    ]
    other = replace(using, county=replace(county, thresholds=[ratio], counting=counting))
    state(other, NIGHT, [WHOLE] * 1 + [LATE] * 3)

    release_batch(other, approved(other))

    assert "missed 1 of 30 school days" in printed(other)[0]
    assert "30 minutes on 3 of 30" in printed(other)[0]


def test_days_before_the_age_of_compulsory_school_are_neither_counted_nor_shown(
    by_days: Collaborators,
) -> None:
    # Six years old on the fifth of the days.
    state(by_days, NIGHT, [LATE] * 12, born=2020)

    release_batch(by_days, approved(by_days))

    letter, record = printed(by_days)
    assert "30 minutes on 8 of 30 school days" in letter
    assert "no excuse on file August 14, 17, 18, 19, 20, 21, 24, 25 full" in record


def test_the_line_of_2012_would_have_written_about_lateness_alone(
    using: Collaborators, tmp_path: Path
) -> None:
    state(using, NIGHT, [LATE] * 6)
    path = tmp_path / "other.yaml"
    line = "{kind: days_or_occasions, minimum_occasions: 6, minimum_enrolled_days: 20}"
    path.write_text(f"thresholds: [{line}]", encoding="utf-8")

    told = what_if(using, load_other_policy(path, ROOT / "config"), NIGHT, NIGHT, Edition())

    assert (told["letters"]["added"], told["letters"]["recorded"]) == (1, 0)


def test_the_approver_reads_the_counts_that_the_letter_says(by_days: Collaborators) -> None:
    state(by_days, NIGHT, [WHOLE] * 2 + [LATE] * 4)
    batch = plan(by_days, NIGHT).ids["batch"]

    told = propose(by_days, batch)

    assert "2 unexcused and 4 late or away over 30 minutes of 30 schooldays" in str(told)
