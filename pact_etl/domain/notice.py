"""What can happen to a letter, an email and a submission: one transition table for each.

A status is only ever what `advance` made of the one before it. Vendors repeat themselves, answer
out of order and answer things nobody asked: an event that fits no transition comes back as an
`UnfitEvent`, which the caller stores and reports and never applies. Who may raise an event, and
what else follows from it, does not belong here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitEvent:
    """An event that the status of its subject does not allow: kept and reported, never applied."""

    machine: str
    status: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Generic[S, E]):
    """One kind of subject: where it starts and every transition there is."""

    name: str
    initial: S
    transitions: Mapping[tuple[S, E], S]

    def advance(self, status: S, event: E) -> S | UnfitEvent:
        """The status after an event, or `UnfitEvent` where there is no such transition."""
        after = self.transitions.get((status, event))
        if after is None:
            return UnfitEvent(machine=self.name, status=status.value, event=event.value)
        return after

    def replay(self, events: Iterable[E]) -> S:
        """The status after events in order; those that fit no transition change nothing."""
        status = self.initial
        for event in events:
            after = self.advance(status, event)
            status = status if isinstance(after, UnfitEvent) else after
        return status

    def is_final(self, status: S) -> bool:
        """Whether nothing leads to another status from here."""
        return all(
            after is status for (before, _), after in self.transitions.items() if before is status
        )


class LetterStatus(StrEnum):
    """How far one letter has come. Stored by value."""

    PLANNED = "planned"  # waits for a named person's approval; nothing has left
    APPROVED = "approved"  # a named person said yes; release checks it once more
    RENDERED = "rendered"  # its PDF exists and is hashed
    PACKAGED = "packaged"  # in the vendor's pick-up folder, logged as disclosed: past withdrawing
    ACKNOWLEDGED = "acknowledged"  # the vendor says that it holds the piece
    MAILED = "mailed"  # the post office accepted it; this date starts every outcome window
    DELIVERED = "delivered"  # the vendor's tracing says so, or nothing came back in time
    RETURNED = "returned"  # the post office brought it back
    HELD = "held"  # a reason code waits for a person or for better data
    WITHDRAWN = "withdrawn"  # a correction undid the finding before release
    VOID = "void"  # undone after release; a "please disregard" letter follows
    REJECTED = "rejected"  # a named person said no, to the batch or to this letter
    FAILED = "failed"  # it could not be rendered, or the vendor refused it


class LetterEvent(StrEnum):
    """What can happen to a letter. Stored by value."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    RESUME = "resume"  # the reason of a hold is gone; approval starts over
    RENDER = "render"
    PACKAGE = "package"
    ACKNOWLEDGE = "acknowledge"
    MAIL = "mail"
    DELIVER = "deliver"
    RETURN = "return"
    WITHDRAW = "withdraw"
    VOID = "void"
    FAIL = "fail"
    RETRY = "retry"  # a person asks for a failed letter to be made again: a new one takes its place


class EmailStatus(StrEnum):
    """How far one email has come. Stored by value."""

    PLANNED = "planned"  # due, and nobody has claimed it
    SENDING = "sending"  # claimed and committed before the call, so that no second run sends it
    ACCEPTED = "accepted"  # the provider queued it; that is not yet delivery
    DELIVERED = "delivered"  # the recipient's server took it
    DEFERRED = "deferred"  # the recipient's server asked the provider to come back later
    BOUNCED = "bounced"  # the recipient's server refused it: a paper or phone task
    DROPPED = "dropped"  # the provider will not send it: a paper or phone task
    UNCERTAIN = "uncertain"  # no answer: it may be out; never sent again by itself
    WITHDRAWN = "withdrawn"  # its letter is void or its meeting cancelled
    SUPPRESSED = "suppressed"  # opted out, no address, or a district in testing


class EmailEvent(StrEnum):
    """What can happen to an email. Stored by value."""

    CLAIM = "claim"
    ACCEPT = "accept"
    RELEASE = "release"  # the provider certainly did not take it; it may be claimed again
    LOSE = "lose"  # no answer after the request had left, or a claim whose run died
    DELIVER = "deliver"
    DEFER = "defer"
    BOUNCE = "bounce"
    DROP = "drop"  # the provider refused it, at once or later
    RESEND = "resend"  # a named person found that an uncertain email never went
    WITHDRAW = "withdraw"
    SUPPRESS = "suppress"


class SubmissionStatus(StrEnum):
    """How far one district's submission has come. Stored by value."""

    RECEIVED = "received"  # the bytes are kept under their hash
    VALIDATED = "validated"  # judged: rows accepted or quarantined
    RECORDED = "recorded"  # the accepted rows are in the record
    REFUSED = "refused"  # unusable as a whole; the district is told why
    SUPERSEDED = "superseded"  # a later submission speaks for the same night


class SubmissionEvent(StrEnum):
    """What can happen to a submission. Stored by value."""

    VALIDATE = "validate"
    RECORD = "record"
    REFUSE = "refuse"
    SUPERSEDE = "supersede"


_L, _LE = LetterStatus, LetterEvent
LETTER = Machine(
    name="letter",
    initial=LetterStatus.PLANNED,
    transitions={
        (_L.PLANNED, _LE.APPROVE): _L.APPROVED,
        (_L.PLANNED, _LE.REJECT): _L.REJECTED,
        (_L.APPROVED, _LE.RENDER): _L.RENDERED,
        # Until its package is out a letter can be pulled, approved or not.
        (_L.APPROVED, _LE.REJECT): _L.REJECTED,
        (_L.RENDERED, _LE.REJECT): _L.REJECTED,
        (_L.RENDERED, _LE.PACKAGE): _L.PACKAGED,
        (_L.PACKAGED, _LE.ACKNOWLEDGE): _L.ACKNOWLEDGED,
        (_L.ACKNOWLEDGED, _LE.MAIL): _L.MAILED,
        # An acknowledgement can be lost; a posting report proves more than it would have.
        (_L.PACKAGED, _LE.MAIL): _L.MAILED,
        (_L.MAILED, _LE.DELIVER): _L.DELIVERED,
        (_L.MAILED, _LE.RETURN): _L.RETURNED,
        # Delivery is often only the absence of a return, and a return can take months.
        (_L.DELIVERED, _LE.RETURN): _L.RETURNED,
        # Release checks suppressions at that moment, so an approved letter can still be held.
        (_L.PLANNED, _LE.HOLD): _L.HELD,
        (_L.APPROVED, _LE.HOLD): _L.HELD,
        (_L.RENDERED, _LE.HOLD): _L.HELD,
        (_L.HELD, _LE.RESUME): _L.PLANNED,
        (_L.PLANNED, _LE.WITHDRAW): _L.WITHDRAWN,
        (_L.APPROVED, _LE.WITHDRAW): _L.WITHDRAWN,
        (_L.RENDERED, _LE.WITHDRAW): _L.WITHDRAWN,
        (_L.HELD, _LE.WITHDRAW): _L.WITHDRAWN,
        (_L.FAILED, _LE.WITHDRAW): _L.WITHDRAWN,
        # A package is out of our hands: whatever is undone from here on reaches a mailbox.
        (_L.PACKAGED, _LE.VOID): _L.VOID,
        (_L.ACKNOWLEDGED, _LE.VOID): _L.VOID,
        (_L.MAILED, _LE.VOID): _L.VOID,
        (_L.DELIVERED, _LE.VOID): _L.VOID,
        (_L.RETURNED, _LE.VOID): _L.VOID,
        # The vendor goes on reporting a void letter that it holds: expected, changes nothing.
        (_L.VOID, _LE.ACKNOWLEDGE): _L.VOID,
        (_L.VOID, _LE.MAIL): _L.VOID,
        (_L.VOID, _LE.DELIVER): _L.VOID,
        (_L.VOID, _LE.RETURN): _L.VOID,
        (_L.APPROVED, _LE.FAIL): _L.FAILED,
        (_L.RENDERED, _LE.FAIL): _L.FAILED,
        (_L.PACKAGED, _LE.FAIL): _L.FAILED,
        (_L.ACKNOWLEDGED, _LE.FAIL): _L.FAILED,
        # The vendor knows this piece as refused and may see it again: the letter that takes its place is another one,
        # planned and approved anew.
        (_L.FAILED, _LE.RETRY): _L.FAILED,
    },
)

_M, _ME = EmailStatus, EmailEvent
EMAIL = Machine(
    name="email",
    initial=EmailStatus.PLANNED,
    transitions={
        (_M.PLANNED, _ME.CLAIM): _M.SENDING,
        (_M.PLANNED, _ME.WITHDRAW): _M.WITHDRAWN,
        (_M.PLANNED, _ME.SUPPRESS): _M.SUPPRESSED,
        (_M.SENDING, _ME.ACCEPT): _M.ACCEPTED,
        (_M.SENDING, _ME.RELEASE): _M.PLANNED,
        (_M.SENDING, _ME.LOSE): _M.UNCERTAIN,
        (_M.SENDING, _ME.DROP): _M.DROPPED,
        # The provider's events can outrun our own record of its acceptance, as after a crash.
        (_M.SENDING, _ME.DELIVER): _M.DELIVERED,
        (_M.SENDING, _ME.DEFER): _M.DEFERRED,
        (_M.SENDING, _ME.BOUNCE): _M.BOUNCED,
        (_M.DELIVERED, _ME.ACCEPT): _M.DELIVERED,
        (_M.DEFERRED, _ME.ACCEPT): _M.DEFERRED,
        (_M.BOUNCED, _ME.ACCEPT): _M.BOUNCED,
        (_M.DROPPED, _ME.ACCEPT): _M.DROPPED,
        (_M.ACCEPTED, _ME.DELIVER): _M.DELIVERED,
        (_M.ACCEPTED, _ME.DEFER): _M.DEFERRED,
        (_M.ACCEPTED, _ME.BOUNCE): _M.BOUNCED,
        (_M.ACCEPTED, _ME.DROP): _M.DROPPED,
        (_M.DEFERRED, _ME.DEFER): _M.DEFERRED,
        (_M.DEFERRED, _ME.DELIVER): _M.DELIVERED,
        (_M.DEFERRED, _ME.BOUNCE): _M.BOUNCED,
        (_M.DEFERRED, _ME.DROP): _M.DROPPED,
        # Some servers take a message and refuse it afterwards.
        (_M.DELIVERED, _ME.BOUNCE): _M.BOUNCED,
        # Only an event of the provider or a named person settles an uncertain email.
        (_M.UNCERTAIN, _ME.ACCEPT): _M.ACCEPTED,
        (_M.UNCERTAIN, _ME.DELIVER): _M.DELIVERED,
        (_M.UNCERTAIN, _ME.DEFER): _M.DEFERRED,
        (_M.UNCERTAIN, _ME.BOUNCE): _M.BOUNCED,
        (_M.UNCERTAIN, _ME.DROP): _M.DROPPED,
        (_M.UNCERTAIN, _ME.RESEND): _M.PLANNED,
    },
)

_S, _SE = SubmissionStatus, SubmissionEvent
SUBMISSION = Machine(
    name="submission",
    initial=SubmissionStatus.RECEIVED,
    transitions={
        (_S.RECEIVED, _SE.VALIDATE): _S.VALIDATED,
        # Validating again is how a corrected code map, or a run that died in between, works without a new file.
        (_S.VALIDATED, _SE.VALIDATE): _S.VALIDATED,
        (_S.RECORDED, _SE.VALIDATE): _S.VALIDATED,
        (_S.REFUSED, _SE.VALIDATE): _S.VALIDATED,
        (_S.VALIDATED, _SE.RECORD): _S.RECORDED,
        (_S.RECEIVED, _SE.REFUSE): _S.REFUSED,
        # Recording can still find what only the record shows, such as a mass deletion.
        (_S.VALIDATED, _SE.REFUSE): _S.REFUSED,
        (_S.REFUSED, _SE.REFUSE): _S.REFUSED,
        (_S.RECEIVED, _SE.SUPERSEDE): _S.SUPERSEDED,
        (_S.VALIDATED, _SE.SUPERSEDE): _S.SUPERSEDED,
        (_S.REFUSED, _SE.SUPERSEDE): _S.SUPERSEDED,
        # What it recorded stays in the record; it is only no longer the night's last word.
        (_S.RECORDED, _SE.SUPERSEDE): _S.SUPERSEDED,
    },
)
