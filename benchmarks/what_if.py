"""A school year of nights run again under another policy: how long each policy takes."""

from pathlib import Path

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run
from benchmarks.told_year import ToldYear, told_year

POLICIES = {
    "the county's own policy": "{}\n",
    "at least five days, no clearing window": (
        "thresholds: [{minimum_unexcused_days: 5}]\ncounting: [{clearing_schooldays: 0}]\n"
    ),
    "six occasions, no ratio": (
        "thresholds: [{kind: days_or_occasions, minimum_occasions: 6, minimum_enrolled_days: 20}]\n"
    ),
}


def measure_what_if(context: Context) -> Measured:
    """Every policy in a process of its own, in turns."""
    runs: dict[str, list[Run]] = {name: [] for name in POLICIES}
    with told_year(context) as year:
        for number in range(context.runs):
            context.say(f"what if: run {number + 1} of {context.runs}")
            for policy in POLICIES:
                runs[policy].append(_rerun(year, policy))
    lines = [Line(name=policy, runs=own, note=_note(own[-1])) for policy, own in runs.items()]
    return Measured(
        name="what_if",
        title=f"What if: {year.nights} nights run again under another policy",
        lines=lines,
        remarks=[
            f"{year.marks:,} versions of marks; each policy names every night's new findings of all rules, and its "
            "letters.",
            "The year was loaded at once and then spread over its nights, one mark in ten with a correction.",
        ],
    )


def _rerun(year: ToldYear, policy: str) -> Run:
    context = year.databases.context
    var = context.folder("var", "what_if")
    path: Path = var / "policy.yaml"
    path.write_text(POLICIES[policy], encoding="utf-8")
    return run(
        ["-m", "benchmarks.what_if_run", str(path), year.first.isoformat(), year.last.isoformat()],
        environment={
            "PACT_VAR": str(var),
            "PACT_CONFIG": str(context.config),
            "PACT_DATABASE_URL": year.databases.server.url(year.name),
        },
        database_pid=year.databases.pid,
    )


def _note(last: Run) -> str:
    return f"{last.result['findings']:,} findings of the invitation line, {last.result['letters']:,} letters"
