"""Past nights under another policy: from a policy file to letters by district, and nothing touched."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pact_etl.districts.other_policy import OtherPolicy, load_other_policy
from pact_etl.domain.errors import SettingsError, UsageError
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.what_if import what_if
from pact_etl.steps.what_if_figures import Edition
from pact_etl.store.tables.base import metadata
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import FIRST_DAY, district, marks, record_submission, roster, weekdays

pytestmark = pytest.mark.integration

DAYS = weekdays(FIRST_DAY, date(2026, 11, 30))
NIGHTS = DAYS[24:50:2]


def run_nights(using: Collaborators, missed: dict[str, list[date]]) -> None:
    """Each night's submission states everything so far; then the night is evaluated and planned."""
    for night in NIGHTS:
        so_far = {
            student: dict.fromkeys([d for d in days if d <= night], "absent_unexcused")
            for student, days in missed.items()
        }
        frames = roster(list(missed)) | {"marks": marks(so_far)}
        record_submission(using.engine, night, frames, covers_days=120)
        evaluate(using, night)
        plan(using, night)


def policy(tmp_path: Path, content: str) -> OtherPolicy:
    path = tmp_path / "other.yaml"
    path.write_text(content, encoding="utf-8")
    return load_other_policy(path, ROOT / "config")


@pytest.fixture
def county(using: Collaborators) -> Collaborators:
    """01 missed 3 days early on, 02 four and one more later, 03 is over any line later.

    One more district sent nothing, and one no calendar.
    """
    silent = district("elm-hill", cd_code="3488888")
    record_submission(using.engine, NIGHTS[0], {}, of=silent)
    no_calendar = roster(["01"]) | {
        "marks": marks({"01": dict.fromkeys(DAYS[5:9], "absent_unexcused")})
    }
    del no_calendar["calendar"]
    uncharted = district("ash-creek", cd_code="3477777")
    record_submission(using.engine, NIGHTS[0], no_calendar, of=uncharted, covers_days=120)
    run_nights(using, {"01": DAYS[5:8], "02": [*DAYS[5:9], DAYS[30]], "03": DAYS[28:38]})
    return using


def rerun(using: Collaborators, other: OtherPolicy, **edition: bool) -> dict[str, Any]:
    return what_if(using, other, NIGHTS[0], NIGHTS[-1], Edition(**edition))


def test_the_countys_own_policy_changes_nothing(county: Collaborators, tmp_path: Path) -> None:
    letters = []
    for first in NIGHTS[
        :8
    ]:  # those before stand as they were, so that each start comes to the same
        report = what_if(county, policy(tmp_path, "{}"), first, NIGHTS[-1], Edition())

        for line in (*report["findings"].values(), report["letters"]):
            assert line["would"] == line["recorded"] == line["same"]
        letters.append(report["letters"]["would"])
    assert letters[0] == 3
    assert sorted(letters, reverse=True) == letters
    assert letters[-1] == 0


def test_more_days_asked_take_letters_away_and_make_others_late(
    county: Collaborators, tmp_path: Path
) -> None:
    other = policy(tmp_path, "thresholds: [{minimum_unexcused_days: 5}]")

    report = rerun(county, other, students=True)

    letters = report["letters"]
    assert (letters["recorded"], letters["would"]) == (3, 2)
    assert (letters["removed"], letters["later"], letters["added"]) == (1, 2, 0)
    assert report["letters_by"]["district"] == [
        {"group": "oak-grove", "would": 2, "recorded": 3, "difference": -1}
    ]
    assert {one["change"] for one in report["students"]} == {"removed", "later"}
    assert all(one["student"].startswith("S") for one in report["students"])


def test_grades_outside_the_span_get_no_letter_though_they_are_found(
    county: Collaborators, tmp_path: Path
) -> None:
    report = rerun(county, policy(tmp_path, "thresholds: [{grades: ['09']}]"))

    assert report["letters"]["removed"] == 3
    assert report["findings"]["chronic_truant_candidate"]["same"] == 3


def test_no_letter_after_the_last_mailing_date(county: Collaborators, tmp_path: Path) -> None:
    last = NIGHTS[3]
    other = policy(tmp_path, f"mailing: {{last_mailing_dates: {{2026-27: {last}}}}}")

    report = rerun(county, other)

    assert report["letters"]["would"] == 2
    assert report["letters"]["removed"] == 1


def test_nights_before_the_first_one_stand_as_they_were(
    county: Collaborators, tmp_path: Path
) -> None:
    line = "{kind: days_or_occasions, minimum_occasions: 2, minimum_enrolled_days: 1}"
    other = policy(tmp_path, f"thresholds: [{line}]")

    report = what_if(county, other, NIGHTS[3], NIGHTS[-1], Edition())

    assert report["letters"]["would"] == report["letters"]["recorded"] == 1
    assert report["letters"]["earlier"] == 1


def test_small_groups_are_hidden_from_publication(county: Collaborators, tmp_path: Path) -> None:
    report = rerun(county, policy(tmp_path, "{}"), publish=True)

    assert report["letters_by"]["district"] == [
        {"group": "oak-grove", "would": None, "recorded": None, "difference": None}
    ]
    assert set(report["letters"].values()) == {None}
    assert "students" not in report


def test_nothing_is_written(county: Collaborators, tmp_path: Path) -> None:
    before = contents(county)

    rerun(county, policy(tmp_path, "thresholds: [{minimum_unexcused_days: 1}]"))

    assert contents(county) == before


def contents(using: Collaborators) -> dict[str, tuple[int, int | None]]:
    """Every table's rows, as their number and a sum of hashes."""
    with using.engine.connect() as connection:
        return {
            name: tuple(
                connection.execute(
                    text(f'SELECT count(*), sum(hashtext(t::text)::bigint) FROM "{name}" t')
                ).one()
            )
            for name in metadata.tables
        }


def test_a_span_without_an_evaluated_night_is_wrong_use(
    county: Collaborators, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no night from 2020-09-01"):
        what_if(county, policy(tmp_path, "{}"), date(2020, 9, 1), date(2020, 9, 30), Edition())


def test_a_year_whose_attendance_was_destroyed_cannot_be_run_again(
    county: Collaborators, tmp_path: Path
) -> None:
    purge = """
        INSERT INTO purge (as_of, record_class, due_through, months, deleted, in_flight)
        VALUES ('2027-09-01', 'attendance', '2027-06-30', 1, 5, 0)
    """
    with county.engine.begin() as connection:
        connection.execute(text(purge))

    with pytest.raises(UsageError, match="attendance through 2027-06-30 was destroyed"):
        rerun(county, policy(tmp_path, "{}"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("gates: {}", "gates is no part of a policy"),
        ("mailing: {languages: [eng]}", "mailing.languages changes nothing"),
        ("thresholds: [{minimum_days: 3}]", "minimum_days"),
        ("counting: [{clearing_schooldays: -1}]", "cannot be negative"),
        ("thresholds: 5", "not a list"),
        ("law: {speed: 5}", "law.*speed"),
    ],
)
def test_a_policy_that_says_what_nothing_acts_on_is_refused(
    content: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=words):
        policy(tmp_path, content)


def test_the_example_of_the_documentation_can_be_used(county: Collaborators) -> None:
    other = load_other_policy(ROOT / "docs" / "what_if_policy.yaml", ROOT / "config")

    report = rerun(county, other)

    assert report["letters"]["recorded"] == 3
    assert report["letters"]["would"] == 2


def test_an_entry_takes_over_what_it_does_not_say(tmp_path: Path) -> None:
    other = policy(tmp_path, "counting: [{from: 2026-07-01, clearing_schooldays: 5}]").county
    own = policy(tmp_path, "{}").county.counting_on(date(2026, 9, 1))

    changed = other.counting_on(date(2026, 9, 1))
    assert changed.clearing_schooldays.answer == 5
    assert replace(changed, clearing_schooldays=own.clearing_schooldays) == own
