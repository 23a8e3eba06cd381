"""A batch of several packages: its limits, what changes in between, and a process killed at every boundary."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from pact_etl.delivery import SealedPackage, VendorFolder
from pact_etl.districts import load_county
from pact_etl.domain.county import VendorTerms
from pact_etl.domain.errors import Retryable
from pact_etl.domain.letter import Letter, RenderedBatch, Sender
from pact_etl.domain.notice import LetterEvent
from pact_etl.domain.packaging import PackageLimits
from pact_etl.law import load_statutes
from pact_etl.letters import render_batch
from pact_etl.settings import Settings
from pact_etl.simulator.vendor import SimulatedVendor
from pact_etl.steps import release, release_package
from pact_etl.steps.evidence import make_evidence
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.notices import record_event
from pact_etl.store.session import open_engine, slice_transaction
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import FIRST_DAY, district
from tests.integration.steps.letters import NEXT_NIGHT, NIGHT, approved_batch, excuse
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration

STUDENTS = ["01", "02", "03", "04", "05"]
Start = Callable[..., Collaborators]


@pytest.fixture(scope="module")
def county_of(throwaway_keys: Path) -> Callable[..., Collaborators]:
    """Collaborators over a database, with these limits on a package."""

    def make(engine: Engine, var: Path, **most: int) -> Collaborators:
        kept = {"pieces": 2, "pages": 1000, "bytes": 10_000_000} | most
        terms = VendorTerms(package_limits=[PackageLimits(from_=FIRST_DAY, why="a test", **kept)])
        return Collaborators(
            settings=Settings(var=var, config=ROOT / "config", vendor_keys_folder=throwaway_keys),
            engine=engine,
            county=replace(load_county(ROOT / "config"), vendor=terms),
            districts={"oak-grove": district()},
            statutes=load_statutes(),
        )

    return make


@pytest.fixture(scope="module")
def approved(
    fresh_database: Callable[..., str],
    migrated: str,
    county_of: Callable[..., Collaborators],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a database whose only batch, number 1, is approved and holds five letters."""
    url = fresh_database("approved", template=migrated)
    engine = open_engine(url)
    assert approved_batch(county_of(engine, tmp_path_factory.mktemp("approved")), STUDENTS) == 1
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture
def start(
    fresh_database: Callable[..., str],
    approved: str,
    county_of: Callable[..., Collaborators],
    tmp_path: Path,
) -> Iterator[Start]:
    """The approved batch in a county of its own, as often as wanted."""
    engines: list[Engine] = []

    def make(**most: int) -> Collaborators:
        engines.append(open_engine(fresh_database("packages", template=approved)))
        return county_of(engines[-1], tmp_path / str(len(engines)), **most)

    yield make
    for engine in engines:
        engine.dispose()


BOOKS = {
    "packages": "SELECT sequence, name, status, pieces, pages, sheets, bytes, pdf_sha256 FROM package",
    "letters": """SELECT n.id, n.status, n.first_page, n.pages, p.name FROM notice n
        LEFT JOIN package p ON p.id = n.package_id""",
    "disclosures": "SELECT notice_id, student_id, recipient FROM disclosure",
    "events": "SELECT notice_id, event, count(*) FROM notice_event WHERE is_applied GROUP BY 1, 2",
    "batch": "SELECT id, status, released_as_of FROM batch",
}


# A release changes nothing else; putting it back is much quicker than another database for each boundary.
SAVE = (
    "CREATE TABLE saved_notice AS SELECT * FROM notice",
    "CREATE TABLE saved_event AS SELECT id FROM notice_event",
    "CREATE TABLE saved_batch AS SELECT * FROM batch",
)
RESTORE = (
    "ALTER TABLE disclosure DISABLE TRIGGER USER",
    "ALTER TABLE notice_event DISABLE TRIGGER USER",
    "DELETE FROM disclosure",
    "DELETE FROM notice_event WHERE id NOT IN (SELECT id FROM saved_event)",
    """UPDATE notice n SET status = s.status, content = s.content, record_as_of = s.record_as_of, pages = s.pages,
       first_page = s.first_page, package_id = s.package_id FROM saved_notice s WHERE s.id = n.id""",
    "DELETE FROM package",
    "UPDATE batch b SET status = s.status, released_as_of = s.released_as_of FROM saved_batch s WHERE s.id = b.id",
    "ALTER TABLE disclosure ENABLE TRIGGER USER",
    "ALTER TABLE notice_event ENABLE TRIGGER USER",
)


def run(using: Collaborators, statement: str, **keys: object) -> None:
    with using.engine.begin() as connection:
        connection.execute(text(statement), keys)


def rows(using: Collaborators, query: str) -> list[tuple[Any, ...]]:
    with using.engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(text(query)))


def books(using: Collaborators) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows(using, query) for name, query in BOOKS.items()}


def pieces_out(using: Collaborators) -> dict[str, list[str]]:
    """Piece ids by package, of what lies in the vendor's folder."""
    found = {}
    for path in sealed_packages(Path(using.settings.vendor)):
        assert path.with_name(path.name.replace(".zip.pgp", ".trg")).exists()
        with open_package(using.settings.vendor_keys, path) as package:
            lines = package.read("manifest.csv").decode().splitlines()[1:]
        found[path.name.removesuffix(".zip.pgp")] = [line.split(",")[0] for line in lines]
    return found


def check_whole(using: Collaborators, letters: int) -> None:
    """Nothing lost, none twice, no number missing, and logged is what lies in the folder under the booked hash."""
    out = pieces_out(using)
    pieces = [piece for package in out.values() for piece in package]
    assert len(pieces) == len(set(pieces)) == letters
    numbers = [number for (number,) in rows(using, "SELECT sequence FROM package")]
    assert numbers == list(range(1, len(out) + 1))
    booked = dict(rows(using, "SELECT name, sealed_sha256 FROM package"))
    folder = Path(using.settings.vendor) / "out"
    assert booked == {
        name: hashlib.sha256((folder / f"{name}.zip.pgp").read_bytes()).hexdigest() for name in out
    }
    logged = {f"P{notice:010d}" for (notice,) in rows(using, "SELECT notice_id FROM disclosure")}
    assert logged == set(pieces)
    assert len(list(folder.iterdir())) == 2 * len(out)


class Killed(BaseException):
    """Stands for a process that is gone."""


class Boundaries:
    """Every commit, before and after, and every file half written, written, renamed and removed; kills at one."""

    def __init__(self, kill_at: int) -> None:
        self.passed: list[str] = []
        self._kill_at = kill_at

    def __call__(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self._kill_at:
            raise Killed(what)

    @contextmanager
    def transaction(self, engine: Engine, name: str) -> Iterator[Connection]:
        with slice_transaction(engine, name) as connection:
            yield connection
            self("before a commit")
        self("after a commit")

    def around(self, name: str) -> Callable[..., Any]:
        whole = getattr(LocalFileSystem, name)

        def step(fs: LocalFileSystem, *given: Any, **named: Any) -> Any:
            if name == "pipe_file":
                whole(fs, given[0], given[1][: len(given[1]) // 2], *given[2:], **named)
                self("half a file")
            done = whole(fs, *given, **named)
            self(f"after {name}")
            return done

        return step


@pytest.fixture
def set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same letters give the same bytes, so that setting them once is enough for all runs of a test."""
    made: dict[str, RenderedBatch] = {}

    def set_letters(letters: list[Letter], sender: Sender) -> RenderedBatch:
        if repr(letters) not in made:
            made[repr(letters)] = render_batch(letters, sender)
        return made[repr(letters)]

    monkeypatch.setattr(release_package, "render_batch", set_letters)


def killed_at(using: Collaborators, boundary: int) -> list[str]:
    """Release until a boundary; what was passed, ending with where the process was killed."""
    boundaries = Boundaries(boundary)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(release, "slice_transaction", boundaries.transaction)
        for name in ("pipe_file", "mv", "rm_file"):
            patched.setattr(LocalFileSystem, name, boundaries.around(name))
        try:
            release_batch(using, 1)
        except Killed:
            return boundaries.passed
    return []


@pytest.mark.usefixtures("set_once")
def test_a_run_killed_at_any_boundary_of_three_packages_ends_as_an_unbroken_one(
    start: Start,
) -> None:
    using = start()
    for statement in SAVE:
        run(using, statement)
    before = books(using)
    released = release_batch(using, 1)
    check_whole(using, 5)
    expected, out = books(using), pieces_out(using)
    assert (released.counts["packages"], [len(p) for p in out.values()]) == (3, [2, 2, 1])

    killed = []
    while True:
        for statement in RESTORE:
            run(using, statement)
        shutil.rmtree(using.settings.vendor)
        assert books(using) == before
        passed = killed_at(using, len(killed) + 1)
        if not passed:
            break
        killed.append(passed[-1])
        assert release_batch(using, 1) == released, killed
        assert books(using) == expected, killed
        assert pieces_out(using) == out, killed
        check_whole(using, 5)
    assert {what: killed.count(what) for what in killed} == {
        "before a commit": 8,  # the dealing, two for each package, and the end
        "after a commit": 8,
        "half a file": 6,
        "after pipe_file": 6,
        "after mv": 6,
    }


def stopped_at(using: Collaborators, package: int, *, is_out: bool = False) -> None:
    """A release that is gone at a package's hand-over: before it, or right after its files lie there."""
    whole, calls = VendorFolder.hand_over, []

    def stop(self: VendorFolder, sealed: SealedPackage) -> object:
        calls.append(sealed)
        if len(calls) < package or is_out:
            whole(self, sealed)
        if len(calls) == package:
            raise Killed
        return None

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", stop)
        with pytest.raises(Killed):
            release_batch(using, 1)


def pull(connection: Connection, letter: int) -> None:
    """Somebody takes a letter back."""
    by_hand = {"source": "by hand", "as_of": NIGHT, "detail": "pulled"}
    record_event(connection, [letter], LetterEvent.WITHDRAW, **by_hand)  # type: ignore[arg-type]


def letters_of(using: Collaborators) -> list[int]:
    return [notice for (notice,) in rows(using, "SELECT id FROM notice")]


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
