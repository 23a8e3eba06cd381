"""Letters set for real and read back: pages, marks, tags, bytes, and text that stays text."""

import io
import re
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2 as pdfium
import pytest

from pact_etl.domain.letter import Letter, Recipient, RecordOffice, RenderedBatch
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import LettersUnfit, render_batch, render_proof
from pact_etl.letters.languages import wording_of, written_languages
from pact_etl.letters.samples import longest_letter
from tests.letter_factories import (
    MEETING,
    SENDER,
    letter,
    student_record,
)

MARK = re.compile(r"(P[0-9]{10}), page ([0-9]+) of ([0-9]+)")


def page_texts(pdf: bytes) -> list[str]:
    document = pdfium.PdfDocument(pdf)
    try:
        texts = []
        for index in range(len(document)):
            page = document[index]
            text = page.get_textpage()
            texts.append(text.get_text_range())
            text.close()
            page.close()
        return texts
    finally:
        document.close()


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def households() -> tuple[Letter, ...]:
    """One child in English, siblings in Spanish, siblings in two districts in English."""
    brother = student_record(first_name="Ignacio", unexcused_days=(date(2026, 9, 8),))
    cousin = student_record(
        first_name="Ana",
        district_name="Folsom Cordova Unified",
        office=RecordOffice(name="Records", phone="(916) 555-0177", email="records@fcusd.example"),
    )
    return (
        letter(1),
        letter(2, language="spa", students=(student_record(), brother)),
        letter(3, students=(student_record(), cousin)),
    )


@pytest.fixture(scope="module")
def batch(households: tuple[Letter, ...]) -> RenderedBatch:
    """Set in three slices, so that joining is part of what is tested."""
    return render_batch(households, SENDER, pages_per_slice=2)


@pytest.fixture(scope="module")
def texts(batch: RenderedBatch) -> list[str]:
    return page_texts(batch.pdf)


def test_a_household_gets_one_letter_and_one_record_for_each_student(batch: RenderedBatch) -> None:
    assert [(p.first_page, p.pages) for p in batch.pieces] == [(1, 2), (3, 6), (9, 3)]
    assert batch.pages == 11


def test_every_page_says_which_piece_it_belongs_to_and_which_of_how_many_it_is(
    batch: RenderedBatch, texts: list[str]
) -> None:
    found = [MARK.findall(text) for text in texts]

    expected = [
        [(piece.piece_id, str(number), str(piece.pages))]
        for piece in batch.pieces
        for number in range(1, piece.pages + 1)
    ]
    assert found == expected


def test_a_letter_in_spanish_comes_first_and_its_english_copy_behind(texts: list[str]) -> None:
    assert "Le invitamos a una reunión" in texts[2]
    assert "Registro de asistencia" in texts[3]
    assert "English copy of this letter" in texts[5]
    assert "You are invited" in texts[5]
    assert "JANE DOE" not in texts[5]  # one address per envelope


def test_the_first_sentence_counts_the_days(texts: list[str]) -> None:
    assert "Dear Jane Doe, Maria has missed 9 of 60 school days" in one_line(texts[0])
    assert "Maria (9 de 60 días) e Ignacio (1 de 60 días) han faltado" in one_line(texts[2])


def test_one_office_is_named_in_the_letter_and_several_on_their_records(texts: list[str]) -> None:
    assert "call Attendance Office at (916) 555-0134 by" in one_line(texts[0])
    assert "call the office named on each record by" in one_line(texts[8])
    assert "(916) 555-0177" in texts[10]


def test_the_record_lists_dates_and_counts_and_says_as_of_when(texts: list[str]) -> None:
    record = one_line(texts[1])

    assert "Record as of Friday, November 20, 2026" in record
    assert "9 Full days missed with no excuse on file" in record
    assert "August 18, 26; September 3, 11, 21, 29; October 7, 15, 23" in record
    assert "August 27; September 24" in record
    assert "Enrolled since Thursday, August 13, 2026" in record


def test_the_same_letters_give_the_same_bytes(
    households: tuple[Letter, ...], batch: RenderedBatch
) -> None:
    assert render_batch(households, SENDER, pages_per_slice=2).pdf == batch.pdf


def test_joining_slices_changes_no_page(households: tuple[Letter, ...], texts: list[str]) -> None:
    assert page_texts(render_batch(households, SENDER).pdf) == texts


def test_the_joined_pdf_is_tagged_from_the_first_page_to_the_last(batch: RenderedBatch) -> None:
    with pikepdf.open(io.BytesIO(batch.pdf)) as pdf:
        root = pdf.Root.StructTreeRoot
        numbers = [int(n) for n in list(root.ParentTree.Nums)[::2]]
        assert numbers == list(range(11))
        assert [int(page.obj.StructParents) for page in pdf.pages] == numbers
        tagged = {part.Pg.objgen for part in root.K[0].K if "/Pg" in part}
        assert tagged == {page.obj.objgen for page in pdf.pages}
        assert all(part.P.objgen == root.K[0].objgen for part in root.K[0].K)
        languages = {str(part.Lang) for part in root.K[0].K if "/Lang" in part}
        assert "es" in {language[:2] for language in languages}
        metadata = pdf.Root.Metadata.read_bytes().decode()
        assert "pdfuaid:part" in metadata
        assert "pdfaid:part" in metadata
        assert pdf.check_pdf_syntax() == []


def test_names_that_look_like_markup_are_printed_as_they_are() -> None:
    name = '#import "x" *a* <b> $y$ `c` _d_ @e [f] // \\g'
    wild = letter(
        1,
        recipient=Recipient(name=name, lines=(name, "1 #PANIC() ST", "X CA 95814")),
        students=(student_record(first_name="#{1+1}*", last_name="<script>&amp;"),),
    )

    first, second = page_texts(render_batch([wild], SENDER).pdf)

    assert f"Dear {name}," in one_line(first)
    assert "#{1+1}* has missed" in one_line(first)
    assert "1 #PANIC() ST" in first
    assert "#{1+1}* <script>&amp;" in second


def test_the_longest_plausible_household_fits_its_pages_in_both_languages() -> None:
    long = longest_letter(LetterKind.PACT_INVITATION, "spa")

    assert render_batch([long], SENDER).pages == 12


def test_a_letter_that_runs_over_its_page_is_named_by_its_piece_id_alone() -> None:
    endless = letter(
        7, meeting=replace(MEETING, parking={"eng": "Turn left at the Zzyzx sign. " * 90})
    )

    with pytest.raises(LettersUnfit) as caught:
        render_batch([letter(6), endless, letter(8)], SENDER)

    assert caught.value.faults == {"P0000000007": "page_count_wrong"}
    assert "Zzyzx" not in str(caught.value)


def test_a_proof_says_so_on_every_page(households: tuple[Letter, ...]) -> None:
    assert all("PROOF" in text for text in page_texts(render_proof(households[:1], SENDER).pdf))


def test_a_batch_without_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        render_batch([], SENDER)


@pytest.mark.parametrize("language", ["rus", "hmn", "pan", "cmn"])
def test_an_english_letter_bears_a_notice_in_a_language_that_nobody_has_vetted(
    language: str,
) -> None:
    noticed = replace(longest_letter(LetterKind.PACT_INVITATION, "eng"), notice_in=language)

    pages = page_texts(render_batch([noticed], SENDER).pdf)

    said = wording_of(language).language.notice[:6]
    assert len(pages) == noticed.page_count
    assert said in one_line(pages[0])
    assert "You are invited" in pages[0]
    assert said not in one_line(pages[1])


@pytest.mark.parametrize("language", sorted(written_languages() - {"eng"}))
def test_a_letter_and_its_english_copy_are_tagged_with_their_languages(language: str) -> None:
    tag = wording_of(language).language.tag
    with pikepdf.open(io.BytesIO(render_batch([letter(1, language=language)], SENDER).pdf)) as pdf:
        parts = pdf.Root.StructTreeRoot.K[0].K
        languages = {str(part.Lang) for part in parts if "/Lang" in part}
        fonts = {str(font.BaseFont) for font in pdf.objects if _is_font(font)}

    own = tag if "-" in tag else f"{tag}-US"
    assert own in languages
    assert languages <= {own, "en-US"}
    assert all(re.match(r"/[A-Z]{6}\+Noto", font) for font in fonts)  # cut down, and embedded


def _is_font(value: pikepdf.Object) -> bool:
    return isinstance(value, pikepdf.Dictionary) and value.get("/Type") == "/Font"
