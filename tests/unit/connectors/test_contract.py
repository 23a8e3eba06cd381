"""One contract for every connector of the registry: the same night of two students, by each road.

A connector that is added to the registry fails here until a night of its own stands in `NIGHTS`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pact_etl.cli.dialect_district import district_speaking
from pact_etl.connectors.archive import Archive
from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.protocol import Connector, Parsed, RawFile, Sources
from pact_etl.connectors.registry import CONNECTORS, connector_for
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.school_year import school_year_of
from pact_etl.settings import ROOT
from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.validation import Gates, Reference, examine_submission
from pact_etl.validation.columns import TABLES
from tests.integration.connectors import aeries_tables, edfi_world
from tests.oneroster_files import S1, S2, V11, V12, beside, oneroster, put, records, zipped
from tests.policies import LIMITS
from tests.sources import pull

IDENTITY = {
    "slug": "test-unified",
    "name": "Test Unified",
    "cd_code": "3467000",
    "level": "unified",
    "status": "testing",
    "sis": "Any",
    "enrollment": 2,
    "office": {"name": "", "phone": "", "email": ""},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A district with one night to fetch, and the last names that stand in it."""

    district: District
    as_of: date
    sources: Sources = field(repr=False)
    names: tuple[str, ...]


def settings_of(folder: Path, dialects: Path, **own: object) -> District:
    path = folder / "test-unified.yaml"
    path.write_text(yaml.safe_dump(IDENTITY | own), encoding="utf-8")
    return load_district(path, dialects)


@contextmanager
def files(folder: Path) -> Iterator[Night]:
    rest = "," * (len(COLUMNS["guardians"]) - 9)
    texts = {
        "schools": "school_code,name,level,periods_per_day,phone\n3400001,Old Mill,high,6,\n",
        "students": "local_id,ssid,first_name,last_name,birth_date,home_language,foster,homeless,do_not_send\n"
        "000101,,Ana,Canary,2012-03-04,eng,N,N,N\n",
        "enrollments": "local_id,school_code,grade,entry_date,exit_date\n000101,3400001,09,2026-08-12,\n",
        "guardians": f"{','.join(COLUMNS['guardians'])}\n000101,9,Bo,Canary,Father,Y,Y,N,1{rest}\n",
        "calendar": "school_code,date,instructional\n3400001,2026-11-20,Y\n",
        "attendance": "local_id,school_code,date,code,minutes\n000101,3400001,2026-11-20,U,\n",
    }
    written = {f"{n}.csv": f"{text}#ROWS=1\n".encode() for n, text in texts.items()}
    put(folder / "in", written)
    district = replace(district_speaking(ROOT / "config", "template_csv", None), path="in")
    yield Night(
        district=district, as_of=date(2026, 11, 20), sources=no_login(folder), names=("Canary",)
    )


@contextmanager
def rostered(folder: Path, version: str) -> Iterator[Night]:
    sent = {"oneroster.zip": zipped(oneroster(version, records(version)))}
    put(folder / "in", sent | beside({S1: "3400001", S2: "3400002"}))
    district = settings_of(folder, ROOT / "config" / "dialects", dialect="oneroster", path="in")
    names = ("Canary", "Sparrow")
    yield Night(district=district, as_of=date(2026, 11, 20), sources=no_login(folder), names=names)


@contextmanager
def edfi_xml(folder: Path) -> Iterator[Night]:
    bodies = {
        "schools": "<School><SchoolId>1</SchoolId><NameOfInstitution>Oak</NameOfInstitution>"
        "<SchoolCategory>High School</SchoolCategory></School>",
        "students": "<Student><StudentUniqueId>7</StudentUniqueId><Name><FirstName>Ana</FirstName>"
        "<LastSurname>Canary</LastSurname></Name><BirthData><BirthDate>2008-03-04</BirthDate></BirthData></Student>",
        "guardians": '<Contact id="C5"><ContactUniqueId>5</ContactUniqueId><Name><FirstName>Bo</FirstName>'
        "<LastSurname>Sparrow</LastSurname></Name></Contact><StudentContactAssociation><ContactReference>"
        "<ContactIdentity><ContactUniqueId>5</ContactUniqueId></ContactIdentity></ContactReference>"
        "<StudentReference><StudentIdentity><StudentUniqueId>7</StudentUniqueId></StudentIdentity>"
        "</StudentReference><Relation>Father</Relation></StudentContactAssociation>",
        "calendar": "<CalendarDate><Date>2022-05-27</Date><CalendarEvent>Instructional day</CalendarEvent>"
        "<CalendarReference><CalendarIdentity><SchoolReference><SchoolIdentity><SchoolId>1</SchoolId>"
        "</SchoolIdentity></SchoolReference></CalendarIdentity></CalendarReference></CalendarDate>",
        "attendance": "<StudentSchoolAttendanceEvent><AttendanceEvent><EventDate>2022-05-27</EventDate>"
        "<AttendanceEventCategory>Unexcused Absence</AttendanceEventCategory></AttendanceEvent>"
        "<StudentReference><StudentIdentity><StudentUniqueId>7</StudentUniqueId></StudentIdentity>"
        "</StudentReference><SchoolReference><SchoolIdentity><SchoolId>1</SchoolId></SchoolIdentity>"
        "</SchoolReference></StudentSchoolAttendanceEvent>",
    }
    space = 'xmlns="http://ed-fi.org/5.2.0"'
    sent = {
        f"{name}.xml": f'<?xml version="1.0"?><InterchangeAny {space}>{body}</InterchangeAny>'.encode()
        for name, body in bodies.items()
    }
    put(folder / "in", sent)
    own = {
        "files": {
            name: ({"name": f"{name}.xml"} if name in bodies else None)
            for name in (*bodies, "demographics")
        },
        "options": {"calendar_shift_days": 0, "first_grade_birth_year": 2015},
    }
    dialects = ROOT / "tests" / "data" / "dialects"
    district = settings_of(folder, dialects, dialect="edfi_xml", path="in", **own)
    yield Night(
        district=district,
        as_of=date(2022, 5, 27),
        sources=no_login(folder),
        names=("Canary", "Sparrow"),
    )


@contextmanager
def edfi_api(folder: Path) -> Iterator[Night]:
    night = edfi_world.NIGHTS[0]
    login = {"key": "k", "secret": "s"}
    with EdfiServer(agency=edfi_world.AGENCY, most_rows=500, **login) as server:
        server.load(edfi_world.small_world().tables(), (edfi_world.YEAR_START, night))
        district = settings_of(
            folder, ROOT / "config" / "dialects", dialect="edfi_api", url=server.url
        )
        sources = Sources(drop="unused", credentials=lambda slug: login)
        yield Night(district=district, as_of=night, sources=sources, names=("Adult500", "Adult501"))


@contextmanager
def aeries_api(folder: Path) -> Iterator[Night]:
    login = {"certificate": aeries_tables.CERTIFICATE}
    cd_code, night = aeries_tables.CD_CODE, aeries_tables.NIGHT
    tables = aeries_tables.small_district(1).tables()
    with AeriesServer(certificate=login["certificate"], cd_code=cd_code, year=2026) as server:
        server.load(tables, (aeries_tables.YEAR_START, night), aeries_tables.ENTERED)
        sources = Sources(drop="unused", credentials=lambda slug: login)
        yield Night(
            district=aeries_tables.make_district(folder, server.url),
            as_of=night,
            sources=sources,
            names=tuple(
                set(tables["students"]["last_name"]) | set(tables["guardians"]["last_name"])
            ),
        )


def no_login(folder: Path) -> Sources:
    return Sources(drop=str(folder), credentials=lambda slug: {})


NIGHTS: dict[str, Callable[[Path], "contextmanager[Night]"]] = {
    "aeries_api": aeries_api,
    "edfi_api": edfi_api,
    "edfi_xml": edfi_xml,
    "files": files,
    "oneroster": lambda folder: rostered(folder, V12),
    "oneroster 1.1": lambda folder: rostered(folder, V11),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A night that was fetched; its source is gone."""

    connector: Connector
    night: Night
    files: list[RawFile]

    def parse(self, files: list[RawFile] | None = None) -> Parsed:
        return self.connector.parse(self.night.district, self.files if files is None else files)


@pytest.fixture(scope="module", params=NIGHTS)
def fetched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fetched:
    with NIGHTS[request.param](tmp_path_factory.mktemp("night")) as night:
        connector = connector_for(night.district, night.sources)
        pulled = connector.fetch(night.district, pull(night.as_of))
    return Fetched(connector=connector, night=night, files=pulled.files)


def frames(parsed: Parsed) -> dict[str, pd.DataFrame]:
    return {table.table: table.frame for table in parsed.tables}


def assert_same(one: Parsed, other: Parsed) -> None:
    assert [(t.table, t.file) for t in one.tables] == [(t.table, t.file) for t in other.tables]
    assert one.scope == other.scope
    for table, frame in frames(one).items():
        pd.testing.assert_frame_equal(frame, frames(other)[table])


def test_every_connector_of_the_registry_keeps_the_contract():
    assert {name.split()[0] for name in NIGHTS} == set(CONNECTORS)


def test_what_was_fetched_are_named_bytes(fetched: Fetched):
    names = [file.name for file in fetched.files]

    assert names
    assert len(set(names)) == len(names)
    assert all(isinstance(file.content, bytes) and file.content for file in fetched.files)


def test_every_canonical_table_comes_once_with_canonical_columns_only(fetched: Fetched):
    parsed = fetched.parse()

    expected = {name for name in COLUMNS if not TABLES[name].optional}
    assert sorted(table.table for table in parsed.tables) == sorted(expected)
    for table in parsed.tables:
        columns = set(table.frame) - {"row", "file"}
        required = {c for c, one in TABLES[table.table].columns.items() if one.required}
        assert required <= columns <= set(COLUMNS[table.table])


def test_cells_are_text_and_never_missing_and_every_row_says_where_it_stands(fetched: Fetched):
    for table in fetched.parse().tables:
        frame = table.frame
        assert len(frame), table.table
        texts = frame.drop(columns="row")
        assert (texts.dtypes == "str").all(), table.table
        assert texts.notna().all(axis=None), table.table
        assert frame["row"].dtype == "int64"
        assert (frame["row"] >= 1).all()
        assert table.file
        assert frame.index.equals(pd.RangeIndex(len(frame)))


def test_no_cell_is_faulty(fetched: Fetched):
    night, parsed = fetched.night, fetched.parse()

    examined = examine_submission(
        district=night.district,
        as_of=night.as_of,
        year=school_year_of(night.as_of),
        tables=parsed.tables,
        reference=Reference(),
        gates=Gates(),
        suites=None,
        scope=parsed.scope,
        limits=LIMITS,
    ).validated

    # The invented Aeries district was also absent on a holiday, which is no fault of how it is read.
    assert set(examined.quarantined["reason"]) <= {"no_school_that_day"}
    assert len(examined.marks)


def test_kept_bytes_are_read_the_same_again_in_any_order(fetched: Fetched, tmp_path: Path):
    archive = Archive(tmp_path)
    kept = archive.load(archive.keep(fetched.files))
    before = fetched.parse()

    assert_same(before, fetched.parse(kept))
    assert_same(before, fetched.parse(kept[::-1]))


def test_reading_asks_nobody(fetched: Fetched):
    deaf = CONNECTORS[fetched.night.district.connector](
        Sources(drop="/nowhere", credentials=lambda slug: pytest.fail("asked for credentials"))
    )

    assert_same(fetched.parse(), deaf.parse(fetched.night.district, fetched.files))


def test_no_files_at_all_are_refused(fetched: Fetched):
    with pytest.raises(SubmissionRefused):
        fetched.parse([])


def test_damage_is_refused_with_a_reason_and_quotes_nobody(fetched: Fetched):
    said: list[str] = []
    for place, file in enumerate(fetched.files):
        half = file.content[: len(file.content) // 2]
        for content in (b"", b"\x00\xff\xfe\x80", half, file.content[:-3], b"{]" + file.content):
            damaged = [*fetched.files]
            damaged[place] = RawFile(name=file.name, content=content)
            try:
                fetched.parse(damaged)
            except SubmissionRefused as refused:
                said.append(f"{refused} {refused.__cause__}")

    assert len(said) >= 2 * len(fetched.files)
    assert not [name for name in fetched.night.names if name in " ".join(said)]


def test_nothing_of_a_person_stands_in_what_would_be_logged(fetched: Fetched):
    said = repr(fetched.files) + repr(fetched.parse()) + repr(fetched.night.district)

    assert not [name for name in fetched.night.names if name in said]


def test_a_connector_nobody_has_is_a_fault_of_the_settings(fetched: Fetched):
    unknown = replace(fetched.night.district, connector="fax")

    with pytest.raises(SettingsError, match="fax"):
        connector_for(unknown, fetched.night.sources)
