"""A batch of letters to one PDF, slice by slice, every page checked before it is handed on."""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import BinaryIO, NamedTuple

from pact_etl.domain.letter import Letter, RenderedBatch, RenderedPiece, Sender
from pact_etl.letters.checks import find_faults
from pact_etl.letters.errors import LettersUnfit
from pact_etl.letters.joining import Joiner
from pact_etl.letters.payload import slice_payload
from pact_etl.letters.preflight import Preflight, find_unprintable
from pact_etl.letters.typesetting import compile_slice

PAGES_PER_SLICE = 250
"""One compile keeps all it has set in memory, so a batch is set in slices of about this many pages."""

WORKERS = 2
"""Slices in work at once: while one is set, the last one is checked and the next one composed. The bytes do not depend
on it: slices are cut before and joined in order."""

PROOF = "PROOF"


class _Slice(NamedTuple):
    """Some letters, their PDF, and what is wrong with which of them; no PDF where not one could be set."""

    letters: Sequence[Letter]
    pdf: bytes
    faults: dict[str, str]


def render_batch(
    letters: Sequence[Letter], sender: Sender, *, pages_per_slice: int = PAGES_PER_SLICE
) -> RenderedBatch:
    """Set all letters of a batch into one PDF, held in memory. The same letters give the same bytes.

    Args:
        letters: at least one, in print order.
        sender: the letterhead.
        pages_per_slice: how much is set at once; part of what the bytes depend on.

    Raises:
        LettersUnfit: some letters cannot be printed as they must be; names all of them.
    """
    if not letters:
        raise ValueError("a batch holds at least one letter")
    if faults := find_unprintable(letters, sender):
        raise LettersUnfit(faults)
    written = io.BytesIO()
    dated = max(letter.as_of for letter in letters)
    pieces = write_batch(letters, sender, written, dated=dated, pages_per_slice=pages_per_slice)
    return RenderedBatch(pdf=written.getvalue(), pieces=pieces)


def write_batch(
    letters: Iterable[Letter],
    sender: Sender,
    to: BinaryIO,
    *,
    dated: date,
    pages_per_slice: int = PAGES_PER_SLICE,
) -> tuple[RenderedPiece, ...]:
    """Set letters as they come into one PDF, written as it grows; holds a few slices in memory, however many there are.

    Args:
        letters: at least one, in print order; read once, some slices ahead of what is written.
        sender: the letterhead.
        to: where the PDF goes; its position need not be 0 and is never moved back. What stands there after an error is
            no PDF.
        dated: the date in the PDF's metadata; a batch's own is the latest `as_of` of its letters.
        pages_per_slice: as for `render_batch`, whose bytes these are.

    Returns:
        what is on which page.

    Raises:
        LettersUnfit: some letters cannot be printed as they must be; names all of them.
    """
    joiner = Joiner(to)
    pieces: list[RenderedPiece] = []
    faults: dict[str, str] = {}
    for part in _set_slices(cut_slices(letters, pages_per_slice), sender, dated):
        faults |= part.faults
        if not faults:
            pieces += _pieces(part.letters, joiner.pages + 1)
            joiner.add(part.pdf)
    if faults:
        raise LettersUnfit(faults)
    if not pieces:
        raise ValueError("a batch holds at least one letter")
    joiner.finish()
    return tuple(pieces)


def render_proof(letters: Sequence[Letter], sender: Sender) -> RenderedBatch:
    """The same letters with a word across every page, for people to look at; never to be mailed.

    Args:
        letters: a sample of a batch.
        sender: the letterhead.

    Raises:
        LettersUnfit: as `render_batch`.
    """
    return render_batch([replace(letter, watermark=PROOF) for letter in letters], sender)


def cut_slices(letters: Iterable[Letter], most_pages: int) -> Iterator[list[Letter]]:
    """The letters of one compile each; cut by their page counts alone, so that a batch is cut alike wherever it is set.

    Args:
        letters: in print order.
        most_pages: of a slice, unless one letter alone has more.
    """
    part: list[Letter] = []
    pages = 0
    for letter in letters:
        if part and pages + letter.page_count > most_pages:
            yield part
            part, pages = [], 0
        part.append(letter)
        pages += letter.page_count
    if part:
        yield part


def _set_slices(parts: Iterable[Sequence[Letter]], sender: Sender, dated: date) -> Iterator[_Slice]:
    """Every slice set and checked, in order, several in work at once and few waiting."""
    preflight = Preflight(sender)

    def set_slice(part: Sequence[Letter], unprintable: dict[str, str]) -> _Slice:
        fit = [letter for letter in part if letter.piece_id not in unprintable]
        if not fit:
            return _Slice(part, b"", unprintable)
        pdf = compile_slice(slice_payload(fit, sender, dated))
        return _Slice(part, pdf, unprintable | find_faults(pdf, fit, sender))

    with ThreadPoolExecutor(WORKERS) as workers:
        in_work: deque[Future[_Slice]] = deque()
        for part in parts:
            in_work.append(workers.submit(set_slice, part, preflight.faults_of(part)))
            if len(in_work) > WORKERS:
                yield in_work.popleft().result()
        while in_work:
            yield in_work.popleft().result()


def _pieces(letters: Iterable[Letter], page: int) -> Iterator[RenderedPiece]:
    for letter in letters:
        yield RenderedPiece(
            piece_id=letter.piece_id,
            language=letter.language,
            first_page=page,
            pages=letter.page_count,
            imb=letter.imb,
        )
        page += letter.page_count
