"""Plan: turn standing findings into invitations and letters, or into holds that a person must look at.

Nothing leaves by planning: letters gather in the night's batch and wait for approval.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

from pact_etl.domain.county import County
from pact_etl.domain.policy import Policy
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.routing import Envelope, Routing, StudentFacts, route
from pact_etl.steps.follow_ups import plan_follow_ups
from pact_etl.steps.plan_retries import decide_retries
from pact_etl.store.finding_balance import balance_of
from pact_etl.store.follow_ups import follow_ups_held
from pact_etl.store.invitations import (
    Decision,
    apply_decisions,
    open_batch,
    planning_counts,
    sync_meetings,
    taken_meetings,
)
from pact_etl.store.planning import Candidate, candidates, facts_of
from pact_etl.store.quarantine import held_schools
from pact_etl.store.retries import letters_to_retry, link_retries
from pact_etl.store.session import slice_transaction
from pact_etl.store.volume import braked_nights
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


def run(as_of: date) -> StepResult:
    """Plan with this process's own collaborators."""
    return plan(collaborators(), as_of)


def plan(using: Collaborators, as_of: date) -> StepResult:
    """Plan tonight's letters; repeating it before the batch is shown to an approver changes nothing.

    The counts hold the night's equation, `new_findings = new_planned + new_held + new_withdrawn + new_already_invited`,
    and the year's of letters that follow another, `follow_ups_proposed` = `..._planned` + `..._held` + `..._withdrawn`.

    Raises:
        InvariantBroken: a finding of the school year is none of these; then nothing of the night is planned.
    """
    policy, year, county = using.policy_on(as_of), using.year_of(as_of), using.county
    languages = using.languages_of().mailed
    rules = county.routing_on(as_of)
    with slice_transaction(using.engine, "plan") as connection:
        sync_meetings(connection, county.meetings)
        batch_id = open_batch(connection, as_of)
        if batch_id is None:
            return StepResult(step="plan", status=StepStatus.SKIPPED, as_of=as_of)
        waiting = candidates(connection, year.name)
        retried = letters_to_retry(connection, year.name)
        held = held_schools(connection)
        braked = braked_nights(connection, year, county.volume_brake)

        def known(findings: Sequence[int]) -> Mapping[int, StudentFacts]:
            lawful = using.lawful_on(as_of)
            return facts_of(connection, findings, as_of, using.districts, held, braked, lawful)

        facts = known([c.finding_id for c in waiting] + [r.finding_id for r in retried])
        taken = taken_meetings(connection, batch_id)

        def routing_of(finding: int) -> Routing:
            return route(facts[finding], as_of, policy.law, languages, rules)

        def decided(candidate: Candidate, routing: Routing) -> Decision:
            return decide(candidate, routing, county, as_of, year.name, taken, policy)

        decisions = [decided(one, routing_of(one.finding_id)) for one in waiting]
        decisions += decide_retries(connection, county, as_of, retried, routing_of, decided)
        apply_decisions(connection, as_of, year.name, batch_id, decisions)
        link_retries(connection, batch_id)
        balance_of(connection, year, year.first, as_of).require()
        taken_tonight = cache(lambda: taken_meetings(connection, None))

        def invite(candidate: Candidate, home: Routing) -> Decision:
            return decide(candidate, home, county, as_of, year.name, taken_tonight(), policy)

        following = plan_follow_ups(using, connection, as_of, batch_id, known, invite)
        tonight = balance_of(connection, year, as_of, as_of)
        counts, reasons = planning_counts(connection, batch_id)
        counts |= {f"new_{name}": n for name, n in tonight.as_counts().items()}
        counts |= {f"follow_ups_{name}": n for name, n in following.as_counts().items()}
        reasons |= follow_ups_held(connection)
    logger.info("planned", extra={"batch": batch_id, **counts})
    ids = {"batch": batch_id} if counts["letters"] else {}
    return StepResult(
        step="plan", status=StepStatus.DONE, as_of=as_of, counts=counts, reasons=reasons, ids=ids
    )


def decide(
    candidate: Candidate,
    routing: Routing,
    county: County,
    as_of: date,
    school_year: str,
    taken: set[tuple[str, str]],
    policy: Policy,
) -> Decision:
    """Give each home the first evening it can still be invited to in time, or hold with a reason."""
    last = county.mailing.last_mailing_dates.get(school_year)
    placed: list[tuple[Envelope, str]] = []
    holds = list(routing.holds)
    own = hold_of_candidate(candidate, policy, as_of, county.mailing.cooldown_weeks)
    if own is not None and routing.envelopes:
        holds.append(own)
    for envelope in () if own is not None else routing.envelopes:
        if last is not None and as_of > last:
            holds.append(Reason.PAST_LAST_MAILING_DATE)
            continue
        meeting = first_free_meeting(county, as_of, envelope.household_key, taken)
        if meeting is None:
            holds.append(Reason.NO_MEETING)
        else:
            placed.append((envelope, meeting))
    tasks = [(r.value, *county.duty_on(r, as_of)) for r in dict.fromkeys(holds)]
    return Decision(
        finding_id=candidate.finding_id,
        student_id=candidate.student_id,
        reason=None if placed else holds[0].value,
        envelopes=tuple(placed),
        tasks=tuple(tasks),
    )


def hold_of_candidate(
    candidate: Candidate, policy: Policy, as_of: date, cooldown_weeks: int
) -> Reason | None:
    """Why no letter may be planned for a student whom every adult of the home could be written to about."""
    if candidate.refused is not None:
        return Reason(candidate.refused)
    grades = policy.threshold.grades
    if grades and candidate.grade not in grades:
        return Reason.OUTSIDE_GRADE_SPAN
    pause = timedelta(weeks=cooldown_weeks)
    is_too_soon = candidate.last_letter is not None and as_of < candidate.last_letter + pause
    return Reason.COOLING_DOWN if is_too_soon else None


def first_free_meeting(
    county: County, as_of: date, household_key: str, taken: set[tuple[str, str]]
) -> str | None:
    """The first evening with enough lead time on a day for which the household has no envelope yet."""
    earliest = as_of + timedelta(days=county.mailing.lead_days)
    # Nobody can be at two places on one evening.
    days = {m.date for m in county.meetings if (household_key, m.slug) in taken}
    free = sorted((m.date, m.slug) for m in county.meetings if m.date >= earliest)
    return next((slug for day, slug in free if day not in days), None)
