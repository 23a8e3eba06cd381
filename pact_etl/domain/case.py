"""A case: one student in one school year and district, and what was done in it. Deadlines are `case_deadlines`'.

What is recorded elsewhere (findings, ladder, letters) is looked up there; an *entry* is what is recorded nowhere else:
contacts, referrals and what came of them, the closing. Entries hold codes only. They say nothing of offences, courts or
probation: such data belongs to other records (WIC 827, 828).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.errors import UsageError
from pact_etl.domain.truancy import Rule

OPENED_BY = Rule.CHRONIC_TRUANT_CANDIDATE
"""The finding that opens a case: the program works with whom it would invite. A truant has the district's ladder."""


class Kind(StrEnum):
    """What an entry tells. Stored by value."""

    CONTACT = "contact"
    REFERRAL = "referral"
    MEETING_SET = "meeting_set"  # dated by the meeting itself
    NOTICE_GIVEN = "notice_given"  # of that meeting, to the family
    MEETING = "meeting"  # what came of it; without a referral, of the evening the letter invites to
    AGREEMENT = "agreement"
    SERVICES = "services"
    REFERRAL_ENDED = "referral_ended"
    CLOSING = "closing"
    RETRACTION = "retraction"  # an entry that should not have been made; both stay


class Way(StrEnum):
    """How something was done, or to whom a referral went. Stored by value."""

    PHONE = "phone"
    VISIT = "visit"
    EMAIL = "email"
    IN_PERSON = "in_person"
    MAIL = "mail"
    CERTIFIED_MAIL = "certified_mail"
    REVIEW_BOARD = "review_board"  # SARB, EC 48263
    TRUANCY_MEDIATION = "truancy_mediation"  # EC 48264.5(c)
    DA_MEETING = "da_meeting"  # WIC 601.3, EC 48260.6 and 48263.5
    REVIEW_TEAM = "review_team"  # SART, a district's own practice


class Party(StrEnum):
    """In which role somebody was reached, or referred. Stored by value."""

    GUARDIAN = "guardian"
    STUDENT = "student"
    SCHOOL = "school"
    OTHER_AGENCY = "other_agency"
    DISTRICT = "district"
    REVIEW_BOARD = "review_board"
    PROBATION = "probation"


class Result(StrEnum):
    """What came of it. Stored by value."""

    REACHED = "reached"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    WRONG_CONTACT = "wrong_contact"
    DECLINED = "declined"
    ATTENDED = "attended"
    NOT_ATTENDED = "not_attended"
    RESCHEDULED = "rescheduled"
    MADE = "made"
    KEPT = "kept"
    NOT_KEPT = "not_kept"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    NO_FURTHER_ACTION = "no_further_action"
    RETURNED = "returned"  # to who referred
    ATTENDANCE_IMPROVED = "attendance_improved"
    SERVICES_IN_PLACE = "services_in_place"
    MOVED_AWAY = "moved_away"
    OF_AGE = "of_age"
    RECORD_CORRECTED = "record_corrected"
    YEAR_OVER = "year_over"
    WRONG_STUDENT = "wrong_student"
    WRONG_ENTRY = "wrong_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an entry of one kind says.

    Attributes:
        ways, parties, results: the values it may have; with none of one, the field stays empty.
        about: kinds that it can be about; empty for an entry that stands alone.
        stands_alone: whether it may also be about nothing.
    """

    ways: frozenset[Way] = frozenset()
    parties: frozenset[Party] = frozenset()
    results: frozenset[Result] = frozenset()
    about: frozenset[Kind] = frozenset()
    stands_alone: bool = True


CONTACT_WAYS = frozenset({Way.PHONE, Way.VISIT, Way.EMAIL, Way.IN_PERSON})
REFERRED_TO = frozenset({Way.REVIEW_BOARD, Way.TRUANCY_MEDIATION, Way.DA_MEETING, Way.REVIEW_TEAM})
REFERRING = frozenset({Party.DISTRICT, Party.REVIEW_BOARD, Party.PROBATION})
REPORTED_BACK = REFERRED_TO - {Way.REVIEW_TEAM}
"""Referrals whose outcome goes back to who made them (EC 48297); a team of the district's own knows it already."""

SECTION: Mapping[Way, str] = {
    Way.REVIEW_BOARD: "EC 48263",
    Way.TRUANCY_MEDIATION: "EC 48264.5",
    Way.DA_MEETING: "WIC 601.3",
    Way.REVIEW_TEAM: "",
}

MEETING_OF: Mapping[Way, str] = {
    Way.REVIEW_BOARD: "review_board_meeting",
    Way.DA_MEETING: "da_meeting",
}
"""Referral to the event that timers know its meeting by."""

_OF_REFERRAL = frozenset({Kind.REFERRAL})
FORMS: Mapping[Kind, Form] = {
    Kind.CONTACT: Form(
        ways=CONTACT_WAYS,
        parties=frozenset({Party.GUARDIAN, Party.STUDENT, Party.SCHOOL, Party.OTHER_AGENCY}),
        results=frozenset(
            {
                Result.REACHED,
                Result.LEFT_MESSAGE,
                Result.NO_ANSWER,
                Result.WRONG_CONTACT,
                Result.DECLINED,
            }
        ),
    ),
    Kind.REFERRAL: Form(ways=REFERRED_TO, parties=REFERRING),
    Kind.MEETING_SET: Form(about=_OF_REFERRAL, stands_alone=False),
    Kind.NOTICE_GIVEN: Form(
        ways=frozenset({Way.IN_PERSON, Way.CERTIFIED_MAIL, Way.MAIL}),
        about=_OF_REFERRAL,
        stands_alone=False,
    ),
    Kind.MEETING: Form(
        results=frozenset({Result.ATTENDED, Result.NOT_ATTENDED, Result.RESCHEDULED}),
        about=_OF_REFERRAL,
    ),
    Kind.AGREEMENT: Form(
        results=frozenset({Result.MADE, Result.DECLINED, Result.KEPT, Result.NOT_KEPT}),
        about=_OF_REFERRAL,
    ),
    Kind.SERVICES: Form(results=frozenset({Result.ACCEPTED, Result.DECLINED}), about=_OF_REFERRAL),
    Kind.REFERRAL_ENDED: Form(
        results=frozenset({Result.RESOLVED, Result.NO_FURTHER_ACTION, Result.RETURNED}),
        about=_OF_REFERRAL,
        stands_alone=False,
    ),
    Kind.CLOSING: Form(
        results=frozenset(
            {
                Result.ATTENDANCE_IMPROVED,
                Result.SERVICES_IN_PLACE,
                Result.MOVED_AWAY,
                Result.OF_AGE,
                Result.RECORD_CORRECTED,
                Result.YEAR_OVER,
            }
        )
    ),
    Kind.RETRACTION: Form(
        results=frozenset({Result.WRONG_STUDENT, Result.WRONG_ENTRY}),
        about=frozenset(Kind) - {Kind.RETRACTION},
        stands_alone=False,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing done in a case.

    Attributes:
        day: when it was done; of `meeting_set`, when the meeting is.
        about: number of the entry it belongs to, such as the referral that it came of.
        number: which of several alike on one day.
        id: its number once it is recorded.
        entered_by: who entered it; with `as_of`, on which day.
    """

    kind: Kind
    day: date
    about: int | None = None
    way: Way | None = None
    whom: Party | None = None
    result: Result | None = None
    number: int = 1
    id: int = 0
    entered_by: str = ""
    as_of: date = date.min


def check_entry(entry: Entry, about: Kind | None, as_of: date) -> None:
    """Refuse an entry that says too little, too much, or what cannot have happened yet.

    Args:
        entry: as asked for.
        about: the kind of the entry that it is about, if any.
        as_of: the day on which it is entered.

    Raises:
        UsageError: says what is wrong, and which values there are.
    """
    form = FORMS[entry.kind]
    fields = {
        "way": (entry.way, form.ways),
        "whom": (entry.whom, form.parties),
        "result": (entry.result, form.results),
    }
    for name, (value, allowed) in fields.items():
        if allowed and value not in allowed:
            raise UsageError(f"{entry.kind}: {name} is one of {', '.join(sorted(allowed))}")
        if not allowed and value is not None:
            raise UsageError(f"{entry.kind}: has no {name}")
    if about is None and not form.stands_alone:
        raise UsageError(f"{entry.kind}: is about a {' or '.join(sorted(form.about))}")
    if about is not None and about not in form.about:
        raise UsageError(f"{entry.kind}: cannot be about a {about}")
    if entry.day > as_of and entry.kind is not Kind.MEETING_SET:
        raise UsageError(f"{entry.kind}: {entry.day} lies after {as_of}")
    if entry.number < 1:
        raise UsageError("the number of an entry is 1 or more")
    if not entry.entered_by.strip():
        raise UsageError("an entry says who made it")


def standing_entries(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries that nobody took back, without those about one that was, in the order of their dates."""
    retracted = {e.about for e in entries if e.kind is Kind.RETRACTION}
    kept = [
        e
        for e in entries
        if e.kind is not Kind.RETRACTION and e.id not in retracted and e.about not in retracted
    ]
    return tuple(sorted(kept, key=lambda e: (e.day, e.id)))


def closing_of(entries: Sequence[Entry], newest_finding: date | None) -> Entry | None:
    """The closing of a case, or None while it is open: a finding that came after it opens the case again.

    Args:
        entries: standing ones.
        newest_finding: when the newest finding came that opens a case.
    """
    closings = [e for e in entries if e.kind is Kind.CLOSING]
    if not closings or (newest_finding is not None and newest_finding > closings[-1].day):
        return None
    return closings[-1]
