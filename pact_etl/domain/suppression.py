"""The county's dated rules for letters that a person should look at before they leave, and what a person may enter.

What the record only makes likely is never acted on: each rule here makes work for a person, and none of it is ever
shown to a family. Whether a rule applies to one student is `routing`'s to say.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from pact_etl.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalPattern:
    """When excused days look like an illness that belongs to the nurse, not to a letter.

    Attributes:
        least_excused_days: whole excused days of the school year, at least.
        least_share: of all whole days missed, at least; a fraction.
        why: who says so.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    least_excused_days: int
    least_share: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLetters:
    """How many calendar days after a notice of the district about attendance an invitation may follow."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    days: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The ZIP codes that the county writes to, single (`95608`) or from one to another (`94203-94299`).

    An empty list is no limit.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    zips: list[str]
    why: str

    def covers(self, zip_code: str) -> bool:
        """Whether a ZIP or ZIP+4 code is among them."""
        five = re.sub(r"\D", "", zip_code)[:5]
        spans = (one.split("-") for one in self.zips)
        return not self.zips or any(span[0] <= five <= span[-1] for span in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRules:
    """The rules in force from one day on."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    medical_pattern: MedicalPattern
    other_letters: OtherLetters
    reach: Reach

    def is_medical_pattern(self, excused_days: int, absent_days: int) -> bool:
        """Whether a person of the school's health office should look first."""
        rule = self.medical_pattern
        if excused_days < rule.least_excused_days:
            return False
        return excused_days >= rule.least_share * absent_days

    def follows_too_soon(self, last: date | None, as_of: date) -> bool:
        """Whether the district wrote to the family so recently that a second letter would come back to back."""
        return last is not None and as_of < last + timedelta(days=self.other_letters.days)

    def is_within_county(self, zip_code: str) -> bool:
        """Whether the county writes to an address with this ZIP code without a person's look."""
        return self.reach.covers(zip_code)


TOLD_BY_HAND = frozenset(
    {
        Reason.DECEASED,
        Reason.DO_NOT_SEND,
        Reason.FOSTER_YOUTH,
        Reason.HOMELESS_YOUTH,
        Reason.UNACCOMPANIED_YOUTH,
        Reason.SAFE_AT_HOME,
        Reason.SUPPORT_PENDING,
        Reason.MEDICAL_PATTERN,
        Reason.OUT_OF_COUNTY,
    }
)
"""What a person of the county may enter where no district's file says it."""

NO_BY_A_PERSON = frozenset({Reason.BATCH_REJECTED, Reason.LETTER_TAKEN_OUT})
"""An approver's no: nothing but a person's clearance ends it."""

CLEARED_BY_HAND = frozenset(
    {
        Reason.MEDICAL_PATTERN,
        Reason.OUT_OF_COUNTY,
        Reason.OTHER_LETTER_RECENT,
        Reason.MAIL_RETURNED,
        Reason.BATCH_REJECTED,
        Reason.LETTER_TAKEN_OUT,
    }
)
"""What a person who has looked may clear: what record or post make likely and do not say, and an approver's no."""

ENDLESS = frozenset({Reason.DECEASED})
"""What needs no date on which somebody looks again."""


class ByHand(NamedTuple):
    """What persons have entered about one student, in force on a night."""

    told: frozenset[Reason]
    cleared: frozenset[Reason]


NOTHING_BY_HAND = ByHand(told=frozenset(), cleared=frozenset())
