"""What follows an evening: another invitation to who did not come, thanks to who did, by what staff entered of it."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pypdfium2 as pdfium
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pact_etl.domain.case import Entry, Kind, Result
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.case import enter
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import clear
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays
from tests.integration.steps.letters import NIGHT, approve_planned, one

pytestmark = pytest.mark.integration

EVENING = date(2026, 10, 1)
MORNING_AFTER = date(2026, 10, 2)
PAUSE_OVER = date(2026, 11, 20)
SECOND_EVENING = date(2026, 12, 3)
MISSED = {day: "absent_unexcused" for day in weekdays(FIRST_DAY, date(2026, 12, 4))[20::5]} | {
    day: "absent_unexcused" for day in weekdays(date(2026, 9, 8), date(2026, 9, 11))
}
FOLLOWING = """
    SELECT string_agg(kind || ' ' || status || COALESCE(' ' || reason, ''), ', ' ORDER BY kind) FROM follow_up"""


@pytest.fixture
def invited(using: Collaborators) -> Collaborators:
    """One family's letter to the first evening is out."""
    invite(using, roster(["01"]))
    return using


def invite(using: Collaborators, frames: dict[str, pd.DataFrame]) -> None:
    told = {day: status for day, status in MISSED.items() if day <= NIGHT}
    frames = frames | {"marks": marks({"01": told})}
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    send(using, NIGHT)


def send(using: Collaborators, night: date) -> None:
    """A night's letters are approved, released and mailed."""
    mail(using, approve_planned(using, night), night)


def mail(using: Collaborators, batch: int, night: date) -> None:
    release_batch(using, batch)
    settings = using.settings
    habits = VendorHabits(days_to_mail=0)
    SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits).visit(night)
    reconcile_vendor(using, night)


def entered(using: Collaborators, result: Result, on: date = EVENING) -> str:
    """Staff enter what came of an evening; returns the entry's code."""
    entry = Entry(kind=Kind.MEETING, day=on, result=result, entered_by="dana")
    made = enter(using, f"C{one(using, 'SELECT id FROM case_file')}", entry, on + timedelta(days=1))
    return f"C{made.ids['case']}-{made.ids['entry']}"


def record_as_of(using: Collaborators, night: date, status: str = "absent_unexcused") -> None:
    told = {day: status for day in MISSED if day <= night}
    record_submission(using.engine, night, {"marks": marks({"01": told})}, covers_days=120)
    evaluate(using, night)


def proof_of(using: Collaborators, batch: int) -> str:
    propose(using, batch)
    document = pdfium.PdfDocument(using.settings.var / "proofs" / f"batch-{batch}.pdf")
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_a_family_that_did_not_come_is_invited_once_more_after_the_pause(
    invited: Collaborators,
) -> None:
    entered(invited, Result.NOT_ATTENDED)
    early = EVENING + timedelta(days=5)
    record_as_of(invited, early)
    plan(invited, early)
    assert one(invited, FOLLOWING) == "second_invitation held cooling_down"

    record_as_of(invited, PAUSE_OVER)
    batch = plan(invited, PAUSE_OVER).ids["batch"]
    text_of = proof_of(invited, batch)
    assert "We wrote to you on Friday, September 18, 2026" in text_of
    assert "December 3, 2026" in text_of
    assert "Attendance record" in text_of
    assert one(invited, "SELECT max(sequence) FROM invitation") == 2
    assert one(invited, "SELECT count(*) FROM staff_task WHERE closed_as_of IS NULL") == 0

    decide_on(invited, batch, approved=True, by="dana", reason="looks right")
    mail(invited, batch, PAUSE_OVER)
    assert plan(invited, PAUSE_OVER + timedelta(days=3)).counts["letters"] == 0
    # One further invitation a year is the county's rule.
    entered(invited, Result.NOT_ATTENDED, SECOND_EVENING)
    night = SECOND_EVENING + timedelta(days=5)
    assert plan(invited, night).counts["follow_ups_proposed"] == 1
    twice = """
        INSERT INTO invitation (student_id, school_year, sequence, finding_id, as_of, status)
        SELECT student_id, school_year, sequence, finding_id, as_of, 'planned' FROM invitation WHERE sequence = 2
    """
    with pytest.raises(IntegrityError), invited.engine.begin() as connection:
        connection.execute(text(twice))


def test_a_finding_that_fell_before_release_stops_the_second_letter_and_its_invitation(
    invited: Collaborators,
) -> None:
    entered(invited, Result.NOT_ATTENDED)
    record_as_of(invited, PAUSE_OVER)
    batch = approve_planned(invited, PAUSE_OVER)
    later = PAUSE_OVER + timedelta(days=3)
    record_as_of(invited, later, "absent_excused")

    release_batch(invited, batch)

    state = "SELECT status || ' ' || reason FROM {} WHERE {}"
    assert one(invited, state.format("invitation", "sequence = 2")) == "withdrawn not_called_for"
    assert one(invited, state.format("notice", "kind = 'second_invitation'")) == (
        "withdrawn not_called_for"
    )
    plan(invited, later)
    assert one(invited, "SELECT status FROM follow_up WHERE kind = 'second_invitation'") == (
        "withdrawn"
    )


def test_a_second_letter_that_a_correction_undoes_is_taken_back_and_the_first_in_late_words(
    invited: Collaborators,
) -> None:
    entered(invited, Result.NOT_ATTENDED)
    record_as_of(invited, PAUSE_OVER)
    send(invited, PAUSE_OVER)
    later = PAUSE_OVER + timedelta(days=3)
    record_as_of(invited, later, "absent_excused")
    assert reconcile_vendor(invited, later).counts["voided"] == 2

    planned = plan(invited, later)
    assert planned.counts["letters"] == 2
    to = """SELECT string_agg(n.kind || ' of ' || e.kind, ', ' ORDER BY n.kind)
        FROM notice n JOIN notice e ON e.id = n.follows WHERE n.kind LIKE 'disregard%'"""
    expected = "disregard of second_invitation, disregard_late of pact_invitation"
    assert one(invited, to) == expected
    assert "Our letter of Friday, September 18, 2026 was not right" in proof_of(
        invited, planned.ids["batch"]
    )


def test_long_after_the_evening_or_where_the_county_has_no_rule_a_person_takes_it_back(
    invited: Collaborators,
) -> None:
    rules = invited.county.follow_ups_on(EVENING)
    assert rules is not None
    assert rules.late_disregard is not None
    silent = replace(invited, county=replace(invited.county, follow_ups=[]))
    late = EVENING + timedelta(days=rules.late_disregard.within_days + 1)
    record_as_of(invited, late, "absent_excused")
    reconcile_vendor(invited, late)

    for using in (silent, invited):
        assert plan(using, late).counts["letters"] == 0
        assert one(using, FOLLOWING) == "disregard held evening_past"


def test_words_that_the_evening_has_overtaken_by_release_do_not_leave_and_others_are_planned(
    invited: Collaborators,
) -> None:
    before = EVENING - timedelta(days=2)
    record_as_of(invited, before, "absent_excused")
    reconcile_vendor(invited, before)
    batch = approve_planned(invited, before)
    evaluate(invited, EVENING)

    assert release_batch(invited, batch).counts["pieces"] == 0
    plan(invited, EVENING)
    kinds = """SELECT string_agg(kind || ' ' || status, ', ' ORDER BY kind) FROM notice WHERE kind LIKE 'disregard%'"""
    assert one(invited, kinds) == "disregard withdrawn, disregard_late planned"


def test_a_family_that_came_is_thanked_once_and_not_asked_again(invited: Collaborators) -> None:
    entered(invited, Result.ATTENDED)

    batch = plan(invited, MORNING_AFTER).ids["batch"]
    text_of = proof_of(invited, batch)
    assert "Thank you for coming to the family meeting on Thursday, October 1, 2026" in text_of
    assert "Attendance record" not in text_of

    decide_on(invited, batch, approved=True, by="dana", reason="looks right")
    mail(invited, batch, MORNING_AFTER)
    record_as_of(invited, PAUSE_OVER)
    planned = plan(invited, PAUSE_OVER)
    assert (planned.counts["letters"], planned.counts["follow_ups_proposed"]) == (0, 1)
    assert one(invited, FOLLOWING) == "thank_you planned"
    assert one(invited, "SELECT count(*) FROM invitation") == 1


def test_an_entry_that_was_taken_back_before_release_stops_the_thanks(
    invited: Collaborators,
) -> None:
    code = entered(invited, Result.ATTENDED)
    batch = approve_planned(invited, MORNING_AFTER)
    entry = Entry(
        kind=Kind.RETRACTION, day=MORNING_AFTER, result=Result.WRONG_ENTRY, entered_by="dana"
    )
    enter(invited, code, entry, MORNING_AFTER)

    assert release_batch(invited, batch).counts["pieces"] == 0
    plan(invited, MORNING_AFTER + timedelta(days=3))
    assert one(invited, FOLLOWING) == "thank_you withdrawn not_called_for"


def test_with_two_homes_invited_nobody_is_thanked_before_a_person_has_looked(
    using: Collaborators,
) -> None:
    frames = roster(["01"])
    mother = frames["guardians"]
    father = mother.assign(guardian_id="G9", first_name="Luis", street="7 Elm St")
    invite(using, frames | {"guardians": pd.concat([mother, father], ignore_index=True)})
    entered(using, Result.ATTENDED)

    planned = plan(using, MORNING_AFTER)
    assert planned.counts["letters"] == 0
    assert planned.reasons == {"thank_you: attendee_unclear": 2}


def test_a_county_without_a_rule_sends_neither(invited: Collaborators) -> None:
    silent = replace(invited, county=replace(invited.county, follow_ups=[]))
    entered(silent, Result.ATTENDED)

    assert plan(silent, MORNING_AFTER).counts["follow_ups_proposed"] == 0


def test_a_second_letter_that_was_rejected_waits_and_goes_once_a_person_has_cleared_it(
    invited: Collaborators,
) -> None:
    entered(invited, Result.NOT_ATTENDED)
    record_as_of(invited, PAUSE_OVER)
    batch = plan(invited, PAUSE_OVER).ids["batch"]
    propose(invited, batch)
    decide_on(invited, batch, approved=False, by="dana", reason="call first")
    later = PAUSE_OVER + timedelta(days=3)

    assert plan(invited, later).counts["letters"] == 0
    assert one(invited, FOLLOWING) == "second_invitation held batch_rejected"
    clear(invited, "oak-grove:01", Reason.BATCH_REJECTED, later, later, "dana")
    # The first evening that it was planned to is the rejected letter's.
    assert plan(invited, later).counts["letters"] == 1
    assert one(invited, "SELECT count(*) FROM staff_task WHERE closed_as_of IS NULL") == 0
