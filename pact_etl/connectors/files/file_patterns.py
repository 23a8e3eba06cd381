"""File names as layouts state them: fixed, with the night's date in them, with `*`, or inside an archive.

`ATT_{as_of:%Y%m%d}.csv` holds the night in any strftime form (`{as_of}` alone is ISO), `{slug}` the district's slug,
`*` any text without a slash, and `export.zip!ATT.csv` names a file inside a zip.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from pact_etl.domain.errors import SettingsError

MEMBER = "!"
UNFINISHED = (".part", ".tmp", ".filepart")
"""What uploading programs call a file that is not whole yet; such names are never read."""

_TOKEN = re.compile(r"\{as_of(?::(?P<form>[^{}]*))?\}|\{slug\}|\*")
_DIRECTIVE = re.compile(r"%(.)")
_DIGITS = {"Y": 4, "m": 2, "d": 2, "y": 2, "j": 3, "H": 2, "M": 2, "S": 2, "u": 1, "w": 1}


def split_member(name: str) -> tuple[str, str | None]:
    """A layout's name as the file to fetch and, for an archive, the file inside it."""
    outer, mark, member = name.partition(MEMBER)
    return outer, (member if mark else None)


def has_wildcard(pattern: str) -> bool:
    """Whether several files of one night may match."""
    return "*" in pattern


def is_unfinished(name: str) -> bool:
    """Whether a name says that its file is still being written; a leading dot is how rsync says it."""
    return name.lower().endswith(UNFINISHED) or name.startswith(".")


def name_on(pattern: str, as_of: date, slug: str) -> str:
    """The pattern with the night and the district in it; a `*` stays.

    Raises:
        SettingsError: the pattern has braces that mean nothing.
    """

    def put(token: re.Match[str]) -> str:
        text = token.group()
        if text == "*":
            return text
        return slug if text == "{slug}" else format(as_of, token["form"] or "%Y-%m-%d")

    name = _TOKEN.sub(put, pattern)
    if "{" in name or "}" in name:
        raise SettingsError(f"{slug}: file name {pattern!r} has braces other than as_of and slug")
    return name


def matches(pattern: str, name: str) -> bool:
    """Whether a file's name is one that the pattern can have on some night."""
    parts = []
    end = 0
    for token in _TOKEN.finditer(pattern):
        parts.append(re.escape(pattern[end : token.start()]))
        parts.append(_expression(token))
        end = token.end()
    parts.append(re.escape(pattern[end:]))
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None


def pattern_of(name: str, patterns: Iterable[str]) -> str | None:
    """The pattern that a file belongs to: of several that match, the one that fixes most of the name."""
    fitting = [pattern for pattern in patterns if matches(pattern, name)]
    return max(fitting, key=lambda p: (len(_TOKEN.sub("", p)), p), default=None)


def belonging(names: Sequence[str], pattern: str, patterns: Sequence[str]) -> list[str]:
    """Those names that belong to one of several patterns."""
    return [name for name in names if pattern_of(name, patterns) == pattern]


def _expression(token: re.Match[str]) -> str:
    text = token.group()
    if text == "*":
        return "[^/]*"
    if text == "{slug}":
        return "[^/]+?"
    form = token["form"] or "%Y-%m-%d"
    parts = _DIRECTIVE.split(form)  # text, directive, text, directive ... text
    return "".join(
        (rf"\d{{{_DIGITS[part]}}}" if part in _DIGITS else "[^/]+?") if n % 2 else re.escape(part)
        for n, part in enumerate(parts)
    )
