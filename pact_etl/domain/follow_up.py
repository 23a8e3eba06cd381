"""Letters that follow another letter: what calls for one, and whether it may be planned or waits.

Each follows one letter that was mailed, and goes to the same home: to the same adult, at the same address, in the same
language. What is looked up, and what is written down, belongs to the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.case import Result
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Envelope, Routing

FOLLOWING = (LetterKind.DISREGARD, LetterKind.SECOND_INVITATION, LetterKind.THANK_YOU)
"""The kinds that follow a letter, in the order in which a night plans them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondInvitation:
    """When an evening that a family did not come to is followed by another invitation.

    Attributes:
        after: what was entered of the evening.
        after_days: calendar days after it, at least.
        within_days: calendar days after it, at most: what is entered later makes no letter.
        at_most: further invitations of one student in a school year.
        why: who says so.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    after: list[Result]
    after_days: int
    within_days: int
    at_most: int
    why: str

    def __post_init__(self) -> None:
        """Refuse what nobody can enter of an evening that a family did not come to."""
        if not self.after or not set(self.after) <= {Result.NOT_ATTENDED, Result.RESCHEDULED}:
            raise ValueError("after is not_attended, rescheduled or both")
        if not 0 <= self.after_days <= self.within_days or self.at_most < 1:
            raise ValueError("after_days is at most within_days, and at_most at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThankYou:
    """How many calendar days after an evening, at least and at most, a family that came is thanked, and why."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    after_days: int
    within_days: int
    why: str

    def __post_init__(self) -> None:
        """Refuse a span that has no days."""
        if not 0 <= self.after_days <= self.within_days:
            raise ValueError("after_days is at most within_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDisregard:
    """How many calendar days after its evening, at most, a wrong letter is still taken back by letter, and why."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    within_days: int
    why: str

    def __post_init__(self) -> None:
        """Refuse a number of days that is none."""
        if self.within_days < 0:
            raise ValueError("within_days is 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRules:
    """Which letters follow an evening, for evenings from a day on; what is left out is not sent."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    second_invitation: SecondInvitation | None = None
    thank_you: ThankYou | None = None
    late_disregard: LateDisregard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedStudent:
    """One student of the earlier letter.

    Attributes:
        invitation_id: that the earlier letter rested on.
        finding_id: the one that stands now, else the one that the earlier letter rested on.
        stands: whether a finding of the invitation line stands now.
        is_called_for: whether what calls for the letter is true of this student.
        is_told: a letter that has left takes the earlier one back for this student already.
    """

    student_id: int
    district_id: int
    invitation_id: int
    finding_id: int
    stands: bool
    is_called_for: bool
    is_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A letter that was mailed and calls for another one.

    Attributes:
        follows: the earlier letter.
        household_key: of the home it went to.
        meeting: the evening that it spoke of.
        sequence: of the invitation that the new letter would be, where it is one.
        came_back: the post office has brought the earlier letter back.
        is_clear: what calls for the letter is true of everybody on it; and of a thank-you, one home alone was invited.
        is_past: the evening that it spoke of has come.
        is_too_late: ... so long ago that no letter takes it back any more.
        is_settled: nobody is still to say of whom the earlier letter is wrong, and its evening is held as it said.
        is_invited: the home has a letter to an evening that is still to come.
        has_letter: the letter that this one calls for is there already.
        is_rejected: an approver said no to it, and nobody has cleared it since.
    """

    kind: LetterKind
    follows: int
    household_key: str
    meeting: str
    sequence: int
    came_back: bool
    is_clear: bool
    is_past: bool
    is_too_late: bool
    is_settled: bool
    is_invited: bool
    has_letter: bool
    is_rejected: bool
    students: tuple[FollowedStudent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDecision:
    """What planning decided about one occasion: an envelope with students, or a reason why there is none.

    Attributes:
        meeting: slug of the evening on the letter, where there is an envelope.
        students: who is on it.
        is_withdrawn: nothing calls for the letter any more; otherwise one without an envelope waits.
        tasks: reason, owner and due date of each hold.
    """

    occasion: Occasion
    envelope: Envelope | None = None
    meeting: str | None = None
    students: tuple[FollowedStudent, ...] = ()
    reason: Reason | None = None
    is_withdrawn: bool = False
    tasks: tuple[tuple[str, str, date], ...] = ()


def who_is_meant(occasion: Occasion) -> tuple[FollowedStudent, ...]:
    """The students whom the new letter would be about; nobody where nothing calls for it any more."""
    if occasion.kind is LetterKind.DISREGARD and occasion.came_back:
        return ()  # nobody has read the letter, so there is nothing to take back
    called = tuple(s for s in occasion.students if s.is_called_for)
    if occasion.kind is LetterKind.DISREGARD:
        return tuple(s for s in called if not s.is_told)
    if occasion.kind is LetterKind.SECOND_INVITATION:
        return tuple(s for s in called if s.stands)
    return called


def words_of(occasion: Occasion) -> LetterKind:
    """Which kind's words the new letter says.

    A letter is taken back for some of its students by words that let the evening stand for the others; once the evening
    has come, by words that do not speak of coming to it.
    """
    if occasion.kind is not LetterKind.DISREGARD:
        return occasion.kind
    if occasion.is_past:
        return LetterKind.DISREGARD_LATE
    return LetterKind.DISREGARD if occasion.is_clear else LetterKind.DISREGARD_PART


def still_invited(occasion: Occasion) -> tuple[FollowedStudent, ...]:
    """The students for whom the earlier letter stands."""
    return tuple(s for s in occasion.students if not s.is_called_for and not s.is_told)


def named_by(occasion: Occasion) -> tuple[FollowedStudent, ...]:
    """Everybody whom the new letter would name: who is meant, and for whom it says that the invitation stands."""
    in_part = words_of(occasion) is LetterKind.DISREGARD_PART
    return (*who_is_meant(occasion), *(still_invited(occasion) if in_part else ()))


def hold_of(occasion: Occasion) -> Reason | None:
    """Why a person looks at an occasion before anything is planned, whoever the letter would reach.

    No words take a letter back of a student whose days have come back since, or long after its evening. Those that let
    it stand for others may be said only where it is known for whom it stands.
    """
    if occasion.kind is LetterKind.DISREGARD:
        if any(s.stands and (s.is_called_for or s.is_told) for s in occasion.students):
            return Reason.STANDS_AGAIN
        if occasion.is_past and occasion.is_too_late:
            return Reason.EVENING_PAST
        if words_of(occasion) is LetterKind.DISREGARD_PART:
            known = occasion.is_settled and still_invited(occasion)
            return None if known else Reason.UNDONE_IN_PART
    if occasion.kind is LetterKind.THANK_YOU and not occasion.is_clear:
        return Reason.ATTENDEE_UNCLEAR
    return None


def same_home(
    occasion: Occasion, routings: Mapping[int, Routing]
) -> tuple[Envelope | None, tuple[Reason, ...]]:
    """The envelope to the home of the earlier letter, or why that may not be written to now.

    Args:
        occasion: with the home.
        routings: of each student whom the letter would name, by student; one that is held holds the whole letter.
    """
    envelope: Envelope | None = None
    holds: list[Reason] = []
    for routing in routings.values():
        own = next(
            (e for e in routing.envelopes if e.household_key == occasion.household_key), None
        )
        if own is None:
            holds.extend(routing.holds or (Reason.HOME_CHANGED,))
        envelope = own or envelope
    return (None if holds else envelope), tuple(dict.fromkeys(holds))


def kinds_in_force(rules: FollowUpRules | None) -> Sequence[LetterKind]:
    """The kinds that a night looks for: taking a wrong letter back is nobody's policy."""
    if rules is None:
        return (LetterKind.DISREGARD,)
    wanted = {
        LetterKind.DISREGARD: True,
        LetterKind.SECOND_INVITATION: rules.second_invitation is not None,
        LetterKind.THANK_YOU: rules.thank_you is not None,
    }
    return tuple(kind for kind in FOLLOWING if wanted[kind])
