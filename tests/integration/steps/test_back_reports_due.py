"""Back-reports on the county's schedule: each outcome once, whatever dies, and nobody told without a legal basis."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pact_etl.domain.back_report_schedule import BackReportSchedule
from pact_etl.domain.case import Kind, Result
from pact_etl.domain.results import StepStatus
from pact_etl.steps.back_report import report_back
from pact_etl.steps.back_reports_due import report_back_due
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import one, planned_batch
from tests.integration.steps.test_back_report import without_invitations
from tests.integration.steps.test_case import SOON, act, refer

pytestmark = pytest.mark.integration

FIFTH = BackReportSchedule(from_=date(2026, 7, 1), day_of_month=5, why="county practice")
OCTOBER, NOVEMBER = date(2026, 10, 5), date(2026, 11, 5)


def on_the_fifth(using: Collaborators) -> Collaborators:
    using = without_invitations(using)
    setting = replace(using.county.back_reports, schedule=[FIFTH])
    return replace(using, county=replace(using.county, back_reports=setting))


@pytest.fixture
def mediated(using: Collaborators) -> Collaborators:
    """A student whom the district referred in September, and who came to the meeting."""
    assert date(2026, 10, 1) > SOON
    planned_batch(using, ["01"])
    act(using, refer(using), Kind.MEETING, result=Result.ATTENDED)
    return on_the_fifth(using)


def actions(using: Collaborators) -> list[str]:
    return [
        row["action"]
        for path in sorted(Path(using.settings.returns).glob("*/oak-grove/*.csv"))
        for row in csv.DictReader(path.read_text().splitlines())
    ]


def test_an_outcome_is_told_once_when_it_is_due_and_not_before(mediated: Collaborators) -> None:
    assert report_back_due(mediated, date(2026, 10, 4)).counts["reports"] == 0

    told = report_back_due(mediated, OCTOBER)

    assert told.counts == {"districts": 1, "reports": 1, "referrals": 1}
    assert actions(mediated) == ["meeting"]
    for day in (OCTOBER, date(2026, 10, 6), NOVEMBER):
        assert report_back_due(mediated, day).counts["reports"] == 0
    assert one(mediated, "SELECT count(*) FROM disclosure") == 1
    assert one(mediated, "SELECT released_by FROM back_report") == "schedule of the county"


def test_what_was_told_by_hand_is_not_told_again_and_what_came_later_is(
    mediated: Collaborators,
) -> None:
    report_back(mediated, "oak-grove", date(2026, 9, 1), SOON, OCTOBER, by="dana")

    assert report_back_due(mediated, OCTOBER).counts["reports"] == 0
    assert report_back_due(mediated, NOVEMBER).counts["reports"] == 0
    assert one(mediated, "SELECT count(*) FROM back_report") == 1


def test_a_month_that_was_missed_comes_with_the_next_report(mediated: Collaborators) -> None:
    told = report_back_due(mediated, NOVEMBER)

    assert told.counts["reports"] == 1
    assert one(mediated, "SELECT last FROM back_report") == date(2026, 10, 31)


def test_a_run_that_died_before_the_file_was_in_its_place_is_completed(
    mediated: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            report_back_due(mediated, OCTOBER)
    assert actions(mediated) == []
    assert one(mediated, "SELECT count(*) FROM disclosure") == 1

    again = report_back_due(mediated, date(2026, 10, 7))

    assert again.counts["reports"] == 0
    assert actions(mediated) == ["meeting"]
    assert one(mediated, "SELECT count(*) FROM disclosure") == 1


def test_a_district_without_a_legal_basis_is_counted_and_told_nothing(
    mediated: Collaborators,
) -> None:
    bare = replace(mediated, county=replace(mediated.county, disclosures=[]))

    told = report_back_due(bare, OCTOBER)

    assert told.reasons == {"no_legal_basis": 1}
    assert actions(bare) == []


def test_without_a_schedule_every_report_is_made_by_hand(mediated: Collaborators) -> None:
    by_hand = replace(mediated.county.back_reports, schedule=[])
    using = replace(mediated, county=replace(mediated.county, back_reports=by_hand))

    assert report_back_due(using, OCTOBER).status is StepStatus.SKIPPED
