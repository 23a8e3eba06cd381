"""Which languages real letters may be in: those whose words a named person has read, and only those very words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from pact_etl.domain.letter import COMPANION_LANGUAGE, Letter
from pact_etl.domain.letter_kind import LetterKind


class Unvetted(StrEnum):
    """What a county does about a family whose language nobody has vetted."""

    HOLD = "hold"
    ENGLISH_WITH_NOTICE = "english_with_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One person's word that a kind of letter reads well in a language.

    Attributes:
        read_on: the day.
        sha256: of the words that were read (`letters.languages.fingerprint`); others need another reading.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    kind: LetterKind
    language: str
    reviewer: str
    read_on: date
    sha256: str

    def __post_init__(self) -> None:
        """Refuse a review by nobody."""
        if not self.reviewer.strip():
            raise ValueError("a review names its reviewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLanguages:
    """The languages of one kind of letter, as a county mails it.

    Attributes:
        vetted: whole letters may be in these.
        with_notice: families with these get the English letter, under one paragraph in their own language.
    """

    vetted: frozenset[str]
    with_notice: frozenset[str] = frozenset()

    @property
    def mailed(self) -> frozenset[str]:
        """Families with these languages get a letter; the others are held."""
        return self.vetted | self.with_notice

    def as_mailed(self, letter: Letter) -> Letter:
        """A letter in its family's language, or the English one with a notice in that."""
        if letter.language not in self.with_notice:
            return letter
        return replace(letter, language=COMPANION_LANGUAGE, notice_in=letter.language)


def languages_mailed(
    wanted: Collection[str],
    reviews: Collection[Review],
    kind: LetterKind,
    fingerprints: Mapping[str, str],
    *,
    unvetted: Unvetted = Unvetted.HOLD,
    noticed: Collection[str] = (),
) -> LetterLanguages:
    """Which languages a county mails a kind in.

    Args:
        wanted: the languages that the county wishes to mail in.
        reviews: its own.
        kind: of the letter.
        fingerprints: of today's words, by language.
        unvetted: the county's way with the others.
        noticed: languages that have the paragraph above an English letter.
    """
    read = {(review.language, review.sha256) for review in reviews if review.kind is kind}
    vetted = frozenset(
        code for code in wanted if code in fingerprints and (code, fingerprints[code]) in read
    )
    # Every letter carries its English text, so nothing leaves before that is vetted.
    if COMPANION_LANGUAGE not in vetted:
        return LetterLanguages(vetted=frozenset())
    if unvetted is Unvetted.HOLD:
        return LetterLanguages(vetted=vetted)
    return LetterLanguages(vetted=vetted, with_notice=frozenset(wanted) & set(noticed) - vetted)
