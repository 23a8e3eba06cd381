"""A language's letters leave only in the words that a named person has read."""

from dataclasses import replace
from datetime import date

import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.vetting import Review, Unvetted, languages_mailed
from pact_etl.letters.languages import fingerprints
from tests.letter_factories import letter
from tests.policies import COUNTY

KIND = LetterKind.PACT_INVITATION
TODAY = {"eng": "e1", "spa": "s1", "rus": "r1"}


def review(language: str, sha256: str, **overrides: object) -> Review:
    plain = Review(
        kind=KIND,
        language=language,
        reviewer="Ana Reyes",
        read_on=date(2026, 11, 2),
        sha256=sha256,
    )
    return replace(plain, **overrides)  # type: ignore[arg-type]


ENGLISH = review("eng", "e1")


def vetted(*reviews: Review) -> frozenset[str]:
    return languages_mailed(["eng", "spa", "rus"], reviews, KIND, TODAY).vetted


def test_a_language_is_vetted_by_a_review_of_todays_words() -> None:
    assert vetted(ENGLISH, review("spa", "s1")) == {"eng", "spa"}


def test_changed_words_are_unvetted_again() -> None:
    assert vetted(ENGLISH, review("spa", "s0")) == {"eng"}


def test_a_review_of_one_kind_says_nothing_of_another() -> None:
    assert vetted(ENGLISH, review("spa", "s1", kind=LetterKind.THANK_YOU)) == {"eng"}


def test_nothing_leaves_before_the_english_text_is_vetted() -> None:
    assert vetted(review("spa", "s1")) == frozenset()


def test_a_vetted_language_that_the_county_does_not_mail_in_stays_out() -> None:
    assert vetted(ENGLISH, review("vie", "v1")) == {"eng"}


def test_a_review_has_a_reviewer() -> None:
    with pytest.raises(ValueError, match="names its reviewer"):
        review("spa", "s1", reviewer="  ")


def test_an_unvetted_language_is_held_unless_the_county_sends_english_with_a_notice() -> None:
    held = languages_mailed(["eng", "rus"], [ENGLISH], KIND, TODAY, noticed=["rus"])
    noticed = languages_mailed(
        ["eng", "rus", "spa"],
        [ENGLISH, review("spa", "s1")],
        KIND,
        TODAY,
        unvetted=Unvetted.ENGLISH_WITH_NOTICE,
        noticed=["rus", "spa", "vie"],
    )

    assert held.mailed == {"eng"}
    assert noticed.mailed == {"eng", "spa", "rus"}
    sent = noticed.as_mailed(letter(1, language="rus"))
    assert (sent.language, sent.notice_in, sent.page_count) == ("eng", "rus", 2)
    assert noticed.as_mailed(letter(1, language="spa")).language == "spa"


def test_the_reviews_of_the_simulated_county_are_of_todays_words() -> None:
    stale = [
        (one.kind, one.language)
        for one in COUNTY.mailing.reviews
        if fingerprints(one.kind).get(one.language) != one.sha256
    ]

    assert stale == []
