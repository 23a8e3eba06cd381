"""The volume brake: a jump in new findings waits for a person; confirmed, its letters are planned."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pact_etl.domain.errors import UsageError
from pact_etl.domain.volume import VolumeBrake
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.volume import confirm
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster, weekdays

pytestmark = pytest.mark.integration

NIGHT = date(2026, 11, 20)
QUIET = [NIGHT - timedelta(days=n) for n in (4, 3, 2, 1)]
MISSED = dict.fromkeys(weekdays(date(2026, 10, 1), date(2026, 10, 20)), "absent_unexcused")
STUDENTS = [f"{n:02}" for n in range(1, 7)]


@pytest.fixture
def using(using: Collaborators) -> Collaborators:
    """Four quiet nights, then six new candidates at once."""
    brake = VolumeBrake(ratio=2.0, least=3, nights=20, least_nights=4)
    strict = replace(using, county=replace(using.county, volume_brake=brake))
    for night in QUIET:
        record_submission(strict.engine, night, roster(STUDENTS))
        evaluate(strict, night)
    frames = {"marks": marks(dict.fromkeys(STUDENTS, MISSED))}
    record_submission(strict.engine, NIGHT, frames, covers_days=60)
    evaluate(strict, NIGHT)
    return strict


def test_a_jump_holds_all_new_letters_of_the_district(using: Collaborators) -> None:
    planned = plan(using, NIGHT)

    assert planned.counts["letters"] == 0
    assert planned.reasons == {"volume_jump": len(STUDENTS)}


def test_once_a_person_has_confirmed_it_the_letters_are_planned(using: Collaborators) -> None:
    plan(using, NIGHT)
    confirm(using, "oak-grove", NIGHT, "a supervisor", "a new school joined")

    assert plan(using, NIGHT).counts["letters"] == len(STUDENTS)


def test_a_night_without_a_jump_cannot_be_confirmed(using: Collaborators) -> None:
    with pytest.raises(UsageError, match=str(NIGHT)):
        confirm(using, "oak-grove", QUIET[0], "a supervisor", "no reason")


def test_findings_of_a_later_usual_night_go_on_while_the_jump_still_waits(
    using: Collaborators,
) -> None:
    later = NIGHT + timedelta(days=3)
    frames = roster(["90"]) | {"marks": marks({"90": MISSED})}
    record_submission(using.engine, later, frames, covers_days=1)
    evaluate(using, later)

    planned = plan(using, later)

    assert planned.counts["letters"] == 1
    assert planned.reasons == {"volume_jump": len(STUDENTS)}
