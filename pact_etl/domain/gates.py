"""Every gate between a student's counts and an invitation, each with what it asks, what it saw and whether it passed.

A gate decides nothing: it shows what `truancy`, `routing` and the county's calendar have decided.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.ages import age_on
from pact_etl.domain.policy import Law, Policy
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import StudentFacts, checks, route_homes
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.suppression import RoutingRules
from pact_etl.domain.truancy import Tally, gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate; `reason` is the code by which it holds a letter, where it does."""

    gate: str
    asks: str | int
    saw: str | int
    passed: bool
    reason: str | None = None


def count_gates(tally: Tally, policy: Policy) -> tuple[Gate, ...]:
    """The tests of the county's invitation line."""
    return tuple(
        Gate(gate=one.name, asks=one.asks, saw=one.saw, passed=one.passed)
        for one in gates(tally, policy)
    )


def time_gates(
    newest_data: date | None, birth_date: date, year: SchoolYear, as_of: date, law: Law
) -> tuple[Gate, ...]:
    """Whether there is data of the school year at all, and whether truancy law binds at the student's age."""
    age = age_on(birth_date, as_of)
    return (
        Gate(
            gate="school_year",
            asks=f"data of {year.first} to {year.last}",
            saw=newest_data.isoformat() if newest_data else "none",
            passed=newest_data is not None and year.first <= newest_data <= year.last,
        ),
        Gate(
            gate="age",
            asks=f"{law.compulsory_from_age} to {law.compulsory_until_age - 1} years",
            saw=age,
            passed=law.compulsory_from_age <= age < law.compulsory_until_age,
        ),
    )


def routing_gates(
    facts: StudentFacts, as_of: date, law: Law, languages: Collection[str], rules: RoutingRules
) -> tuple[Gate, ...]:
    """Everything for which a person would have to look first, and whether any home can be written to."""
    homes = route_homes(facts, languages, rules)
    about_student = [
        Gate(
            gate=reason.value,
            asks="no",
            saw="yes" if applies else "no",
            passed=not applies,
            reason=reason.value,
        )
        for reason, applies in checks(facts, as_of, law, rules)
    ]
    home = Gate(
        gate="home",
        asks="a home that may be written to",
        saw=", ".join((f"{len(homes.envelopes)} homes", *homes.holds)),
        passed=bool(homes.envelopes),
        reason=homes.holds[0].value if homes.holds else None,
    )
    return (*about_student, home)


def mailing_gates(
    as_of: date, last_mailing_date: date | None, lead_days: int, meetings: Collection[str]
) -> tuple[Gate, ...]:
    """Whether an invitation may still be mailed, and to which evenings.

    Args:
        as_of: the night.
        last_mailing_date: of the school year; None where the county has set none.
        lead_days: calendar days between the night and an evening, at least.
        meetings: evenings that the homes would be invited to.
    """
    is_past = last_mailing_date is not None and as_of > last_mailing_date
    return (
        Gate(
            gate=Reason.PAST_LAST_MAILING_DATE.value,
            asks=f"by {last_mailing_date}" if last_mailing_date else "any day",
            saw=as_of.isoformat(),
            passed=not is_past,
            reason=Reason.PAST_LAST_MAILING_DATE.value,
        ),
        Gate(
            gate=Reason.NO_MEETING.value,
            asks=f"an evening at least {lead_days} days ahead",
            saw=", ".join(meetings) or "none",
            passed=bool(meetings),
            reason=Reason.NO_MEETING.value,
        ),
    )
