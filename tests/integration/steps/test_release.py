"""Release: the last look, the package, the disclosure, and every place where it can be cut off."""

import csv
import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from sqlalchemy import text

from pact_etl.delivery import VendorFolder
from pact_etl.domain.disclosure import LETTER_RECIPIENTS
from pact_etl.domain.errors import InvariantBroken, SettingsError
from pact_etl.settings import Settings
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.disclosures import log_letters
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import (
    NEXT_NIGHT,
    NIGHT,
    approved_batch,
    excuse,
    one,
    statuses,
)
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration


def packages(using: Collaborators) -> list[Path]:
    return sealed_packages(Path(using.settings.vendor))


def clerk(using: Collaborators, habits: VendorHabits | None = None) -> SimulatedVendor:
    settings = using.settings
    return SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits)


def test_the_manifest_adds_up_to_the_pages_of_the_pdf(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))

    [path] = packages(using)
    with open_package(using.settings.vendor_keys, path) as package:
        document = pdfium.PdfDocument(package.read("letters.pdf"))
        manifest = list(csv.DictReader(io.StringIO(package.read("manifest.csv").decode())))
    assert len(document) == sum(int(row["pages"]) for row in manifest)
    assert len(manifest) == 2


def test_a_student_whose_days_were_excused_gets_no_letter(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    excuse(using, "01")

    released = release_batch(using, batch)

    assert released.counts == {
        "packages": 1,
        "pieces": 1,
        "pages": 2,
        "withdrawn": 1,
        "failed": 0,
    }
    assert statuses(using) == {"packaged": 1, "withdrawn": 1}
    reasons = "SELECT string_agg(reason, ',') FROM invitation WHERE status = 'withdrawn'"
    assert one(using, reasons) == "corrected"


def test_a_letter_to_an_evening_that_was_struck_off_is_planned_anew(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    slug = one(using, "SELECT m.slug FROM notice n JOIN meeting m ON m.id = n.meeting_id")
    left = [evening for evening in using.county.meetings if evening.slug != slug]
    without = replace(using, county=replace(using.county, meetings=left))
    excuse(without, students=("01",))

    assert release_batch(without, batch).counts["withdrawn"] == 1
    assert plan(without, NEXT_NIGHT).counts["letters"] == 1


def test_when_every_finding_is_undone_nothing_leaves(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    excuse(using, "01", "02")

    assert release_batch(using, batch).counts["pieces"] == 0
    assert not packages(using)
    assert one(using, "SELECT count(*) FROM disclosure") == 0


def test_a_protection_that_arrived_after_planning_stops_the_letter(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE student_record SET do_not_send = true"))

    assert release_batch(using, batch).counts["pieces"] == 0
    assert one(using, "SELECT reason FROM invitation") == "do_not_send"
    assert one(using, "SELECT status || ' ' || reason FROM notice") == "withdrawn do_not_send"


def test_every_student_on_a_letter_is_in_the_log_for_every_recipient(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))

    assert one(using, "SELECT count(*) FROM disclosure") == 2 * len(LETTER_RECIPIENTS)


def test_the_log_cannot_be_changed(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01"]))

    with using.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM disclosure"))


def test_a_district_whose_legal_basis_has_ended_sends_nothing(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    ended = [replace(d, to=NIGHT - timedelta(days=1)) for d in using.county.disclosures]
    bare = replace(using, county=replace(using.county, disclosures=ended))

    assert release_batch(bare, batch).counts["pieces"] == 0
    assert not packages(using)
    assert one(using, "SELECT reason FROM invitation") == "no_legal_basis"
    assert plan(bare, NEXT_NIGHT).reasons == {"no_legal_basis": 1}


def test_the_log_refuses_a_recipient_without_a_legal_basis(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    others = [d for d in using.county.disclosures if d.recipient != "print_vendor"]
    notices = [int(str(one(using, f"SELECT min(id) FROM notice WHERE batch_id = {batch}")))]

    with (
        using.engine.begin() as connection,
        pytest.raises(InvariantBroken, match="oak-grove: print_vendor"),
    ):
        log_letters(connection, notices, others, NIGHT)


def test_releasing_again_changes_nothing(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    first = release_batch(using, batch)

    assert release_batch(using, batch) == first
    assert len(packages(using)) == 1


def test_releasing_again_after_the_vendors_word_reports_what_was_released(
    using: Collaborators,
) -> None:
    batch = approved_batch(using, ["01", "02"])
    first = release_batch(using, batch)
    clerk(using).visit(NIGHT)
    reconcile_vendor(using, NIGHT)

    assert release_batch(using, batch) == first
    assert one(using, "SELECT status FROM batch") == "acknowledged"


class Crash(BaseException):
    """Stands for a process that is gone."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_around_the_rename_ends_in_one_package_and_one_log_entry(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    batch = approved_batch(using, ["01"])
    whole = VendorFolder.hand_over

    def crash(self: VendorFolder, package: object) -> None:
        if moment == "after":
            whole(self, package)  # type: ignore[arg-type]
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(Crash):
            release_batch(using, batch)
    assert one(using, "SELECT count(*) FROM disclosure") == 0

    release_batch(using, batch)

    assert len(packages(using)) == 1
    assert statuses(using) == {"packaged": 1}
    assert one(using, "SELECT count(*) FROM disclosure") == len(LETTER_RECIPIENTS)


def test_a_package_that_is_out_is_booked_as_it_was_even_if_a_correction_came_since(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01", "02"])
    whole = VendorFolder.hand_over

    def crash(self: VendorFolder, package: object) -> None:
        whole(self, package)  # type: ignore[arg-type]
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(Crash):
            release_batch(using, batch)
    excuse(using, "01")

    released = release_batch(using, batch)

    assert released.counts["pieces"] == 2
    assert len(packages(using)) == 1


def test_a_letter_that_was_set_and_then_withdrawn_is_no_piece_of_the_package(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01", "02"])

    def crash(self: VendorFolder, package: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(Crash):
            release_batch(using, batch)
    excuse(using, "01")

    assert release_batch(using, batch).counts["pieces"] == 1
    clerk(using).visit(NIGHT)
    assert reconcile_vendor(using, NIGHT).counts["acknowledged"] == 1


def test_a_killed_run_seals_anew_and_the_booked_hash_is_that_of_what_lies_there(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01"])

    def crash(self: VendorFolder, package: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(Crash):
            release_batch(using, batch)
    first = one(using, "SELECT sealed_sha256 FROM package")

    release_batch(using, batch)

    [path] = packages(using)
    booked = one(using, "SELECT sealed_sha256 FROM package")
    assert booked == hashlib.sha256(path.read_bytes()).hexdigest() != first


def test_a_package_that_is_out_under_another_hash_than_was_booked_stops_the_run(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01"])
    whole = VendorFolder.hand_over

    def crash(self: VendorFolder, package: object) -> None:
        whole(self, package)  # type: ignore[arg-type]
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(Crash):
            release_batch(using, batch)
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE package SET sealed_sha256 = 'another'"))

    with pytest.raises(InvariantBroken, match="another hash"):
        release_batch(using, batch)
    assert one(using, "SELECT count(*) FROM disclosure") == 0


def test_without_keys_nothing_is_booked(using: Collaborators, tmp_path: Path) -> None:
    batch = approved_batch(using, ["01"])
    settings = using.settings.model_copy(update={"vendor_keys_folder": tmp_path})
    # A copy keeps what was computed from the old values.
    bare = replace(using, settings=Settings.model_construct(**settings.model_dump()))

    with pytest.raises(SettingsError, match=r"county\.key\.asc"):
        release_batch(bare, batch)
    assert one(using, "SELECT status FROM batch") == "approved"
    assert one(using, "SELECT count(*) FROM package WHERE sequence IS NOT NULL") == 0
    assert one(using, "SELECT count(*) FROM notice WHERE content IS NOT NULL") == 0


def test_the_vendor_answers_move_letters_on_and_each_file_is_read_once(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    clerk(using, VendorHabits(days_to_mail=0)).visit(NIGHT)

    first = reconcile_vendor(using, NIGHT)
    second = reconcile_vendor(using, NIGHT)

    assert first.counts["acknowledged"] == 1
    assert statuses(using) == {"mailed": 2}
    assert second.counts["acknowledged"] == second.counts["mailed"] == 0


def test_a_batch_the_vendor_is_silent_about_is_an_alert(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01"]))

    assert reconcile_vendor(using, NIGHT).counts["unacknowledged_packages"] == 0
    later = reconcile_vendor(using, NEXT_NIGHT.replace(day=NEXT_NIGHT.day + 2))
    assert later.counts["unacknowledged_packages"] == 1


def test_an_answer_with_a_wrong_hash_is_kept_and_not_applied(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01"]))
    clerk(using).visit(NIGHT)
    [ack] = (Path(using.settings.vendor) / "in").glob("*.ack")
    ack.write_text(ack.read_text().replace('"sha256": "', '"sha256": "0'))

    result = reconcile_vendor(using, NIGHT)

    assert result.reasons == {"wrong_hash": 1}
    assert statuses(using) == {"packaged": 1}


def test_a_student_with_a_letter_gets_no_second_one(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01"]))
    excuse(using, students=("01",))

    assert plan(using, NEXT_NIGHT).counts["letters"] == 0
