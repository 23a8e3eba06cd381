"""The measured process of the letters: set some sample letters in one way and say how long that took.

Sample letters are made before the clock starts, except where they stream.
"""

import argparse
import hashlib
import io
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.letter_samples import AS_OF, MIXES, SENDER, sample_letters
from benchmarks.memory import own_peak_mb
from pact_etl.domain.letter import Letter

LETTERS_PER_FILE = 5000
"""Of the state's night: as many as a county's large night, and less than a vendor takes in one file."""
_LOOKS = 20
STANDARDS: Any = ["a-2a", "ua-1"]


def set_with_pact(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The pipeline's own way: checked, joined, tagged."""
    from pact_etl.letters import render_batch

    return lambda: render_batch(letters, SENDER).pdf


def set_with_typst(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The same templates, data, fonts, PDF standards and slices, and nothing else: no checks, no joining."""
    import typst

    from pact_etl.letters.fonts import FONTS
    from pact_etl.letters.payload import slice_payload
    from pact_etl.letters.rendering import PAGES_PER_SLICE, cut_slices
    from pact_etl.letters.typesetting import TEMPLATES

    def work() -> bytes:
        compiler = typst.Compiler(
            input=str(TEMPLATES / "main.typ"),
            root=str(TEMPLATES),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
        )
        made: Any = b""
        for part in cut_slices(letters, PAGES_PER_SLICE):
            inputs = {"data": slice_payload(part, SENDER, AS_OF)}
            made = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS)
        return bytes(made)

    return work


def set_with_weasyprint(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """As HTML, all letters in one document."""
    import weasyprint  # type: ignore[import-untyped]

    from benchmarks.html_letter import letters_as_html

    return lambda: bytes(weasyprint.HTML(string=letters_as_html(letters, SENDER)).write_pdf())


WAYS = {"pact": set_with_pact, "typst": set_with_typst, "weasyprint": set_with_weasyprint}


def set_once(way: str, count: int, mix: str) -> dict[str, Any]:
    """Set the letters once; a library that cannot be loaded is a result, not a failure."""
    letters = list(sample_letters(count, mix))
    try:
        work = WAYS[way](letters)
    # WeasyPrint's own libraries may be absent from the system.
    except (ImportError, OSError) as missing:
        return {"missing": str(missing).splitlines()[0]}
    clock = _Clock()
    with clock.lap("all"):
        made = work()
    languages = Counter(letter.language for letter in letters)
    return clock.told("all") | _size(letters, len(made)) | {"languages": len(languages)}


def by_phase(count: int, mix: str) -> dict[str, Any]:
    """One phase after the other in one thread, which the pipeline does not do, so that each can be told apart."""
    from pact_etl.letters.checks import find_faults
    from pact_etl.letters.joining import Joiner
    from pact_etl.letters.payload import slice_payload
    from pact_etl.letters.preflight import find_unprintable
    from pact_etl.letters.rendering import PAGES_PER_SLICE, cut_slices
    from pact_etl.letters.typesetting import compile_slice

    letters = list(sample_letters(count, mix))
    compile_slice(slice_payload(letters[:4], SENDER, AS_OF))
    written, clock = io.BytesIO(), _Clock()
    joiner = Joiner(written)
    with clock.lap("preflight"):
        faults = find_unprintable(letters, SENDER)
    for part in cut_slices(letters, PAGES_PER_SLICE):
        with clock.lap("compose"):
            payload = slice_payload(part, SENDER, AS_OF)
        with clock.lap("typeset"):
            pdf = compile_slice(payload)
        with clock.lap("check"):
            faults |= find_faults(pdf, part, SENDER)
        with clock.lap("join"):
            joiner.add(pdf)
    with clock.lap("join"):
        joiner.finish()
    assert not faults
    return {"cpu_by_phase": dict(clock.cpu)} | _size(letters, len(written.getvalue()))


def stream(count: int, mix: str, folder: Path) -> dict[str, Any]:
    """The state's night: letters as they come, looked at, set to files of some thousands, and let go."""
    from pact_etl.letters import write_batch

    clock, pages, size = _Clock(), 0, 0
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
    from pact_etl.law.statutes import load_statutes
    from pact_etl.letters import find_unlawful, find_unprintable

    wording = load_statutes().wording_on(AS_OF)
    looks: dict[str, Callable[[Iterable[Letter]], dict[str, str]]] = {
        "unprintable": lambda letters: find_unprintable(letters, SENDER),
        "unlawful": lambda letters: find_unlawful(letters, SENDER, wording, ()),
    }
    clock = _Clock()
    with clock.lap("all"):
        assert not looks[what](_made_beside(clock, sample_letters(count, mix)))
    return {"seconds": clock.wall["all"] - clock.wall["made"], "letters": count}


def _made_beside(clock: "_Clock", letters: Iterator[Letter]) -> Iterator[Letter]:
    """The letters, and the time that making them takes."""
    while True:
        with clock.lap("made"):
            letter = next(letters, None)
        if letter is None:
            return
        yield letter


def _size(letters: Sequence[Letter], size: int) -> dict[str, Any]:
    pages = sum(letter.page_count for letter in letters)
    return {"letters": len(letters), "pages": pages, "bytes": size}


class _Clock:
    """Wall and processor time by phase."""

    def __init__(self) -> None:
        self.wall: defaultdict[str, float] = defaultdict(float)
        self.cpu: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Add what the block takes."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name] += time.perf_counter() - wall
        self.cpu[name] += time.process_time() - cpu

    def told(self, name: str) -> dict[str, float]:
        """One phase as a result."""
        return {"seconds": self.wall[name], "cpu": self.cpu[name]}


def main() -> None:
    """Do one thing and print its result."""
    parser = argparse.ArgumentParser(description="Set sample letters.")
    parser.add_argument("way", choices=[*WAYS, "phases", "stream", "unprintable", "unlawful"])
    parser.add_argument("count", type=int)
    parser.add_argument("--mix", choices=MIXES, default=MIXES[0])
    parser.add_argument("--folder", type=Path, help="of the stream's files")
    options = parser.parse_args()
    if options.way in WAYS:
        told = set_once(options.way, options.count, options.mix)
    elif options.way == "phases":
        told = by_phase(options.count, options.mix)
    elif options.way == "stream":
        told = stream(options.count, options.mix, options.folder)
    else:
        told = look(options.way, options.count, options.mix)
    print(json.dumps(told | {"peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main()
