"""`pact district`: what concerns one district's files and settings."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from pact_etl.cli.output import Exit, end, print_json
from pact_etl.domain.errors import UsageError

if TYPE_CHECKING:
    from pact_etl.cli.file_check import Fault, FileCheck
    from pact_etl.connectors.protocol import RawFile

LISTED = 50

out = Console(highlight=False, markup=False, soft_wrap=True)
commands = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command tree."""
    app.add_typer(commands, name="district")


@commands.callback()
def group() -> None:
    """Connect a district, and check its files and settings."""


@commands.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="One folder with a whole night, or files.")],
    dialect: Annotated[str, typer.Option(help="The format they have.")] = "template_csv",
    district: Annotated[
        str | None, typer.Option(help="A configured district, in place of a format.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help="The night; the newest attendance day otherwise."
        ),
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="The roster files hold only what changed.")
    ] = False,
    id_digits: Annotated[
        int | None, typer.Option(min=0, max=32, help="Digits of a student id; 0 for any.")
    ] = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Print what stands in faulty cells.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of text.")
    ] = False,
) -> None:
    """Say what is wrong with files before they are sent. Asks no database and no network.

    Exit codes: 0 nothing is wrong, 1 something is, 2 wrong use.
    """
    from pact_etl.cli.dialect_district import configured_district, district_speaking
    from pact_etl.cli.file_check import check_files
    from pact_etl.settings import Settings

    config = Settings().config
    whose = (
        configured_district(config, district)
        if district
        else district_speaking(config, dialect, id_digits)
    )
    whole = len(paths) == 1 and paths[0].is_dir()
    found = check_files(
        whose,
        _files_of(paths[0], whose) if whole else _files(paths),
        as_of=as_of.date() if as_of else None,
        whole=whole,
        changes=changes,
    )
    if as_json:
        print_json(_as_dict(found, show_values=show_values))
    else:
        _print(found, show_values=show_values)
    if found.faults:
        end(Exit.FAILED)


@commands.command("back-report")
def back_report(
    slug: Annotated[str, typer.Argument(help="The district's short name.")],
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the period.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the period.")
    ],
    as_of: Annotated[
        datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day of the release.")
    ],
    by: Annotated[str, typer.Option(help="Who releases it; it stands in the books.")],
    agency: Annotated[
        str, typer.Option(help="Who referred: district, review_board or probation.")
    ] = "district",
    target: Annotated[
        Path | None,
        typer.Option("--out", help="A folder; the district's own returns folder otherwise."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of text.")
    ] = False,
) -> None:
    """Tell who referred students what came of it (EC 48297). Logged; refused without a legal basis in force."""
    from pact_etl.cli import reports
    from pact_etl.domain.case import Party
    from pact_etl.steps.back_report import report_back
    from pact_etl.wiring import collaborators

    if agency not in set(Party):
        raise UsageError(f"no agency {agency!r}")
    result = report_back(
        collaborators(),
        slug,
        first.date(),
        last.date(),
        as_of.date(),
        by=by,
        agency=Party(agency),
        out=target,
    )
    print_json(result.as_dict()) if as_json else reports.print_result(result)


@commands.command("back-reports-due")
def back_reports_due(
    as_of: Annotated[
        datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day of the release.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of text.")
    ] = False,
) -> None:
    """Tell every district what is due by the county's schedule, as the DAG outcomes does."""
    from pact_etl.cli import reports
    from pact_etl.domain.results import StepStatus
    from pact_etl.steps.back_reports_due import report_back_due
    from pact_etl.wiring import collaborators

    result = report_back_due(collaborators(), as_of.date())
    print_json(result.as_dict()) if as_json else reports.print_result(result)
    if result.reasons:
        end(Exit.FAILED if result.status is StepStatus.LATE else Exit.DONE_WITH_HOLDS)


@commands.command("try")
def try_(
    slug: Annotated[str, typer.Argument(help="The district's short name.")],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The night; today otherwise."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of text.")
    ] = False,
) -> None:
    """Say what a night would make of a district's source as it is now. Writes nothing anywhere.

    Exit codes: 0 it is fine, 3 it would be held or late or codes have no meaning, 1 failed, 2 wrong use.
    """
    from pact_etl.cli.trial_report import print_trial
    from pact_etl.steps.trial import try_district
    from pact_etl.wiring import collaborators

    night = (as_of or datetime.now()).date()  # noqa: DTZ005 - the operator's own day
    trial = try_district(collaborators(), slug, night)
    print_json(trial.as_dict()) if as_json else print_trial(trial)
    if not trial.is_fine:
        end(Exit.DONE_WITH_HOLDS)


@commands.command()
def new(
    slug: Annotated[str, typer.Argument(help="Its short name: lower-case words and hyphens.")],
    name: Annotated[str, typer.Option(help="Its name as letters print it.")],
    cd_code: Annotated[str, typer.Option("--cd-code", help="County and district code, 7 digits.")],
    sample: Annotated[
        list[Path] | None,
        typer.Option("--sample", help="A folder with one night's files, or a file; repeatable."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where its system answers.")] = None,
    connector: Annotated[str | None, typer.Option(help="edfi_api or aeries_api.")] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="The file or folder to write.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Up to when a system is read."),
    ] = None,
    office_name: Annotated[str | None, typer.Option(help="The attendance office.")] = None,
    office_phone: Annotated[str | None, typer.Option(help="Its telephone.")] = None,
    office_email: Annotated[str | None, typer.Option(help="Its email address.")] = None,
    enrollment: Annotated[int | None, typer.Option(min=1, help="Students enrolled.")] = None,
    level: Annotated[str | None, typer.Option(help="elementary, high or unified.")] = None,
    sis: Annotated[str | None, typer.Option(help="What its student system is called.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Ask nothing; print one JSON document.")
    ] = False,
) -> None:
    """Write a district's settings from sample files, or from its system with the credentials in place.

    Its status is `testing`: no letter of it leaves. Exit codes: 0 written, 3 written and something is left to a
    person (a code without a meaning, a column or file that could not be placed, a question), 1 failed, 2 wrong use.
    """
    from pact_etl.cli.onboarding_dialogue import answered, print_draft
    from pact_etl.settings import Settings
    from pact_etl.steps.onboarding import from_live, from_samples
    from pact_etl.steps.onboarding_draft import Wanted, check_wanted, write

    settings = Settings()
    target = target or settings.config / "districts"
    wanted = Wanted(
        slug=slug,
        name=name,
        cd_code=cd_code,
        out=target / f"{slug}.yaml" if target.is_dir() or not target.suffix else target,
        office_name=office_name,
        office_phone=office_phone,
        office_email=office_email,
        enrollment=enrollment,
        level=level,
        sis=sis,
    )
    if bool(sample) == bool(url) or bool(url) != bool(connector):
        raise UsageError("give --sample, or --url with --connector")
    check_wanted(settings, wanted, force=force)
    if sample:
        draft = from_samples(settings, wanted, sample)
    else:
        night = (as_of or datetime.now()).date()  # noqa: DTZ005 - the operator's own day
        draft = from_live(settings, wanted, connector=str(connector), url=str(url), as_of=night)
    if not (yes or as_json):
        draft = answered(draft)
    write(settings, draft, force=force)
    print_json(draft.as_dict()) if as_json else print_draft(draft)
    if draft.is_left_open:
        end(Exit.DONE_WITH_HOLDS)


def _files(paths: Sequence[Path]) -> "list[RawFile]":
    from pact_etl.connectors.protocol import RawFile

    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path.name}: no such file")
    return [RawFile(name=path.name, content=path.read_bytes()) for path in paths]


def _files_of(folder: Path, district: Any) -> "list[RawFile]":
    """What a night would take of a folder; names that nobody asked for are left alone."""
    from pact_etl.connectors.files.fetching import wanted_files
    from pact_etl.connectors.files.file_patterns import is_unfinished, pattern_of

    patterns = list(wanted_files(district))
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and not is_unfinished(p.name))
    asked = [folder / name for name in names if pattern_of(name, patterns) is not None]
    return _files(asked)


def _print(found: "FileCheck", *, show_values: bool) -> None:
    from pact_etl.validation.wording import WORDING

    rows = ", ".join(f"{table} {count}" for table, count in found.rows.items()) or "none"
    out.print(f"Read as the night of {found.as_of.isoformat()}. Rows: {rows}.")
    if found.not_checked:
        names = ", ".join(found.not_checked)
        out.print(f"Not given, not usable or not whole: {names}. Nothing was held against them.")
    out.print("Limits that compare with earlier nights are not applied here.")
    if not found.faults:
        out.print("No faults found.")
        return
    out.print(f"{len(found.faults)} faults:")
    for fault in found.faults[:LISTED]:
        out.print(f"  {_place(fault)}: {WORDING[fault.reason]}{_extra(fault, show_values)}")
    if len(found.faults) > LISTED:
        out.print(f"  ... and {len(found.faults) - LISTED} more (all of them with --json).")
    out.print("By reason:")
    for (file, reason), count in _by_reason(found.faults).items():
        out.print(f"  {file}: {reason} {count}")


def _place(fault: "Fault") -> str:
    parts = [fault.file, f"row {fault.row}" if fault.row else "", fault.column]
    return ", ".join(part for part in parts if part)


def _extra(fault: "Fault", show_values: bool) -> str:
    detail = f" ({fault.detail})" if fault.detail else ""
    return detail + (f" It says {fault.value!r}." if show_values and fault.row else "")


def _by_reason(faults: "Sequence[Fault]") -> dict[tuple[str, str], int]:
    counted = Counter((fault.file, fault.reason.value) for fault in faults)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _as_dict(found: "FileCheck", *, show_values: bool) -> dict[str, Any]:
    from pact_etl.validation.wording import WORDING

    def one(fault: "Fault") -> dict[str, Any]:
        told: dict[str, Any] = {
            "file": fault.file,
            "row": fault.row or None,
            "field": fault.column or None,
            "reason": fault.reason.value,
            "explanation": WORDING[fault.reason],
            "detail": fault.detail or None,
        }
        return told | ({"value": fault.value} if show_values else {})

    as_of: date = found.as_of
    return {
        "as_of": as_of.isoformat(),
        "rows": found.rows,
        "not_checked": list(found.not_checked),
        "faults": [one(fault) for fault in found.faults],
        "by_reason": [
            {"file": file, "reason": reason, "count": count}
            for (file, reason), count in _by_reason(found.faults).items()
        ],
    }
