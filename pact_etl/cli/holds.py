"""`pact hold`: what a person lets wait, and what a person has cleared."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import print_json
from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.domain.suppression import CLEARED_BY_HAND, TOLD_BY_HAND

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
AsOf = Annotated[
    datetime,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="The night it is about; a hold is in force at once."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The last night on which it holds."),
]
Student = Annotated[
    str, typer.Argument(help="S<number>, a ten-digit statewide id, or <district>:<local id>.")
]


def _one_of(reasons: Collection[Reason]) -> Any:
    listed = ", ".join(sorted(reasons))
    return typer.Option("--reason", metavar="REASON", help=f"The reason code: {listed}.")


ToHold = Annotated[Reason, _one_of(TOLD_BY_HAND)]
ToClear = Annotated[Reason, _one_of(CLEARED_BY_HAND)]
ToLift = Annotated[Reason, _one_of(TOLD_BY_HAND | CLEARED_BY_HAND)]
By = Annotated[str, typer.Option("--by", help="Who says so.")]

hold_app = typer.Typer(
    no_args_is_help=True, help="Let letters about a student wait, or let them go on."
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(hold_app, name="hold")


@hold_app.command()
def add(
    student: Student,
    reason: ToHold,
    as_of: AsOf,
    by: By,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Let letters about a student wait."""
    from pact_etl.steps.holds import add as run
    from pact_etl.wiring import collaborators

    result = run(collaborators(), student, reason, as_of.date(), _day(until), by)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@hold_app.command()
def clear(
    reason: ToClear,
    as_of: AsOf,
    by: By,
    student: Annotated[
        str | None, typer.Argument(help="As for `add`; none where --batch is given.")
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(help="With batch_rejected: every student whose letter was in this batch."),
    ] = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Somebody has looked: the letter may go on, with the next night's batch."""
    from pact_etl.steps import holds
    from pact_etl.wiring import collaborators

    if (student is None) == (batch is None):
        raise UsageError("name a student, or a batch with --batch")
    using = collaborators()
    if batch is not None:
        result = holds.clear_batch(using, batch, reason, as_of.date(), _day(until), by)
    else:
        assert student is not None, "one of the two was given"
        result = holds.clear(using, student, reason, as_of.date(), _day(until), by)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@hold_app.command()
def lift(student: Student, reason: ToLift, as_of: AsOf, by: By, as_json: AsJson = False) -> None:
    """End what was entered about a student."""
    from pact_etl.steps.holds import lift as run
    from pact_etl.wiring import collaborators

    result = run(collaborators(), student, reason, as_of.date(), by)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@hold_app.command("list")
def listed(as_of: AsOf, as_json: AsJson = False) -> None:
    """List what persons have entered and what is in force."""
    from pact_etl.steps.holds import entered
    from pact_etl.wiring import collaborators

    found = entered(collaborators(), as_of.date())
    print_json(found) if as_json else reports.print_rows(found, "Nothing was entered by hand.")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
