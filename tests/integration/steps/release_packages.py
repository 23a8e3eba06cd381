"""A batch of several packages: an approved one as often as wanted, and what must be true once it is released."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from pact_etl.delivery import SealedPackage, VendorFolder
from pact_etl.districts import load_county
from pact_etl.domain.letter import Letter, RenderedBatch, Sender
from pact_etl.domain.packaging import PackageLimits
from pact_etl.law import load_statutes
from pact_etl.letters import render_batch
from pact_etl.settings import Settings
from pact_etl.steps import release_package
from pact_etl.steps.release import release_batch
from pact_etl.store.session import open_engine
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import FIRST_DAY, district
from tests.integration.steps.letters import approved_batch
from tests.vendor import open_package, sealed_packages

STUDENTS = ["01", "02", "03", "04", "05"]
Start = Callable[..., Collaborators]


@pytest.fixture(scope="module")
def county_of(throwaway_keys: Path) -> Callable[..., Collaborators]:
    """Collaborators over a database, with these limits on a package."""

    def make(engine: Engine, var: Path, **most: int) -> Collaborators:
        kept = {"pieces": 2, "pages": 1000, "bytes": 10_000_000} | most
        county = load_county(ROOT / "config")
        own = [PackageLimits(from_=FIRST_DAY, why="a test", **kept)]
        return Collaborators(
            settings=Settings(var=var, config=ROOT / "config", vendor_keys_folder=throwaway_keys),
            engine=engine,
            county=replace(county, vendor=replace(county.vendor, package_limits=own)),
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


@pytest.fixture
def set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same letters give the same bytes, so that setting them once is enough for all runs of a test."""
    made: dict[str, RenderedBatch] = {}

    def set_letters(letters: list[Letter], sender: Sender) -> RenderedBatch:
        if repr(letters) not in made:
            made[repr(letters)] = render_batch(letters, sender)
        return made[repr(letters)]

    monkeypatch.setattr(release_package, "render_batch", set_letters)


BOOKS = {
    "packages": "SELECT sequence, name, status, pieces, pages, sheets, bytes, pdf_sha256 FROM package",
    "letters": """SELECT n.id, n.status, n.first_page, n.pages, p.name FROM notice n
        LEFT JOIN package p ON p.id = n.package_id""",
    "disclosures": "SELECT notice_id, student_id, recipient FROM disclosure",
    "events": "SELECT notice_id, event, count(*) FROM notice_event WHERE is_applied GROUP BY 1, 2",
    "batch": "SELECT id, status, released_as_of FROM batch",
}


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


def letters_of(using: Collaborators) -> list[int]:
    return [notice for (notice,) in rows(using, "SELECT id FROM notice")]


class Killed(BaseException):
    """Stands for a process that is gone."""


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
