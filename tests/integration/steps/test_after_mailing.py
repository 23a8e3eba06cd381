"""What is done about letters that are out: undone by a correction, never heard of again, brought back."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.delivery.acknowledgements import RETURN_REASONS
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps import reconcile
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import clear
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.remind import send_reminders
from pact_etl.steps.tasks import close, list_tasks
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.store.facts import LETTER_STUDENTS, read_facts, year_span
from pact_etl.store.letter_values import piece_id
from pact_etl.store.unreachable import letters_returned
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

TASKS = (
    "SELECT count(*) FROM staff_task WHERE reason = 'mailed_then_undone' AND closed_as_of IS NULL"
)
VOIDS = "SELECT count(*) FROM notice_event WHERE event = 'void' AND is_applied"


@pytest.fixture
def out(using: Collaborators) -> SimulatedVendor:
    """Two letters are out; the vendor is there."""
    release_batch(using, approved_batch(using, ["01", "02"]))
    settings = using.settings
    habits = VendorHabits(days_to_mail=0)
    return SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits)


def test_a_late_excuse_voids_the_letter_that_is_out_and_no_other(
    using: Collaborators, out: SimulatedVendor
) -> None:
    excuse(using, "01")

    counts = reconcile_vendor(using, NEXT_NIGHT).counts

    assert (counts["voided"], counts["undone_in_part"]) == (1, 0)
    assert statuses(using) == {"packaged": 1, "void": 1}
    assert one(using, "SELECT reason FROM notice WHERE status = 'void'") == "mailed_then_undone"
    assert one(using, "SELECT as_of FROM notice_event WHERE event = 'void'") == NEXT_NIGHT


def test_a_void_letter_is_one_task_that_has_an_owner_and_a_date(
    using: Collaborators, out: SimulatedVendor
) -> None:
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)

    with using.engine.connect() as connection:
        [task] = connection.execute(
            text("SELECT owner, due_on FROM staff_task WHERE reason = 'mailed_then_undone'")
        )
    assert task.owner == "pact_staff"
    assert task.due_on > NEXT_NIGHT


def test_running_again_voids_nothing_twice(using: Collaborators, out: SimulatedVendor) -> None:
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)

    again = reconcile_vendor(using, NEXT_NIGHT + timedelta(days=1)).counts

    assert again["voided"] == again["emails_withdrawn"] == 0
    assert (one(using, VOIDS), one(using, TASKS)) == (1, 1)


def test_a_run_that_died_after_the_voids_leaves_nothing_half_done(
    using: Collaborators, out: SimulatedVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    excuse(using, "01")
    out.visit(NEXT_NIGHT)
    with monkeypatch.context() as patched:
        patched.setattr(reconcile, "letter_traces", die)
        with pytest.raises(Died):
            reconcile_vendor(using, NEXT_NIGHT)
    assert (one(using, VOIDS), one(using, TASKS)) == (0, 0)

    reconcile_vendor(using, NEXT_NIGHT)
    assert statuses(using) == {"mailed": 1, "void": 1}
    assert (one(using, VOIDS), one(using, TASKS)) == (1, 1)


def test_the_vendors_word_about_a_void_letter_is_kept_and_it_stays_void(
    using: Collaborators, out: SimulatedVendor
) -> None:
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)
    out.visit(NEXT_NIGHT)

    counts = reconcile_vendor(using, NEXT_NIGHT).counts

    assert statuses(using) == {"mailed": 1, "void": 1}
    assert counts["balance_broken"] == 0


def test_the_outcomes_read_a_letter_that_was_undone_as_void(
    using: Collaborators, out: SimulatedVendor
) -> None:
    out.visit(NIGHT)
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)

    with using.engine.connect() as connection:
        letters = read_facts(connection, LETTER_STUDENTS, **year_span(using.year_of(NIGHT)))

    assert letters["mailed_on"].notna().all()
    assert sorted(letters["is_void"]) == [False, True]


def test_planned_reminders_of_a_void_letter_are_withdrawn(
    using: Collaborators, out: SimulatedVendor
) -> None:
    evening = one(using, "SELECT min(m.date) FROM meeting m JOIN notice n ON n.meeting_id = m.id")
    assert isinstance(evening, date)
    send_reminders(using, evening - timedelta(days=7))  # nobody to send them: they stay planned
    excuse(using, "01")

    counts = reconcile_vendor(using, NEXT_NIGHT).counts

    assert counts["emails_withdrawn"] == 1
    assert one(using, "SELECT count(*) FROM email WHERE status = 'withdrawn'") == 1
    assert one(using, "SELECT count(*) FROM email WHERE status = 'planned'") == 1


def test_a_letter_for_two_children_stands_for_the_one_who_missed_the_days(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_on_one_letter(using)
    excuse(using, "01")

    counts = reconcile_vendor(using, NEXT_NIGHT).counts

    assert (counts["voided"], counts["undone_in_part"]) == (0, 1)
    assert one(using, TASKS) == 1
    assert one(using, VOIDS) == 0


def test_a_letter_for_two_children_is_void_when_neither_missed_the_days(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_on_one_letter(using)
    excuse(using, "01", "02")

    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 2
    assert one(using, TASKS) == 2


def test_the_outcomes_leave_out_a_child_of_whom_a_letter_that_stands_for_another_says_too_much(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_on_one_letter(using)
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)

    with using.engine.connect() as connection:
        letters = read_facts(connection, LETTER_STUDENTS, **year_span(using.year_of(NIGHT)))

    assert sorted(letters["is_void"]) == [False, False, True]


def test_days_that_came_back_before_anybody_looked_leave_the_letter_as_it_is(
    using: Collaborators, out: SimulatedVendor
) -> None:
    excuse(using, "01")
    days_come_back(using)

    assert reconcile_vendor(using, DAYS[31]).counts["voided"] == 0


def test_a_void_letter_stays_void_when_the_days_come_back_and_nobody_is_invited_twice(
    using: Collaborators, out: SimulatedVendor
) -> None:
    excuse(using, "01")
    reconcile_vendor(using, NEXT_NIGHT)
    days_come_back(using)

    reconcile_vendor(using, DAYS[31])
    planned = plan(using, DAYS[31])

    assert statuses(using) == {"packaged": 1, "void": 1}
    assert planned.counts["letters"] == 0


def test_a_letter_that_has_not_come_back_in_time_counts_as_delivered_and_no_day_sooner(
    using: Collaborators, out: SimulatedVendor
) -> None:
    out.visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    due = using.county.mailing.delivered_on(NIGHT)
    assert due == NIGHT + timedelta(days=21)

    assert reconcile_vendor(using, due - timedelta(days=1)).counts["delivered"] == 0
    assert reconcile_vendor(using, due + timedelta(days=2)).counts["delivered"] == 2
    assert reconcile_vendor(using, due + timedelta(days=2)).counts["delivered"] == 0
    assert statuses(using) == {"delivered": 2}
    assert one(using, "SELECT DISTINCT as_of FROM notice_event WHERE event = 'deliver'") == due
    [day] = vendor_balance(using, NIGHT)["days"].values()
    assert (len(day["delivered"]), day["in_transit"], day["broken"]) == (2, [], [])


def test_a_letter_that_comes_back_after_it_was_taken_as_delivered_is_a_returned_one(
    using: Collaborators, out: SimulatedVendor
) -> None:
    out.visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    late = NIGHT + timedelta(days=60)
    reconcile_vendor(using, late)
    comes_back(using, out, late)

    assert reconcile_vendor(using, late).counts["returned"] == 1
    assert statuses(using) == {"returned": 2}
    [day] = vendor_balance(using, NIGHT)["days"].values()
    assert (len(day["returned"]), day["delivered"], day["broken"]) == (2, [], [])


def test_a_delivered_letter_can_still_be_undone(using: Collaborators, out: SimulatedVendor) -> None:
    out.visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    reconcile_vendor(using, NIGHT + timedelta(days=30))
    excuse(using, "01")

    reconcile_vendor(using, NIGHT + timedelta(days=31))
    assert statuses(using) == {"delivered": 1, "void": 1}


def test_after_a_return_the_next_letter_to_the_same_address_is_held_until_a_person_clears_it(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_came_back(using, out)

    later = plan(using, LATER)
    assert (later.counts["letters"], later.reasons) == (0, {"mail_returned": 2})
    owners = "SELECT DISTINCT owner FROM staff_task WHERE reason = 'mail_returned'"
    assert one(using, owners) == "district_office"

    until = LATER + timedelta(days=30)
    clear(using, "oak-grove:01", Reason.MAIL_RETURNED, LATER, until, "dana")
    assert plan(using, LATER).counts["letters"] == 1


def test_after_a_return_the_letter_goes_to_the_other_parents_address(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_came_back(using, out)
    mother = roster(["01"])["guardians"]
    father = mother.assign(guardian_id="G9", first_name="Luis", street="7 Elm St")
    both = pd.concat([mother, father], ignore_index=True)
    guardians_of_the_first(using, both)

    planned = plan(using, LATER)

    assert (planned.counts["letters"], planned.reasons) == (1, {"mail_returned": 1})
    assert one(using, "SELECT recipient FROM notice WHERE status = 'planned'") == "Luis 01"
    assert (
        one(using, "SELECT count(DISTINCT sequence) FROM invitation WHERE status = 'planned'") == 1
    )
    release_batch(using, approve_planned(using, LATER))
    assert statuses(using) == {"packaged": 1, "returned": 2}
    assert reconcile_vendor(using, LATER).counts["balance_broken"] == 0
    assert plan(using, DAYS[37]).counts["letters"] == 0  # nobody is written to a second time


def test_a_letter_that_comes_back_from_one_home_leaves_the_invitation_with_the_other_home(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_on_one_letter(using)
    out.visit(NIGHT)
    with using.engine.begin() as connection:  # the second child's letter, about both, stays there
        last = connection.execute(text("SELECT max(id) FROM notice")).scalar_one()
        connection.execute(
            text(
                "INSERT INTO notice_student SELECT :last, min(invitation_id) FROM notice_student"
                " ON CONFLICT DO NOTHING"
            ),
            {"last": last},
        )
        first = connection.execute(text("SELECT min(id) FROM notice")).scalar_one()
    package = one(using, "SELECT name FROM package")
    folder = Path(using.settings.vendor) / "in"
    report = f"piece_id,returned_on,reason\n{piece_id(first)},{DAYS[35]},vacant\n"
    (folder / f"{package}.returned.csv").write_text(report)

    assert reconcile_vendor(using, DAYS[35]).counts["returned"] == 1
    assert one(using, "SELECT count(*) FROM invitation WHERE status = 'planned'") == 2
    assert plan(using, LATER).counts["letters"] == 0


def test_why_a_letter_came_back_is_kept_and_shown_with_its_task_and_on_the_receipt(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_came_back(using, out)

    kept = one(using, "SELECT array_agg(return_reason ORDER BY id) FROM notice")
    shown = [t["detail"] for t in list_tasks(using, LATER) if t["reason"] == "letter_returned"]
    with using.engine.connect() as connection:
        district = connection.execute(text("SELECT id FROM district")).scalar_one()
        receipt = letters_returned(connection, district, "2026-27")
    assert isinstance(kept, list)
    assert set(kept) <= RETURN_REASONS
    assert sorted(shown) == sorted(kept) == sorted(Counter(receipt).elements())


def test_a_return_without_a_reason_is_a_return_all_the_same(
    using: Collaborators, out: SimulatedVendor
) -> None:
    out.visit(NIGHT)
    settings = using.settings
    habits = VendorHabits(days_to_mail=0, returned=1.0, unsaid=1.0, days_to_return=1)
    SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits).visit(LATER)

    assert reconcile_vendor(using, LATER).counts["returned"] == 1
    with using.engine.connect() as connection:
        district = connection.execute(text("SELECT id FROM district")).scalar_one()
        assert letters_returned(connection, district, "2026-27") == {"not_said": 2}


def test_a_report_that_grows_opens_no_task_that_was_closed_for_a_letter_it_named_before(
    using: Collaborators, out: SimulatedVendor
) -> None:
    both_came_back(using, out)
    [first, _] = [t for t in list_tasks(using, LATER) if t["reason"] == "letter_returned"]
    close(using, first["task"], "reached_by_phone", "dana", "they will come", LATER)
    package = one(using, "SELECT name FROM package")
    report = Path(using.settings.vendor) / "in" / f"{package}.returned.csv"
    report.write_text(report.read_text() + "\n")

    reconcile_vendor(using, LATER)

    reasons = [t["reason"] for t in list_tasks(using, LATER)]
    assert reasons.count("letter_returned") == 1


def test_the_receipt_asks_for_addresses_until_the_district_has_changed_them(
    using: Collaborators, out: SimulatedVendor
) -> None:
    district = one(using, "SELECT id FROM district")
    assert isinstance(district, int)

    def asked() -> int:
        with using.engine.connect() as connection:
            return sum(letters_returned(connection, district, "2026-27").values())

    assert asked() == 0
    both_came_back(using, out)
    assert asked() == 2

    moved = roster(["01"])["guardians"].assign(street="9 Fir St")
    guardians_of_the_first(using, moved)
    assert asked() == 1


LATER = DAYS[36]


def both_came_back(using: Collaborators, out: SimulatedVendor) -> None:
    out.visit(NIGHT)
    comes_back(using, out, DAYS[35])
    assert reconcile_vendor(using, DAYS[35]).counts["returned"] == 1


def guardians_of_the_first(using: Collaborators, guardians: pd.DataFrame) -> None:
    """What the district says of the first student's adults a month later."""
    frames = {"enrollments": roster(["01"])["enrollments"], "guardians": guardians}
    scope = Scope(rosters_of=frozenset({"01"}))
    record_submission(using.engine, LATER, frames, scope=scope)


def comes_back(using: Collaborators, out: SimulatedVendor, day: date) -> None:
    """The post brings both letters back, and the vendor says so."""
    settings = using.settings
    habits = VendorHabits(days_to_mail=0, returned=1.0, days_to_return=1)
    SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits).visit(day)


def days_come_back(using: Collaborators) -> None:
    """The district takes its excuses back a night later."""
    stated = {"marks": marks({"01": MISSED, "02": MISSED})}
    record_submission(using.engine, DAYS[31], stated)
    evaluate(using, DAYS[31])


def both_on_one_letter(using: Collaborators) -> None:
    """Put the second student on the first one's letter too."""
    with using.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO notice_student (notice_id, invitation_id)"
                " SELECT min(notice_id), max(invitation_id) FROM notice_student"
            )
        )
