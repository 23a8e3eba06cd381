"""Rows per second of each way a district's data gets in: the year to date read whole, and a night's delta."""

from dataclasses import replace
from typing import Any

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run

LARGEST = 64_000
KINDS = ("files over SFTP", "edfi_api", "aeries_api")


def measure_connectors(context: Context) -> Measured:
    """Each connector against a server of ours in a process of its own: fetch and parse, everything and then a delta."""
    students = round(LARGEST * context.scale)
    runs: dict[tuple[str, str], list[Run]] = {}
    for _ in range(min(context.runs, 2)):
        for kind in KINDS:
            context.say(f"{kind}: {students:,} students")
            folder = context.folder("connectors")
            words = ["--kind", kind, "--students", str(students), "--folder", str(folder)]
            both = run(["-m", "benchmarks.connector_run", *words])
            for mode, told in both.result["modes"].items():
                runs.setdefault((kind, mode), []).append(_part(both, told))
    lines = [_line(kind, mode, found) for (kind, mode), found in runs.items()]
    whole = {line.name.removesuffix(", everything"): line for line in lines}
    lines = [
        replace(line, ratios={"everything": line.figure / whole[kind].figure})
        if (kind := line.name.removesuffix(", a night's delta")) in whole and kind != line.name
        else line
        for line in lines
    ]
    return Measured(
        name="connectors",
        title=f"Connectors, one district of {students:,} students",
        lines=lines,
        remarks=[
            "Fetched from a server of our own in a process beside it, and parsed; the server's work is in the time.",
            "A year to date with a tenth of the students absent each day; the delta is the next night, one day more. "
            "Files over SFTP hold a week then; the APIs re-read their dialects' look-back.",
        ],
    )


def _part(both: Run, told: dict[str, Any]) -> Run:
    return replace(both, seconds=told["seconds"], result=told)


def _line(kind: str, mode: str, found: list[Run]) -> Line:
    rows = found[0].result["rows"]
    rate = rows / Line(name="", runs=found).figure
    note = f"{rows:,} rows, {rate:,.0f} a second; {found[0].result['megabytes']:.0f} MB"
    return Line(name=f"{kind}, {mode}", runs=found, note=note)
