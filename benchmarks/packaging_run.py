"""The measured process of the packages: seal some megabytes in one way, or release some letters by package."""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.letter_samples import SENDER, sample_letters
from benchmarks.memory import own_peak_mb
from benchmarks.packaging import gpg
from pact_etl.delivery import Package, Seal, build_package
from pact_etl.domain.letter import RenderedBatch, RenderedPiece
from pact_etl.domain.packaging import LetterSize, PackageLimits, deal
from pact_etl.letters import render_batch

AS_OF = date(2026, 11, 6)
_SOME_LETTERS = 40


def content(megabytes: int) -> RenderedBatch:
    """So many megabytes of set letters; whether the whole is a PDF does not matter to what seals it."""
    pdf = render_batch(list(sample_letters(_SOME_LETTERS)), SENDER).pdf
    times = max(megabytes * 1_000_000 // len(pdf), 1)
    pieces = (
        RenderedPiece(piece_id=f"P{n:010d}", language="eng", first_page=2 * n - 1, pages=2)
        for n in range(1, times * _SOME_LETTERS + 1)
    )
    return RenderedBatch(pdf=pdf * times, pieces=tuple(pieces))


def packed(batch: RenderedBatch) -> Package:
    """As release packs it."""
    return build_package(batch, county="sample", as_of=AS_OF, sequence=1)


def seal_with_pact(keys: Path, batch: RenderedBatch) -> float:
    """Seconds to build a package, seal it and write it down; the keys are read before, once for a batch."""
    seal = Seal(keys, now=datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        message = seal.close(packed(batch))
        (Path(folder) / message.file_name).write_bytes(message.content)
        return time.perf_counter() - began


def seal_with_gpg(keys: Path, batch: RenderedBatch, *more: str) -> float:
    """Seconds that gpg takes for the zip that release would make, and for its hash."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "package.zip", Path(folder) / "package.zip.pgp"
        source.write_bytes(packed(batch).content)
        began = time.perf_counter()
        names = ("-u", "county@pact.example", "-r", "vendor@pact.example")
        gpg(keys, *more, *names, "-o", str(target), "--sign", "--encrypt", str(source))
        with target.open("rb") as opened:
            hashlib.file_digest(opened, "sha256")
        return time.perf_counter() - began


def release(keys: Path, letters: int, most: int) -> dict[str, Any]:
    """Set, build and seal package after package, letting go of each; what the vendor's folder would take."""
    seal, size, count = Seal(keys, now=datetime.now(UTC)), 0, 0
    began = time.perf_counter()
    for package in _packages(letters, most):
        batch = render_batch(package, SENDER)
        size += len(seal.close(packed(batch)).content)
        count += 1
    seconds = time.perf_counter() - began
    note = f"{letters:,} letters in {count} package{'s' * (count > 1)}, {letters / seconds:.0f} letters/s"
    return {"seconds": seconds, "bytes": size, "note": note}


def _packages(letters: int, most: int) -> Iterator[list[Any]]:
    """Letters are read package by package, as release reads them out of the record."""
    limits = PackageLimits(from_=AS_OF, pieces=most, pages=10**9, bytes=10**12, why="a benchmark")
    sizes = [LetterSize(letter=number, pages=2) for number in range(letters)]
    for package in deal(sizes, limits):
        yield list(sample_letters(len(package)))


def main() -> None:
    """One way, once."""
    parser = argparse.ArgumentParser(description="Seal, or release by package.")
    parser.add_argument("way", choices=("pact", "gpg", "gpg_stored", "by_package", "at_once"))
    parser.add_argument("keys", type=Path)
    parser.add_argument("count", type=int, help="megabytes, or letters")
    parser.add_argument("most", type=int, nargs="?", help="letters in a package")
    asked = parser.parse_args()
    if asked.most is not None:
        told = release(asked.keys, asked.count, asked.most)
    else:
        batch = content(asked.count)
        if asked.way == "pact":
            seconds = seal_with_pact(asked.keys, batch)
        else:
            more = ("--compress-algo", "none") if asked.way == "gpg_stored" else ()
            seconds = seal_with_gpg(asked.keys, batch, *more)
        told = {"seconds": seconds, "bytes": len(batch.pdf)}
    print(json.dumps(told | {"peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main()
