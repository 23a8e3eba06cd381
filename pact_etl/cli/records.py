"""`pact retain` and `pact export`: what is kept how long, and what is handed out to whom."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import print_json
from pact_etl.domain.access import Role

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
AsOf = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day it is about.")
]
For = Annotated[Role, typer.Option("--role", help="In which right it is asked for.")]
RequestedBy = Annotated[
    str,
    typer.Option(
        help="Who asks; a parent as <district>:<contact id>, so that the right is checked."
    ),
]
By = Annotated[str, typer.Option(help="Who of the staff answers.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the log.")]

export_app = typer.Typer(
    no_args_is_help=True, help="Hand out a student's record or the log of disclosures."
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.command()(retain)
    app.command()(evidence)
    app.add_typer(export_app, name="export")


def retain(
    as_of: AsOf,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count; destroy nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy what has been kept long enough, one class of record at a time."""
    from pact_etl.steps.retain import retain as run
    from pact_etl.wiring import collaborators

    result = run(collaborators(), as_of.date(), dry_run=dry_run)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


def evidence(
    letter: Annotated[
        str,
        typer.Argument(help="The code on the letter or served piece, P and ten digits."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the sealed zip.")],
    as_of: AsOf,
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Everything that explains one letter: PDF, attendance as known, policy, hashes, approval, what the vendor said."""
    from pact_etl.steps.evidence import make_evidence
    from pact_etl.steps.served_evidence import make_served_evidence
    from pact_etl.store.served_pieces import is_piece_code
    from pact_etl.wiring import collaborators

    run = make_served_evidence if is_piece_code(letter) else make_evidence
    result = run(collaborators(), letter, out, as_of.date(), by=by, reason=reason)
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@export_app.command("student")
def student(
    student: Annotated[
        str, typer.Argument(help="S<number>, a ten-digit statewide id, or <district>:<local id>.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the sealed zip.")],
    as_of: AsOf,
    role: For,
    requested_by: RequestedBy,
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Everything that is kept about one student, for who has a right to it (EC 49069.7)."""
    from pact_etl.steps.export import export_student
    from pact_etl.wiring import collaborators

    result = export_student(
        collaborators(),
        student,
        out,
        as_of.date(),
        role=role,
        requested_by=requested_by,
        handled_by=by,
        reason=reason,
    )
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@export_app.command("log")
def log(
    out: Annotated[Path, typer.Option(help="The CSV file to write.")],
    as_of: AsOf,
    role: For,
    requested_by: RequestedBy,
    by: By,
    reason: Reason,
    student: Annotated[str | None, typer.Option(help="Only this student's entries.")] = None,
    as_json: AsJson = False,
) -> None:
    """The log of disclosures: open to parents for their child, to the custodian and to auditors (EC 49064)."""
    from pact_etl.steps.export import export_log
    from pact_etl.wiring import collaborators

    result = export_log(
        collaborators(),
        out,
        as_of.date(),
        role=role,
        requested_by=requested_by,
        handled_by=by,
        reason=reason,
        student=student,
    )
    print_json(result.as_dict()) if as_json else reports.print_result(result)
