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
    """Check a district's files and settings."""


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
