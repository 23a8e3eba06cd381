"""A notice of a meeting with the District Attorney (WIC 601.3): what forbids it, its states, when it is served in time.

A notice is made for one referral and one meeting, and served on each person required. Who may be written to about a
student at all is `routing`'s; what is said is `pact_etl.letters`'.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from pact_etl.domain.case import Party, Way
from pact_etl.domain.ladder import LadderStep, Step
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.notice import Machine
from pact_etl.domain.reasons import Reason

SERVED_RECIPIENTS = ("district_attorney", "household")
"""Who gets to see the record with a notice: whose notice it is, and on whom it is served. No print vendor."""


class NoticeStatus(StrEnum):
    """How far one notice has come. Stored by value, but for the first."""

    ASKED = "asked"  # somebody asks for it; nothing is kept yet
    HELD = "held"  # a reason code waits for a person
    PREPARED = "prepared"  # looked at, proof set, nothing has left
    ISSUED = "issued"  # frozen, logged as disclosed, its pieces lie ready to be served
    WITHDRAWN = "withdrawn"  # not to be served
    EXPIRED = "expired"  # nobody issued it while it could still be served in time


class NoticeEvent(StrEnum):
    """What can happen to a notice. Stored by value."""

    HOLD = "hold"
    PREPARE = "prepare"
    ISSUE = "issue"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


OPEN = frozenset({NoticeStatus.HELD, NoticeStatus.PREPARED, NoticeStatus.ISSUED})
"""While a notice is one of these, the referral and meeting have no second one."""

_S, _E = NoticeStatus, NoticeEvent
SERVED_NOTICE = Machine(
    name="served_notice",
    initial=_S.ASKED,
    transitions={
        (_S.ASKED, _E.PREPARE): _S.PREPARED,
        (_S.ASKED, _E.HOLD): _S.HELD,
        (_S.HELD, _E.HOLD): _S.HELD,
        (_S.HELD, _E.PREPARE): _S.PREPARED,
        (_S.PREPARED, _E.PREPARE): _S.PREPARED,
        # The newest data is asked once more when it is issued.
        (_S.PREPARED, _E.HOLD): _S.HELD,
        (_S.PREPARED, _E.ISSUE): _S.ISSUED,
        (_S.HELD, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.PREPARED, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.ISSUED, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.HELD, _E.EXPIRE): _S.EXPIRED,
        (_S.PREPARED, _E.EXPIRE): _S.EXPIRED,
    },
)


class Refusal(StrEnum):
    """Why there is no notice, whoever asks for it. Codes of answers and logs."""

    NOT_A_DA_REFERRAL = "not_a_da_referral"
    REFERRAL_RETRACTED = "referral_retracted"
    REFERRAL_ENDED = "referral_ended"
    CASE_CLOSED = "case_closed"
    REFERRAL_AUTHORITY_UNKNOWN = "referral_authority_unknown"
    REFERRER_MAY_NOT_NOTIFY = "referrer_may_not_notify"
    LADDER_INCOMPLETE = "ladder_incomplete"
    FINDING_NOT_STANDING = "finding_not_standing"
    MEETING_MOVED = "meeting_moved"
    MEETING_PAST = "meeting_past"
    TOO_LATE_TO_SERVE = "too_late_to_serve"
    MEETING_IS_PACT_EVENING = "meeting_is_pact_evening"


_TIMING = frozenset({Refusal.MEETING_PAST, Refusal.TOO_LATE_TO_SERVE})


class Withdrawal(StrEnum):
    """Why a person takes a notice back. Stored by value."""

    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_MOVED = "meeting_moved"
    RECORD_CORRECTED = "record_corrected"
    FAMILY_PROTECTED = "family_protected"
    WRONG_STUDENT = "wrong_student"
    WRONG_ENTRY = "wrong_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLaw:
    """What the statutes ask of a notice on one day.

    Attributes:
        serve_days_before: days between service and meeting, at least.
        with_county_board: agencies that may name truants to the District Attorney in a county with a county attendance
            review board.
        without_county_board: the same in a county without one.
        after: agency to the steps of the ladder that must lie behind its referral.
    """

    serve_days_before: int
    with_county_board: frozenset[Party]
    without_county_board: frozenset[Party]
    after: Mapping[Party, tuple[Step, ...]]

    def last_day(self, meeting_on: date) -> date:
        """The last day on which service is in time.

        The day of service is left out and the day of the meeting counted: five days before the 20th is the 15th.
        """
        return meeting_on - timedelta(days=self.serve_days_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedNoticeRules:
    """What the county says of notices of a meeting, from one day on.

    Attributes:
        county_review_board: whether the county has a county attendance review board (EC 48263.5).
        after: steps of the ladder that the county wants to see beside those of the statutes.
        why: who says so.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    county_review_board: bool
    why: str
    after: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """An evening of the program: where and when it is."""

    day: date
    starts: time
    ends: time
    place: str

    def clashes_with(self, meeting: MeetingInvitation) -> bool:
        """Whether a meeting would be that evening under another name: the same place, or the same hours, that day."""
        is_same_place = self.place.strip().casefold() == meeting.place.strip().casefold()
        overlaps = meeting.starts < self.ends and self.starts < meeting.ends
        return self.day == meeting.date and (is_same_place or overlaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a notice is asked for, and what is known about it on a day.

    Attributes:
        way: what the referral was to.
        referred_by: which agency made it, and `referred_on` when.
        meeting_set: the day that the case's last word on the meeting names; None where there is none.
        ladder: steps of the school year, of the case's district.
        boarded: whether the case itself holds a standing referral to a review board.
        stands: whether the finding stands on the newest night.
    """

    way: Way | None
    referred_by: Party | None
    referred_on: date
    is_retracted: bool
    is_ended: bool
    is_open: bool
    meeting: MeetingInvitation
    meeting_set: date | None
    ladder: Sequence[LadderStep]
    boarded: bool
    stands: bool
    evenings: Sequence[Evening] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What forbids a notice; with `ladder_incomplete`, the steps that are missing."""

    refusals: tuple[Refusal, ...]
    missing: tuple[Step, ...] = ()

    @property
    def undoing(self) -> tuple[Refusal, ...]:
        """Those that make a notice that is out wrong; that its days have run is no fault of it."""
        return tuple(one for one in self.refusals if one not in _TIMING)


def judge(
    request: Request,
    on_referral: ServiceLaw,
    rules: ServedNoticeRules | None,
    law: ServiceLaw,
    as_of: date,
) -> Judged:
    """Everything that forbids a notice, most basic first.

    Args:
        request: what is known.
        on_referral: the law of the day of the referral: who may refer, and after what.
        rules: the county's on that day; None where it has not said, and then nobody may refer.
        law: of today, for the days of service.
        as_of: today.
    """
    missing = missing_steps(request, on_referral, rules)
    applies = {
        Refusal.NOT_A_DA_REFERRAL: request.way is not Way.DA_MEETING,
        Refusal.REFERRAL_RETRACTED: request.is_retracted,
        Refusal.REFERRAL_ENDED: request.is_ended,
        Refusal.CASE_CLOSED: not request.is_open,
        Refusal.REFERRAL_AUTHORITY_UNKNOWN: rules is None,
        Refusal.REFERRER_MAY_NOT_NOTIFY: rules is not None
        and request.referred_by not in may_notify(on_referral, rules),
        Refusal.LADDER_INCOMPLETE: bool(missing),
        Refusal.FINDING_NOT_STANDING: not request.stands,
        Refusal.MEETING_MOVED: request.meeting_set not in {None, request.meeting.date},
        Refusal.MEETING_PAST: request.meeting.date <= as_of,
        Refusal.TOO_LATE_TO_SERVE: law.last_day(request.meeting.date)
        < as_of
        < request.meeting.date,
        Refusal.MEETING_IS_PACT_EVENING: any(
            evening.clashes_with(request.meeting) for evening in request.evenings
        ),
    }
    return Judged(refusals=tuple(one for one in Refusal if applies[one]), missing=missing)


def may_notify(law: ServiceLaw, rules: ServedNoticeRules) -> frozenset[Party]:
    """Which agencies may name a truant to the District Attorney (EC 48260.6, 48263.5)."""
    return law.with_county_board if rules.county_review_board else law.without_county_board


def missing_steps(
    request: Request, law: ServiceLaw, rules: ServedNoticeRules | None
) -> tuple[Step, ...]:
    """Steps that must lie behind the referral and nobody can show; a review board's may stand in the case itself."""
    asked: list[Step] = []
    if request.referred_by is not None:
        asked += law.after.get(request.referred_by, ())
    if rules is not None:
        asked += rules.after
    shown: set[Step] = {
        one.step for one in request.ladder if one.is_documented and one.date <= request.referred_on
    }
    if request.boarded:
        shown.add(Step.REVIEW_BOARD_REFERRAL)
    return tuple(one for one in dict.fromkeys(asked) if one not in shown)


def dispute_by(meeting_on: date, dispute_days: int, law: ServiceLaw) -> date:
    """By when the family should say that the record is wrong: the county's day, if they have the notice by then."""
    usual = meeting_on - timedelta(days=dispute_days)
    return usual if usual > law.last_day(meeting_on) else meeting_on - timedelta(days=1)


def after_refusal(refusals: Collection[Refusal]) -> NoticeEvent:
    """What becomes of a prepared notice that is refused when it is to be issued."""
    return NoticeEvent.EXPIRE if set(refusals) <= _TIMING else NoticeEvent.WITHDRAW


HELD_BY_RESTRAINT = Reason.RESTRAINED_ADULT
"""Two parents would be called to one room: where a court keeps one of them away, a person decides, not a program."""
