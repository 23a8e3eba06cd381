"""`pact why` over a county's school year: how long a parent on the phone waits for one child's answer."""

from datetime import date
from statistics import median, quantiles

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run
from benchmarks.told_year import ToldYear, told_year

STUDENTS = 200


def measure_why(context: Context) -> Measured:
    """Students at random and those with the most marks, on the newest night and on one of the past."""
    with told_year(context) as year:
        past = year.first + (year.last - year.first) / 2
        asked = {
            "a student at random, newest night": ("any", year.last),
            "a student at random, half a year ago": ("any", past),
            "the students with the most marks, newest night": ("most_marks", year.last),
        }
        runs: dict[str, list[Run]] = {name: [] for name in asked}
        typed: list[Run] = []
        for number in range(context.runs):
            context.say(f"why: run {number + 1} of {context.runs}")
            for name, (choice, night) in asked.items():
                runs[name].append(_explain(year, choice, night, number))
            typed.append(_typed(year))
    lines = [_line(name, own) for name, own in runs.items()]
    lines.append(
        Line(
            name="the command as typed, imports included",
            runs=typed,
            values=[1000 * one.seconds for one in typed],
            note="one student",
        )
    )
    return Measured(
        name="why",
        title=f"Why: one student explained, {year.marks:,} versions of marks in the record",
        lines=lines,
        unit="ms",
        remarks=[
            f"{STUDENTS} students for each line and run, one after the other; the first find nothing in memory.",
        ],
    )


def _explain(year: ToldYear, choice: str, night: date, seed: int) -> Run:
    return _run(
        year,
        ["-m", "benchmarks.why_run", choice, night.isoformat(), str(STUDENTS), str(seed)],
    )


def _typed(year: ToldYear) -> Run:
    return _run(
        year, ["-m", "pact_etl.cli", "why", "S1", "--as-of", year.last.isoformat(), "--json"]
    )


def _run(year: ToldYear, arguments: list[str]) -> Run:
    context = year.databases.context
    return run(
        arguments,
        environment={
            "PACT_VAR": str(context.folder("var", "why")),
            "PACT_CONFIG": str(context.config),
            "PACT_DATABASE_URL": year.databases.server.url(year.name),
        },
        database_pid=year.databases.pid,
    )


def _line(name: str, runs: list[Run]) -> Line:
    """One question's median; its slowest answers beside it."""
    every = [ms for one in runs for ms in one.result["ms"]]
    days = sum(one.result["days"] for one in runs) / len(every)
    slow = quantiles(every, n=100)
    return Line(
        name=name,
        runs=runs,
        values=[median(one.result["ms"]) for one in runs],
        note=(
            f"95 of 100 within {slow[94]:.0f} ms, 99 within {slow[98]:.0f} ms, slowest {max(every):.0f} ms; "
            f"{days:.0f} days told each"
        ),
    )
