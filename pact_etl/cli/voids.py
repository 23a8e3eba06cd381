"""`pact void`: letters of which unusually many were undone at once wait for a named person."""

from datetime import datetime
from typing import Annotated

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import print_json
from pact_etl.domain.void_brake import VoidAnswer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
AsOf = Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Today.")]
District = Annotated[str, typer.Argument(help="The district's short name.")]
By = Annotated[str, typer.Option("--by", help="Who has looked.")]
Reason = Annotated[str, typer.Option("--reason", help="What the district said.")]

void_app = typer.Typer(
    no_args_is_help=True, help="Letters undone in unusual number, which wait for a person."
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(void_app, name="void")


@void_app.command()
def approve(
    district: District, as_of: AsOf, by: By, reason: Reason, as_json: AsJson = False
) -> None:
    """The correction is right: the district's letters that wait become void."""
    _answer(district, VoidAnswer.APPROVED, as_of, by, reason, as_json)


@void_app.command()
def decline(
    district: District, as_of: AsOf, by: By, reason: Reason, as_json: AsJson = False
) -> None:
    """The district's file is wrong: its letters that wait stand."""
    _answer(district, VoidAnswer.DECLINED, as_of, by, reason, as_json)


@void_app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List what waits, and what was declined while the record still says otherwise; --json names the letters."""
    from pact_etl.steps.voids import waiting
    from pact_etl.wiring import collaborators

    found = waiting(collaborators())
    if as_json:
        print_json(found)
        return
    rows = [{k: v for k, v in one.items() if k != "codes"} for one in found]
    reports.print_rows(rows, "No void waits.")


def _answer(
    district: str, said: VoidAnswer, as_of: datetime, by: str, reason: str, as_json: bool
) -> None:
    from pact_etl.steps.voids import answer
    from pact_etl.wiring import collaborators

    result = answer(collaborators(), district, said, by, reason, as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)
