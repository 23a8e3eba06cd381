"""What the law and the county say on a given date. Values only; the numbers live in dated, cited files.

`Law` is read from `pact_etl/law/california.yaml`, the county's part from `config/county.yaml`. A change of either
adds an entry there; nothing here changes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pact_etl.domain.ages import age_on
from pact_etl.domain.attendance import (
    ABSENT_ANY_REASON,
    FULL_DAY_UNEXCUSED,
    OUTSIDE_THE_COUNT,
    TRUANCY_OCCASIONS,
    Status,
)
from pact_etl.domain.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeSpan:
    """Ages of compulsory education (the upper one exclusive) on days that both ends include."""

    first: date
    last: date
    from_age: int
    until_age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The statutory parameters in force on one date."""

    version: str
    compulsory_from_age: int  # years, EC 48200
    compulsory_until_age: int  # years, exclusive, EC 48200
    truant_occasions: int  # EC 48260(a)
    chronic_truant_tenths: int  # U must be at least this many tenths of D, EC 48263.6
    chronic_absentee_tenths: int  # EC 60901(c)(1)
    earlier_ages: tuple[AgeSpan, ...] = ()  # what 48200 said on days before

    def age_spans(self) -> tuple[AgeSpan, ...]:
        """The ages of compulsory education on every day, oldest first, without gap."""
        since = self.earlier_ages[-1].last + timedelta(days=1) if self.earlier_ages else date.min
        today = AgeSpan(
            first=since,
            last=date.max,
            from_age=self.compulsory_from_age,
            until_age=self.compulsory_until_age,
        )
        return (*self.earlier_ages, today)

    def binds(self, birth_date: date, day: date) -> bool:
        """Whether a student was of compulsory age on a day, by what the law said on that day (EC 48200)."""
        span = next(s for s in reversed(self.age_spans()) if s.first <= day)
        return span.from_age <= age_on(birth_date, day) < span.until_age


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionLimit:
    """From a day on, more than so many minutes without excuse are an occasion (EC 48260(a))."""

    from_: date
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionLimits:
    """Every limit there was, oldest first: each day of attendance is read by its own."""

    limits: tuple[OccasionLimit, ...]

    def on(self, day: date) -> int:
        """Minutes that must be exceeded on a day."""
        return next(one.minutes for one in reversed(self.limits) if one.from_ <= day)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderLaw:
    """What the ladder of reports and notices asks on one date."""

    truant_occasions: int  # EC 48260(a)
    further_days: int  # days after a report that make another, EC 48261
    habitual_reports: int  # EC 48262
    conference_efforts: int  # EC 48262
    court_reports: int  # WIC 601(b), In re A.N.
    chronic_sections: tuple[str, ...]  # sections the district must have complied with, EC 48263.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PactThreshold:
    """Who is invited, for one program year: ten per cent of the schooldays (EC 48263.6), with the county's minimums.

    Attributes:
        grades: only students of these grades; empty invites every grade.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    minimum_unexcused_days: int
    minimum_enrolled_days: int
    kind: Literal["ratio"] = "ratio"
    grades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysThreshold:
    """Who is invited, for one program year: so many days absent all day or more than 30 minutes late, no ratio.

    The program's own text of 2012: "more [than] six unexcused absences or more than 30 minutes tardy".

    Attributes:
        minimum_enrolled_days: of the rate of chronic absentees only; the invitation asks for no minimum.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    minimum_occasions: int
    minimum_enrolled_days: int
    kind: Literal["days_or_occasions"]
    grades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A question that the law leaves open, as the county answers it, and why."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    answer: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schooldays:
    """A number of schooldays that the law leaves open, as the county answers it, and why."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    answer: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How the county counts where the statutes leave it open; every answer is for counsel to confirm.

    Attributes:
        partial_absences_in_u: whether part of a day missed counts as a day of U.
        incomplete_study_in_u: whether an independent study day not completed counts as a day of U.
        weekend_classes_count: whether Saturdays and Sundays are schooldays of D, and absences on them count.
        recovery_deletes_absence: whether a day made up stops being a day missed; only "no" can be answered.
        spans_are_summed: whether two stays in one district are one count; only "yes" can be answered.
        districts_are_pooled: whether days of two districts are one count; only "no" can be answered.
        clearing_schooldays: the clearing window: how many schooldays a family has to clear an absence before it counts.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    partial_absences_in_u: Choice
    incomplete_study_in_u: Choice
    weekend_classes_count: Choice
    recovery_deletes_absence: Choice
    spans_are_summed: Choice
    districts_are_pooled: Choice
    clearing_schooldays: Schooldays

    def __post_init__(self) -> None:
        """Refuse an answer that nothing here can act on, rather than let it stand without effect."""
        fixed = {
            "recovery_deletes_absence": False,
            "spans_are_summed": True,
            "districts_are_pooled": False,
        }
        for name, only in fixed.items():
            if getattr(self, name).answer is not only:
                raise SettingsError(f"county.yaml: counting.{name} can only be {only}")
        if self.clearing_schooldays.answer < 0:
            raise SettingsError("county.yaml: counting.clearing_schooldays cannot be negative")

    def in_clearing_window(self, schooldays_since: int) -> bool:
        """Whether a day without excuse does not count yet, because its family may still clear it.

        Args:
            schooldays_since: schooldays after the day through the last one whose attendance the district submitted,
                by the calendar of the school and track that the student had on the day.
        """
        return schooldays_since < self.clearing_schooldays.answer

    @property
    def unexcused(self) -> frozenset[Status]:
        """Statuses that count in U."""
        more: set[Status] = set()
        if self.partial_absences_in_u.answer:
            more |= TRUANCY_OCCASIONS
        if self.incomplete_study_in_u.answer:
            more.add(Status.INDEPENDENT_STUDY_INCOMPLETE)
        return FULL_DAY_UNEXCUSED | more

    @property
    def occasions(self) -> frozenset[Status]:
        """Statuses that are an occasion."""
        return TRUANCY_OCCASIONS | self.unexcused

    @property
    def absent(self) -> frozenset[Status]:
        """Statuses that are an absence for any reason."""
        return ABSENT_ANY_REASON

    @property
    def exempt(self) -> frozenset[Status]:
        """Statuses that take a day out of D."""
        return OUTSIDE_THE_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Law and county policy as they stand on one date; `version` names both for the record."""

    law: Law
    threshold: PactThreshold | DaysThreshold
    counting: Counting

    @property
    def version(self) -> str:
        """What a finding records, such as `california:2026-01-01+county:2026-07-01`."""
        newest = max(self.threshold.from_, self.counting.from_)
        return f"{self.law.version}+county:{newest.isoformat()}"
