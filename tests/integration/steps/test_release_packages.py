"""A batch of several packages: its limits, what changes between two of them, and what is told of each."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Connection

from pact_etl.domain.errors import Retryable
from pact_etl.domain.notice import LetterEvent
from pact_etl.simulator.vendor import SimulatedVendor
from pact_etl.steps import release
from pact_etl.steps.evidence import make_evidence
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.notices import record_event
from tests.integration.steps.letters import NEXT_NIGHT, NIGHT, excuse
from tests.integration.steps.release_packages import (
    STUDENTS,
    Start,
    check_whole,
    letters_of,
    pieces_out,
    rows,
    run,
    stopped_at,
)

pytestmark = pytest.mark.integration


def pull(connection: Connection, letter: int) -> None:
    """Somebody takes a letter back."""
    by_hand = {"source": "by hand", "as_of": NIGHT, "detail": "pulled"}
    record_event(connection, [letter], LetterEvent.WITHDRAW, **by_hand)  # type: ignore[arg-type]


@pytest.mark.usefixtures("set_once")
def test_a_correction_between_two_packages_stops_what_is_still_here(start: Start) -> None:
    using = start()
    stopped_at(using, 2)
    excuse(using, "01", "03", "05", students=tuple(STUDENTS))

    counts = release_batch(using, 1).counts

    assert (counts["packages"], counts["pieces"], counts["withdrawn"]) == (2, 3, 2)
    check_whole(using, 3)
    assert [len(pieces) for pieces in pieces_out(using).values()] == [2, 1]
    assert [night for (night,) in rows(using, "SELECT released_as_of FROM package")] == [
        NIGHT,
        NEXT_NIGHT,
    ]


@pytest.mark.usefixtures("set_once")
def test_a_letter_that_is_taken_back_after_its_package_was_sealed_does_not_leave(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    using = start()
    second = letters_of(using)[2]
    whole = release.prepare
    pulled: list[int] = []

    def late(*given: Any) -> Any:
        sealed = whole(*given)
        if sealed is not None and second in sealed.letters and not pulled:
            pulled.append(second)
            pull(
                given[1], second
            )  # booked as rendered just now; this is as if it came right after the commit
        return sealed

    monkeypatch.setattr(release, "prepare", late)
    counts = release_batch(using, 1).counts

    assert pulled
    assert (counts["packages"], counts["pieces"], counts["withdrawn"]) == (3, 4, 1)
    check_whole(using, 4)


@pytest.mark.usefixtures("set_once")
def test_a_letter_that_is_taken_back_when_its_package_is_out_is_logged_and_an_alert(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    using = start()
    stopped_at(using, 1, is_out=True)
    with using.engine.begin() as connection:
        pull(connection, letters_of(using)[0])

    release_batch(using, 1)

    check_whole(using, 5)
    told = {getattr(record, "runbook", "") for record in caplog.records}
    assert "withdrawn-letter-is-out" in told


@pytest.mark.usefixtures("set_once")
def test_a_number_goes_to_the_package_that_leaves_next_whatever_a_dead_run_had_planned(
    start: Start,
) -> None:
    using = start()
    run(using, "INSERT INTO batch (as_of, status) VALUES (:night, 'approved')", night=NEXT_NIGHT)
    moved = "UPDATE notice SET batch_id = (SELECT max(id) FROM batch) WHERE id >= :first"
    run(using, moved, first=letters_of(using)[3])
    stopped_at(using, 2)

    other = release_batch(using, int(str(rows(using, "SELECT max(id) FROM batch")[0][0])))

    assert other.ids["first_sequence"] == other.ids["last_sequence"] == 2
    assert len(pieces_out(using)) == 2
    assert release_batch(using, 1).ids["last_sequence"] == 3
    check_whole(using, 5)


@pytest.mark.parametrize(
    ("most", "expected"), [({"pieces": 1}, [1] * 5), ({"pages": 6}, [3, 2]), ({}, [2, 2, 1])]
)
@pytest.mark.usefixtures("set_once")
def test_no_package_holds_more_than_was_agreed(
    start: Start, most: dict[str, int], expected: list[int]
) -> None:
    using = start(**({"pieces": 5} if "pages" in most else {}) | most)

    release_batch(using, 1)

    assert [len(pieces) for pieces in pieces_out(using).values()] == expected
    check_whole(using, 5)


def test_a_package_that_turns_out_too_large_is_dealt_again(
    start: Start,
) -> None:
    # Ten pages are guessed to take 60,000 bytes; what every file has once makes them more.
    using = start(pieces=5, bytes=75_000)

    release_batch(using, 1)

    sizes = rows(using, "SELECT bytes, pieces FROM package")
    assert len(sizes) > 1
    assert all(size <= 75_000 or pieces == 1 for size, pieces in sizes)
    check_whole(using, 5)


@pytest.mark.usefixtures("set_once")
def test_a_student_whose_other_homes_letter_is_out_stays_invited(start: Start) -> None:
    using = start()
    stopped_at(using, 2)
    first, third = letters_of(using)[0], letters_of(using)[2]
    of_first = "SELECT invitation_id FROM notice_student WHERE notice_id = :first"
    both = f"UPDATE notice_student SET invitation_id = ({of_first}) WHERE notice_id = :third"
    run(using, both, first=first, third=third)

    assert release_batch(using, 1).counts["withdrawn"] == 1
    invited = "SELECT i.status FROM invitation i JOIN notice_student s ON s.invitation_id = i.id"
    assert rows(using, f"{invited} WHERE s.notice_id = {first}") == [("planned",)]


@pytest.mark.usefixtures("set_once")
def test_a_batch_is_acknowledged_with_its_last_package_and_silence_is_told_by_package(
    start: Start,
) -> None:
    using = start()
    release_batch(using, 1)
    keys = using.settings.vendor_keys
    SimulatedVendor(using.settings.vendor, seed=1, keys=keys).visit(NIGHT)
    later = NIGHT + timedelta(days=5)
    inbox = Path(using.settings.vendor) / "in"
    *_, last = sorted(inbox.glob("*.ack"))
    late = last.rename(inbox / "late.part")

    counts = reconcile_vendor(using, later).counts

    assert (counts["acknowledged"], counts["unacknowledged_packages"]) == (2, 1)
    assert rows(using, "SELECT status FROM batch") == [("released",)]
    late.rename(last)
    assert reconcile_vendor(using, later).counts["unacknowledged_packages"] == 0
    assert rows(using, "SELECT status FROM batch") == [("acknowledged",)]


@pytest.mark.usefixtures("set_once")
def test_the_vendors_word_on_a_package_that_is_out_and_not_booked_is_read_once_it_is(
    start: Start,
) -> None:
    using = start()
    stopped_at(using, 1, is_out=True)
    keys = using.settings.vendor_keys
    SimulatedVendor(using.settings.vendor, seed=1, keys=keys).visit(NIGHT)

    early = reconcile_vendor(using, NIGHT)
    release_batch(using, 1)

    assert (early.counts["acknowledged"], early.reasons) == (0, {})
    assert reconcile_vendor(using, NIGHT).counts["acknowledged"] == 1


@pytest.mark.usefixtures("set_once")
def test_the_evidence_of_a_letter_tells_of_its_own_package(start: Start, tmp_path: Path) -> None:
    using = start()
    release_batch(using, 1)
    piece = f"P{letters_of(using)[-1]:010d}"

    made = make_evidence(using, piece, tmp_path, NIGHT, by="dana", reason="a test")

    assert made.counts["reproduced"] == 1
    with zipfile.ZipFile(tmp_path / f"{piece}.zip") as pack:
        told = json.loads(pack.read("batch.json"))
    assert (told["sequence"], told["pieces"], told["package_status"]) == (3, 1, "handed_over")


@pytest.mark.usefixtures("set_once")
def test_two_runs_beside_each_other_send_every_letter_once(start: Start) -> None:
    using = start(pieces=1)

    def release_until_done() -> int:
        for _ in range(20):
            try:
                return release_batch(using, 1).counts["pieces"]
            except Retryable:  # the other run has sealed a package anew: the task is retried
                continue
        raise AssertionError("never done")

    with ThreadPoolExecutor(max_workers=2) as both:
        runs = [both.submit(release_until_done) for _ in range(2)]
        assert [run.result() for run in runs] == [5, 5]

    check_whole(using, 5)


@pytest.mark.usefixtures("set_once")
def test_a_folder_that_fails_in_between_leaves_what_went_before_booked(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    using = start()
    whole = LocalFileSystem.pipe_file

    def fail(fs: LocalFileSystem, path: str, *given: Any, **named: Any) -> None:
        if "-000002-" in path:
            raise OSError("no space")
        whole(fs, path, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(LocalFileSystem, "pipe_file", fail)
        with pytest.raises(Retryable):
            release_batch(using, 1)
    booked = rows(using, "SELECT status, count(*) FROM package GROUP BY 1")
    assert booked == [("frozen", 1), ("handed_over", 1), ("sealed", 1)]
    assert len(rows(using, "SELECT DISTINCT notice_id FROM disclosure")) == 2

    assert release_batch(using, 1).counts["packages"] == 3
    check_whole(using, 5)


@pytest.mark.usefixtures("set_once")
def test_a_package_that_nobody_is_left_in_takes_no_number(start: Start) -> None:
    using = start()
    stopped_at(using, 2)
    query = """
        SELECT r.local_id FROM notice n JOIN notice_student s ON s.notice_id = n.id
        JOIN invitation i ON i.id = s.invitation_id JOIN student_record r ON r.student_id = i.student_id
        JOIN package p ON p.id = n.package_id WHERE p.status = 'sealed'
    """
    excused = [student for (student,) in rows(using, query)]
    excuse(using, *excused, students=tuple(STUDENTS))

    counts = release_batch(using, 1).counts

    assert (counts["packages"], counts["pieces"], counts["withdrawn"]) == (2, 3, 2)
    check_whole(using, 3)
