"""The sources that connectors are measured against, prepared once and then served by a process of its own.

`python -m benchmarks.connector_source prepare KIND STUDENTS ABSENT NIGHTS FOLDER` writes the files of an SFTP server,
or runs a fake and puts its nights on tape. `... serve KIND NIGHT LATENCY FOLDER` serves them, prints how to reach
them as one JSON line, and ends when its input does.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from benchmarks.connector_world import CD_CODE, FIRST_DAY, NIGHTS, Tables, tables, write_files
from benchmarks.measuring import ROOT
from benchmarks.tape import Tape, TapeServer
from pact_etl.connectors.protocol import Connector, Cursor, Pull, Pulled, Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.districts import load_district
from pact_etl.domain.district import District
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.simulator.servers.sftp_server import SftpServer

KEY, SECRET = "benchmark", "benchmark-secret-of-nobody-at-all"
CREDENTIALS = {"key": KEY, "secret": SECRET, "certificate": SECRET, "password": SECRET}
TEMPLATE, ONEROSTER, EDFI, AERIES = (
    "files over SFTP",
    "OneRoster over SFTP",
    "edfi_api",
    "aeries_api",
)
KINDS = (TEMPLATE, ONEROSTER, EDFI, AERIES)
APIS = (EDFI, AERIES)
_DIALECTS = {TEMPLATE: "template_csv", ONEROSTER: "oneroster"}


def main() -> None:
    """Prepare or serve."""
    if sys.argv[1] == "prepare":
        kind, students, absent, nights, folder = sys.argv[2:]
        prepare(kind, int(students), float(absent), NIGHTS[: int(nights)], Path(folder))
    else:
        kind, night, latency, folder = sys.argv[2:]
        serve(kind, int(night), float(latency), Path(folder))


def prepare(kind: str, students: int, absent: float, nights: Sequence[date], folder: Path) -> None:
    """Make what `serve` serves."""
    (folder / "students").write_text(str(students), "utf-8")
    if kind not in APIS:
        write_files(students, absent, nights, folder / "drop", oneroster=kind == ONEROSTER)
        return
    with _FAKES[kind]() as fake:
        since = None
        for number, night in enumerate(nights):
            _LOADS[kind](fake, tables(students, absent, night), night)
            tape = Tape(folder / str(number))
            with TapeServer(tape, source=fake.url) as server:
                district = district_at(kind, {"url": server.url}, folder)
                since = fetch(district, number, since)[1].cursor
            tape.save()


def serve(kind: str, night: int, latency: float, folder: Path) -> None:
    """Serve one night."""
    server: Any
    if kind in APIS:
        server = TapeServer(Tape(folder / str(night)), latency=latency)
    else:
        server = SftpServer(folder=folder / "drop", user=KEY, password=SECRET)
    with server:
        told = {"url": server.url, "host_key": getattr(server, "host_key", "")}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def fetch(district: District, night: int, since: Cursor | None) -> tuple[Connector, Pulled]:
    """One pull, as the county would make it."""
    connector = connector_for(district, Sources(drop="unused", credentials=lambda _: CREDENTIALS))
    as_of = NIGHTS[night]
    pull = Pull(as_of=as_of, year_start=school_year_of(as_of).first, since=since)
    return connector, connector.fetch(district, pull)


def district_at(kind: str, told: dict[str, str], folder: Path) -> District:
    """The district's settings for a source that told where it is."""
    settings = {
        "slug": "blue-oak",
        "name": "Blue Oak",
        "cd_code": CD_CODE,
        "level": "unified",
        "status": "testing",
        "sis": "any",
        "enrollment": int((folder / "students").read_text("utf-8")),
        "dialect": _DIALECTS.get(kind, kind),
        "id_digits": 7,
        "url": told["url"],
        "office": {"name": "Office", "phone": "(916) 555-0100", "email": "office@oak.example"},
    }
    if kind not in APIS:
        looks = {"host_key": told["host_key"], "second_look_seconds": 0}
        settings |= {"path": "{as_of}", "options": looks}
    path = folder / "blue-oak.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_district(path, ROOT / "config" / "dialects")


def _edfi() -> AbstractContextManager[Any]:
    return EdfiServer(agency=int(CD_CODE), key=KEY, secret=SECRET)


def _aeries() -> AbstractContextManager[Any]:
    return AeriesServer(certificate=SECRET, cd_code=CD_CODE, year=2026)


def _load_edfi(server: EdfiServer, found: Tables, night: date) -> None:
    told = found["attendance"].assign(code="Unexcused Absence")
    server.load(found | {"attendance": told}, (FIRST_DAY, night))


def _load_aeries(server: AeriesServer, found: Tables, night: date) -> None:
    server.load(found, (FIRST_DAY, night), datetime.combine(night, time(17, 30)))


_FAKES = {EDFI: _edfi, AERIES: _aeries}
_LOADS: dict[str, Any] = {EDFI: _load_edfi, AERIES: _load_aeries}


if __name__ == "__main__":
    main()
