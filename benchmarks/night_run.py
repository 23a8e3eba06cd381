"""The measured process of the pipeline: one night of every district, then the county, in one process.

Prints one JSON object: seconds by phase and by district, the counts of the steps, and who is over which line.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

_BEGAN = time.perf_counter()

import great_expectations  # noqa: E402, F401 - its import is told apart from the first district's work

from benchmarks.agreement import over_lines_in_database  # noqa: E402
from benchmarks.memory import own_peak_mb  # noqa: E402
from benchmarks.profiling import Statements, profiled  # noqa: E402
from pact_etl.domain.results import StepStatus  # noqa: E402
from pact_etl.settings import Settings  # noqa: E402
from pact_etl.steps.evaluate import evaluate  # noqa: E402
from pact_etl.steps.night import take_in  # noqa: E402
from pact_etl.steps.plan import plan  # noqa: E402
from pact_etl.wiring import Collaborators, build  # noqa: E402


class Clock:
    """Seconds by district and phase."""

    def __init__(self) -> None:
        self.laps: dict[str, dict[str, float]] = {}

    @contextmanager
    def lap(self, district: str, phase: str) -> Iterator[None]:
        """Time a block."""
        began = time.perf_counter()
        yield
        self.laps.setdefault(district, {})[phase] = time.perf_counter() - began


def run_night(
    using: Collaborators, as_of: date, clock: Clock, *, planned: bool = False
) -> dict[str, Any]:
    """Every district and then the county; on demand letters are planned as well.

    Raises:
        RuntimeError: a district's submission was not taken; the time of such a night would mean nothing.
    """
    slugs = sorted(using.districts, key=lambda slug: -using.districts[slug].enrollment)
    reports = take_in(using, as_of, slugs, watch=clock.lap)
    if any(report["status"] != StepStatus.DONE for report in reports.values()):
        raise RuntimeError({slug: (r["status"], r["reasons"]) for slug, r in reports.items()})
    counts = [report["counts"] for report in reports.values()]
    with clock.lap("county", "evaluate"):
        evaluated = evaluate(using, as_of)
    if planned:
        with clock.lap("county", "plan"):
            plan(using, as_of)
    return {
        "rows": sum(count["received"] for count in counts),
        "recorded": sum(count["recorded"] for count in counts),
        "corrections": sum(count["corrections"] for count in counts),
        "quarantined": sum(count["quarantined"] for count in counts),
        "evaluated": evaluated.counts,
    }


def main() -> None:
    """Run one night over the installation that the environment names."""
    parser = argparse.ArgumentParser(description="One night in one process.")
    parser.add_argument("as_of", type=date.fromisoformat)
    parser.add_argument("--profile", type=Path, help="write where the time went to this file")
    parser.add_argument("--plan", action="store_true", help="plan letters as well")
    options = parser.parse_args()
    clock = Clock()
    imports = time.perf_counter() - _BEGAN
    with clock.lap("county", "connect"):
        using = build(Settings())
    began = time.perf_counter()
    if options.profile:
        statements = Statements(using.engine)
        with profiled(options.profile):
            counts = run_night(using, options.as_of, clock, planned=options.plan)
        with options.profile.open("a", encoding="utf-8") as stream:
            stream.write(statements.report())
    else:
        counts = run_night(using, options.as_of, clock, planned=options.plan)
    seconds = time.perf_counter() - began
    peak_mb = own_peak_mb()
    over = over_lines_in_database(using.engine)
    using.engine.dispose()
    uncounted = time.perf_counter() - began - seconds
    told = {"seconds": seconds, "uncounted": uncounted, "peak_mb": peak_mb, "imports": imports}
    print(json.dumps(told | {"laps": clock.laps, "over": over} | counts))


if __name__ == "__main__":
    main()
