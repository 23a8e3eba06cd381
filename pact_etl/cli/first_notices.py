"""`pact district first-notices`: what a district prints and sends itself, set for it."""

from datetime import datetime
from typing import Annotated

import typer

from pact_etl.cli import reports
from pact_etl.cli.district import commands
from pact_etl.cli.output import print_json


def register(_: typer.Typer) -> None:
    """Add the command to those of `pact district`."""
    commands.command("first-notices")(first_notices)


def first_notices(
    slug: Annotated[str, typer.Argument(help="The district's short name.")],
    as_of: Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The night.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of text.")
    ] = False,
) -> None:
    """Set a night's first notices (EC 48260.5) for a district, as the night does, or write its files again."""
    from pact_etl.steps.first_notices import district_notices
    from pact_etl.wiring import collaborators

    result = district_notices(collaborators(), slug, as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)
