"""Another policy over a school on several calendars: each student's days are those of the student's own track."""

from pathlib import Path

import pytest

from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays
from tests.integration.steps.test_what_if import DAYS, NIGHTS, policy, rerun
from tests.integration.store.test_tracks import calendar, on_tracks

pytestmark = pytest.mark.integration

VACATION = [(day, False) for day in DAYS[10:20]]  # of track B
MISSED = [*DAYS[5:8], DAYS[12]]  # the last of them in B's vacation


@pytest.fixture
def two_tracks(using: Collaborators) -> Collaborators:
    """01 follows the common calendar, 02 track B; both missed the same days, of which one is no day of 02's."""
    of = using.districts["oak-grove"]
    common = [(day, True) for day in weekdays(FIRST_DAY, DAYS[-1])]
    frames = on_tracks(roster(["01", "02"]), "", "B")
    frames["calendar"] = calendar(common=common, B=VACATION)
    frames["marks"] = marks(dict.fromkeys(["01", "02"], dict.fromkeys(MISSED, "absent_unexcused")))
    for night in NIGHTS[:4]:
        record_submission(using.engine, night, frames, of=of, covers_days=120)
        evaluate(using, night)
        plan(using, night)
    return using


def test_the_countys_own_policy_changes_nothing_on_any_track(
    two_tracks: Collaborators, tmp_path: Path
) -> None:
    report = rerun(two_tracks, policy(tmp_path, "{}"))

    for line in (*report["findings"].values(), report["letters"]):
        assert line["would"] == line["recorded"] == line["same"]
    assert report["letters"]["would"] == 2


def test_a_day_of_the_tracks_vacation_counts_under_no_policy(
    two_tracks: Collaborators, tmp_path: Path
) -> None:
    report = rerun(two_tracks, policy(tmp_path, "thresholds: [{minimum_unexcused_days: 4}]"))

    assert (report["letters"]["recorded"], report["letters"]["would"]) == (2, 1)


def test_the_denominator_is_the_tracks_own_under_another_policy(
    two_tracks: Collaborators, tmp_path: Path
) -> None:
    # On the first night 01 was enrolled for 25 days, 02 for 15 of its own.
    other = policy(tmp_path, "thresholds: [{minimum_enrolled_days: 22}]")

    report = rerun(two_tracks, other, students=True)

    assert [one["change"] for one in report["students"]] == ["removed"]
