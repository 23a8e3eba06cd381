"""`pact tasks`: the work that waits for a person, and how a named person ends it."""

from datetime import datetime
from typing import Annotated

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import print_json
from pact_etl.domain.errors import UsageError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Day = ["%Y-%m-%d"]

tasks_app = typer.Typer(
    invoke_without_command=True, help="List the work that waits for a person, or close a task."
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(tasks_app, name="tasks")


@tasks_app.callback()
def listed(
    context: typer.Context,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=Day, help="Today.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's.")] = None,
    due_by: Annotated[
        datetime | None, typer.Option("--due-by", formats=Day, help="Only those due by then.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their date.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open tasks by owner and due date: which letter, why, what would end it."""
    if context.invoked_subcommand is not None:
        return
    if as_of is None:
        raise UsageError("a list of tasks needs --as-of")
    from pact_etl.steps.tasks import list_tasks
    from pact_etl.wiring import collaborators

    by = None if due_by is None else due_by.date()
    found = list_tasks(collaborators(), as_of.date(), owner, by, overdue=overdue)
    if as_json:
        print_json(found)
        return
    reports.print_tasks(found)


@tasks_app.command()
def close(
    task: Annotated[str, typer.Argument(help="Such as T12, as the list names it.")],
    as_of: Annotated[datetime, typer.Option("--as-of", formats=Day, help="Today.")],
    by: Annotated[str, typer.Option("--by", help="Who has done it.")],
    outcome: Annotated[str, typer.Option("--outcome", help="What came of it; see the list.")],
    reason: Annotated[str, typer.Option("--reason", help="What was done, without names.")],
    as_json: AsJson = False,
) -> None:
    """Close a task; who, when, the outcome and why are kept for good."""
    from pact_etl.steps.tasks import close as run
    from pact_etl.wiring import collaborators

    result = run(collaborators(), task, outcome, by, reason, as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)
