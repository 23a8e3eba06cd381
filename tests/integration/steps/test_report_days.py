"""The days in a vendor's reports: impossible ones are not believed, and what came back stays so in whatever order."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import NEXT_NIGHT, NIGHT, approved_batch, one, piece
from tests.integration.steps.release_packages import rows

pytestmark = pytest.mark.integration

MAILED_ON, BACK_ON = NIGHT + timedelta(days=3), NIGHT + timedelta(days=6)
LATER = NIGHT + timedelta(days=10)


@pytest.fixture
def out(using: Collaborators) -> Collaborators:
    """One letter is out, and nothing was said of it yet."""
    release_batch(using, approved_batch(using, ["01"]))
    return using


def say(using: Collaborators, report: str, column: str, day: date, as_of: date = LATER) -> None:
    folder = Path(using.settings.vendor) / "in"
    folder.mkdir(exist_ok=True)
    lines = f"piece_id,{column}\n{piece(using)},{day}\n"
    (folder / f"{one(using, 'SELECT name FROM package')}.{report}.csv").write_text(lines)
    reconcile_vendor(using, as_of)


@pytest.mark.parametrize("day", [NIGHT - timedelta(days=1), NEXT_NIGHT + timedelta(days=1)])
def test_a_day_before_the_record_or_still_to_come_is_an_alert_and_changes_nothing(
    out: Collaborators, caplog: pytest.LogCaptureFixture, day: date
) -> None:
    say(out, "mailed", "mailed_on", day, as_of=NEXT_NIGHT)

    assert rows(out, "SELECT status, mailed_on FROM notice") == [("packaged", None)]
    assert "impossible_day" in {getattr(r, "fault", None) for r in caplog.records}


def test_a_day_that_was_said_otherwise_before_is_an_alert(
    out: Collaborators, caplog: pytest.LogCaptureFixture
) -> None:
    say(out, "mailed", "mailed_on", MAILED_ON)
    assert "impossible_day" not in {getattr(r, "fault", None) for r in caplog.records}
    say(out, "mailed", "mailed_on", BACK_ON)

    assert one(out, "SELECT mailed_on FROM notice") == MAILED_ON
    assert "impossible_day" in {getattr(r, "fault", None) for r in caplog.records}


def test_a_letter_that_came_back_before_its_mailing_was_told_has_come_back(
    out: Collaborators,
) -> None:
    say(out, "returned", "returned_on", BACK_ON)
    say(out, "mailed", "mailed_on", MAILED_ON)

    assert one(out, "SELECT status FROM notice") == "returned"
    assert one(out, "SELECT reason FROM invitation") == "mail_returned"
