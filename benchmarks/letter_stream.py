"""A state's night: more letters than memory should hold, made as they are read."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.letter_clock import Clock
from benchmarks.letter_samples import AS_OF, SENDER, sample_letters
from pact_etl.domain.letter import Letter
from pact_etl.law.statutes import load_statutes
from pact_etl.letters import find_unlawful, find_unprintable, write_batch

LETTERS_PER_FILE = 5000
"""As many as a county's large night, and as a vendor may take in one file."""
_LOOKS = 20

WORDING = load_statutes().wording_on(AS_OF)
LOOKS: dict[str, Callable[[Iterable[Letter]], dict[str, str]]] = {
    "unprintable": lambda letters: find_unprintable(letters, SENDER),
    "unlawful": lambda letters: find_unlawful(letters, SENDER, WORDING, ()),
}


def stream(count: int, mix: str, folder: Path) -> dict[str, Any]:
    """The state's night: letters as they come, looked at, set to files of some thousands, and let go."""
    clock, pages, size = Clock(), 0, 0
    curve: list[int] = []
    letters = _watched(sample_letters(count, mix), max(count // _LOOKS, 1), curve)
    with clock.lap("all"):
        for number in range(-(-count // LETTERS_PER_FILE)):
            path = folder / f"{number:04d}.pdf"
            with path.open("wb") as file:
                part = islice(letters, LETTERS_PER_FILE)
                last = write_batch(part, SENDER, file, dated=AS_OF)[-1]
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")
            pages += last.first_page + last.pages - 1
            size += path.stat().st_size
            path.unlink()
    told = {"letters": count, "pages": pages, "bytes": size, "curve_mb": curve}
    return clock.told("all") | told


def _watched(letters: Iterable[Letter], every: int, curve: list[int]) -> Iterator[Letter]:
    """The letters, and what this process holds each time that so many have gone by."""
    for number, letter in enumerate(letters, start=1):
        yield letter
        if not number % every:
            curve.append(round(psutil.Process().memory_info().rss / 2**20))


def look(what: str, count: int, mix: str) -> dict[str, Any]:
    """One of the looks before anything is set, over letters as they come."""
    clock = Clock()
    with clock.lap("all"):
        assert not LOOKS[what](_made_beside(clock, sample_letters(count, mix)))
    return {"seconds": clock.wall["all"] - clock.wall["made"], "letters": count}


def _made_beside(clock: Clock, letters: Iterator[Letter]) -> Iterator[Letter]:
    """The letters, and the time that making them takes."""
    while True:
        with clock.lap("made"):
            letter = next(letters, None)
        if letter is None:
            return
        yield letter
