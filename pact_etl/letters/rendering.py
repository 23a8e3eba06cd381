"""A batch of letters to one PDF, slice by slice, every page checked before it is handed on."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from pact_etl.domain.letter import Letter, RenderedBatch, RenderedPiece, Sender
from pact_etl.letters.checks import find_faults
from pact_etl.letters.errors import LettersUnfit
from pact_etl.letters.joining import Joiner
from pact_etl.letters.payload import slice_payload
from pact_etl.letters.preflight import find_unprintable
from pact_etl.letters.typesetting import compile_slice

PAGES_PER_SLICE = 250
"""One compile keeps all it has set in memory, so a batch is set in slices of about this many pages."""

PROOF = "PROOF"


def render_batch(
    letters: Sequence[Letter], sender: Sender, *, pages_per_slice: int = PAGES_PER_SLICE
) -> RenderedBatch:
    """Set all letters of a batch into one PDF. The same letters give the same bytes.

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
    dated = max(letter.as_of for letter in letters)
    slices = list(_slices(letters, pages_per_slice))
    joiner = Joiner()
    # While one slice is checked and joined here, the next is set in the thread, outside Python's lock.
    with ThreadPoolExecutor(max_workers=1) as typesetter:
        coming = [
            typesetter.submit(compile_slice, slice_payload(part, sender, dated))
            for part in slices[:1]
        ]
        for position, part in enumerate(slices):
            pdf = coming.pop().result()
            for following in slices[position + 1 : position + 2]:
                coming.append(
                    typesetter.submit(compile_slice, slice_payload(following, sender, dated))
                )
            faults |= find_faults(pdf, part, sender)
            joiner.add(pdf)
    if faults:
        raise LettersUnfit(faults)
    return RenderedBatch(pdf=joiner.finish(), pieces=tuple(_pieces(letters)))


def render_proof(letters: Sequence[Letter], sender: Sender) -> RenderedBatch:
    """The same letters with a word across every page, for people to look at; never to be mailed.

    Args:
        letters: a sample of a batch.
        sender: the letterhead.

    Raises:
        LettersUnfit: as `render_batch`.
    """
    return render_batch([replace(letter, watermark=PROOF) for letter in letters], sender)


def _slices(letters: Sequence[Letter], most_pages: int) -> Iterator[Sequence[Letter]]:
    first, pages = 0, 0
    for index, letter in enumerate(letters):
        if index > first and pages + letter.page_count > most_pages:
            yield letters[first:index]
            first, pages = index, 0
        pages += letter.page_count
    yield letters[first:]


def _pieces(letters: Sequence[Letter]) -> Iterator[RenderedPiece]:
    page = 1
    for letter in letters:
        yield RenderedPiece(
            piece_id=letter.piece_id,
            language=letter.language,
            first_page=page,
            pages=letter.page_count,
            imb=letter.imb,
        )
        page += letter.page_count
