"""Faults are found before a page is set where possible, and on the page where not."""

from dataclasses import replace

import pytest

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import Letter, Recipient
from pact_etl.letters import LettersUnfit, find_unprintable, render_batch
from pact_etl.letters.checks import find_faults
from tests.letter_factories import MEETING, SENDER, letter, student_record


def addressed(*lines: str) -> Letter:
    return letter(1, recipient=Recipient(name="Jane Doe", lines=lines))


@pytest.mark.parametrize(
    ("unprintable", "slug"),
    [
        (letter(1, language="tgl"), "language_without_template"),
        (addressed(), "address_missing"),
        (addressed("JANE DOE", " ", "X CA 95814"), "address_missing"),
        (addressed(*"ABCDEF"), "address_too_many_lines"),
        (addressed("J" * 51, "1 A ST", "X CA 95814"), "address_line_too_long"),
        (letter(1, students=(student_record(first_name="李"),)), "character_without_glyph"),
        (letter(1, students=(student_record(last_name="Lo\u202epez"),)), "control_character"),
        (letter(1, meeting=replace(MEETING, rooms={"spa": "Sala\n1"})), "control_character"),
    ],
)
def test_what_cannot_be_printed_is_known_beforehand(unprintable: Letter, slug: str) -> None:
    assert find_unprintable([unprintable, letter(2)], SENDER) == {"P0000000001": slug}

    with pytest.raises(LettersUnfit) as caught:
        render_batch([unprintable, letter(2)], SENDER)
    assert caught.value.faults == {"P0000000001": slug}


def test_two_letters_of_one_piece_id_are_both_refused() -> None:
    assert find_unprintable([letter(1), letter(1)], SENDER) == {"P0000000001": "piece_id_repeated"}


def test_accents_of_many_languages_can_be_printed() -> None:
    name = "Łukasz Çağrı Nguyễn Ñúñez Ілля Ωμέγα"

    assert find_unprintable([letter(1, students=(student_record(first_name=name),))], SENDER) == {}


def test_a_letterhead_that_cannot_be_set_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="letterhead: character_without_glyph"):
        find_unprintable([letter(1)], replace(SENDER, office="ก"))


def test_an_address_that_is_not_the_one_in_the_window_is_found() -> None:
    pdf = render_batch([letter(1)], SENDER).pdf

    assert find_faults(pdf, [letter(1)], SENDER) == {}
    wrong = letter(
        1, recipient=Recipient(name="Jane Doe", lines=("JANE DOE", "999 OAK ST", "X CA 95814"))
    )
    assert find_faults(pdf, [wrong], SENDER) == {"P0000000001": "address_outside_window"}


def test_a_missing_piece_and_pieces_out_of_order_are_found() -> None:
    pdf = render_batch([letter(1), letter(2)], SENDER).pdf

    assert find_faults(pdf, [letter(1), letter(2), letter(3)], SENDER) == {
        "P0000000003": "page_count_wrong"
    }
    assert find_faults(pdf, [letter(2), letter(1)], SENDER) == {
        "P0000000001": "page_mark_wrong",
        "P0000000002": "page_mark_wrong",
    }
