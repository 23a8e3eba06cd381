"""Plan the letters that follow another one, in the night's own batch, and look at them once more before they leave.

What calls for one, and the words it may not say, is `domain.follow_up`'s; routing, evenings and duties are the same as
for every letter. Nothing leaves by planning.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from sqlalchemy import Connection

from pact_etl.domain.balance import Balance
from pact_etl.domain.follow_up import (
    FollowUpDecision,
    Occasion,
    hold_of,
    named_by,
    same_home,
    who_is_meant,
    words_of,
)
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import ABOUT_ABSENCES, Routing, StudentFacts, route
from pact_etl.store.follow_up_occasions import occasions
from pact_etl.store.follow_ups import apply_follow_ups, follow_up_balance, withdraw_uncalled
from pact_etl.store.invitations import Decision
from pact_etl.store.planning import Candidate, candidate_of
from pact_etl.wiring import Collaborators

Facts = Callable[[Sequence[int]], Mapping[int, StudentFacts]]
"""Finding ids to the newest facts about their students."""

Router = Callable[[LetterKind, StudentFacts], Routing]

Invite = Callable[[Candidate, Routing], Decision]
"""What planning decides about one candidate of an invitation."""


def plan_follow_ups(
    using: Collaborators,
    connection: Connection,
    as_of: date,
    batch_id: int,
    facts: Facts,
    invite: Invite,
) -> Balance:
    """Plan what follows other letters; repeating it before the batch is shown to an approver changes nothing.

    Args:
        using: collaborators.
        connection: inside the planning transaction, the batch open and locked.
        as_of: the night.
        batch_id: tonight's.
        facts: the newest about students.
        invite: to an evening, for a further invitation.

    Raises:
        InvariantBroken: a letter that is called for is not planned, held or withdrawn.
    """
    called = _called(using, connection, as_of)
    open_ = [one for one in called if not one.has_letter]
    known = facts([s.finding_id for one in open_ for s in one.students]) if open_ else {}
    routed = router(using, as_of)
    decide = partial(_decide, using, connection, as_of, known, routed, invite)
    decisions = one_evening_per_home(decide, open_)
    apply_follow_ups(connection, as_of, batch_id, decisions)
    withdraw_uncalled(connection, as_of, called)
    lacking = [one.occasion for one in decisions if one.envelope is None]
    balance = follow_up_balance(connection, using.year_of(as_of), called, lacking)
    balance.require()
    return balance


def _called(
    using: Collaborators, connection: Connection, as_of: date, only: Sequence[int] | None = None
) -> list[Occasion]:
    """What calls for a letter; an evening that the county has struck out is held for nobody."""
    evenings = {m.slug for m in using.county.meetings}
    rules = using.county.follow_ups_on(as_of)
    return [
        replace(one, is_settled=one.is_settled and one.meeting in evenings)
        for one in occasions(connection, as_of, rules, only)
    ]


def one_evening_per_home(
    decide: Callable[[Occasion], FollowUpDecision], open_: Sequence[Occasion]
) -> list[FollowUpDecision]:
    """Decide in order; a home that is asked to an evening by one of these letters is not asked to a second one.

    The second is not merged into the first: a letter names the day of the one that it follows. It waits with a task.
    """
    decisions: list[FollowUpDecision] = []
    asked: set[str] = set()
    for one in open_:
        decision = decide(replace(one, is_invited=one.is_invited or one.household_key in asked))
        if decision.envelope is not None and one.kind.invites:
            asked.add(one.household_key)
        decisions.append(decision)
    return decisions


def router(using: Collaborators, as_of: date) -> Router:
    """Who may get a letter of a kind about a student on a night, by the kind and the facts about the student."""
    law, rules = using.policy_on(as_of).law, using.county.routing_on(as_of)
    languages = {kind: using.languages_of(kind).mailed for kind in LetterKind}

    def routed(kind: LetterKind, facts: StudentFacts) -> Routing:
        passed = () if kind.carries_record else ABOUT_ABSENCES
        return route(facts, as_of, law, languages[kind], rules, passed)

    return routed


def not_to_leave(
    using: Collaborators,
    connection: Connection,
    as_of: date,
    routed: Router,
    letters: Mapping[int, tuple[LetterKind, int, Mapping[int, StudentFacts]]],
    facts: Facts,
) -> dict[int, Reason]:
    """Letters that follow another one and may not leave any more, each with the reason.

    Args:
        using: collaborators.
        connection: any.
        as_of: the newest night.
        routed: who may get a letter on it.
        letters: letter to its kind, the earlier letter, and the facts about its students, by student.
        facts: the newest about others whom a letter names.
    """
    follows = sorted({earlier for _, earlier, _ in letters.values()})
    called = _called(using, connection, as_of, follows)
    by_letter = {(one.kind, one.follows): one for one in called}
    others = [s for one in called for s in named_by(one) if not s.is_called_for]
    known = facts([s.finding_id for s in others]) if others else {}
    found = {}
    for letter, (kind, earlier, own) in letters.items():
        occasion = by_letter.get((kind.called_as, earlier))
        reason = _why_not(routed, occasion, kind, own, known)
        if reason is not None:
            found[letter] = reason
    return found


def _why_not(
    routed: Router,
    occasion: Occasion | None,
    kind: LetterKind,
    facts: Mapping[int, StudentFacts],
    known: Mapping[int, StudentFacts],
) -> Reason | None:
    if occasion is None or words_of(occasion) is not kind:
        return Reason.NOT_CALLED_FOR
    if (hold := hold_of(occasion)) is not None:
        return hold
    meant = {s.student_id for s in who_is_meant(occasion)}
    if kind.carries_record:
        return None if meant & set(facts) else Reason.NOT_CALLED_FOR
    if meant != set(facts):
        return Reason.NOT_CALLED_FOR
    routings = {
        s.student_id: routed(kind, facts.get(s.student_id) or known[s.finding_id])
        for s in named_by(occasion)
    }
    _, holds = same_home(occasion, routings)
    return holds[0] if holds else None


def _decide(
    using: Collaborators,
    connection: Connection,
    as_of: date,
    known: Mapping[int, StudentFacts],
    routed: Router,
    invite: Invite,
    occasion: Occasion,
) -> FollowUpDecision:
    meant = who_is_meant(occasion)
    if not meant:
        return FollowUpDecision(occasion=occasion, reason=Reason.NOT_CALLED_FOR, is_withdrawn=True)
    hold = Reason.BATCH_REJECTED if occasion.is_rejected else hold_of(occasion)
    if hold is not None:
        return _held(using, as_of, occasion, (hold,))
    kind = words_of(occasion)
    routings = {s.student_id: routed(kind, known[s.finding_id]) for s in named_by(occasion)}
    envelope, holds = same_home(occasion, routings)
    if envelope is None:
        return _held(using, as_of, occasion, holds)
    meeting = occasion.meeting
    if occasion.kind is LetterKind.SECOND_INVITATION:
        if occasion.is_invited:
            return _held(using, as_of, occasion, (Reason.COOLING_DOWN,))
        home = Routing(envelopes=(envelope,), holds=())
        placed = [
            invite(
                candidate_of(connection, s.student_id, s.district_id, "", as_of),
                home,
            )
            for s in meant
        ]
        waiting = tuple(Reason(d.reason) for d in placed if d.reason is not None)
        if waiting:
            return _held(using, as_of, occasion, tuple(dict.fromkeys(waiting)))
        meeting = placed[0].envelopes[0][1]
    return FollowUpDecision(occasion=occasion, envelope=envelope, meeting=meeting, students=meant)


def _held(
    using: Collaborators, as_of: date, occasion: Occasion, holds: tuple[Reason, ...]
) -> FollowUpDecision:
    tasks = tuple((r.value, *using.county.duty_on(r, as_of)) for r in holds)
    return FollowUpDecision(occasion=occasion, reason=holds[0], tasks=tasks)
