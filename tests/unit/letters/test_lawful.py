"""No letter threatens with a repealed law, or says of a child what only a documented ladder allows."""

from dataclasses import replace
from datetime import date

import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.wording import unlawful_words
from pact_etl.law.parameters import DaMeeting
from pact_etl.letters import differs_from_law, find_unlawful, template_languages
from pact_etl.letters.kinds import clause_names
from pact_etl.letters.languages import texts_of, wording_of
from pact_etl.letters.samples import sample_letter
from tests.letter_factories import MEETING, SENDER, letter, student_record
from tests.policies import STATUTES

DAY = date(2026, 11, 20)
WORDING = STATUTES.wording_on(DAY)


def said_of_any_number(kind: LetterKind) -> set[str]:
    """The clauses of a kind, of one student or several."""
    return {name.removesuffix("_one").removesuffix("_several") for name in clause_names(kind)}


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_the_templates_use_none_of_the_words(language: str) -> None:
    assert find_unlawful([letter(1, language=language)], SENDER, WORDING, ()) == {}


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", sorted(template_languages()))
def test_no_kind_in_any_language_says_what_repealed_law_said(
    language: str, kind: LetterKind
) -> None:
    said = " \n ".join(texts_of(wording_of(language).said_in(kind)))

    assert unlawful_words(said, WORDING, every_student_is_chronic_truant=False) == ()


def test_a_note_of_the_county_that_threatens_stops_its_letter_and_no_other() -> None:
    threat = replace(MEETING, interpreter={"eng": "Not coming may mean JAIL."})

    faults = find_unlawful([letter(1, meeting=threat), letter(2)], SENDER, WORDING, ())

    assert faults == {"P0000000001": "unlawful_words: jail"}


def test_chronic_truant_is_said_only_on_letters_whose_students_all_are() -> None:
    told = replace(MEETING, rooms={"eng": "For families of chronic truants"})
    letters = [letter(1, meeting=told), letter(2, meeting=told)]

    assert find_unlawful(letters, SENDER, WORDING, {"P0000000002"}) == {
        "P0000000001": "unlawful_words: chronic truant"
    }


def test_a_family_may_have_any_name() -> None:
    jail = letter(1, students=(student_record(last_name="Jail"),))

    assert find_unlawful([jail], SENDER, WORDING, ()) == {}


@pytest.mark.parametrize(
    ("language", "threat", "word"),
    [
        ("rus", "Вам грозит тюрьма.", "тюрьм"),
        ("yue", "家長可能坐牢。", "坐牢"),
        ("cmn", "家长可能坐牢。", "坐牢"),
        ("ara", "قد يعاقب الوالدان بالسجن.", "بالسجن"),
        ("fas", "ممکن است به زندان بروید.", "زندان"),
        ("pan", "ਤੁਹਾਨੂੰ ਜੇਲ੍ਹ ਹੋ ਸਕਦੀ ਹੈ।", "ਜੇਲ੍ਹ"),
        ("vie", "Quý vị có thể bị bỏ tù.", "bỏ tù"),
        ("hmn", "Tej zaum yuav raug kaw nkuaj.", "nkuaj"),
    ],
)
def test_a_threat_is_found_in_every_script(language: str, threat: str, word: str) -> None:
    told = replace(MEETING, rooms={language: threat})

    found = find_unlawful([letter(1, language=language, meeting=told)], SENDER, WORDING, ())

    assert found == {"P0000000001": f"unlawful_words: {word}"}


def test_children_in_persian_are_no_prison() -> None:
    told = replace(MEETING, rooms={"fas": "با فرزندان خود بیایید"})

    assert find_unlawful([letter(1, language="fas", meeting=told)], SENDER, WORDING, ()) == {}


def test_every_language_of_the_letters_has_its_forbidden_and_its_reserved_words() -> None:
    assert template_languages() <= set(WORDING.forbidden)
    assert template_languages() <= set(WORDING.chronic_truants_only)


def test_the_first_notice_says_the_items_of_its_day_and_none_that_the_law_forbids() -> None:
    law = STATUTES.first_notice_on(DAY)
    clauses = said_of_any_number(LetterKind.FIRST_NOTICE)

    assert template_languages(LetterKind.FIRST_NOTICE) == template_languages()
    assert len(law.items) == 7
    assert set(law.items) <= clauses
    assert not set(law.never) & clauses
    assert not differs_from_law(LetterKind.FIRST_NOTICE, law.items, law.never)
    before = STATUTES.first_notice_on(date(2025, 6, 30))
    assert differs_from_law(LetterKind.FIRST_NOTICE, before.items, before.never)
    assert differs_from_law(LetterKind.FIRST_NOTICE, (), ("is_truant",))


def test_the_notice_of_a_meeting_says_what_its_statute_asks_for() -> None:
    law = STATUTES.parameters("da_meeting", DaMeeting, DAY)

    assert set(law.contents) <= said_of_any_number(LetterKind.MEETING_NOTICE)
    assert template_languages(LetterKind.MEETING_NOTICE) == template_languages()
    for language in template_languages(LetterKind.MEETING_NOTICE):
        said = wording_of(language).kinds[LetterKind.MEETING_NOTICE]
        assert "601.3" in said["section_invoked"]
        assert "48293" in said["may_file_under_48293"]


def test_a_notice_that_is_served_leaves_with_no_batch() -> None:
    served = sample_letter(LetterKind.MEETING_NOTICE, "eng")

    assert find_unlawful([served, letter(2)], SENDER, WORDING, ()) == {
        served.piece_id: "served_in_person_or_by_certified_mail"
    }


def test_no_kind_calls_a_student_a_truant_unless_its_statute_does() -> None:
    for kind in set(LetterKind) - {LetterKind.FIRST_NOTICE}:
        assert "truan" not in " ".join(texts_of(wording_of("eng").said_in(kind))).lower()


def test_letters_that_say_the_same_are_told_apart_by_what_their_students_may_be_called() -> None:
    (word, *_) = WORDING.chronic_truants_only["eng"]
    told = replace(MEETING, rooms={"eng": word})
    letters = [letter(number, meeting=told) for number in (1, 2, 3)]

    found = find_unlawful(iter(letters), SENDER, WORDING, ["P0000000002"])

    assert found.keys() == {"P0000000001", "P0000000003"}
