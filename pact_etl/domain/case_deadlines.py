"""Deadlines of a case: which there are, by when each is due, and whether it was met.

The days are `timers`' and the county's; entries and their forms are `case`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.case import (
    MEETING_OF,
    REPORTED_BACK,
    Entry,
    Kind,
    Party,
    Way,
    standing_entries,
)
from pact_etl.domain.timers import Timer, due_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when something of a case is due, and when it was done.

    Attributes:
        subject: number of the referral it is about, or None for the case itself.
    """

    name: str
    on: date
    why: str
    subject: int | None = None
    done_on: date | None = None

    def is_overdue(self, as_of: date) -> bool:
        """Whether it should have been done and is not."""
        return self.done_on is None and self.on < as_of


FULFILLED_BY: Mapping[str, str] = {
    "first_notice_sent": "family_notice",
    "review_board_notice_mailed": "notice_given",
    "da_meeting_notice_served": "notice_given",
    "referral_outcome_reported": "reported_back",
}
"""Timer to the event that meets it. One that is not here can be shown, and never as done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """That a case stood in a back-report: to whom, about which period, and on which day."""

    agency: Party
    first: date
    last: date
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What deadlines rest on, as known on one day.

    Attributes:
        became_truant: None also where the district tells of no ladder at all, so that nothing can be held against it.
        family_notice: the first one since, as the district told it.
        newest_finding: of the kind that opens a case.
        told: back-reports that the case stood in.
    """

    case_id: int
    district: str
    entries: tuple[Entry, ...]
    became_truant: date | None = None
    family_notice: date | None = None
    newest_finding: date | None = None
    told: tuple[Told, ...] = ()


def deadlines(facts: CaseFacts, timers: Sequence[Timer]) -> tuple[Deadline, ...]:
    """Every deadline that what is known of a case sets, earliest first."""
    events: dict[int | None, dict[str, date]] = {None: {}}
    if facts.became_truant is not None:
        events[None]["became_truant"] = facts.became_truant
    if facts.family_notice is not None:
        events[None]["family_notice"] = facts.family_notice
    entries = standing_entries(facts.entries)
    for referral in (e for e in entries if e.kind is Kind.REFERRAL):
        own = [e for e in entries if e.about == referral.id]
        events[referral.id] = _events_of(referral, own, facts.told)
    found = [
        Deadline(
            name=due.name,
            on=due.on,
            why=due.why,
            subject=subject,
            done_on=known.get(FULFILLED_BY.get(due.name, "")),
        )
        for subject, known in events.items()
        for due in due_dates(known, timers)
    ]
    return tuple(sorted(found, key=lambda d: (d.on, d.name, d.subject or 0)))


def _events_of(referral: Entry, own: Sequence[Entry], told: Sequence[Told]) -> dict[str, date]:
    """The dated events of one referral, by the names that timers know."""
    events: dict[str, date] = {}
    meetings = [e for e in own if e.kind is Kind.MEETING_SET]
    if meetings and referral.way is not None and referral.way in MEETING_OF:
        meeting = max(meetings, key=lambda e: e.id)  # the last word on when it is
        events[MEETING_OF[referral.way]] = meeting.day
        # A notice of an earlier date is none of the new one.
        given = [e.day for e in own if e.id > meeting.id and _serves(referral, e)]
        if given:
            events["notice_given"] = min(given)
    ended = [e for e in own if e.kind is Kind.REFERRAL_ENDED]
    if ended and referral.way in REPORTED_BACK:
        events["referral_ended"] = ended[-1].day
        heard = [
            t.on for t in told if t.agency is referral.whom and t.first <= ended[-1].as_of <= t.last
        ]
        if heard:
            events["reported_back"] = min(heard)
    return events


def _serves(referral: Entry, entry: Entry) -> bool:
    """A statutory meeting is announced in person or by certified mail (WIC 601.3); a board's by any mail."""
    is_notice = entry.kind is Kind.NOTICE_GIVEN
    return is_notice and (referral.way is not Way.DA_MEETING or entry.way is not Way.MAIL)
