"""First notices (Education Code 48260.5) that a district has us set: who gets one, who is the district's to write to.

The duty, the data and the envelope are the district's; we set what it prints. One notice for each student, school year
and district, when the student is first classified as a truant. Whom a letter may go to is `routing`'s to say.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import FAMILY_REASONS, Envelope, Routing

FAMILY_REASON = "family_reason"
"""What the district's file says in place of any of `FAMILY_REASONS`: what another district or the county knows of one
family does not go to this one, which looks into its own record."""


class NoticeState(StrEnum):
    """What has become of one student's first notice. Stored by value."""

    MADE = "made"  # set for the district, which sends it
    HELD = "held"  # not set; listed for the district with a reason
    ALREADY_NOTICED = "already_noticed"  # the district's ladder tells of a notice
    WITHDRAWN = "withdrawn"  # undone while it was held
    UNDONE = "undone"  # undone after it was set: the district is told


class NextStep(StrEnum):
    """What a row of the district's file asks for. Printed in it."""

    PRINT_AND_SEND = "print_and_send"  # the piece on these pages
    WAIT = "wait"  # nobody writes yet; we set it when the reason is gone
    SEND_BY_HAND = "send_by_hand"  # the district's own; we never set it any more


WAITS = frozenset(
    {
        Reason.SCHOOL_HELD_UNKNOWN_CODE,
        Reason.SCHOOL_HELD_OUTLIER,
        Reason.VOLUME_JUMP,
        Reason.IDENTITY_UNCLEAR,
        Reason.DISTRICT_TESTING,
        Reason.OTHER_LETTER_RECENT,
        Reason.CORRECTED,
    }
)
"""Holds under which it is not settled that the student is a truant, or that now is the time: nobody should write. Every
other one is given back: once the district was asked to write by hand, a piece of ours could be the second."""


def next_step(reason: Reason) -> NextStep:
    """Whose turn it is."""
    return NextStep.WAIT if reason in WAITS else NextStep.SEND_BY_HAND


def told(reason: Reason) -> str:
    """A hold as the district's file says it."""
    return FAMILY_REASON if reason in FAMILY_REASONS else reason.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Truant:
    """One student as found on a night.

    Attributes:
        found_on: the night of the finding.
        stands: whether the finding stands tonight; if not, `ended_reason` says why.
        is_noticed: whether the district's ladder tells of a notice in this school year.
        was_truant_before: whether the student was classified in this school year before notices were set here.
        state: what was decided before; None for a student who is new here.
        reason: of that, where it was a hold.
    """

    student_id: int
    finding_id: int
    found_on: date
    stands: bool
    is_noticed: bool
    ended_reason: Reason = Reason.CORRECTED
    was_truant_before: bool = False
    state: NoticeState | None = None
    reason: Reason | None = None

    @property
    def is_given_back(self) -> bool:
        """Whether the district was asked to write by hand."""
        return self.reason is not None and next_step(self.reason) is NextStep.SEND_BY_HAND

    @property
    def is_open(self) -> bool:
        """Whether tonight's record has to be looked at: nothing final was said, and the ladder tells of nothing."""
        if not self.stands or self.is_noticed or self.was_written_about:
            return False
        is_final = self.state is NoticeState.MADE or self.is_given_back
        return not is_final

    @property
    def was_written_about(self) -> bool:
        """Whether the family may have had a notice of a classification that has ended since, or began before."""
        if self.state is None:
            return self.was_truant_before
        if self.state in {NoticeState.WITHDRAWN, NoticeState.ALREADY_NOTICED}:
            return self.is_given_back
        return self.state is NoticeState.UNDONE


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDecision:
    """What changes about one student tonight.

    Attributes:
        reason: of a hold or an end; of a made one, why a second home gets nothing from us.
        envelopes: of a made one.
    """

    truant: Truant
    state: NoticeState
    reason: Reason | None = None
    envelopes: tuple[Envelope, ...] = ()


def decide(truant: Truant, routing: Routing | None) -> NoticeDecision | None:
    """What changes about one student, or None where nothing does.

    Args:
        truant: as found tonight.
        routing: for a student who `is_open`.
    """
    if not truant.stands:
        ends = {
            NoticeState.MADE: NoticeState.UNDONE,
            NoticeState.HELD: NoticeState.WITHDRAWN,
        }
        after = None if truant.state is None else ends.get(truant.state)
        if after is None:
            return None
        return NoticeDecision(truant=truant, state=after, reason=truant.ended_reason)
    if truant.state is NoticeState.MADE:
        return None
    if truant.is_noticed:
        if truant.state is NoticeState.ALREADY_NOTICED:
            return None
        return NoticeDecision(truant=truant, state=NoticeState.ALREADY_NOTICED)
    if truant.was_written_about:
        return NoticeDecision(truant=truant, state=NoticeState.HELD, reason=Reason.STANDS_AGAIN)
    if not truant.is_open or routing is None:
        return None
    if routing.envelopes:
        other = routing.holds[0] if routing.holds else None
        return NoticeDecision(
            truant=truant, state=NoticeState.MADE, reason=other, envelopes=routing.envelopes
        )
    if truant.state is NoticeState.HELD and truant.reason is routing.holds[0]:
        return None
    return NoticeDecision(truant=truant, state=NoticeState.HELD, reason=routing.holds[0])


def pieces(
    decisions: Sequence[NoticeDecision],
) -> tuple[tuple[Envelope, tuple[Truant, ...]], ...]:
    """One envelope for each household, with every student of it that is noticed tonight, in a lasting order."""
    homes: dict[str, Envelope] = {}
    students: dict[str, list[Truant]] = {}
    for one in sorted(decisions, key=lambda d: d.truant.student_id):
        for envelope in one.envelopes:
            homes.setdefault(envelope.household_key, envelope)
            students.setdefault(envelope.household_key, []).append(one.truant)
    return tuple((homes[key], tuple(students[key])) for key in homes)


def without(decision: NoticeDecision, homes: Collection[str]) -> NoticeDecision:
    """A decision without the homes whose letter cannot be set; the district writes to these by hand."""
    left = tuple(e for e in decision.envelopes if e.household_key not in homes)
    if len(left) == len(decision.envelopes):
        return decision
    state = NoticeState.MADE if left else NoticeState.HELD
    return replace(decision, state=state, reason=Reason.RENDER_FAILED, envelopes=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstNoticeBalance:
    """What became of findings that make a truant: `truants = made + held + already_noticed + withdrawn`.

    Attributes:
        truants: findings of one district since its notices are set here, counted by themselves.
        made: a notice rests on the finding, whether or not it was undone afterwards.
        held: the finding stands, and the student is listed for the district with a reason.
        already_noticed: the finding stands, and the ladder or an earlier notice of ours speaks of the student.
        withdrawn: the finding ended before a notice rested on it.
    """

    truants: int
    made: int
    held: int
    already_noticed: int
    withdrawn: int

    @property
    def unaccounted(self) -> int:
        """Findings that are none of these; anything but 0 is a fault of ours."""
        known = self.made + self.held + self.already_noticed + self.withdrawn
        return self.truants - known

    def as_counts(self) -> dict[str, int]:
        """The equation with what is missing in it, for a step's result."""
        return asdict(self) | {"unaccounted": self.unaccounted}

    def require(self) -> None:
        """Stop where a student is lost.

        Raises:
            InvariantBroken: says how many.
        """
        if self.unaccounted:
            raise InvariantBroken(
                f"{self.unaccounted} of {self.truants} truants are not noticed, held or withdrawn"
            )
