"""The county night around day 100, and the first load of a hundred days, against DuckDB on the same files."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.agreement import over_lines_in_file
from benchmarks.context import Context, Line, Measured
from benchmarks.databases import Databases, fresh_server
from benchmarks.drops import SchoolDays, make_drop
from benchmarks.measuring import Run, run
from benchmarks.profiling import phase_table

DAY = 100
_MOST_LOADS = 3


def measure_night(context: Context) -> Measured:
    """One night on top of a year to date, against DuckDB on every night's files."""
    days = SchoolDays(config=context.config, seed=context.seed)
    tonight = days.near(DAY)
    all_nights = make_drop(context, days.first, tonight.day)
    two_nights = make_drop(context, tonight.before, tonight.day)
    pact: list[Run] = []
    duck: list[Run] = []
    with fresh_server(context) as databases:
        ready = databases.prepare_history(two_nights, tonight.before)
        for number in range(context.runs):
            context.say(f"night {tonight.day}: run {number + 1} of {context.runs}")
            pact.append(databases.night(ready, two_nights, tonight.day))
            duck.append(run_duckdb(context, all_nights, tonight.day))
        profile = _profile(context, databases, ready, two_nights, tonight.day, pact[-1])
    return Measured(
        name="night",
        title=f"County night, school day {tonight.number}",
        lines=_compare(
            "pact: the night's files recorded and evaluated", pact, duck, "all nights' files"
        ),
        remarks=[
            f"The night brings {pact[0].result['rows']:,} rows; the files of all nights hold "
            f"{_megabytes(all_nights, tonight.day):,.0f} MB.",
            agreement(all_nights / "truth" / f"{tonight.day}.csv", pact + duck),
        ],
        profile=profile,
    )


def measure_first_load(context: Context) -> Measured:
    """The first night of every district, which holds the year to date, into an empty database."""
    days = SchoolDays(config=context.config, seed=context.seed)
    tonight = days.near(DAY)
    drop = make_drop(context, tonight.before, tonight.day)
    as_of = tonight.before
    runs = min(context.runs, _MOST_LOADS)
    pact: list[Run] = []
    duck: list[Run] = []
    with fresh_server(context) as databases:
        empty = databases.prepare_empty()
        for number in range(runs):
            context.say(f"first load to {as_of}: run {number + 1} of {runs}")
            pact.append(databases.night(empty, drop, as_of))
            duck.append(run_duckdb(context, drop, as_of))
        profile = _profile(context, databases, empty, drop, as_of, pact[-1])
    return Measured(
        name="first_load",
        title=f"First load, {tonight.number - 1} school days in one night's files",
        lines=_compare(
            "pact: the year to date into an empty database", pact, duck, "the same files"
        ),
        remarks=[
            f"{pact[0].result['rows']:,} rows, {_megabytes(drop, as_of):,.0f} MB.",
            agreement(drop / "truth" / f"{as_of}.csv", pact + duck),
        ],
        profile=profile,
    )


def run_duckdb(context: Context, drop: Path, as_of: date) -> Run:
    """The yardstick, in a process of its own; its list is left in the work folder to be compared."""
    out = context.work / "duckdb.csv"
    options = ["--config", str(context.config), "--as-of", as_of.isoformat(), "--out", str(out)]
    measured = run(["-m", "benchmarks.duckdb_night", "--drop", str(drop), *options])
    measured.result["over"] = over_lines_in_file(out)
    return measured


def agreement(truth: Path, runs: list[Run]) -> str:
    """A sentence on whether every run named exactly the students that the simulator says are over a line."""
    expected = over_lines_in_file(truth)
    counts = ", ".join(
        f"{line.replace('_', ' ')} {told.split(':')[0]}" for line, told in expected.items()
    )
    if all(measured.result["over"] == expected for measured in runs):
        return f"Every run of both named exactly the simulator's students ({counts})."
    return f"NOT EQUAL: some run named other students than the simulator ({counts}). These figures mean nothing."


def _megabytes(drop: Path, as_of: date) -> float:
    """How much the districts sent through a night."""
    nights = [night for night in drop.glob("[0-9]*") if night.name <= as_of.isoformat()]
    return sum(file.stat().st_size for night in nights for file in night.glob("*/*")) / 2**20


def _compare(name: str, pact: list[Run], duck: list[Run], what: str) -> list[Line]:
    yardstick = Line(name=f"duckdb: every count from {what}", runs=duck)
    work = median(own.result["seconds"] for own in pact)
    line = Line(name=name, runs=pact, note=f"{work:.2f} s of it after imports and connecting")
    return [replace(line, ratios={"duckdb": line.figure / yardstick.figure}), yardstick]


def _profile(
    context: Context, databases: Databases, template: str, drop: Path, as_of: date, last: Run
) -> str:
    if not context.profile:
        return ""
    path = context.work / "profile.txt"
    databases.night(template, drop, as_of, profile=path)
    return f"{phase_table(last.result['laps'])}\n\n{path.read_text(encoding='utf-8')}"
