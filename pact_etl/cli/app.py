"""The command tree. Each command is one call into a step; how it ends is `pact_etl.cli.output`."""

import sys
import traceback
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from pact_etl.cli import (
    approval,
    case,
    demo,
    district,
    first_notices,
    holds,
    installation,
    records,
    reports,
    tasks,
    texts,
    vendor,
    voids,
    what_if,
)
from pact_etl.cli.output import Exit, console, end, print_json
from pact_etl.domain.errors import PactError, SettingsError, SubmissionRefused, UsageError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)

AsOf = Annotated[
    datetime,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The school date the run is about."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def main() -> None:
    """Run the command line and leave with a documented exit code."""
    try:
        app()
    except (UsageError, SettingsError) as error:
        console.print(f"[red]wrong use:[/] {error}", highlight=False)
        sys.exit(Exit.WRONG_USE)
    except SubmissionRefused as refused:
        console.print(f"[red]refused:[/] {refused}", highlight=False)
        console.print(_worded(refused), highlight=False)
        sys.exit(Exit.FAILED)
    except PactError as error:
        console.print(f"[red]failed:[/] {error}", highlight=False)
        sys.exit(Exit.FAILED)
    except Exception as error:
        # A driver's or a parser's text may quote a row, and what a command prints lands in somebody's log.
        for frame in traceback.extract_tb(error.__traceback__):
            console.print(f"at {frame.filename}:{frame.lineno} in {frame.name}", markup=False)
        console.print(f"[red]failed:[/] {type(error).__name__}; its text is withheld")
        sys.exit(Exit.FAILED)


def _worded(refused: SubmissionRefused) -> str:
    from pact_etl.validation.wording import WORDING

    return WORDING[refused.reason]


@app.command()
def night(
    as_of: AsOf,
    district: Annotated[
        list[str] | None, typer.Option(help="Only this district; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run one night in one process: collect, validate and record each district, then evaluate and plan."""
    from pact_etl.steps.night import is_clean, run_night
    from pact_etl.wiring import collaborators

    using = collaborators()
    slugs = district or list(using.districts)
    for slug in slugs:
        using.district(slug)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("districts", total=len(slugs))
        report = run_night(using, as_of.date(), slugs, progress=lambda slug: bar.advance(task))
    print_json(report) if as_json else reports.print_night(report)
    if not is_clean(report):
        end(Exit.DONE_WITH_HOLDS)


@app.command()
def reread(
    district: Annotated[str, typer.Argument(help="The district's short name.")],
    as_of: AsOf,
    as_json: AsJson = False,
) -> None:
    """Read one district's whole school year again and count what its nightly changes had missed."""
    from pact_etl.steps.reread import reread as run
    from pact_etl.wiring import collaborators

    result = run(collaborators(), district, as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@app.command()
def corrections(
    as_of: AsOf,
    district: Annotated[
        list[str] | None, typer.Option(help="Only this district; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what a night changed about the past, and which findings and letters that touched."""
    from pact_etl.steps.corrections import list_corrections
    from pact_etl.wiring import collaborators

    using = collaborators()
    for slug in district or []:
        using.district(slug)
    found = list_corrections(using, as_of.date(), district)
    print_json(found) if as_json else reports.print_corrections(found)


@app.command("confirm-volume")
def confirm_volume(
    district: Annotated[str, typer.Argument(help="The district's short name.")],
    as_of: AsOf,
    by: Annotated[str, typer.Option(help="Who has looked.")],
    reason: Annotated[str, typer.Option(help="Why so many new findings are right.")],
    as_json: AsJson = False,
) -> None:
    """Let the letters of a night go on on which a district's new findings jumped."""
    from pact_etl.steps.volume import confirm
    from pact_etl.wiring import collaborators

    result = confirm(collaborators(), district, as_of.date(), by, reason)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@app.command()
def identity(
    student: Annotated[
        str | None,
        typer.Argument(help="Answer for <district>:<local id>; without one, list the questions."),
    ] = None,
    same: Annotated[
        bool | None, typer.Option("--same/--other", help="One child, or another one.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who has looked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who may not be who the ids say, or answer one such question."""
    from pact_etl.steps import identity as step
    from pact_etl.wiring import collaborators

    using = collaborators()
    if student is not None:
        if same is None or not by:
            raise UsageError("an answer needs --same or --other, and --by")
        step.answer(using, student, is_same=same, by=by)
    found = step.questions(using)
    print_json(found) if as_json else reports.print_questions(found)


@app.command()
def release(
    batch: Annotated[
        int | None, typer.Argument(help="Only this batch; every approved one otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check approved letters once more, set them, and put the packages into the vendor's folder."""
    from pact_etl.steps.release import release_approved
    from pact_etl.wiring import collaborators

    results = release_approved(collaborators(), batch)
    print_json([r.as_dict() for r in results]) if as_json else reports.print_results(results)


@app.command()
def reconcile(as_of: AsOf, as_json: AsJson = False) -> None:
    """Read what the print vendor sent back, and list what it has not answered."""
    from pact_etl.steps.reconcile import reconcile_vendor
    from pact_etl.wiring import collaborators

    result = reconcile_vendor(collaborators(), as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@app.command()
def remind(as_of: AsOf, as_json: AsJson = False) -> None:
    """Send the meeting reminders that are due."""
    from pact_etl.steps.remind import send_reminders
    from pact_etl.wiring import collaborators

    result = send_reminders(collaborators(), as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@app.command()
def outcomes(as_of: AsOf, as_json: AsJson = False) -> None:
    """Load the warehouse with facts and metrics as of a date."""
    from pact_etl.steps.outcomes import publish_outcomes
    from pact_etl.wiring import collaborators

    result = publish_outcomes(collaborators(), as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@app.command()
def scorecard(
    month: Annotated[str, typer.Option(help="Such as 2026-10.")],
    district: Annotated[
        list[str] | None, typer.Option(help="Only this district; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make each district's scorecard of a month, where answers to districts lie."""
    from pact_etl.domain.month import Month
    from pact_etl.steps.scorecard import scorecard as run
    from pact_etl.wiring import collaborators

    using, about = collaborators(), Month.parse(month)
    slugs = district or list(using.districts)
    for slug in slugs:
        using.district(slug)
    results = [run(using, slug, about) for slug in slugs]
    print_json([r.as_dict() for r in results]) if as_json else reports.print_results(results)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show districts' last nights, findings, batches, letters by state, holds, tasks and cases."""
    from pact_etl.steps.status import county_status
    from pact_etl.wiring import collaborators

    report = county_status(collaborators())
    print_json(report) if as_json else reports.print_status(report)


@app.command()
def why(
    student: Annotated[
        str,
        typer.Argument(
            help="S<number>, a ten-digit statewide id, <district>:<local id>, or the code on a letter."
        ),
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help="As known on this night; the newest otherwise."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one student: every day that counts or does not and why, every gate, and what would change it."""
    from pact_etl.cli.why_text import print_why
    from pact_etl.steps.status import newest_night
    from pact_etl.steps.why import explain
    from pact_etl.wiring import collaborators

    using = collaborators()
    explained = explain(using, student, as_of.date() if as_of else newest_night(using))
    print_json(explained) if as_json else print_why(explained)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write; one folder per night inside.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First night.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last night.")],
    scale: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the real county's students.")
    ] = 0.02,
    seed: Annotated[int, typer.Option(help="The same seed makes the same county.")] = 1,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME[:DISTRICT[:DATE]] of the fault menu; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write what an invented county's districts would have sent, night by night, and the truth behind it."""
    from pact_etl.districts import load_districts
    from pact_etl.settings import Settings
    from pact_etl.simulator import Fault
    from pact_etl.simulator import simulate as run

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("nights", total=None)
        summary = run(
            out,
            list(load_districts(Settings().config).values()),
            scale=scale,
            seed=seed,
            first=first.date(),
            last=last.date(),
            faults=[Fault.parse(text) for text in fault or []],
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    report = asdict(summary)
    print_json(report) if as_json else reports.print_simulation(report)


installation.register(app)
demo.register(app)
approval.register(app)
district.register(app)
first_notices.register(app)
records.register(app)
case.register(app)
what_if.register(app)
vendor.register(app)
texts.register(app)
holds.register(app)
tasks.register(app)
voids.register(app)
