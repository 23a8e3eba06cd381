"""`pact up` and `pact down`: this machine's installation, without a word about letters."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from pact_etl.cli.output import console, print_json
from pact_etl.installation import services
from pact_etl.installation.airflow import USERS, AirflowSettings, password
from pact_etl.installation.secrets import secret_path
from pact_etl.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.command()(up)
    app.command()(down)


def up(as_json: AsJson = False) -> None:
    """Start the embedded database and Airflow, and say how to sign in."""
    airflow = airflow_settings(Settings())
    console.print(f"Starting PACT in {airflow.var} ...", highlight=False)
    started = services.start(airflow)
    files = {user: secret_path(airflow.var, f"airflow-{user}") for user in USERS}
    if as_json:
        paths = {user: str(path) for user, path in files.items()}
        print_json({"url": airflow.url, "password_files": paths, "seconds": started.seconds})
        return
    what = ", ".join(started.services) if started.services else "everything ran already"
    typer.echo(f"Airflow is up after {started.seconds} s ({what}).")
    typer.echo(f"  open      {airflow.url}")
    # On a person's screen; never in a log that somebody keeps.
    shown = password(airflow.var, "operator") if sys.stdout.isatty() else "(see below)"
    typer.echo(f"  sign in   operator / {shown}")
    typer.echo(f"            passwords of {', '.join(USERS)}: {files['operator'].parent}/airflow-*")
    typer.echo(f"  logs      {airflow.var / 'log'}")
    typer.echo("  stop      make down")


def down(
    demo: Annotated[bool, typer.Option("--demo", help="Stop what `pact demo` started.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop Airflow and the embedded database."""
    airflow = airflow_settings(Settings())
    stopped = services.stop(replace(airflow, var=airflow.var / "demo") if demo else airflow)
    if as_json:
        print_json({"stopped": list(stopped)})
        return
    typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def airflow_settings(settings: Settings) -> AirflowSettings:
    """The part of the settings that Airflow's processes need."""
    return AirflowSettings(var=settings.var, port=settings.airflow_port)
