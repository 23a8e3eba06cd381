"""A district of whose letters unusually many are undone at once: nothing becomes void before a named person says so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from pact_etl.domain.errors import UsageError
from pact_etl.domain.void_brake import VoidAnswer, VoidBrake
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.voids import answer, waiting
from pact_etl.store import outbox
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    approved_batch,
    excuse,
    one,
    statuses,
)

pytestmark = pytest.mark.integration

STUDENTS = ("01", "02", "03", "04")
THREE = STUDENTS[:3]
SLUG = "oak-grove"
OPEN = "SELECT count(*) FROM staff_task WHERE reason = '{}' AND closed_as_of IS NULL"


@pytest.fixture
def braked(using: Collaborators) -> Collaborators:
    """Four letters are out in a county that lets two of a district become void at once, or half of them."""
    bound = VoidBrake(from_=date(2020, 1, 1), most=2, share=0.5, why="so that four are enough")
    mailing = replace(using.county.mailing, void_brake=[bound])
    using = replace(using, county=replace(using.county, mailing=mailing))
    release_batch(using, approved_batch(using, list(STUDENTS)))
    return using


def restated(using: Collaborators, night: date, excused: tuple[str, ...] = ()) -> None:
    """A later night on which the district takes its excuses back, but for some students."""
    said = {
        s: dict.fromkeys(MISSED, "absent_excused" if s in excused else "absent_unexcused")
        for s in STUDENTS
    }
    record_submission(using.engine, night, {"marks": marks(said)})
    evaluate(using, night)


def test_more_letters_undone_at_once_than_the_bound_all_wait_for_a_person(
    braked: Collaborators, caplog: pytest.LogCaptureFixture
) -> None:
    excuse(braked, *THREE, students=STUDENTS)

    for _ in range(2):  # nothing gathers when it runs again
        counts = reconcile_vendor(braked, NEXT_NIGHT).counts
        assert (counts["voided"], counts["voids_waiting"]) == (0, 3)
    assert statuses(braked) == {"packaged": 4}
    assert one(braked, OPEN.format("void_waits")) == 3
    assert one(braked, OPEN.format("mailed_then_undone")) == 0
    assert "voids-wait" in [getattr(record, "runbook", "") for record in caplog.records]
    [wait] = waiting(braked)
    assert (wait["district"], wait["letters"], wait["answer"]) == (SLUG, 3, None)


def test_as_many_as_the_bound_allows_are_void_without_asking(braked: Collaborators) -> None:
    excuse(braked, "01", "02", students=STUDENTS)

    assert reconcile_vendor(braked, NEXT_NIGHT).counts["voided"] == 2
    assert waiting(braked) == []


def test_letters_of_one_night_that_are_undone_one_after_the_other_are_counted_together(
    braked: Collaborators,
) -> None:
    excuse(braked, "01", "02", students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    excuse(braked, *THREE, students=STUDENTS)  # the same night, delivered again

    counts = reconcile_vendor(braked, NEXT_NIGHT).counts

    assert (counts["voided"], counts["voids_waiting"]) == (0, 1)


def test_approved_they_become_void_and_it_is_kept_who_said_so_and_why(
    braked: Collaborators,
) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)

    for voided in (3, 0):  # the second time changes nothing
        result = answer(
            braked, SLUG, VoidAnswer.APPROVED, "dana", "the nurse sent notes", NEXT_NIGHT
        )
        assert result.counts["voided"] == voided

    assert statuses(braked) == {"packaged": 1, "void": 3}
    assert one(braked, OPEN.format("void_waits")) == 0
    assert one(braked, OPEN.format("mailed_then_undone")) == 3
    said = "SELECT DISTINCT answered_by || ': ' || answered_reason FROM void_wait"
    assert one(braked, said) == "dana: the nurse sent notes"
    assert reconcile_vendor(braked, NEXT_NIGHT).counts["voids_waiting"] == 0
    assert waiting(braked) == []


def test_declined_they_stand_and_a_right_excuse_after_the_record_was_mended_still_voids(
    braked: Collaborators,
) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    answer(braked, SLUG, VoidAnswer.DECLINED, "dana", "the file was cut short", NEXT_NIGHT)

    assert reconcile_vendor(braked, NEXT_NIGHT).counts["voids_waiting"] == 0
    assert statuses(braked) == {"packaged": 4}
    assert waiting(braked)[0]["answer"] == "declined"

    restated(braked, DAYS[31])
    reconcile_vendor(braked, DAYS[31])
    assert waiting(braked) == []
    restated(braked, DAYS[32], excused=("01",))
    assert reconcile_vendor(braked, DAYS[32]).counts["voided"] == 1


def test_letters_whose_record_is_mended_before_anybody_answers_wait_no_longer(
    braked: Collaborators,
) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    restated(braked, DAYS[31])

    assert reconcile_vendor(braked, DAYS[31]).counts["voids_waiting"] == 0
    assert one(braked, OPEN.format("void_waits")) == 0
    assert statuses(braked) == {"packaged": 4}


def test_the_rest_goes_on_waiting_when_only_some_are_mended(braked: Collaborators) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    restated(braked, DAYS[31], excused=("01",))

    counts = reconcile_vendor(braked, DAYS[31]).counts
    assert (counts["voided"], counts["voids_waiting"]) == (0, 1)


def test_nobody_is_reminded_of_a_letter_while_it_waits(braked: Collaborators) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    evening = one(braked, "SELECT min(m.date) FROM meeting m JOIN notice n ON n.meeting_id = m.id")
    assert isinstance(evening, date)
    day = evening - timedelta(days=7)
    evenings = [evening.slug for evening in braked.county.meetings]

    with braked.engine.begin() as connection:
        outbox.enqueue(connection, day, [7], evenings)
        assert len(outbox.claim(connection, day, 10, evenings, ())) == 1
    answer(braked, SLUG, VoidAnswer.DECLINED, "dana", "the file was cut short", day)
    with braked.engine.begin() as connection:
        assert len(outbox.claim(connection, day, 10, evenings, ())) == 3


@pytest.mark.parametrize(("by", "reason"), [(" ", "so"), ("dana", "")])
def test_an_answer_needs_a_name_a_reason_and_something_that_waits(
    braked: Collaborators, by: str, reason: str
) -> None:
    with pytest.raises(UsageError, match="named person"):
        answer(braked, SLUG, VoidAnswer.APPROVED, by, reason, NEXT_NIGHT)
    with pytest.raises(UsageError, match="no void waits"):
        answer(braked, SLUG, VoidAnswer.APPROVED, "dana", "so", NEXT_NIGHT)


def test_a_letter_of_a_district_that_waits_is_void_only_once(braked: Collaborators) -> None:
    excuse(braked, *THREE, students=STUDENTS)
    reconcile_vendor(braked, NEXT_NIGHT)
    answer(braked, SLUG, VoidAnswer.APPROVED, "dana", "right", NEXT_NIGHT)
    reconcile_vendor(braked, DAYS[31])

    with braked.engine.connect() as connection:
        events = connection.execute(
            text("SELECT notice_id, count(*) FROM notice_event WHERE event = 'void' GROUP BY 1")
        ).all()
    assert sorted(count for _, count in events) == [1, 1, 1]
