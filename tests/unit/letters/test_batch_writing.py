"""A batch written as it is set: the same bytes however it is worked on, in little memory, with every fault named."""

import io
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pytest
from typing_extensions import Buffer

from pact_etl.domain.letter import Letter
from pact_etl.letters import LettersUnfit, render_batch, rendering, write_batch
from pact_etl.letters.joining import Joiner
from pact_etl.letters.languages import written_languages
from pact_etl.letters.payload import slice_payload
from pact_etl.letters.typesetting import compile_slice
from tests.letter_factories import AS_OF, MEETING, SENDER, letter, student_record

LETTERS = [
    letter(number, language=language)
    for number, language in enumerate(sorted(written_languages()), start=1)
]


@pytest.fixture(scope="module")
def whole() -> bytes:
    return render_batch(LETTERS, SENDER, pages_per_slice=8).pdf


def written(letters: Iterable[Letter], pages_per_slice: int = 8) -> bytes:
    to = io.BytesIO()
    write_batch(letters, SENDER, to, dated=AS_OF, pages_per_slice=pages_per_slice)
    return to.getvalue()


def pictures(pdf: bytes) -> list[npt.NDArray[np.bool_]]:
    """Where there is ink on each page, a dot for each point."""
    document = pdfium.PdfDocument(pdf)
    try:
        return [page.render(grayscale=True).to_numpy() < 128 for page in document]
    finally:
        document.close()


def is_near(ink: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> bool:
    """Whether every dot of ink has one within a dot of it in the other picture: a viewer rounds glyphs to dots."""
    around = np.zeros_like(other)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            around |= np.roll(other, (down, right), axis=(0, 1))
    return not (ink & ~around).any()


@pytest.mark.parametrize("workers", [1, 3])
def test_the_bytes_do_not_depend_on_how_many_slices_are_in_work(
    whole: bytes, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "WORKERS", workers)

    assert written(iter(LETTERS)) == whole


def test_no_page_looks_different_for_being_set_beside_others(whole: bytes) -> None:
    pairs = list(zip(pictures(written(LETTERS, pages_per_slice=250)), pictures(whole), strict=True))

    assert all(is_near(one, other) and is_near(other, one) for one, other in pairs)
    assert not is_near(pairs[0][0], pairs[1][0])


def test_pieces_are_told_with_their_pages_over_all_slices(whole: bytes) -> None:
    pieces = write_batch(LETTERS, SENDER, io.BytesIO(), dated=AS_OF, pages_per_slice=8)

    assert pieces == render_batch(LETTERS, SENDER).pieces
    assert pieces[-1].first_page + pieces[-1].pages - 1 == len(pdfium.PdfDocument(whole))


def test_letters_are_read_a_few_slices_ahead_of_what_is_written() -> None:
    """Else a state's night of them would have to be held in memory."""
    read: list[Letter] = []
    read_when_written: list[int] = []

    class Sink(io.BytesIO):
        def write(self, chunk: Buffer) -> int:
            read_when_written.append(len(read))
            return super().write(chunk)

    def watched() -> Iterator[Letter]:
        for number in range(1, 13):
            read.append(letter(number))
            yield read[-1]

    write_batch(watched(), SENDER, Sink(), dated=AS_OF, pages_per_slice=2)  # a letter each

    _, *slices = read_when_written[:13]  # behind the head of the file
    assert all(
        so_far <= slice_number + rendering.WORKERS + 1
        for slice_number, so_far in enumerate(slices, 1)
    )


def test_joining_holds_little_of_what_it_has_written() -> None:
    one = compile_slice(slice_payload([letter(1)], SENDER, AS_OF))
    to = io.BytesIO(bytes(40 * len(one)))  # as large as it will be, so that it need not grow
    tracemalloc.start()
    joiner = Joiner(to)
    for _ in range(40):
        joiner.add(one)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 0.1 * to.tell()


def test_faults_before_and_after_setting_are_all_named_and_the_rest_is_read() -> None:
    endless = replace(MEETING, parking={"eng": "Turn left at the sign. " * 120})
    letters = [
        letter(1, students=(student_record(first_name="李"),)),
        letter(2),
        letter(3, meeting=endless),
        letter(4),
        letter(2),
    ]

    with pytest.raises(LettersUnfit) as caught:
        written(iter(letters), pages_per_slice=2)

    assert caught.value.faults == {
        "P0000000001": "character_without_glyph",
        "P0000000002": "piece_id_repeated",
        "P0000000003": "page_count_wrong",
    }


def test_no_letters_are_no_batch() -> None:
    with pytest.raises(ValueError, match="at least one"):
        written(iter([]))
