"""Our side of the exchange against a vendor written from the protocol alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pact_etl.delivery import (
    Acknowledgement,
    InboundFile,
    MailedReport,
    Package,
    ReturnedReport,
    Seal,
    SentBatch,
    VendorFolder,
    build_package,
    read_inbound,
)
from pact_etl.domain.letter import RenderedBatch
from pact_etl.letters import render_batch
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from tests.letter_factories import AS_OF, SENDER, letter
from tests.vendor import sealed_packages

Hire = Callable[..., SimulatedVendor]
MONDAY, TUESDAY, LATER = date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 7)


@pytest.fixture(scope="module")
def batch() -> RenderedBatch:
    return render_batch([letter(number) for number in range(1, 21)], SENDER)


@pytest.fixture
def package(batch: RenderedBatch, tmp_path: Path, throwaway_keys: Path) -> Package:
    built = build_package(batch, county="sacramento", as_of=AS_OF, sequence=1)
    seal = Seal(throwaway_keys, now=datetime.now(UTC))
    VendorFolder(tmp_path.as_uri()).hand_over(seal.close(built))
    return built


@pytest.fixture
def vendor(tmp_path: Path, throwaway_keys: Path) -> Hire:
    def hire(**habits: float) -> SimulatedVendor:
        return SimulatedVendor(
            tmp_path.as_uri(), seed=7, keys=throwaway_keys, habits=VendorHabits(**habits)
        )

    return hire


def answers(folder: Path, package: Package, batch: RenderedBatch) -> dict[type, InboundFile]:
    sent = SentBatch(
        pdf_sha256=package.pdf_sha256,
        pages=package.pages,
        sheets=package.sheets,
        piece_ids=frozenset(piece.piece_id for piece in batch.pieces),
    )
    files = VendorFolder(folder.as_uri()).inbound()
    return {type(answer): answer for answer in read_inbound(files, {package.name: sent}, {})}


def test_a_good_vendor_acknowledges_at_once_and_mails_the_next_weekday(
    tmp_path: Path, package: Package, batch: RenderedBatch, vendor: Hire
) -> None:
    good = vendor()

    assert good.visit(MONDAY).acknowledged == 1
    assert good.visit(MONDAY).acknowledged == 0
    assert good.visit(TUESDAY).mailed_pieces == 20

    found = answers(tmp_path, package, batch)
    assert found.keys() == {Acknowledgement, MailedReport}
    assert not [fault for answer in found.values() for fault in answer.faults]
    assert {piece.on for piece in found[MailedReport].pieces} == {TUESDAY}


def test_a_vendor_neither_looks_nor_mails_on_a_day_off(
    tmp_path: Path, package: Package, batch: RenderedBatch, throwaway_keys: Path
) -> None:
    thanksgiving, day_after, monday = (date(2026, 11, day) for day in (26, 27, 30))
    rested = SimulatedVendor(
        tmp_path.as_uri(), seed=7, keys=throwaway_keys, days_off={thanksgiving, day_after}
    )
    wednesday = date(2026, 11, 25)

    assert rested.visit(date(2026, 11, 22)).acknowledged == 0  # a Sunday
    assert rested.visit(wednesday).acknowledged == 1
    for day in (thanksgiving, day_after):
        assert rested.visit(day).mailed_pieces == 0
    assert rested.visit(monday).mailed_pieces == 20
    mailed = answers(tmp_path, package, batch)[MailedReport]
    assert {piece.on for piece in mailed.pieces} == {monday}


def test_what_a_vendor_spoils_loses_and_returns_adds_up(
    tmp_path: Path, package: Package, batch: RenderedBatch, vendor: Hire
) -> None:
    clumsy = vendor(spoiled=0.2, lost=0.2, returned=0.3)
    for day in (MONDAY, TUESDAY, LATER):
        clumsy.visit(day)

    found = answers(tmp_path, package, batch)
    spoiled, mailed, returned = (
        {piece.piece_id for piece in found[kind].pieces}
        for kind in (Acknowledgement, MailedReport, ReturnedReport)
    )
    assert spoiled
    assert returned
    assert returned < mailed
    assert not spoiled & mailed
    assert len(spoiled | mailed) < 20  # the lost ones, of whom nobody speaks
    assert not [fault for answer in found.values() for fault in answer.faults]


def test_a_damaged_package_is_refused(
    tmp_path: Path, package: Package, batch: RenderedBatch, vendor: Hire
) -> None:
    [path] = sealed_packages(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])

    assert vendor().visit(MONDAY).rejected == 1
    answer = answers(tmp_path, package, batch)[Acknowledgement]
    assert isinstance(answer, Acknowledgement)
    assert not answer.accepted


def test_a_silent_vendor_writes_nothing(tmp_path: Path, package: Package, vendor: Hire) -> None:
    assert vendor(silent=1.0).visit(MONDAY).acknowledged == 0
    assert list((tmp_path / "in").iterdir()) == []


def test_one_seed_meets_one_fate(tmp_path: Path, package: Package, vendor: Hire) -> None:
    fates = []
    for _ in range(2):
        vendor(spoiled=0.5).visit(MONDAY)
        ack = tmp_path / "in" / f"{package.name}.ack"
        fates.append(ack.read_bytes())
        ack.unlink()
    assert fates[0] == fates[1]
