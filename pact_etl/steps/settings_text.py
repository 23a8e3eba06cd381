"""A district's settings file as text, with what a person must still say as comments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pact_etl.domain.attendance import Status

CODES_SINCE = "2020-07-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSeen:
    """A code with its rows, its meaning on its newest day, and what the source says of it, where it says anything."""

    code: str
    rows: int
    status: Status | None
    says: str = ""
    proposal: str = ""


def settings_text(
    settings: Mapping[str, Any], codes: Sequence[CodeSeen], notes: Sequence[str]
) -> str:
    """The YAML file: notes on top, codes at the end.

    Args:
        settings: everything but codes.
        codes: those seen; where each has a meaning, the dialect's list stands and they are only told.
        notes: what a person should read; one comment line each.
    """
    lines = [f"# {_one_line(note)}" for note in notes]
    body = yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, width=10_000)
    return "\n".join([*lines, body.rstrip("\n"), *_code_lines(codes)]) + "\n"


def _code_lines(codes: Sequence[CodeSeen]) -> list[str]:
    mapped = [one for one in codes if one.status is not None]
    unmapped = [one for one in codes if one.status is None]
    if not unmapped:
        told = [f"#   {json.dumps(c.code)}: {c.status}, {c.rows} rows{_says(c)}" for c in mapped]
        title = "# codes seen, read as the dialect has them; confirm with the district:"
        return [title, *told] if told else []
    lines = ["codes:                          # confirm each with the district"]
    lines += [f"{_entry(one, str(one.status))}  # {one.rows} rows{_says(one)}" for one in mapped]
    if not mapped:
        lines = ["codes: []                       # take the brackets away with the first code"]
    lines += ["  # without a meaning so far; put the status in and take the # away:"]
    for one in unmapped:
        entry = _entry(one, one.proposal or "?").strip()
        lines.append(f"  # {entry}  # {one.rows} rows{_says(one)}")
    return lines


def _entry(one: CodeSeen, status: str) -> str:
    code = json.dumps(one.code, ensure_ascii=False)
    return f"  - {{code: {code}, status: {status}, from: {CODES_SINCE}}}"


def _says(one: CodeSeen) -> str:
    if not one.says:
        return ""
    differs = one.status is not None and one.proposal and one.proposal != one.status
    proposal = f", which reads as {one.proposal}" if differs else ""
    return _one_line(f"; the source says {one.says}{proposal}")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
