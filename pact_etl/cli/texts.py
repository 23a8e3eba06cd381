"""`pact letters`: what letters say, before any is sent. Needs no database."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pact_etl.cli.output import Exit, console, end, print_json
from pact_etl.domain.letter_kind import LetterKind

if TYPE_CHECKING:
    from pact_etl.domain.county import County

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]

commands = typer.Typer(
    no_args_is_help=True, help="The letters' words: lint them, see who vetted them, print samples."
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(commands, name="letters")


@commands.command()
def lint(as_json: AsJson = False) -> None:
    """Check every text in every language; ends with 1 when one is faulty."""
    from pact_etl.law import load_statutes
    from pact_etl.steps.letter_texts import lint as run

    # What the newest law that is known forbids, whenever it comes into force.
    faults = run(_county(), load_statutes().wording_on(date.max))
    if as_json:
        print_json(faults)
    for place, found in {} if as_json else faults.items():
        for fault in found:
            typer.echo(f"{place}: {fault}")
    if faults:
        end(Exit.FAILED)


@commands.command()
def status(as_json: AsJson = False) -> None:
    """Every text with its fingerprint, and who has vetted it when."""
    from pact_etl.steps.letter_texts import text_statuses

    statuses = text_statuses(_county())
    if as_json:
        print_json([asdict(one) for one in statuses])
        return
    for one in statuses:
        said = f"{one.reviewer}, {one.read_on}" if one.reviewer else "machine draft, not vetted"
        typer.echo(f"{one.kind:18} {one.language}  {one.sha256}  {said}")


@commands.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder for the PDFs, one for each text.")],
    kind: Annotated[
        list[LetterKind] | None, typer.Option(help="Only this kind; may be repeated.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Only this language; may be repeated.")
    ] = None,
) -> None:
    """Letters to invented families, for a reviewer to read: as most are, and as long as any may be."""
    from pact_etl.steps.letter_texts import write_samples

    for path in write_samples(_county(), out, kind or list(LetterKind), language or []):
        console.print(str(path), highlight=False)


def _county() -> "County":
    from pact_etl.districts import load_county
    from pact_etl.settings import Settings

    return load_county(Settings().config)
