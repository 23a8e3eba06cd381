"""Measure: `python -m benchmarks [--quick] [--scale S] [--only NAME]... [--profile]`.

A new benchmark is a function from `Context` to `Measured` and one line in BENCHMARKS.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.airflow_night import measure_airflow
from benchmarks.connectors import measure_connectors, measure_large, measure_latency
from benchmarks.context import Context, Measured
from benchmarks.county_night import measure_first_load, measure_night
from benchmarks.growth import measure_growth
from benchmarks.letters import measure_letters, measure_state
from benchmarks.measuring import ROOT, MeasurementFailed
from benchmarks.packaging import measure_packaging
from benchmarks.report import as_page, as_text, keep
from benchmarks.what_if import measure_what_if
from benchmarks.why import measure_why
from pact_etl.settings import Settings

BENCHMARKS: dict[str, Callable[[Context], Measured]] = {
    "night": measure_night,
    "growth": measure_growth,
    "first_load": measure_first_load,
    "letters": measure_letters,
    "letters_state": measure_state,
    "packaging": measure_packaging,
    "airflow": measure_airflow,
    "connectors": measure_connectors,
    "connectors_large": measure_large,
    "connectors_latency": measure_latency,
    "what_if": measure_what_if,
    "why": measure_why,
}
PAGE = ROOT / "docs" / "benchmarks.md"
FULL_SCALE, QUICK_SCALE = 1.0, 0.02


def main() -> int:
    """Run what was asked for; the exit code says whether everything could be measured and no goal was missed."""
    options = _options()
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(1)
    )  # so that the database server is stopped as well
    work = Settings().var / "bench"
    context = Context(
        scale=options.scale or (QUICK_SCALE if options.quick else FULL_SCALE),
        runs=options.runs or (2 if options.quick else 5),
        letters=200 if options.quick else 5000,
        work=work / "work",
        config=Settings().config,
        profile=options.profile,
    )
    context.work.mkdir(parents=True, exist_ok=True)
    asked = options.only or list(BENCHMARKS)
    try:
        results = [_measure(context, name, work / "results") for name in asked]
    finally:
        _clean(context.work, keep_drops=options.keep)
    measured = [result for result in results if result is not None]
    own = work / f"benchmarks-{context.scale:g}.md"
    page = options.page or (PAGE if context.scale == FULL_SCALE else own)
    before = page.read_text("utf-8") if page.exists() else ""
    page.write_text(as_page(measured, BENCHMARKS, before), "utf-8")
    print(f"page: {page}")
    missed = [result["name"] for result in measured if result["missed"]]
    if missed:
        print(f"goals missed: {', '.join(missed)}", file=sys.stderr)
    return 0 if len(measured) == len(asked) and not missed else 1


def _measure(context: Context, name: str, results: Path) -> dict[str, Any] | None:
    """What is kept of one benchmark; None where it could not be measured."""
    try:
        measured = BENCHMARKS[name](context)
    except MeasurementFailed as failure:
        print(f"{name} could not be measured: {failure}", file=sys.stderr)
        return None
    kept = keep(context, measured, results)
    print(as_text(kept))
    if measured.profile:
        path = results / f"{name}-profile.txt"
        path.write_text(measured.profile, encoding="utf-8")
        print(measured.profile)
        print(f"profile: {path}")
    return kept


def _clean(work: Path, *, keep_drops: bool) -> None:
    for path in work.iterdir():
        if not (keep_drops and path.name == "drops"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument(
        "--quick", action="store_true", help="scale 0.02, two runs: does it work at all?"
    )
    parser.add_argument("--scale", type=float, help="1 is the whole county (default)")
    parser.add_argument("--runs", type=int, help="how often each thing is timed (default 5)")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="may be repeated")
    parser.add_argument("--profile", action="store_true", help="say where a night's time goes")
    parser.add_argument(
        "--keep", action="store_true", help="keep the simulated files for the next time"
    )
    parser.add_argument("--page", type=Path, help="where to write the page")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
