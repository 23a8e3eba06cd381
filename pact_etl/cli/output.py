"""How a command ends: JSON or a table on standard output, everything else on standard error, and an exit code."""

import json
import sys
from enum import IntEnum
from typing import Any

import typer
from rich.console import Console

console = Console(stderr=True)


class Exit(IntEnum):
    """The documented exit codes."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    DONE_WITH_HOLDS = 3


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def end(code: Exit) -> None:
    """Leave with a documented exit code."""
    raise typer.Exit(int(code))
