"""A first notice on paper: the district's own, about no meeting, and with nothing of the District Attorney in it."""

import json
from dataclasses import replace

import pypdfium2 as pdfium
import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import find_unprintable, render_batch
from pact_etl.letters.languages import template_languages
from pact_etl.letters.payload import slice_payload
from pact_etl.letters.samples import SAMPLE_DISTRICT, SAMPLE_SENDER, sample_letter
from tests.letter_factories import AS_OF, MEETING

KIND = LetterKind.FIRST_NOTICE


def test_only_a_first_notice_is_about_no_meeting() -> None:
    assert sample_letter(KIND, "eng").meeting is None
    with pytest.raises(ValueError, match="meeting"):
        replace(sample_letter(KIND, "eng"), meeting=MEETING)
    for kind in set(LetterKind) - {KIND}:
        with pytest.raises(ValueError, match="meeting"):
            replace(sample_letter(kind, "eng"), meeting=None)


@pytest.mark.parametrize("language", sorted(template_languages(KIND)))
def test_it_names_the_district_and_nothing_of_the_county(language: str) -> None:
    letter = sample_letter(KIND, language)
    data = json.loads(slice_payload([letter], SAMPLE_DISTRICT, AS_OF))
    said = json.dumps([data["title"], data["sender"], data["letters"]], ensure_ascii=False)

    assert SAMPLE_DISTRICT.program in said
    for text in ("PACT", SAMPLE_SENDER.office, SAMPLE_SENDER.phone, SAMPLE_SENDER.website):
        assert text not in said


def test_its_pdf_bears_the_districts_name_and_an_open_title() -> None:
    letter = sample_letter(KIND, "eng")
    assert not find_unprintable([letter], SAMPLE_DISTRICT)

    document = pdfium.PdfDocument(render_batch([letter], SAMPLE_DISTRICT).pdf)
    found = document.get_metadata_dict()
    document.close()

    assert (found["Title"], found["Author"]) == (
        "Notices about school attendance",
        SAMPLE_DISTRICT.office,
    )
