"""The joiner takes the typesetter's files and nothing else, and changes references only."""

import io
import re

import pikepdf
import pytest

from pact_etl.domain.errors import InvariantBroken
from pact_etl.letters.joining import Joiner
from pact_etl.letters.payload import slice_payload
from pact_etl.letters.plain_pdf import new_references, read_objects, renumbered, stream
from pact_etl.letters.typesetting import compile_slice
from tests.letter_factories import AS_OF, SENDER, letter


@pytest.fixture(scope="module")
def slices() -> list[bytes]:
    return [compile_slice(slice_payload([letter(n)], SENDER, AS_OF)) for n in (1, 2, 3)]


def joined(slices: list[bytes]) -> bytes:
    written = io.BytesIO()
    joiner = Joiner(written)
    for one in slices:
        joiner.add(one)
    joiner.finish()
    return written.getvalue()


def test_the_joined_file_counts_its_pages_wherever_it_names_them(slices: list[bytes]) -> None:
    pdf = joined(slices)

    assert re.findall(rb"<xmpTPg:NPages>(\d+)", pdf) == [b"6"]
    assert re.findall(rb"/Type/Pages/Count (\d+)", pdf) == [b"6"]
    assert len(re.findall(rb"/Type/Catalog", pdf)) == 1
    assert len(re.findall(rb"/S/Document/", pdf)) == 1
    assert len(re.findall(rb"/Type/OutputIntent", pdf)) == 1


def test_no_object_is_left_that_nothing_refers_to(slices: list[bytes]) -> None:
    with pikepdf.open(io.BytesIO(joined(slices))) as pdf:
        total = len(pdf.objects)
        written = io.BytesIO()
        pdf.save(written)  # writes only what can be reached
    with pikepdf.open(written) as again:
        # A gray colour profile that the typesetter writes and its pages do not use is all that may go.
        assert total - len(again.objects) <= 2 * len(slices)


def test_a_single_slice_keeps_every_page_content(slices: list[bytes]) -> None:
    before, _ = read_objects(slices[0])
    after, _ = read_objects(joined(slices[:1]))

    contents = [
        {stream(body) for body in objects.values() if b"/FlateDecode" in body[:200]}
        for objects in (before, after)
    ]
    assert contents[0] == contents[1]


def test_a_text_that_looks_like_a_reference_stays() -> None:
    body = b"<</T(see 5 0 R)/P 5 0 R/K[6 0 R 7]>>\nstream\n5 0 R\nendstream"

    changed = b"<</T(see 5 0 R)/P 50 0 R/K[60 0 R 7]>>\nstream\n5 0 R\nendstream"
    assert renumbered(body, new_references({5: 50, 6: 60})) == changed


def other_pdf() -> bytes:
    written = io.BytesIO()
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(written)
    return written.getvalue()


@pytest.mark.parametrize("foreign", [b"", b"%PDF-1.7", other_pdf()])
def test_a_file_from_elsewhere_is_refused(foreign: bytes) -> None:
    with pytest.raises(InvariantBroken):
        Joiner(io.BytesIO()).add(foreign)


def test_a_damaged_slice_is_refused(slices: list[bytes]) -> None:
    with pytest.raises(InvariantBroken):
        Joiner(io.BytesIO()).add(slices[0].replace(b"/StructTreeRoot", b"/StructTreeRuin"))
    with pytest.raises(InvariantBroken):
        Joiner(io.BytesIO()).add(slices[0][:-2000] + slices[0][-1000:])


def test_nothing_joined_is_no_file() -> None:
    with pytest.raises(InvariantBroken):
        Joiner(io.BytesIO()).finish()
