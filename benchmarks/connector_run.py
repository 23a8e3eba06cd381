"""The measured process of one connector: fetch and parse everything of a district, then the delta of the next night."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from benchmarks.connector_world import CD_CODE, KEY, NIGHTS, SECRET
from benchmarks.measuring import ROOT
from benchmarks.memory import own_peak_mb
from pact_etl.connectors.protocol import Cursor, Pull, Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.districts import load_district
from pact_etl.domain.district import District
from pact_etl.domain.school_year import school_year_of

MODES = ("everything", "a night's delta")
CREDENTIALS = {"key": KEY, "secret": SECRET, "certificate": SECRET, "password": SECRET}
DIALECTS = {"files over SFTP": "template_csv"}


def main() -> None:
    """Print seconds, rows and megabytes of both readings as one JSON object."""
    parser = argparse.ArgumentParser(description="One connector against a server of ours.")
    parser.add_argument("--kind", required=True)
    parser.add_argument("--students", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    drop = options.folder / "drop"
    drop.mkdir()
    words = ["-m", "benchmarks.connector_world", options.kind, str(options.students), str(drop)]
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        district = _district(options, json.loads(server.stdout.readline()))
        modes: dict[str, Any] = {}
        cursor: Cursor | None = None
        for mode, night in zip(MODES, NIGHTS, strict=True):
            if mode != MODES[0]:
                server.stdin.write("next\n")
                server.stdin.flush()
                server.stdout.readline()
            modes[mode], cursor = _read(district, night, cursor)
        server.stdin.close()
        server.terminate()
    print(json.dumps({"modes": modes, "peak_mb": own_peak_mb()}))


def _read(district: District, night: Any, since: Cursor | None) -> tuple[dict[str, Any], Any]:
    connector = connector_for(district, Sources(drop="unused", credentials=lambda _: CREDENTIALS))
    began = time.perf_counter()
    pull = Pull(as_of=night, year_start=school_year_of(night).first, since=since)
    pulled = connector.fetch(district, pull)
    parsed = connector.parse(district, pulled.files)
    seconds = time.perf_counter() - began
    rows = sum(len(table.frame) for table in parsed.tables)
    megabytes = sum(len(file.content) for file in pulled.files) / 2**20
    return {"seconds": seconds, "rows": rows, "megabytes": megabytes}, pulled.cursor


def _district(options: argparse.Namespace, told: dict[str, str]) -> District:
    settings = {
        "slug": "blue-oak",
        "name": "Blue Oak",
        "cd_code": CD_CODE,
        "level": "unified",
        "status": "testing",
        "sis": "any",
        "enrollment": options.students,
        "dialect": DIALECTS.get(options.kind, options.kind),
        "id_digits": 7,
        "url": told["url"],
        "office": {"name": "Office", "phone": "(916) 555-0100", "email": "office@oak.example"},
    }
    if "host_key" in told:
        looks = {"host_key": told["host_key"], "second_look_seconds": 0}
        settings |= {"path": "{as_of}", "options": looks}
    path = options.folder / "blue-oak.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_district(path, ROOT / "config" / "dialects")


if __name__ == "__main__":
    main()
