"""The proof of service: one page of its own, for the office, that says what was to be served on whom by when."""

from dataclasses import replace
from datetime import date

import pypdfium2 as pdfium
import pytest

from pact_etl.domain.letter import Letter
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import ProofOfService, find_unlawful, render_batch, render_proof_of_service
from pact_etl.letters.samples import SAMPLE_SENDER, longest_letter, sample_letter
from tests.policies import STATUTES

KIND = LetterKind.MEETING_NOTICE
LONGEST = longest_letter(KIND, "eng")


def form(letter: Letter) -> bytes:
    said = ProofOfService(
        notice="N1001",
        letter=letter,
        person=2,
        persons=3,
        section="Welfare and Institutions Code 601.3",
        last_day=date(2026, 12, 5),
        enter="pact case notice served N1001 --person 2",
    )
    return render_proof_of_service(said, SAMPLE_SENDER)


def pages(pdf: bytes) -> list[str]:
    document = pdfium.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_it_says_what_is_to_be_served_on_whom_by_when_and_that_it_is_the_offices() -> None:
    [said] = pages(form(sample_letter(KIND, "ara")))

    for words in (
        "OFFICE COPY. Not for the family.",
        "N1001, piece P0000000001, person 2 of 3",
        "Jane Doe",
        "101 MAIN ST APT 4, SACRAMENTO CA 95814",
        "Maria Lopez",
        "Thursday, December 10, 2026",
        "Last day to serve: Saturday, December 5, 2026",
        "certified mail, return receipt requested",
        "Signature",
    ):
        assert words in said


def test_the_longest_names_stay_on_one_page_and_the_same_values_give_the_same_bytes() -> None:
    one_child = replace(LONGEST, students=LONGEST.students[:1])

    assert len(pages(form(one_child))) == 1
    assert form(one_child) == form(one_child)


@pytest.mark.parametrize("language", ["eng", "spa", "ara"])
def test_the_notice_names_the_minor_whole_in_each_language_and_holds_no_form(language: str) -> None:
    said = pages(render_batch([sample_letter(KIND, language)], SAMPLE_SENDER).pdf)

    firsts = said[:: len(said) // (1 if language == "eng" else 2)]
    assert all("Maria Lopez" in first for first in firsts)
    assert "roof of service" not in " ".join(said)


def test_a_notice_may_be_served_and_not_mailed() -> None:
    wording = STATUTES.wording_on(date(2026, 12, 1))
    letter = sample_letter(KIND, "spa")

    assert find_unlawful([letter], SAMPLE_SENDER, wording, ()) == {
        "P0000000001": "served_in_person_or_by_certified_mail"
    }
    assert find_unlawful([letter], SAMPLE_SENDER, wording, (), by_mail=False) == {}
