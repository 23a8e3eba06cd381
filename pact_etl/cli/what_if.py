"""`pact what-if`: past nights under another policy."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pact_etl.cli.output import print_json
from pact_etl.cli.reports import out
from pact_etl.domain.errors import UsageError

HIDDEN = "*"


def register(app: typer.Typer) -> None:
    """Add this module's command to the command tree."""
    app.command("what-if")(what_if)


def what_if(
    policy: Annotated[
        Path, typer.Option(help="The parts of config/county.yaml that would be different.")
    ],
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First night to run again.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last night to run again.")
    ],
    publish: Annotated[
        bool, typer.Option("--publish", help="Hide small groups: for readers outside the program.")
    ] = False,
    students: Annotated[
        bool, typer.Option("--students", help="Name every changed letter's student, as S<number>.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of tables.")
    ] = False,
) -> None:
    """Run past nights again under another policy, and show the difference; nothing is changed."""
    if publish and students:
        raise UsageError("--students names children; it cannot be published")
    if first > last:
        raise UsageError("--from is after --to")
    if not policy.is_file():
        raise UsageError(f"{policy.name}: no such file")
    from pact_etl.districts.other_policy import load_other_policy
    from pact_etl.steps.what_if import what_if as run
    from pact_etl.steps.what_if_figures import Edition
    from pact_etl.wiring import collaborators

    using = collaborators()
    other = load_other_policy(policy, using.settings.config)
    edition = Edition(publish=publish, students=students)
    report = run(using, other, first.date(), last.date(), edition)
    print_json(report) if as_json else print_what_if(report)


def print_what_if(report: Mapping[str, Any]) -> None:
    """The differences, then letters by each grouping."""
    out.print(f"{report['nights']} nights, {report['from']} to {report['to']}, run again")
    lines = {**report["findings"], "letters": report["letters"]}
    columns = list(dict.fromkeys(name for line in lines.values() for name in line))
    table = Table("", *columns)
    for name, line in lines.items():
        table.add_row(name, *(_cell(line[c]) if c in line else "" for c in columns))
    out.print(table)
    for name, rows in report["letters_by"].items():
        table = Table(name, "would", "recorded", "difference")
        for row in rows:
            table.add_row(
                row["group"], *(_cell(row[c]) for c in ("would", "recorded", "difference"))
            )
        out.print(table)
    for one in report.get("students", ()):
        out.print(
            "  ".join(
                str(one[key] or "-")
                for key in ("student", "district", "change", "would", "recorded")
            )
        )
    retold = report["known_as_now"]["calendar_days_told_later"]
    if retold:
        out.print(
            f"{retold} calendar days were told or changed after the first night; they are read as they are now"
        )


def _cell(count: int | None) -> str:
    return HIDDEN if count is None else str(count)
