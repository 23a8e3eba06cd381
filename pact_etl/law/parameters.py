"""What each section of a state's law file says in numbers and words: its parameters, with their kinds.

A section or a parameter that is not declared here is refused, so that a slip of the pen cannot pass for a law.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pact_etl.domain.case import Party
from pact_etl.domain.ladder import Step

STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompulsoryAge:
    """Years of age, the upper one exclusive."""

    __pydantic_config__ = STRICT

    from_age: int
    until_age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Truant:
    """Days that make a truant, and the minutes that a day must exceed to be one of them."""

    __pydantic_config__ = STRICT

    occasions: int
    more_than_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidExcuse:
    """Sections that list valid excuses."""

    __pydantic_config__ = STRICT

    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstNotice:
    """What the first notice must say, and what it must not."""

    __pydantic_config__ = STRICT

    items: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainTruant:
    """Further days after a report that make another."""

    __pydantic_config__ = STRICT

    further_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitualTruant:
    """Reports in one school year, and efforts to hold a conference."""

    __pydantic_config__ = STRICT

    reports: int
    conference_efforts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SarbReferral:
    """For which reasons a student may be referred to a review board."""

    __pydantic_config__ = STRICT

    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaNotification:
    """Under which section the District Attorney may then ask parents to a meeting, and who may name a truant.

    `with_county_board` and `without_county_board` are agencies (`domain.case.Party`); `after` says for each which steps
    of the ladder (`domain.ladder.Step`) must lie behind its word.
    """

    __pydantic_config__ = STRICT

    meeting_section: str
    with_county_board: tuple[Party, ...]
    without_county_board: tuple[Party, ...]
    after: Mapping[Party, tuple[Step, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChronicTruant:
    """Tenths of the schooldays, sections the district must have complied with, words kept for such a student."""

    __pydantic_config__ = STRICT

    tenths: int
    ladder: tuple[str, ...]
    reserved_words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilConsequences:
    """What may follow each report."""

    __pydantic_config__ = STRICT

    by_report: Mapping[int, str]
    warning_kept_years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardReport:
    """What districts count and pass on."""

    __pydantic_config__ = STRICT

    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The section under which a complaint leads to the review board."""

    __pydantic_config__ = STRICT

    investigation_section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentFines:
    """At most so many US dollars for the first, second and third time."""

    __pydantic_config__ = STRICT

    dollars: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """Whether every referral's outcome goes back to the agency it came from."""

    __pydantic_config__ = STRICT

    each_referral: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeDayPresent:
    """Whether part of a day is a day for a district's money."""

    __pydantic_config__ = STRICT

    part_of_a_day_is_present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekendClasses:
    """Weekend days that a truant may be required to go."""

    __pydantic_config__ = STRICT

    truant_may_be_required_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceRecovery:
    """Days that may be made up in a year."""

    __pydantic_config__ = STRICT

    most_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChronicAbsentee:
    """Tenths of the schooldays."""

    __pydantic_config__ = STRICT

    tenths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JuvenileCourt:
    """Reports in one school year."""

    __pydantic_config__ = STRICT

    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaMeeting:
    """How long before the meeting its notice is served, and what it holds."""

    __pydantic_config__ = STRICT

    serve_days_before: int
    contents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentionable:
    """Whether a letter may mention the section, and the words by language that would."""

    __pydantic_config__ = STRICT

    may_be_mentioned: bool
    words: Mapping[str, tuple[str, ...]]


SECTIONS: Mapping[str, type] = {
    "compulsory_age": CompulsoryAge,
    "truant": Truant,
    "valid_excuse": ValidExcuse,
    "first_notice": FirstNotice,
    "again_truant": AgainTruant,
    "habitual_truant": HabitualTruant,
    "sarb_referral": SarbReferral,
    "da_notification": DaNotification,
    "chronic_truant": ChronicTruant,
    "pupil_consequences": PupilConsequences,
    "board_report": BoardReport,
    "complaint": Complaint,
    "parent_fines": ParentFines,
    "outcome_report": OutcomeReport,
    "whole_day_present": WholeDayPresent,
    "weekend_classes": WeekendClasses,
    "attendance_recovery": AttendanceRecovery,
    "chronic_absentee": ChronicAbsentee,
    "juvenile_court": JuvenileCourt,
    "da_meeting": DaMeeting,
    "parent_misdemeanor": Mentionable,
    "contributing_to_delinquency": Mentionable,
}
"""Every section of a law file, and what its entries hold; the file must have all of them and no other."""
