"""Clauses filled in: text with placeholders to runs, the smallest pieces a page is set from.

In a script that is written from the right, a number, name or address between words comes out in the wrong order unless
it stands apart: the rule by which scripts are mixed joins digits to the word before them (Unicode Standard Annex 9).
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

_MARKUP = re.compile(r"(\*|\{[a-z_]+\})")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Run(NamedTuple):
    """One piece of a line.

    Attributes:
        boxed: set apart, from the left, and never broken over lines.
        lang: BCP 47, where it differs from what is around it.
        isolated: read from the left too, but broken over lines where it is long: a box as wide as the page would leave
            the page beside a label.
    """

    text: str
    bold: bool = False
    boxed: bool = False
    lang: str = ""
    isolated: bool = False


Runs = tuple[Run, ...]


def filled(clause: str, values: Mapping[str, Runs]) -> Runs:
    """A clause with its placeholders filled in; `*...*` makes bold whatever is within."""
    runs: list[Run] = []
    bold = False
    for part in _parts(clause):
        if part == "*":
            bold = not bold
        elif part[0] == "{":
            runs += [run._replace(bold=bold or run.bold) for run in values[part[1:-1]]]
        else:
            runs.append(Run(part, bold))
    return tuple(runs)


def filled_text(pattern: str, **values: str | int) -> str:
    """A pattern of plain text, such as a date's."""
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), pattern)


@cache
def _parts(clause: str) -> tuple[str, ...]:
    return tuple(part for part in _MARKUP.split(clause) if part)
