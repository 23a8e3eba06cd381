"""The measured process of the letters: set some sample letters in one way and say how long that took.

Sample letters are made before the clock starts, except where they stream.
"""

import argparse
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.letter_clock import Clock
from benchmarks.letter_samples import AS_OF, MIXES, SENDER, sample_letters
from benchmarks.letter_ways import WAYS
from benchmarks.memory import own_peak_mb
from pact_etl.domain.letter import Letter


def set_once(way: str, count: int, mix: str) -> dict[str, Any]:
    """Set the letters once; a library that cannot be loaded is a result, not a failure."""
    letters = list(sample_letters(count, mix))
    try:
        work = WAYS[way](letters)
    # WeasyPrint's own libraries may be absent from the system.
    except (ImportError, OSError) as missing:
        return {"missing": str(missing).splitlines()[0]}
    clock = Clock()
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
    written, clock = io.BytesIO(), Clock()
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


def _size(letters: Sequence[Letter], size: int) -> dict[str, Any]:
    pages = sum(letter.page_count for letter in letters)
    return {"letters": len(letters), "pages": pages, "bytes": size}


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
        from benchmarks.letter_stream import stream

        told = stream(options.count, options.mix, options.folder)
    else:
        from benchmarks.letter_stream import look

        told = look(options.way, options.count, options.mix)
    print(json.dumps(told | {"peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main()
