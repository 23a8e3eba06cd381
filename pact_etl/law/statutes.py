"""Load dated statutes and pick the entry in force on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.policy import AgeSpan, LadderLaw, Law, OccasionLimit, OccasionLimits
from pact_etl.domain.served_notice import ServiceLaw
from pact_etl.domain.timers import Timer
from pact_etl.domain.wording import LetterWording
from pact_etl.law.parameters import (
    SECTIONS,
    AgainTruant,
    ChronicAbsentee,
    ChronicTruant,
    CompulsoryAge,
    DaMeeting,
    DaNotification,
    FirstNotice,
    HabitualTruant,
    JuvenileCourt,
    Mentionable,
    Truant,
)

CALIFORNIA = Path(__file__).with_name("california.yaml")

COUNTING = ("compulsory_age", "truant", "chronic_truant", "chronic_absentee")
"""Sections that decide which line a student's counts are over; the version of the law names their newest entry."""

P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Parameters and the days, both inclusive, on which they are in force."""

    first: date
    last: date
    parameters: Any  # of the type that SECTIONS gives the section

    def covers(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the law.

    Attributes:
        source: how the text is known; see the law file.
        confirm: what counsel has to look at; empty where there is nothing.
        entries: oldest first, without gap or overlap.
    """

    citation: str
    says: str
    source: Literal["statute", "older", "secondary", "memory"]
    confirm: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statutes:
    """Every section with its dated entries."""

    state: str
    sections: Mapping[str, Section]

    def entry(self, name: str, day: date) -> Entry:
        """The entry of one section that is in force on a day.

        Raises:
            SettingsError: nothing was in force.
        """
        for one in self.sections[name].entries:
            if one.covers(day):
                return one
        raise SettingsError(f"{self.state}: {name} has no entry in force on {day}")

    def parameters(self, name: str, kind: type[P], day: date) -> P:
        """The parameters of one section on a day."""
        found = self.entry(name, day).parameters
        assert isinstance(found, kind)  # the loader made it one
        return found

    def on(self, day: date) -> Law:
        """The law in force on a day; its version is the newest entry of COUNTING that was already in force."""
        age = self.parameters("compulsory_age", CompulsoryAge, day)
        truant = self.parameters("truant", Truant, day)
        chronic = self.parameters("chronic_truant", ChronicTruant, day)
        absentee = self.parameters("chronic_absentee", ChronicAbsentee, day)
        newest = max(self.entry(name, day).first for name in COUNTING)
        return Law(
            version=f"{self.state}:{newest.isoformat()}",
            compulsory_from_age=age.from_age,
            compulsory_until_age=age.until_age,
            earlier_ages=tuple(
                AgeSpan(
                    first=one.first,
                    last=one.last,
                    from_age=one.parameters.from_age,
                    until_age=one.parameters.until_age,
                )
                for one in self.sections["compulsory_age"].entries
                if one.last < day
            ),
            truant_occasions=truant.occasions,
            chronic_truant_tenths=chronic.tenths,
            chronic_absentee_tenths=absentee.tenths,
        )

    def ladder_on(self, day: date) -> LadderLaw:
        """What the ladder of reports and notices asks on a day."""
        habitual = self.parameters("habitual_truant", HabitualTruant, day)
        return LadderLaw(
            truant_occasions=self.parameters("truant", Truant, day).occasions,
            further_days=self.parameters("again_truant", AgainTruant, day).further_days,
            habitual_reports=habitual.reports,
            conference_efforts=habitual.conference_efforts,
            court_reports=self.parameters("juvenile_court", JuvenileCourt, day).reports,
            chronic_sections=self.parameters("chronic_truant", ChronicTruant, day).ladder,
        )

    def timers_on(self, day: date) -> tuple[Timer, ...]:
        """Deadlines that a statute sets, beside those of the county."""
        meeting = self.parameters("da_meeting", DaMeeting, day)
        return (
            Timer(
                name="da_meeting_notice_served",
                event="da_meeting",
                days=-meeting.serve_days_before,
                why=self.sections["da_meeting"].citation,
            ),
        )

    def service_on(self, day: date) -> ServiceLaw:
        """What is asked of a notice of a meeting with the District Attorney on a day."""
        naming = self.parameters("da_notification", DaNotification, day)
        return ServiceLaw(
            serve_days_before=self.parameters("da_meeting", DaMeeting, day).serve_days_before,
            with_county_board=frozenset(naming.with_county_board),
            without_county_board=frozenset(naming.without_county_board),
            after=naming.after,
        )

    def occasion_limits(self) -> OccasionLimits:
        """How many minutes a day must exceed to be an occasion, by day."""
        entries = self.sections["truant"].entries
        return OccasionLimits(
            limits=tuple(
                OccasionLimit(from_=one.first, minutes=one.parameters.more_than_minutes)
                for one in entries
            )
        )

    def wording_on(self, day: date) -> LetterWording:
        """Which words no letter of a day may use, and which only for a chronic truant."""
        forbidden: dict[str, tuple[str, ...]] = {}
        for name, kind in SECTIONS.items():
            if kind is Mentionable:
                rule = self.parameters(name, Mentionable, day)
                for language, words in ({} if rule.may_be_mentioned else rule.words).items():
                    forbidden[language] = (*forbidden.get(language, ()), *words)
        chronic = self.parameters("chronic_truant", ChronicTruant, day)
        return LetterWording(forbidden=forbidden, chronic_truants_only=chronic.reserved_words)

    def first_notice_on(self, day: date) -> FirstNotice:
        """What a district's first notice of a day must and must not say."""
        return self.parameters("first_notice", FirstNotice, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RawSection:
    """A section as the file has it."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    citation: str
    says: str
    source: Literal["statute", "older", "secondary", "memory"]
    entries: list[dict[str, Any]]
    confirm: str = ""


def load_statutes(path: Path = CALIFORNIA) -> Statutes:
    """Read a state's file.

    Raises:
        SettingsError: a section is missing, unknown, lacks its citation, has unknown or missing parameters, or its
            entries leave a gap or overlap. The message names the section.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in content.keys() ^ SECTIONS.keys():
        fault = "unknown section" if name in content else "section is missing"
        raise SettingsError(f"{path.name}: {name}: {fault}")
    sections = {name: _section(path.name, name, raw) for name, raw in content.items()}
    return Statutes(state=path.stem, sections=sections)


def _section(file: str, name: str, raw: object) -> Section:
    try:
        read = TypeAdapter(_RawSection).validate_python(raw)
        adapter: TypeAdapter[Any] = TypeAdapter(SECTIONS[name])
        entries = [_entry(adapter, one) for one in read.entries]
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"{file}: {name}: {faults}") from None
    if not read.citation.strip() or not entries:
        raise SettingsError(f"{file}: {name}: needs a citation and entries")
    if read.source != "statute" and not read.confirm:
        raise SettingsError(f"{file}: {name}: says nothing of what is to be confirmed")
    return Section(
        citation=read.citation,
        says=" ".join(read.says.split()),
        source=read.source,
        confirm=read.confirm,
        entries=_in_order(f"{file}: {name}", entries),
    )


def _entry(adapter: "TypeAdapter[Any]", raw: Mapping[str, Any]) -> Entry:
    days = TypeAdapter(dict[Literal["from", "to"], date]).validate_python(
        {"from": raw.get("from")} | {k: v for k, v in raw.items() if k == "to"}
    )
    rest = {key: value for key, value in raw.items() if key not in {"from", "to"}}
    return Entry(
        first=days["from"],
        last=days.get("to", date.max),
        parameters=adapter.validate_python(rest),
    )


def _in_order(where: str, entries: list[Entry]) -> tuple[Entry, ...]:
    """Entries oldest first; one without `to` lasts until the day before the next.

    Raises:
        SettingsError: two claim a day, none claims a day between the first and the last, or one ends before it begins.
    """
    ordered = sorted(entries, key=lambda one: one.first)
    closed = []
    for one, following in zip(ordered, [*ordered[1:], None], strict=True):
        last = one.last
        if following is not None and last == date.max:
            last = following.first - timedelta(days=1)
        if last < one.first or (following is not None and following.first <= last):
            raise SettingsError(f"{where}: entries overlap at {one.first}")
        if following is not None and following.first != last + timedelta(days=1):
            raise SettingsError(f"{where}: nothing is in force after {last}")
        closed.append(Entry(first=one.first, last=last, parameters=one.parameters))
    return tuple(closed)
