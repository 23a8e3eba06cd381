"""The measured processes of one connector: fetch and keep as `collect` does, read and judge as `validate` does.

Also a bare client, which fetches what is on a tape with as many connections and does nothing with it: what the source
and the network allow.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.connector_source import district_at, fetch
from benchmarks.connector_world import NIGHTS
from benchmarks.measuring import ROOT
from benchmarks.memory import own_peak_mb
from benchmarks.tape import Tape
from pact_etl.connectors.archive import Archive
from pact_etl.connectors.protocol import Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.school_year import school_year_of


def main() -> None:
    """Print what was found as one JSON object."""
    parser = argparse.ArgumentParser(description="One connector against a source of ours.")
    parser.add_argument("what", choices=("fetch", "parse", "validate", "bare"))
    parser.add_argument("--kind", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--night", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    found = {"fetch": _fetch, "bare": _bare}.get(options.what, _parse)(options)
    print(json.dumps(found | {"peak_mb": own_peak_mb()}))


def _fetch(options: argparse.Namespace) -> dict[str, Any]:
    """Fetch a night and keep its bytes; the second night goes on from the first one's cursor."""
    since = _kept(options, 0)["cursor"] if options.night else None
    with _served(options) as told:
        district = district_at(options.kind, told, options.folder)
        began = time.perf_counter()
        _, pulled = fetch(district, options.night, since)
        seconds = time.perf_counter() - began
        key = Archive(options.folder / "archive").keep(pulled.files)
    found = {"key": key, "cursor": pulled.cursor}
    (options.folder / f"kept-{options.night}.json").write_text(json.dumps(found), "utf-8")
    megabytes = sum(len(file.content) for file in pulled.files) / 2**20
    return {"seconds": seconds, "megabytes": megabytes, "requests": _requests(options)}


def _parse(options: argparse.Namespace) -> dict[str, Any]:
    """Read the kept bytes; `validate` judges the rows as well, of a district nothing is known of yet."""
    key = _kept(options, options.night)["key"]
    told = {"url": "https://source.invalid", "host_key": ""}
    district = district_at(options.kind, told, options.folder)
    connector = connector_for(district, Sources(drop="unused", credentials=lambda _: {}))
    began = time.perf_counter()
    parsed = connector.parse(district, Archive(options.folder / "archive").load(key))
    seconds = time.perf_counter() - began
    found = {"rows": sum(len(table.frame) for table in parsed.tables), "seconds": seconds}
    if options.what == "parse":
        return found
    from pact_etl.domain.district import WHOLE
    from pact_etl.law import load_statutes
    from pact_etl.validation import Gates, Reference, examine_submission

    as_of, began = NIGHTS[options.night], time.perf_counter()
    examined = examine_submission(
        district=district,
        as_of=as_of,
        year=school_year_of(as_of),
        tables=parsed.tables,
        reference=Reference(),
        gates=Gates(),
        limits=load_statutes().occasion_limits(),
        suites=ROOT / "expectations",
        scope=parsed.scope.promised(whole_roster=district.roster == WHOLE),
    )
    aside = len(examined.validated.quarantined)
    return found | {"seconds": time.perf_counter() - began, "quarantined": aside}


def _bare(options: argparse.Namespace) -> dict[str, Any]:
    """Every request of the tape's night, side by side."""
    asked = Tape(options.folder / str(options.night)).requests
    limits = httpx.Limits(max_connections=options.connections)
    with _served(options) as told, httpx.Client(trust_env=False, limits=limits) as client:
        began = time.perf_counter()
        with ThreadPoolExecutor(options.connections) as pool:
            size = sum(pool.map(lambda path: len(client.get(told["url"] + path).content), asked))
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "megabytes": size / 2**20, "requests": len(asked)}


def _kept(options: argparse.Namespace, night: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (options.folder / f"kept-{night}.json").read_text(encoding="utf-8")
    )
    return found


def _requests(options: argparse.Namespace) -> int:
    folder = options.folder / str(options.night)
    return len(Tape(folder).requests) if folder.exists() else 0


@contextmanager
def _served(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """A server in a process of its own, so that neither its memory nor its lock is ours."""
    words = [options.kind, str(options.night), str(options.latency), str(options.folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.connector_source", "serve", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())
        server.stdin.close()


if __name__ == "__main__":
    main()
