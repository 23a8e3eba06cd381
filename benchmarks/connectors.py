"""What each way into the county costs: rows per second and memory at two sizes, a slow source, a night's delta."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.connector_source import APIS, KINDS
from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import MeasurementFailed, Run, run

LARGEST, TEN_TIMES = 64_000, 600_000
ABSENT, ABSENT_AT_TEN_TIMES = 0.1, 0.02
LATENCIES = (0.0, 0.05, 0.2)
CONNECTIONS = 4

_REMARKS = [
    "Fetched over the loopback interface from a server in a process of its own: SFTP, or a tape of what our fake "
    "of the system answers, so that the fake's own speed is in no figure.",
    "fetch: asked, checked and kept in the archive, as the task collect does; its time is that of asking and checking. "
    "parse: read from the archive into tables. Each is a process of its own, and memory the most it held, imports "
    "(150 MB) included.",
]


def measure_connectors(context: Context) -> Measured:
    """Every connector at the largest district's size: everything, judged as well, and the next night's delta."""
    students = round(LARGEST * context.scale)
    lines = []
    for kind in KINDS:
        with _Source(context, kind, students, ABSENT, nights=2) as source:
            lines += _everything(source, is_judged=True)
            lines.append(_delta(source, lines[-3]))
    remarks = [
        *_REMARKS,
        "A year to date (57 school days) with a tenth of the students absent each day. The delta is the next night: "
        "files hold a week then; the APIs read their dialects' look-back and what changed.",
        "validate: the same reading, and every row judged with the suites of expectations; its time is that of "
        "judging.",
    ]
    return Measured(
        name="connectors",
        title=f"Connectors, one district of {students:,} students",
        lines=lines,
        remarks=remarks,
    )


def measure_large(context: Context) -> Measured:
    """Every connector at ten times that size, once."""
    students, lines, failures = round(TEN_TIMES * context.scale), [], []
    for kind in KINDS:
        try:
            with _Source(context, kind, students, ABSENT_AT_TEN_TIMES) as source:
                lines += _everything(source, is_judged=False)
        except (
            MeasurementFailed
        ) as failed:  # what one cannot bear at this size is a finding, not the end of the others
            failures.append(f"{kind} could not be measured: {str(failed).splitlines()[0]}")
    share = f"{ABSENT_AT_TEN_TIMES:.0%}"
    return Measured(
        name="connectors_large",
        title=f"Connectors, one district of {students:,} students",
        lines=lines,
        remarks=[
            *_REMARKS,
            f"A year to date with {share} of the students absent each day.",
            *failures,
        ],
    )


def measure_latency(context: Context) -> Measured:
    """Fetching from sources that let every request wait: ours against a bare client, and against waiting alone."""
    students, lines = round(LARGEST * context.scale), []
    for kind in APIS:
        with _Source(context, kind, students, ABSENT) as source:
            for latency in LATENCIES:
                wait = f"{latency * 1000:.0f} ms"
                bare = source.line("bare", f"bare client, {kind}, {wait}", latency=latency)
                ours = source.line("fetch", f"pact, {kind}, {wait}", latency=latency)
                ideal = ours.runs[0].result["requests"] * latency / CONNECTIONS
                ratios = {"bare client": ours.figure / bare.figure}
                ratios |= {"waiting alone": ours.figure / ideal} if ideal else {}
                note = f"{ours.runs[0].result['requests']:,} requests; waiting alone {ideal:.1f} s"
                lines += [replace(ours, ratios=ratios, note=note), bare]
    return Measured(
        name="connectors_latency",
        title=f"Connectors and a slow source, {students:,} students",
        lines=lines,
        remarks=[
            f"{CONNECTIONS} connections each. The bare client fetches the same answers with httpx and drops them; "
            "waiting alone is requests x wait / connections.",
        ],
    )


class _Source:
    """One prepared source, gone at the end; with one night, what is asked of it is asked once."""

    def __init__(
        self, context: Context, kind: str, students: int, absent: float, *, nights: int = 1
    ) -> None:
        self.kind = kind
        self.runs = min(context.runs, 3) if nights > 1 else 1
        self.folder: Path = context.folder("connectors")
        context.say(f"{kind}: {students:,} students")
        words = [kind, str(students), str(absent), str(nights), str(self.folder)]
        run(["-m", "benchmarks.connector_source", "prepare", *words])

    def __enter__(self) -> "_Source":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def line(self, what: str, name: str, *, night: int = 0, latency: float = 0.0) -> Line:
        """One thing, as often as it is to be measured."""
        words = ["--kind", self.kind, "--folder", str(self.folder)]
        words += ["--night", str(night), "--latency", str(latency)]
        found = []
        for _ in range(self.runs):
            shutil.rmtree(self.folder / "archive", ignore_errors=True) if what == "fetch" else None
            found.append(run(["-m", "benchmarks.connector_run", what, *words]))
        return Line(name=name, runs=found, values=[one.result["seconds"] for one in found])


def _everything(source: _Source, *, is_judged: bool) -> list[Line]:
    fetched = source.line("fetch", f"{source.kind}, fetch")
    parsed = source.line("parse", f"{source.kind}, parse")
    rows = parsed.runs[0].result["rows"]
    lines = [_with_rate(fetched, rows), _with_rate(parsed, rows)]
    if is_judged:
        lines.append(_with_rate(source.line("validate", f"{source.kind}, validate"), rows))
    return lines


def _with_rate(line: Line, rows: int) -> Line:
    """Rows are those of the canonical tables, whatever is measured, so that figures compare."""
    told = _told(line.runs[0])
    note = f"{rows:,} rows, {rows / line.figure:,.0f} a second{told}"
    return replace(line, note=note)


def _delta(source: _Source, whole: Line) -> Line:
    line = source.line("fetch", f"{source.kind}, fetch, a night's delta", night=1)
    ratios = {"everything": line.figure / whole.figure}
    return replace(line, ratios=ratios, note=_told(line.runs[0]).removeprefix("; "))


def _told(one: Run) -> str:
    said: dict[str, Any] = one.result
    told = f"; {said['megabytes']:.0f} MB" if "megabytes" in said else ""
    return told + (f", {said['requests']:,} requests" if said.get("requests") else "")
