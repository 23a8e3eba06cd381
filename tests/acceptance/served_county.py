"""An invented county whose districts are reached as they really are: over SFTP, Ed-Fi ODS and Aeries servers.

What a district of an API would have sent is simulated as the county's own template and loaded into its server night by
night; the others' files lie behind an SFTP server. Servers stumble at random; so do files, by the fault menu.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.files.fetching import fetch_files
from pact_etl.districts import load_district
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator import Fault, simulate
from pact_etl.simulator.servers.aeries_objects import PROGRAMS as AERIES_PROGRAMS
from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.simulator.servers.sftp_server import SftpServer
from pact_etl.validation.columns import TABLES
from tests.acceptance.troubles import Server, make, trouble
from tests.conftest import ROOT

TEMPLATE = "template_csv"
LOSING_NIGHTS = 0.1
PAGE_ROWS = 40
KEY, SECRET, CERTIFICATE = "canary-key", "canary-secret", "0" * 32
SFTP_USER, SFTP_PASSWORD = "pact", "canary-password"
AERIES_CODES = {
    Status.ABSENT_UNVERIFIED: "A",
    Status.ABSENT_UNEXCUSED: "U",
    Status.ABSENT_EXCUSED: "I",
    Status.TARDY: "T",
    Status.PARTIAL_UNEXCUSED: "V",
    Status.PARTIAL_EXCUSED: "W",
    Status.SUSPENDED_OUT: "S",
    Status.SUSPENDED_IN: "H",
    Status.INDEPENDENT_STUDY: "N",
    Status.INDEPENDENT_STUDY_INCOMPLETE: "R",
}
EDFI_CODES = {status: f"Local {status.value}" for status in AERIES_CODES}

Tables = dict[str, pd.DataFrame]


@dataclass
class Fed:
    """One API district's whole state, fed from the nights of its template files."""

    district: District
    codes: dict[Status, str]
    server: EdfiServer | AeriesServer
    roster: Tables = field(default_factory=dict)

    def feed(self, drop: Path, as_of: date) -> None:
        """Load a night; a night without files changes nothing."""
        if not (drop / str(as_of) / self.district.slug).exists():
            return
        files = fetch_files(str(drop), self.district, as_of)
        parsed = CsvFiles(str(drop)).parse(self.district, files)
        sent = {table.table: table.frame.drop(columns="row") for table in parsed.tables}
        for name in (
            "enrollments",
            "calendar",
        ):  # a night without a student on a track has no such column
            sent[name] = sent[name].assign(track=sent[name].get("track", ""))
        is_first = not self.roster
        for name, frame in sent.items():
            if name != "attendance":
                both = pd.concat([self.roster.get(name, frame.iloc[:0]), frame])
                self.roster[name] = both.drop_duplicates(list(TABLES[name].key), keep="last")
        first = school_year_of(as_of).first
        if not is_first:
            first = max(first, as_of - timedelta(days=self.district.attendance.covers_days - 1))
        attendance = self._exceptions(sent["attendance"])
        schools = self.roster["schools"].assign(periods_per_day="1")
        tables = self.roster | {"schools": schools, "attendance": attendance}
        tables = {name: frame.reset_index(drop=True) for name, frame in tables.items()}
        if isinstance(self.server, AeriesServer):
            at = datetime.combine(as_of, time(17, 30))
            self.server.load(tables, (first, as_of), at)
        else:
            self.server.load(tables, (first, as_of))

    def _exceptions(self, rows: pd.DataFrame) -> pd.DataFrame:
        day = date(2026, 11, 20)
        meaning = {m.code: self.district.status_of(m.code, day) for m in self.district.codes}
        codes = {code: self.codes.get(status, "") for code, status in meaning.items() if status}
        told = rows.assign(code=rows["code"].map(codes).fillna(""), minutes="", period="")
        return told[told["code"] != ""]


@dataclass
class ServedCounty:
    """The county, its drop and truth, and the folder of settings by which it is reached."""

    drop: Path
    config: Path
    credentials: Path
    fed: list[Fed]
    servers: dict[str, Server]
    cut_off: Mapping[str, Collection[date]]
    dice: random.Random
    troubles: Counter[str] = field(default_factory=Counter)

    def begin_night(self, as_of: date, *, may_lose: bool = True) -> None:
        """Every system gets the day's entries, and trouble of its own."""
        for one in self.fed:
            one.feed(self.drop, as_of)
        for slug, server in self.servers.items():
            self.stumble(server, may_lose=may_lose)
            if as_of in self.cut_off.get(slug, ()):
                make(server, "connection refused")

    def stumble(self, server: Server, *, may_lose: bool) -> None:
        """What goes wrong with the next calls to one system, counted by name."""
        made = trouble(server, self.dice, may_lose=may_lose, losing_share=LOSING_NIGHTS)
        kind = type(server).__name__.removesuffix("Server")
        self.troubles.update(f"{kind}: {name}" for name in made)


@contextmanager
def served_county(
    folder: Path,
    slugs: Sequence[str],
    *,
    scale: float,
    seed: int,
    first: date,
    last: date,
    faults: Sequence[Fault],
    reaches: Mapping[str, int] | None = None,
    cut_off: Mapping[str, Collection[date]] | None = None,
) -> Iterator[ServedCounty]:
    """A third of the districts each by Ed-Fi, by Aeries and by SFTP, in turns; served until the block ends.

    Args:
        folder: for everything that is written.
        slugs: the districts.
        scale: share of the real county's students.
        seed: of the county and of its troubles.
        first: night.
        last: night.
        faults: of the files.
        reaches: by slug of a file district, how many days a file goes back where it is not as its dialect has it.
        cut_off: by slug of a file district, the nights on which its server cannot be reached.
    """
    reaches = reaches or {}
    drop, config, credentials = folder / "drop", folder / "config", folder / "credentials"
    by_kind = {slug: ("edfi_api", "aeries_api", "sftp")[n % 3] for n, slug in enumerate(slugs)}
    simulated = [_simulated(folder, slug, by_kind[slug], reaches.get(slug)) for slug in slugs]
    simulate(drop, simulated, scale=scale, seed=seed, first=first, last=last, faults=list(faults))
    (config / "districts").mkdir(parents=True)
    (config / "dialects").symlink_to(ROOT / "config" / "dialects")
    (config / "county.yaml").symlink_to(ROOT / "config" / "county.yaml")
    credentials.mkdir()
    with ExitStack() as stack:
        fed: list[Fed] = []
        servers: dict[str, Server] = {}
        for district in simulated:
            kind = by_kind[district.slug]
            if kind == "sftp":
                sftp = SftpServer(folder=drop, user=SFTP_USER, password=SFTP_PASSWORD)
                servers[district.slug] = stack.enter_context(sftp)
                _write_sftp(config, credentials, district, sftp, reaches.get(district.slug))
                continue
            server: EdfiServer | AeriesServer
            if kind == "edfi_api":
                server = EdfiServer(
                    agency=int(district.cd_code), key=KEY, secret=SECRET, most_rows=PAGE_ROWS
                )
                codes = EDFI_CODES
            else:
                year = school_year_of(first).first.year
                server = AeriesServer(certificate=CERTIFICATE, cd_code=district.cd_code, year=year)
                codes = AERIES_CODES
            servers[district.slug] = stack.enter_context(server)
            fed.append(Fed(district=district, codes=codes, server=server))
            _write_api(config, credentials, district, kind, server.url)
        yield ServedCounty(
            drop=drop,
            config=config,
            credentials=credentials,
            fed=fed,
            servers=servers,
            cut_off=cut_off or {},
            dice=random.Random(seed),
        )


def _simulated(folder: Path, slug: str, kind: str, reach: int | None) -> District:
    """The district as the simulator is to write it: an API's day is told in the county's template."""
    settings = _own(slug) if kind == "sftp" else _identity(slug) | {"dialect": TEMPLATE}
    _reach(settings, reach)
    path = folder / "simulated" / f"{slug}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_district(path, ROOT / "config" / "dialects")


def _own(slug: str) -> dict[str, Any]:
    """The district's settings as they are published."""
    path = ROOT / "config" / "districts" / f"{slug}.yaml"
    settings: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return settings


def _identity(slug: str) -> dict[str, Any]:
    """Who the district is, without how its files are read."""
    names = ("slug", "name", "cd_code", "level", "status", "sis", "enrollment", "joint", "office")
    return {name: value for name, value in _own(slug).items() if name in names}


def _reach(settings: dict[str, Any], days: int | None) -> None:
    """Let files go back another number of days than the dialect says."""
    if days is not None:
        settings["attendance"] = settings.get("attendance", {}) | {"covers_days": days}


def _write_sftp(
    config: Path, credentials: Path, district: District, server: SftpServer, reach: int | None
) -> None:
    settings = _own(district.slug)
    _reach(settings, reach)
    settings["url"] = server.url
    settings["options"] = {"host_key": server.host_key, "second_look_seconds": 0}
    _write(config, credentials, district.slug, settings, {"password": SFTP_PASSWORD})


def _write_api(config: Path, credentials: Path, district: District, kind: str, url: str) -> None:
    settings = _identity(district.slug)
    settings |= {"dialect": kind, "url": url, "id_digits": district.id_digits}
    settings |= {"attendance": {"form": "daily", "covers_days": 7}}
    if kind == "edfi_api":
        settings["codes"] = [
            {"code": code, "status": status.value, "from": date(2020, 7, 1)}
            for status, code in EDFI_CODES.items()
        ]
        settings["options"] = {"page_size": PAGE_ROWS}
        secrets = {"key": KEY, "secret": SECRET}
    else:
        settings["attendance"]["form"] = "periods"
        settings["options"] = {
            f"{flag}_programs": code for flag, (code, _) in AERIES_PROGRAMS.items()
        }
        secrets = {"certificate": CERTIFICATE}
    _write(config, credentials, district.slug, settings, secrets)


def _write(
    config: Path, credentials: Path, slug: str, settings: dict[str, object], secrets: dict[str, str]
) -> None:
    path = config / "districts" / f"{slug}.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    secret = credentials / f"{slug}.yaml"
    secret.touch(mode=0o600)
    secret.write_text(yaml.safe_dump(secrets), encoding="utf-8")
