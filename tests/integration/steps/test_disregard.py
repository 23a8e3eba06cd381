"""A letter that a correction undid after it was mailed is taken back by another one, once, to the same home."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pypdfium2 as pdfium
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps import follow_ups
from pact_etl.steps.approve import decide_on, expire_unanswered, propose
from pact_etl.steps.case import show
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.evidence import make_evidence
from pact_etl.steps.holds import add, clear
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.remind import send_reminders
from pact_etl.steps.tasks import close, list_tasks
from pact_etl.store.facts import LETTER_STUDENTS, read_facts, year_span
from pact_etl.store.tasks import open_tasks
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    approve_planned,
    approved_batch,
    excuse,
    one,
    statuses,
)

pytestmark = pytest.mark.integration

LATER = DAYS[31]
PLANNED = "SELECT count(*) FROM notice WHERE kind = 'disregard' AND status = 'planned'"
TASK = (
    "SELECT count(*) FROM staff_task WHERE reason = 'mailed_then_undone' AND closed_as_of IS NULL"
)
HELD = "SELECT status || ' ' || reason FROM follow_up"
DUE = "SELECT count(*) FROM staff_task WHERE follow_up_id IS NOT NULL AND closed_as_of IS NULL"


@pytest.fixture
def void(using: Collaborators) -> Collaborators:
    """Two letters were mailed; then the days of the first student turn out to be excused."""
    release_batch(using, approved_batch(using, ["01", "02"]))
    vendor_visits(using)
    excuse(using, "01")
    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 1
    return using


def vendor_visits(using: Collaborators, **habits: float) -> None:
    """The vendor mails what lies there; `returned=1` brings back what it mailed before."""
    kept = VendorHabits(days_to_mail=0, days_to_return=1, **habits)  # type: ignore[arg-type]
    settings = using.settings
    vendor = SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=kept)
    day = LATER if habits else max(NIGHT, newest(using))
    vendor.visit(day)
    reconcile_vendor(using, day)


def newest(using: Collaborators) -> date:
    night = one(using, "SELECT max(as_of) FROM batch")
    assert isinstance(night, date)
    return night


def letter_text(using: Collaborators, batch: int) -> tuple[str, str]:
    """What the approver is asked, and what the proof says."""
    body = propose(using, batch).body
    document = pdfium.PdfDocument(using.settings.var / "proofs" / f"batch-{batch}.pdf")
    pages = " ".join(page.get_textpage().get_text_bounded() for page in document)
    return body, " ".join(pages.split())


def test_a_void_letter_that_was_mailed_is_taken_back_in_the_next_nights_batch(
    void: Collaborators,
) -> None:
    planned = plan(void, NEXT_NIGHT)

    assert planned.counts["letters"] == 1
    assert {k: planned.counts[f"follow_ups_{k}"] for k in ("proposed", "planned", "held")} == {
        "proposed": 1,
        "planned": 1,
        "held": 0,
    }
    same = """
        SELECT count(*) FROM notice n JOIN notice e ON e.id = n.follows
        WHERE n.kind = 'disregard' AND e.status = 'void' AND n.household_id = e.household_id
          AND n.meeting_id = e.meeting_id AND n.recipient = e.recipient AND n.address = e.address
          AND n.language = e.language
    """
    assert one(void, same) == 1


def test_it_says_the_day_of_the_earlier_letter_and_nothing_of_attendance_and_is_shown_by_kind(
    void: Collaborators,
) -> None:
    batch = plan(void, NEXT_NIGHT).ids["batch"]
    body, text_of = letter_text(void, batch)

    assert "| disregard | 1 |" in body
    assert "Rosa" not in body
    assert "Please disregard our letter of" in text_of
    assert f"{NIGHT:%B} {NIGHT.day}, {NIGHT.year}" in text_of
    assert "It named Ana." in text_of
    assert "Attendance record" not in text_of


def test_planning_again_and_later_nights_take_nothing_back_twice(void: Collaborators) -> None:
    plan(void, NEXT_NIGHT)
    plan(void, NEXT_NIGHT)
    plan(void, LATER)
    reconcile_vendor(void, LATER)

    assert one(void, PLANNED) == 1
    assert one(void, "SELECT count(*) FROM follow_up") == 1
    double = """
        INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, language, status, follows)
        SELECT kind, household_id, meeting_id, batch_id, recipient, address, language, 'planned', follows
        FROM notice WHERE kind = 'disregard'
    """
    with pytest.raises(IntegrityError), void.engine.begin() as connection:
        connection.execute(text(double))


def test_a_plan_that_dies_leaves_nothing_and_the_next_one_plans_it(
    void: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(follow_ups, "follow_up_balance", die)
        with pytest.raises(Died):
            plan(void, NEXT_NIGHT)
    assert one(void, "SELECT count(*) FROM follow_up") == 0

    plan(void, NEXT_NIGHT)
    assert one(void, PLANNED) == 1


def test_nothing_is_proposed_until_the_letter_is_known_to_be_mailed(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)
    assert statuses(using) == {"packaged": 1, "void": 1}

    assert plan(using, NEXT_NIGHT).counts["follow_ups_proposed"] == 0

    vendor_visits(using)
    assert plan(using, LATER).counts["follow_ups_planned"] == 1


def test_once_it_is_mailed_the_task_is_done_and_every_book_shows_it_as_what_it_is(
    void: Collaborators,
) -> None:
    release_batch(void, approve_planned(void, NEXT_NIGHT))
    assert one(void, TASK) == 1
    vendor_visits(void)

    assert one(void, TASK) == 0
    assert one(void, "SELECT outcome FROM task_closing") == "family_written_to"
    assert reconcile_vendor(void, LATER).counts["balance_broken"] == 0
    assert statuses(void) == {"mailed": 2, "void": 1}
    what = "SELECT string_agg(DISTINCT what, ' ') FROM disclosure WHERE notice_id = (SELECT max(id) FROM notice)"
    assert one(void, what) == "disregard_letter"

    evening = one(void, "SELECT min(m.date) FROM meeting m JOIN notice n ON n.meeting_id = m.id")
    assert isinstance(evening, date)
    send_reminders(void, evening - timedelta(days=7))
    assert one(void, "SELECT count(*) FROM email") == 1
    with void.engine.connect() as connection:
        letters = read_facts(connection, LETTER_STUDENTS, **year_span(void.year_of(NIGHT)))
    assert len(letters) == 2

    [case] = show(void, "oak-grove:01", LATER)
    own = [e for e in case["timeline"] if e["detail"].get("kind") == "disregard"]
    assert [e["what"] for e in own][:2] == ["planned", "approve"]
    assert "mail" in [e["what"] for e in own]
    assert "pact_evening" not in [e["what"] for e in own]
    piece = f"P{one(void, 'SELECT max(id) FROM notice'):010d}"
    made = make_evidence(void, piece, void.settings.var / "out", LATER, by="dana", reason="asked")
    assert made.counts["reproduced"] == 1


def test_a_hold_entered_by_hand_holds_it_with_a_task_until_it_ends(void: Collaborators) -> None:
    add(void, "oak-grove:01", Reason.SUPPORT_PENDING, NEXT_NIGHT, NEXT_NIGHT, "dana")

    planned = plan(void, NEXT_NIGHT)

    assert (one(void, PLANNED), one(void, HELD)) == (0, "held support_pending")
    assert planned.counts["follow_ups_held"] == 1
    assert planned.reasons["disregard: support_pending"] == 1
    with void.engine.connect() as connection:
        [task] = [t for t in open_tasks(connection) if t["reason"] == "support_pending"]
    assert task["owner"] == "district_student_support"

    plan(void, LATER)
    assert (one(void, PLANNED), one(void, DUE)) == (1, 0)


def test_a_home_that_moved_away_is_left_to_a_person_and_one_that_became_protected_gets_nothing(
    void: Collaborators,
) -> None:
    change_adults(void, roster(["01"])["guardians"].assign(street="9 Fir St"), NEXT_NIGHT)
    plan(void, NEXT_NIGHT)
    assert one(void, HELD) == "held home_changed"

    change_adults(void, roster(["01"])["guardians"].assign(safe_at_home="1234"), LATER)
    plan(void, LATER)
    assert (one(void, HELD), one(void, DUE)) == ("held safe_at_home", 1)


def test_a_language_in_which_nobody_has_read_these_words_holds_it(using: Collaborators) -> None:
    frames = roster(["01", "02"])
    frames |= {"marks": marks({"01": MISSED, "02": MISSED})}
    frames["guardians"] = frames["guardians"].assign(language="spa")
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    mailing = using.county.mailing
    unread = [r for r in mailing.reviews if (r.kind, r.language) != (LetterKind.DISREGARD, "spa")]
    county = replace(using.county, mailing=replace(mailing, reviews=unread))
    using = replace(using, county=county)
    release_batch(using, approve_planned(using))
    vendor_visits(using)
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)

    plan(using, NEXT_NIGHT)
    assert one(using, HELD) == "held language_without_template"


def test_a_letter_that_came_back_is_not_taken_back(void: Collaborators) -> None:
    vendor_visits(void, returned=1.0)
    planned = plan(void, LATER)

    assert one(void, PLANNED) == 0
    assert one(void, HELD) == "withdrawn not_called_for"
    assert planned.counts["follow_ups_withdrawn"] == 1


def test_one_that_comes_back_while_its_disregard_waits_stops_that_at_release(
    void: Collaborators,
) -> None:
    batch = approve_planned(void, NEXT_NIGHT)
    vendor_visits(void, returned=1.0)

    release_batch(void, batch)

    assert one(void, "SELECT status || ' ' || reason FROM notice WHERE kind = 'disregard'") == (
        "withdrawn not_called_for"
    )
    assert plan(void, LATER).counts["follow_ups_withdrawn"] == 1


def test_days_that_come_back_stop_it_and_a_person_looks(void: Collaborators) -> None:
    batch = approve_planned(void, NEXT_NIGHT)
    stated = {"marks": marks({"01": MISSED, "02": MISSED})}
    record_submission(void.engine, LATER, stated)
    evaluate(void, LATER)

    release_batch(void, batch)
    assert one(void, "SELECT status FROM notice WHERE kind = 'disregard'") == "withdrawn"

    plan(void, LATER)
    assert (one(void, HELD), one(void, DUE)) == ("held stands_again", 1)
    # The invitation was mailed and rests on its finding as before: only the letter is void.
    assert one(void, "SELECT count(*) FROM invitation WHERE status = 'withdrawn'") == 0
    [waiting] = [t for t in list_tasks(void, LATER) if t["reason"] == "stands_again"]

    close(void, waiting["task"], "family_called", "dana", "the letter stands", LATER)
    plan(void, DAYS[32])  # what a person has closed is not asked again, and the equation holds
    assert (one(void, HELD), one(void, DUE)) == ("held stands_again", 0)


def test_a_rejected_one_waits_until_a_person_clears_it_and_then_goes(void: Collaborators) -> None:
    batch = plan(void, NEXT_NIGHT).ids["batch"]
    propose(void, batch)
    decide_on(void, batch, approved=False, by="dana", reason="call first")

    assert (one(void, HELD), one(void, DUE)) == ("held batch_rejected", 1)
    assert plan(void, LATER).counts["letters"] == 0

    until = LATER + timedelta(days=9)
    clear(void, "oak-grove:01", Reason.BATCH_REJECTED, LATER, until, "dana")
    assert plan(void, LATER).counts["letters"] == 1
    assert one(void, DUE) == 0


def test_one_that_nobody_answered_in_time_is_planned_anew(void: Collaborators) -> None:
    batch = plan(void, NEXT_NIGHT).ids["batch"]
    propose(void, batch)
    expire_unanswered(void, batch)

    assert plan(void, LATER).counts["follow_ups_planned"] == 1
    assert one(void, PLANNED) == 1


def test_one_that_cannot_be_set_is_held_with_a_task(void: Collaborators) -> None:
    batch = approve_planned(void, NEXT_NIGHT)
    with void.engine.begin() as connection:
        unprintable = "UPDATE notice SET recipient = '\u13a0\u13b3' WHERE kind = 'disregard'"
        connection.execute(text(unprintable))

    release_batch(void, batch)
    assert (one(void, HELD), one(void, DUE)) == ("held render_failed", 1)


def change_adults(using: Collaborators, guardians: pd.DataFrame, night: date) -> None:
    """What the district says of the first student's adults on a night."""
    frames = {"enrollments": roster(["01"])["enrollments"], "guardians": guardians}
    record_submission(using.engine, night, frames, scope=Scope(rosters_of=frozenset({"01"})))
