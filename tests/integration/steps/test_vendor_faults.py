"""A vendor that makes mistakes: every one is told under its name, and the letters still add up."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pact_etl.domain.working_days import working_day_on_or_after
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import NEXT_NIGHT, NIGHT, approved_batch, one, statuses

pytestmark = pytest.mark.integration

Clerk = Callable[..., SimulatedVendor]


@pytest.fixture
def clerk(using: Collaborators) -> Clerk:
    """Two letters are out; whoever comes for them has these habits."""
    release_batch(using, approved_batch(using, ["01", "02"]))
    settings = using.settings

    def hire(**habits: Any) -> SimulatedVendor:
        kept = VendorHabits(**({"days_to_mail": 0} | habits))
        return SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=kept)

    return hire


def places(using: Collaborators) -> dict[str, int]:
    """Letters by place on the only day, where there are any."""
    days: Any = vendor_balance(using, NIGHT)["days"]
    assert list(days) == [working_day_on_or_after(NIGHT, using.county.vendor.days_off).isoformat()]
    [lists] = days.values()
    return {place: len(letters) for place, letters in lists.items() if letters}


def inbox(using: Collaborators) -> Path:
    folder = Path(using.settings.vendor) / "in"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_good_vendor_leaves_every_letter_in_transit(using: Collaborators, clerk: Clerk) -> None:
    clerk().visit(NIGHT)

    counts = reconcile_vendor(using, NIGHT).counts

    assert counts["balance_broken"] == counts["sequence_gaps"] == 0
    assert places(using) == dict.fromkeys(
        ("approved", "packaged", "acknowledged", "mailed", "in_transit"), 2
    )


@pytest.mark.parametrize(
    ("habit", "fault"), [("garbled", "wrong_hash"), ("miscounted", "wrong_count")]
)
def test_an_acknowledgement_that_contradicts_us_acknowledges_nothing(
    using: Collaborators, clerk: Clerk, habit: str, fault: str
) -> None:
    clerk(days_to_mail=5, **{habit: 1.0}).visit(NIGHT)

    assert reconcile_vendor(using, NIGHT).reasons == {fault: 1}
    assert places(using) == dict.fromkeys(("approved", "packaged", "waits_for_acknowledgement"), 2)


REFUSED_TASKS = """SELECT count(*) FROM staff_task
    WHERE reason = 'letter_refused' AND owner = 'pact_supervisor' AND closed_as_of IS NULL"""


def test_spoiled_pieces_are_refused_with_the_vendors_reason(
    using: Collaborators, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    clerk(spoiled=1.0).visit(NIGHT)

    reconcile_vendor(using, NIGHT)

    assert places(using) == dict.fromkeys(("approved", "packaged", "refused"), 2)
    assert one(using, "SELECT DISTINCT reason FROM notice") == "vendor_page_unreadable"
    assert one(using, REFUSED_TASKS) == 2
    assert "vendor-refused" in [getattr(record, "runbook", "") for record in caplog.records]


def test_a_refused_batch_is_told_once_and_is_not_silence(
    using: Collaborators, clerk: Clerk
) -> None:
    clerk(rejected=1.0).visit(NIGHT)

    first = reconcile_vendor(using, NIGHT)
    later = reconcile_vendor(using, NEXT_NIGHT + timedelta(days=4))

    assert first.reasons == {"vendor_rejected": 1}
    assert later.counts["unacknowledged_packages"] == later.counts["sequence_gaps"] == 0
    assert places(using)["refused"] == 2
    assert one(using, REFUSED_TASKS) == 2


def test_letters_the_vendor_loses_wait_for_mailing_and_become_an_alert(
    using: Collaborators, clerk: Clerk
) -> None:
    clerk(lost=1.0).visit(NIGHT)

    assert reconcile_vendor(using, NIGHT).counts["letters_not_mailed"] == 0
    assert places(using)["waits_for_mailing"] == 2
    later = reconcile_vendor(using, NEXT_NIGHT + timedelta(days=10))
    assert later.counts["letters_not_mailed"] == 2


@pytest.mark.parametrize("habit", ["duplicated", "stray"])
def test_a_line_too_many_in_a_report_stops_no_other_line(
    using: Collaborators, clerk: Clerk, habit: str, caplog: pytest.LogCaptureFixture
) -> None:
    clerk(**{habit: 1.0}).visit(NIGHT)

    fault = {"duplicated": "repeated_piece", "stray": "unknown_piece"}[habit]
    result = reconcile_vendor(using, NIGHT)
    assert (result.counts["mailed"], result.reasons) == (1, {fault: 1})
    assert statuses(using) == {"mailed": 2}
    assert fault in [getattr(record, "fault", "") for record in caplog.records]


def test_a_package_left_lying_is_silence_until_it_is_looked_at(
    using: Collaborators, clerk: Clerk
) -> None:
    late = clerk(delayed=1.0, days_late=3)
    late.visit(NIGHT)
    later = NEXT_NIGHT + timedelta(days=4)
    assert reconcile_vendor(using, later).counts["unacknowledged_packages"] == 1

    late.visit(later)
    assert reconcile_vendor(using, later).counts["unacknowledged_packages"] == 0
    assert places(using)["in_transit"] == 2


def test_returned_letters_leave_transit_and_open_tasks(using: Collaborators, clerk: Clerk) -> None:
    clumsy = clerk(returned=1.0, days_to_return=1)
    later = NEXT_NIGHT + timedelta(days=4)
    clumsy.visit(NIGHT)
    clumsy.visit(later)
    reconcile_vendor(using, later)

    assert places(using) == dict.fromkeys(
        ("approved", "packaged", "acknowledged", "mailed", "returned"), 2
    )
    assert one(using, "SELECT count(*) FROM staff_task WHERE reason = 'letter_returned'") == 2


def test_an_acknowledgement_read_while_it_was_uploaded_counts_once_it_is_whole(
    using: Collaborators, clerk: Clerk
) -> None:
    clerk(days_to_mail=5).visit(NIGHT)
    [ack] = inbox(using).glob("*.ack")
    whole = ack.read_bytes()
    ack.write_bytes(whole[:50])
    assert reconcile_vendor(using, NIGHT).reasons == {"unreadable": 1}
    ack.write_bytes(whole)

    assert reconcile_vendor(using, NIGHT).reasons == {}
    assert statuses(using) == {"acknowledged": 2}


def test_a_second_acknowledgement_of_the_same_name_changes_nothing(
    using: Collaborators, clerk: Clerk
) -> None:
    clerk(days_to_mail=5).visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    [ack] = inbox(using).glob("*.ack")
    ack.write_text(json.dumps(json.loads(ack.read_text()) | {"status": "rejected"}))

    assert reconcile_vendor(using, NIGHT).reasons == {"second_acknowledgement": 1}
    assert statuses(using) == {"acknowledged": 2}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("PACT-sacramento-20261001-000099-00000000.ack", "unknown_batch"),
        ("TEST-PACT-sacramento-20261001-000001-00000000.ack", "unknown_batch"),
        ("notes.txt", "unexpected_file"),
    ],
)
def test_an_answer_to_what_was_never_sent_is_kept_and_told(
    using: Collaborators, clerk: Clerk, name: str, fault: str
) -> None:
    (inbox(using) / name).write_text("{}")

    assert reconcile_vendor(using, NIGHT).reasons == {fault: 1}
    assert one(using, f"SELECT outcome FROM vendor_file WHERE name = '{name}'") == fault
    assert statuses(using) == {"packaged": 2}


def test_a_number_that_is_missing_and_a_batch_that_lost_a_letter_are_alerts(
    using: Collaborators, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    clerk().visit(NIGHT)
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE package SET sequence = 3, pieces = 3"))

    counts = reconcile_vendor(using, NIGHT).counts

    assert (counts["sequence_gaps"], counts["balance_broken"]) == (2, 1)
    told = {getattr(record, "runbook", "") for record in caplog.records}
    assert {"sequence-gap", "balance-broken"} <= told


def test_every_alert_has_its_heading_in_the_runbook() -> None:
    page = (Path(__file__).parents[3] / "docs" / "runbook.md").read_text(encoding="utf-8")

    for heading in (
        "sequence-gap",
        "balance-broken",
        "vendor-silent",
        "letters-not-mailed",
        "vendor-answer-unusable",
        "vendor-refused",
        "vendor-key-ends",
        "withdrawn-letter-is-out",
    ):
        assert f"### {heading}\n" in page
