"""What was measured, as a page of docs/ and as lines on the screen. Results are kept as JSON between runs."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.context import Context, Line, Measured
from benchmarks.machine import describe_machine

_SECTION = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)

_HEAD = """# Benchmarks

Written by `make bench`; do not edit. A run of some benchmarks (`--only`) replaces their sections and leaves the others;
each section says when and on what it was measured. Every figure is the median of several runs, each in a process of
its own, the interpreter's start and imports included where nothing else is said; ratios are between things that ran in
turns on the same machine in the same run. No test asserts any of it. How each is measured stands in `benchmarks/`; the
goals and how to read the figures stand at the end.
"""

_GOALS = """## Goals

| what | against | goal |
|---|---|---|
| county night at day 100 | DuckDB over every night's files | faster |
| night 170 | night 20 | ratio 0.85 to 1.15 |
| first load of a school year | DuckDB over the same files | within 4 times |
| letters | WeasyPrint | at least 20 times as many per second |
| letters | bare Typst | at most 1.3 times the time |
| letters, memory | | at most 1 GB, and as much for 100,000 of them |
| packages built and sealed | | at least 50 MB/s |
| a batch's memory | the same letters in one package | that of one package, however many there are |
| county night under Airflow | the same steps in one process | at most twice the wall time |
| any task's memory in the county night | | at most 1 GB |
| fetch or validate one district of 64,000 students, any connector | | at most 1 GB |
| fetching from a source that lets requests wait 50 ms or more | waiting alone | at most 1.5 times |
| what if, a school year's nights per policy | | under a minute |
| `pact why` for one student, 99 answers of 100 | | under 200 ms |

## How to read it

- `benchmarks/duckdb_night.py` reads the same raw files and settings, shares no code with the pipeline and keeps
  nothing: no rejects, history, evidence or locks. Both must name exactly the students whom the simulator knows to be
  over a line.
- The year to date is loaded in one night and then vacuumed, as the server's own housekeeping would have done by the
  next evening; the timed night runs on a copy of that database, so that no run finds its work already done.
- Connectors: rows are those of the canonical tables, the same for every connector, so that rates compare though an API
  says the same in ten times the bytes. A night pays fetch in one task and parse and validate in another; the larger of
  the two peaks is what a worker needs. "Waiting alone" is what nobody can be faster than with so many connections; what
  a pull takes beyond the bare client is decoding and checking, which share the one core that Python threads have.
- Letters: pact and typst set the same letters in turns, and their ratio is the median over the pairs; on a busy machine
  the ratio of processor time is the steadier one. pact holds the letters and the finished PDF in memory, as a county's
  release does; the state's night writes files and holds a few slices. Shares by phase are of processor time, each phase
  alone in one thread; the pipeline lays the others beside the typesetter, which uses all cores for half of its time.
- Memory is the largest resident memory of the process; beside it what the database's processes held of their own,
  without the buffers they share (512 MB).
"""


def keep(context: Context, measured: Measured, results: Path) -> dict[str, Any]:
    """Keep one result beside what it was measured on.

    Args:
        context: the invocation's choices.
        measured: the result.
        results: folder of kept results.
    """
    kept = {
        "name": measured.name,
        "title": measured.title,
        "unit": measured.unit,
        "remarks": [*(f"Goal missed: {goal}." for goal in measured.missed), *measured.remarks],
        "missed": measured.missed,
        "scale": context.scale,
        "measured_on": datetime.now(tz=UTC).date().isoformat(),
        "machine": describe_machine(),
        "lines": [_figures(line) for line in measured.lines],
        "laps": [
            run.result["laps"]
            for line in measured.lines
            for run in line.runs
            if "laps" in run.result
        ],
        "runs": [[asdict(run) for run in line.runs] for line in measured.lines],
    }
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"{measured.name}.json"
    path.write_text(json.dumps(kept, indent=1, default=str), encoding="utf-8")
    return kept


def as_page(results: list[dict[str, Any]], names: Iterable[str], before: str = "") -> str:
    """The whole page: what was measured now, and of the page as it was before, the sections that were not.

    Args:
        results: what `keep` returned.
        names: of all benchmarks, in the order of the page.
        before: the page as it stands.
    """
    sections = dict(_SECTION.findall(before))
    sections |= {result["name"]: _section(result) for result in results}
    kept = [
        f"<!-- {name} -->\n{sections[name]}<!-- end -->\n" for name in names if name in sections
    ]
    return "\n".join([_HEAD, *kept, _GOALS])


def _section(result: dict[str, Any]) -> str:
    place = result["machine"]
    told = f"{place['processor']}, {place['memory']}, {place['system']}. {place['versions']}."
    lines = [
        f"## {result['title']}\n",
        _table(result),
        *(f"- {remark}" for remark in result["remarks"]),
        f"\nScale {result['scale']:g}, {result['measured_on']}; {told}",
    ]
    return "\n".join(lines) + "\n"


def as_text(result: dict[str, Any]) -> str:
    """One result for the screen."""
    lines = [f"{result['title']} (scale {result['scale']:g})"]
    for line in result["lines"]:
        ratios = f"  ({_ratios(line)})" if line["ratios"] else ""
        lines.append(f"  {line['median']:9.2f} {result['unit']}  {line['name']}{ratios}")
        lines.append(
            f"            {_memory(line)}; {line['cpu']:.1f} s of processor; {line['note']}".rstrip(
                "; "
            )
        )
    return "\n".join([*lines, *(f"  {remark}" for remark in result["remarks"])])


def _figures(line: Line) -> dict[str, Any]:
    figures = sorted(line.figures)
    return {
        "name": line.name,
        "median": line.figure,
        "least": figures[0],
        "most": figures[-1],
        "runs": len(figures),
        "ratios": line.ratios,
        "note": line.note,
        "peak_mb": max(run.peak_mb for run in line.runs),
        "database_mb": max(run.database_mb for run in line.runs),
        "cpu": sorted(run.cpu_seconds for run in line.runs)[len(line.runs) // 2],
    }


def _table(result: dict[str, Any]) -> str:
    unit = result["unit"]
    rows = [
        f"| what | median, {unit} | least to most | ratio | memory | |",
        "|---|---|---|---|---|---|",
    ]
    for line in result["lines"]:
        spread = f"{line['least']:.2f} to {line['most']:.2f} in {line['runs']} runs"
        rows.append(
            f"| {line['name']} | {line['median']:.2f} | {spread} | {_ratios(line)} | {_memory(line)} | {line['note']} |"
        )
    return "\n".join([*rows, ""])


def _ratios(line: dict[str, Any]) -> str:
    return ", ".join(f"{ratio:.2f} x {peer}" for peer, ratio in line["ratios"].items())


def _memory(line: dict[str, Any]) -> str:
    database = f" + database {line['database_mb']:.0f} MB" if line["database_mb"] else ""
    return f"{line['peak_mb']:.0f} MB{database}"
