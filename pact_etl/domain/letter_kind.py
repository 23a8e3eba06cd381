"""The kinds of letter there are, and what of the record and the evening each one carries.

What a kind says stands in `pact_etl/letters/wording`; when one is due is decided elsewhere.
"""

from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter is for."""

    PACT_INVITATION = "pact_invitation"
    SECOND_INVITATION = "second_invitation"
    DISREGARD = "disregard"
    DISREGARD_PART = "disregard_part"
    DISREGARD_LATE = "disregard_late"
    THANK_YOU = "thank_you"
    FIRST_NOTICE = "first_notice"
    MEETING_NOTICE = "meeting_notice"

    @property
    def carries_record(self) -> bool:
        """Whether each student's attendance record lies behind the letter."""
        return self in _WITH_RECORD

    @property
    def names_earlier_letter(self) -> bool:
        """Whether it says the day of the letter that it follows or takes back."""
        return self is LetterKind.SECOND_INVITATION or self in TAKING_BACK

    @property
    def called_as(self) -> "LetterKind":
        """The kind under which it is called for: taking a letter back is one thing, in whichever words."""
        return LetterKind.DISREGARD if self in TAKING_BACK else self

    @property
    def invites(self) -> bool:
        """Whether it asks a family to an evening because of days missed: what a correction can make wrong."""
        return self in INVITING

    @property
    def names_meeting(self) -> bool:
        """Whether it is about a dated meeting; a first notice says that the family may ask for one."""
        return self is not LetterKind.FIRST_NOTICE

    @property
    def is_districts(self) -> bool:
        """Whether the district sends it, under its own letterhead: the District Attorney has no part in it."""
        return self is LetterKind.FIRST_NOTICE

    @property
    def is_served(self) -> bool:
        """Whether a statute says how it reaches the family (WIC 601.3): never by ordinary mail."""
        return self is LetterKind.MEETING_NOTICE


_WITH_RECORD = frozenset(
    {
        LetterKind.PACT_INVITATION,
        LetterKind.SECOND_INVITATION,
        LetterKind.FIRST_NOTICE,
        LetterKind.MEETING_NOTICE,
    }
)

INVITING = frozenset({LetterKind.PACT_INVITATION, LetterKind.SECOND_INVITATION})
"""Kinds that ask to an evening: one envelope of either per household and evening."""

TAKING_BACK = frozenset(
    {LetterKind.DISREGARD, LetterKind.DISREGARD_PART, LetterKind.DISREGARD_LATE}
)
"""Kinds that take a letter back: as a whole, for some of its students, and once its evening has come."""
