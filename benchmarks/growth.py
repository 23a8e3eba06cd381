"""Does a night late in the year cost more than an early one? It should cost what it brings."""

from dataclasses import replace

from benchmarks.context import Context, Line, Measured
from benchmarks.databases import fresh_server
from benchmarks.drops import SchoolDays, make_drop
from benchmarks.measuring import Run
from benchmarks.profiling import phase_table

EARLY, LATE = 20, 170


def measure_growth(context: Context) -> Measured:
    """The same night's work on top of a short and of a long year to date, run in turns."""
    days = SchoolDays(config=context.config, seed=context.seed)
    nights = {number: days.near(number) for number in (EARLY, LATE)}
    drops = {n: make_drop(context, night.before, night.day) for n, night in nights.items()}
    runs: dict[int, list[Run]] = {number: [] for number in nights}
    with fresh_server(context) as databases:
        ready = {
            n: databases.prepare_history(drops[n], night.before) for n, night in nights.items()
        }
        for number in range(context.runs):
            context.say(f"nights {EARLY} and {LATE}: run {number + 1} of {context.runs}")
            for n, night in nights.items():
                runs[n].append(databases.night(ready[n], drops[n], night.day))
    early = Line(name=_name(nights[EARLY].number), runs=runs[EARLY], note=_rows(runs[EARLY]))
    late = Line(name=_name(nights[LATE].number), runs=runs[LATE])
    ratio = late.figure / early.figure
    per_row = (late.figure / runs[LATE][0].result["rows"]) / (
        early.figure / runs[EARLY][0].result["rows"]
    )
    return Measured(
        name="growth",
        title="A late night against an early one",
        lines=[
            replace(
                late,
                ratios={early.name: ratio, "the same per row": per_row},
                note=_rows(late.runs),
            ),
            early,
        ],
        remarks=[
            "Families miss more days in some months than in others, so the two nights do not bring equally many rows.",
            f"Both nights' files cover as many school days: {nights[EARLY].day}, {nights[LATE].day}.",
        ],
        profile=_profile(context, runs),
    )


def _name(number: int) -> str:
    return f"pact: night of school day {number}"


def _rows(runs: list[Run]) -> str:
    return f"{runs[0].result['rows']:,} rows"


def _profile(context: Context, runs: dict[int, list[Run]]) -> str:
    if not context.profile:
        return ""
    tables = [f"night {n}\n{phase_table(own[-1].result['laps'])}" for n, own in runs.items()]
    return "\n\n".join(tables)
