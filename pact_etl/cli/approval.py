"""`pact approve` and `pact letter pull`: a named person answers for a batch, or takes one letter out of it."""

from typing import Annotated

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import console, print_json
from pact_etl.domain.errors import UsageError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]

letter_app = typer.Typer(no_args_is_help=True, help="Act on one letter that has not left yet.")


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.command()(approve)
    app.add_typer(letter_app, name="letter")


def approve(
    batch: Annotated[
        int, typer.Argument(help="The batch, as `pact night` or `pact status` names it.")
    ],
    by: By,
    reject: Annotated[bool, typer.Option("--reject", help="Say no to all of it.")] = False,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--except", help="A letter to leave out, P and ten digits; may be repeated."),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why; needed with --reject and --except. No names.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Answer for one batch of letters, as the Airflow approval does; shows what is decided first.

    Where the county wants two persons, the first yes waits for another person's.
    """
    from pact_etl.domain.approval import Answer
    from pact_etl.steps.answer import answer_on
    from pact_etl.steps.approve import propose
    from pact_etl.wiring import collaborators, this_moment

    if reject and leave_out:
        raise UsageError("--reject says no to every letter, --except to some; not both")
    answer = Answer.NONE if reject else Answer.ALL_BUT if leave_out else Answer.ALL
    using = collaborators()
    proposal = propose(using, batch, this_moment())
    console.print(proposal.body, highlight=False, markup=False)
    console.print(f"Proof: {proposal.proof}", highlight=False, markup=False)
    result = answer_on(
        using,
        batch,
        answer,
        by=by,
        reason=reason,
        pieces=leave_out or [],
        at=this_moment(),
    )
    print_json(
        result.as_dict() | {"subject": proposal.subject, "proof": str(proposal.proof)}
    ) if as_json else reports.print_result(result)


@letter_app.command()
def pull(
    by: By,
    reason: Annotated[str, typer.Option(help="Why. No names.")],
    piece: Annotated[str, typer.Argument(help="The code on the letter, P and ten digits.")] = "",
    batch: Annotated[
        int | None, typer.Option(help="In place of a letter: all of this batch that are not out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take one letter out of its batch, or all, before they are handed over; each student waits for a person."""
    from pact_etl.domain.errors import UsageError
    from pact_etl.steps.pull import pull as run
    from pact_etl.steps.pull import pull_batch
    from pact_etl.wiring import collaborators

    if (batch is None) == (not piece):
        raise UsageError("name one letter, or a batch")
    if batch is None:
        result = run(collaborators(), piece, by=by, reason=reason)
    else:
        result = pull_batch(collaborators(), batch, by=by, reason=reason)
    print_json(result.as_dict()) if as_json else reports.print_result(result)
