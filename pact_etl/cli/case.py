"""`pact case` and `pact cases`: what stands in a case file, what is entered into it, and what is due."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

from pact_etl.cli import case_notice, reports
from pact_etl.cli.output import print_json
from pact_etl.domain.case import FORMS, Entry, Kind, Party, Result, Way

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AsOf = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day it is about.")
]
On = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="When it was done.")]
By = Annotated[str, typer.Option(help="Who enters it.")]
Number = Annotated[int, typer.Option(min=1, help="Which of several alike on one day.")]
Case = Annotated[str, typer.Argument(help="The case, C<number>.")]

commands = typer.Typer(no_args_is_help=True, help="One student's case of a school year.")
county = typer.Typer(no_args_is_help=True, help="All cases.")


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    commands.add_typer(case_notice.commands, name="notice")
    app.add_typer(commands, name="case")
    app.add_typer(county, name="cases")


@commands.command()
def show(
    name: Annotated[str, typer.Argument(help="C<number>, or a student as `pact why` takes one.")],
    as_of: AsOf,
    as_json: AsJson = False,
) -> None:
    """What happened in a case, day by day, and what is due."""
    from pact_etl.steps.case import show as run
    from pact_etl.wiring import collaborators

    cases = run(collaborators(), name, as_of.date())
    print_json(cases) if as_json else _print_cases(cases)


@commands.command()
def contact(
    case: Case,
    on: On,
    way: Annotated[
        Way, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.CONTACT].ways))}.")
    ],
    whom: Annotated[
        Party, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.CONTACT].parties))}.")
    ],
    result: Annotated[
        Result, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.CONTACT].results))}.")
    ],
    as_of: AsOf,
    by: By,
    number: Number = 1,
    as_json: AsJson = False,
) -> None:
    """Enter that a family or school was called, visited or written to."""
    entry = Entry(
        kind=Kind.CONTACT,
        day=on.date(),
        way=way,
        whom=whom,
        result=result,
        number=number,
        entered_by=by,
    )
    _enter(case, entry, as_of.date(), as_json=as_json)


@commands.command()
def refer(
    case: Case,
    to: Annotated[
        Way, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.REFERRAL].ways))}.")
    ],
    referred_by: Annotated[
        Party,
        typer.Option(help=f"The agency: one of {', '.join(sorted(FORMS[Kind.REFERRAL].parties))}."),
    ],
    on: On,
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Enter a referral: to a review board (EC 48263), to mediation, or to a meeting under WIC 601.3."""
    entry = Entry(kind=Kind.REFERRAL, day=on.date(), way=to, whom=referred_by, entered_by=by)
    _enter(case, entry, as_of.date(), as_json=as_json)


@commands.command()
def act(
    about: Annotated[
        str, typer.Argument(help="The referral, C<number>-<number>; or the case alone.")
    ],
    what: Annotated[
        Kind,
        typer.Option(
            help="meeting_set, notice_given, meeting, agreement, services or referral_ended."
        ),
    ],
    on: On,
    as_of: AsOf,
    by: By,
    way: Annotated[Way | None, typer.Option(help="Of a notice: how it was given.")] = None,
    result: Annotated[Result | None, typer.Option(help="What came of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter what was done after a referral, or what came of the evening that a letter invited to."""
    entry = Entry(kind=what, day=on.date(), way=way, result=result, entered_by=by)
    _enter(about, entry, as_of.date(), as_json=as_json)


@commands.command()
def close(
    case: Case,
    reason: Annotated[
        Result, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.CLOSING].results))}.")
    ],
    on: On,
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Close a case. A finding that comes later opens it again."""
    entry = Entry(kind=Kind.CLOSING, day=on.date(), result=reason, entered_by=by)
    _enter(case, entry, as_of.date(), as_json=as_json)


@commands.command()
def retract(
    entry: Annotated[str, typer.Argument(help="The entry, C<number>-<number>.")],
    reason: Annotated[
        Result, typer.Option(help=f"One of {', '.join(sorted(FORMS[Kind.RETRACTION].results))}.")
    ],
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take back an entry that should not have been made. Both stay, and both are shown."""
    taken = Entry(kind=Kind.RETRACTION, day=as_of.date(), result=reason, entered_by=by)
    _enter(entry, taken, as_of.date(), as_json=as_json)


@county.command()
def due(
    as_of: AsOf,
    district: Annotated[
        list[str] | None, typer.Option(help="Only this district; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open cases and overdue deadlines, by district."""
    from pact_etl.steps.case import due as run
    from pact_etl.wiring import collaborators

    found = run(collaborators(), as_of.date(), district)
    print_json(found) if as_json else _print_due(found)


def _enter(code: str, entry: Entry, as_of: date, *, as_json: bool) -> None:
    from pact_etl.steps.case import enter
    from pact_etl.store.case_files import entry_code
    from pact_etl.wiring import collaborators

    result = enter(collaborators(), code, entry, as_of)
    entered = entry_code(result.ids["case"], result.ids["entry"])
    if as_json:
        print_json(result.as_dict() | {"entry": entered})
    else:
        reports.out.print(
            f"{entered} {'entered' if result.counts['entered'] else 'stood there already'}"
        )


def _print_cases(cases: list[dict[str, Any]]) -> None:
    for one in cases:
        state = "open" if one["is_open"] else f"closed: {one['closed_for']}"
        reports.out.print(
            f"{one['case']}, {one['student']}, {one['district']} {one['school_year']},"
            f" since {one['opened_on']}, {state}",
            markup=False,
        )
        for due_ in one["deadlines"]:
            done = f"done {due_['done_on']}" if due_["done_on"] else "not done"
            late = ", OVERDUE" if due_["is_overdue"] else ""
            reports.out.print(
                f"  due {due_['on']} {due_['name']} ({due_['about']}): {done}{late}", markup=False
            )
        for notice in one["notices"]:
            reports.out.print(f"  notice {_of_notice(notice)}", markup=False)
        for line in one["timeline"]:
            detail = ", ".join(f"{k} {v}" for k, v in line["detail"].items() if v is not None)
            who = ", ".join(part for part in (line["entry"], line["by"]) if part)
            by = f" [{who}]" if who else ""
            reports.out.print(
                f"  {line['date']} {line['source']}: {line['what']} ({detail}){by}", markup=False
            )


def _of_notice(notice: dict[str, Any]) -> str:
    said = [notice["status"], notice["reason"], notice["service"]]
    if notice["last_day"]:
        said.append(f"{len(notice['persons'])} persons, to be served by {notice['last_day']}")
    of = f"{notice['notice']} ({notice['referral']}), meeting {notice['meeting_on']}"
    return f"{of}: {', '.join(part for part in said if part)}"


def _print_due(found: dict[str, dict[str, Any]]) -> None:
    for slug, one in found.items():
        reports.out.print(f"{slug}: open {one['open']}, closed {one['closed']}", markup=False)
        for name, codes in one["cases"].items():
            reports.out.print(
                f"  overdue {name} {one['overdue'][name]}: {', '.join(codes)}", markup=False
            )
