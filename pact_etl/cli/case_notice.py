"""`pact case notice`: notices of a meeting with the District Attorney that are served on persons (WIC 601.3)."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pact_etl.cli import reports
from pact_etl.cli.output import Exit, end, print_json
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.served_notice import Withdrawal
from pact_etl.domain.service import Manner

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AsOf = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Today, in the county.")
]
By = Annotated[str, typer.Option(help="Who does it.")]
Notice = Annotated[str, typer.Argument(help="The notice, N<number>.")]

commands = typer.Typer(
    no_args_is_help=True, help="Notices of a meeting with the District Attorney, to be served."
)


@commands.command()
def prepare(
    referral: Annotated[str, typer.Argument(help="The referral, C<number>-<number>.")],
    meeting_on: Annotated[
        datetime, typer.Option("--meeting-on", formats=["%Y-%m-%d"], help="Day of the meeting.")
    ],
    starts: Annotated[str, typer.Option(help="Such as 17:00, in the county's time.")],
    ends: Annotated[str, typer.Option(help="Such as 18:00.")],
    place: Annotated[str, typer.Option(help="Name of the house and room.")],
    street: Annotated[str, typer.Option(help="Its street and number.")],
    city: Annotated[str, typer.Option(help="Its city, state and ZIP code.")],
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Look whether a notice may be served, on how many persons, and set a proof of it. Nothing leaves."""
    from pact_etl.steps.served_notice import prepare as run
    from pact_etl.wiring import collaborators

    meeting = MeetingInvitation(
        date=meeting_on.date(),
        starts=_time(starts),
        ends=_time(ends),
        place=place,
        street=street,
        city=city,
    )
    using = collaborators()
    result = run(using, referral, meeting, as_of.date(), by)
    _tell(result, as_json=as_json, lies_in=using.settings.served / "proofs")


@commands.command()
def issue(
    notice: Notice,
    as_of: AsOf,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, where the county asks for it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say yes to a prepared notice: it is looked at once more, logged as disclosed, and its pieces are laid out."""
    from pact_etl.steps.served_notice_issue import issue as run
    from pact_etl.wiring import collaborators

    using = collaborators()
    result = run(using, notice, as_of.date(), by, reason)
    _tell(result, as_json=as_json, lies_in=using.settings.served)


@commands.command()
def withdraw(
    notice: Notice,
    reason: Annotated[Withdrawal, typer.Option(help="Why.")],
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take a notice back before anybody is served; its pieces are taken out of their folder."""
    from pact_etl.steps.served_notice import withdraw as run
    from pact_etl.wiring import collaborators

    _tell(run(collaborators(), notice, reason, as_of.date(), by), as_json=as_json)


@commands.command()
def served(
    notice: Notice,
    person: Annotated[int, typer.Option(min=1, help="Which person, as in the list of pieces.")],
    how: Annotated[Manner, typer.Option(help="Ordinary mail is no service.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of service.")],
    as_of: AsOf,
    by: By,
    receipt: Annotated[str, typer.Option(help="Number of the certified mail.")] = "",
    as_json: AsJson = False,
) -> None:
    """Enter that one person was served."""
    from pact_etl.steps.service import enter_service
    from pact_etl.wiring import collaborators

    result = enter_service(
        collaborators(), notice, person, how, on.date(), as_of.date(), by, receipt
    )
    _tell_service(result.as_dict(), as_json=as_json)


@commands.command()
def retract(
    notice: Notice,
    service: Annotated[int, typer.Option(min=1, help="Number of the entry, as `served` told it.")],
    as_of: AsOf,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take an entry of service back. Both stay."""
    from pact_etl.steps.service import retract_service
    from pact_etl.wiring import collaborators

    result = retract_service(collaborators(), notice, service, as_of.date(), by)
    _tell_service(result.as_dict(), as_json=as_json)


def _time(text: str) -> Any:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day, no instant
    except ValueError:
        raise UsageError("a time is written as 17:00") from None


def _tell(result: Any, *, as_json: bool, lies_in: Path | None = None) -> None:
    told = result.as_dict()
    if as_json:
        print_json(told)
    else:
        head = told["notice"] or "no notice"
        reports.out.print(f"{head}: {told['status'] or 'refused'}", markup=False)
        if told["persons"]:
            by_language = ", ".join(f"{code} {n}" for code, n in told["languages"].items())
            reports.out.print(
                f"  for {told['persons']} persons, {told['pages']} pages ({by_language})",
                markup=False,
            )
        if told["last_day"]:
            reports.out.print(f"  serve by {told['last_day']}", markup=False)
        if told["persons"] and lies_in is not None:
            reports.out.print(f"  in {lies_in}", markup=False)
        for name in ("forbidden_by", "missing", "held_by"):
            if told[name]:
                reports.out.print(f"  {name}: {', '.join(told[name])}", markup=False)
    if result.is_stopped:
        end(Exit.DONE_WITH_HOLDS)


def _tell_service(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    entered = "entered" if told["entered"] else "stood there already"
    reports.out.print(f"{told['notice']}: service {told['service']} {entered}", markup=False)
    left = ", ".join(str(person) for person in told["unserved"]) or "nobody"
    reports.out.print(
        f"  {told['state']}; to be served by {told['last_day']}: {left}", markup=False
    )
