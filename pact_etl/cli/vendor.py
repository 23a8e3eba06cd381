"""`pact vendor`: the check that runs on the vendor's side, and packages to try it on."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pact_etl.cli.output import Exit, console, end, print_json
from pact_etl.domain.errors import UsageError

AsOf = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The date on the letters.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

vendor_app = typer.Typer(no_args_is_help=True, help="The exchange with the print vendor.")


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(vendor_app, name="vendor")


@vendor_app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The folder with out/ and in/, or a copy.")],
    key: Annotated[Path, typer.Option(help="The vendor's secret OpenPGP key.")],
    county: Annotated[Path, typer.Option(help="The county's certificate.")],
    password_file: Annotated[
        Path | None,
        typer.Option(help="Its first line is the key's password; without it you are asked."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check packages and the answers to them offline, as the vendor does; knows neither settings nor database."""
    from pact_etl.delivery.vendor_check import check_folder, password_for, worded

    try:
        password = password_for(key, password_file)
        found = check_folder(folder, key=key, county=county, password=password)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            console.print(worded(one), highlight=False, markup=False)
    if any(one.faults for one in found):
        end(Exit.FAILED)


@vendor_app.command("test")
def hand_over(
    as_of: AsOf,
    number: Annotated[int, typer.Option(min=1, help="A later test has a higher number.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Hand the vendor a test package that can never be mailed, in the folder test/, sealed with the real keys."""
    from pact_etl.settings import Settings
    from pact_etl.steps.vendor_sample import hand_over_test

    made = hand_over_test(Settings(), as_of.date(), number).as_dict()
    print_json(made) if as_json else console.print(made)


@vendor_app.command()
def kit(
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    as_of: AsOf,
    as_json: AsJson = False,
) -> None:
    """Write the vendor's kit: protocol, offline check, throw-away keys and two test packages sealed with them."""
    from pact_etl.settings import Settings
    from pact_etl.steps.vendor_sample import write_kit

    made = write_kit(Settings(), out, as_of.date()).as_dict()
    print_json(made) if as_json else console.print(made)


@vendor_app.command()
def balance(
    as_of: Annotated[
        datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A day of the school year.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show where every approved letter is, by the vendor's working days; --json lists the letters themselves."""
    from pact_etl.cli import reports
    from pact_etl.steps.vendor_balance import vendor_balance
    from pact_etl.wiring import collaborators

    found = vendor_balance(collaborators(), as_of.date())
    print_json(found) if as_json else reports.print_balance(found)
