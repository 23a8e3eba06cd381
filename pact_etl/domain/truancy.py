"""The rules: which of three different lines a student's counts are over. One function each, listed in RULES.

The counting is done elsewhere, set-based; these functions see counts of one student in one district and the policy
of the date. The three must never be mixed: a *truant* (EC 48260), a *chronic truant* (EC 48263.6) and a *chronic
absentee* (EC 60901) are different students for different reasons.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pact_etl.domain.attendance import LATE_OR_AWAY, Status
from pact_etl.domain.policy import DaysThreshold, Law, Policy


class Rule(StrEnum):
    """A line a student can be over. Stored by value.

    `chronic_truant_candidate` is the county's invitation line, whichever kind of threshold is in force.
    """

    TRUANT = "truant"
    CHRONIC_TRUANT_CANDIDATE = "chronic_truant_candidate"
    CHRONIC_ABSENTEE = "chronic_absentee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of one student in one district from the school year's start through the last day of submitted attendance.

    `unexcused_days` is the statute's U, `enrolled_days` its D: schooldays taught at the student's schools between
    enrollment and that day, both inclusive.
    """

    unexcused_days: int
    occasions: int
    absent_days: int
    enrolled_days: int


def is_truant(tally: Tally, policy: Policy) -> bool:
    """Absent three full days, or tardy or absent over 30 minutes on three occasions, or any mix (EC 48260(a))."""
    return tally.occasions >= policy.law.truant_occasions


def meets_ratio(tally: Tally, law: Law) -> bool:
    """Absent without valid excuse for ten per cent or more of the schooldays since enrollment (EC 48263.6).

    Whole numbers, inclusive, never a rounded percentage. Whoever was never enrolled on a schoolday meets nothing.
    """
    return (
        tally.enrolled_days > 0
        and 10 * tally.unexcused_days >= law.chronic_truant_tenths * tally.enrolled_days
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One test of the invitation line: what it asks, what it saw, and whether that is enough."""

    name: str
    asks: str | int
    saw: str | int
    passed: bool


def gates(tally: Tally, policy: Policy) -> tuple[Gate, ...]:
    """The tests of the county's invitation line; a student who passes all is invited.

    By ratio a *candidate* only: the statute also asks that the district took every step of 48260 to 48263 and 48291,
    which the counts cannot show (see `ladder`). The county's minimum of unexcused and of enrolled days keeps one
    missed day in the first two weeks from being a case. By days the program's own text of 2012 holds: so many
    occasions, whatever the ratio.
    """
    threshold, tenths = policy.threshold, policy.law.chronic_truant_tenths
    if isinstance(threshold, DaysThreshold):
        return (_at_least("minimum_occasions", threshold.minimum_occasions, tally.occasions),)
    ratio = Gate(
        name="ratio",
        asks=f"10 * U >= {tenths} * D",
        saw=f"{10 * tally.unexcused_days} and {tenths * tally.enrolled_days}",
        passed=meets_ratio(tally, policy.law),
    )
    days = _at_least(
        "minimum_unexcused_days", threshold.minimum_unexcused_days, tally.unexcused_days
    )
    span = _at_least("minimum_enrolled_days", threshold.minimum_enrolled_days, tally.enrolled_days)
    return (ratio, days, span)


def _at_least(name: str, asks: int, saw: int) -> Gate:
    return Gate(name=name, asks=asks, saw=saw, passed=saw >= asks)


def is_chronic_truant_candidate(tally: Tally, policy: Policy) -> bool:
    """Over the county's invitation line: every gate is passed."""
    return all(gate.passed for gate in gates(tally, policy))


def is_chronic_absentee(tally: Tally, policy: Policy) -> bool:
    """Absent for any reason on ten per cent or more of the schooldays enrolled and taught (EC 60901(c)(1)).

    The minimum of enrolled days follows the county's own, as the state also leaves out short enrollments.
    """
    over_ratio = 10 * tally.absent_days >= policy.law.chronic_absentee_tenths * tally.enrolled_days
    return over_ratio and tally.enrolled_days >= policy.threshold.minimum_enrolled_days


RULES: Mapping[Rule, Callable[[Tally, Policy], bool]] = {
    Rule.TRUANT: is_truant,
    Rule.CHRONIC_TRUANT_CANDIDATE: is_chronic_truant_candidate,
    Rule.CHRONIC_ABSENTEE: is_chronic_absentee,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Which count of a tally a rule rests on, and the statuses that make it.

    `of_age_only` tells whether only days of compulsory age do, `cleared_only` whether only days past their clearing
    window.
    """

    count: str
    statuses: frozenset[Status]
    of_age_only: bool
    cleared_only: bool


def counted_by(rule: Rule, policy: Policy) -> Counted:
    """What a rule counts, so that its evidence can be named and its end explained."""
    counting = policy.counting
    if rule is Rule.CHRONIC_ABSENTEE:
        return Counted(
            count="absent_days", statuses=counting.absent, of_age_only=False, cleared_only=False
        )
    if rule is Rule.TRUANT or isinstance(policy.threshold, DaysThreshold):
        count, statuses = "occasions", counting.occasions
    else:
        count, statuses = "unexcused_days", counting.unexcused
    return Counted(count=count, statuses=statuses, of_age_only=True, cleared_only=True)


def counts_late(rule: Rule, policy: Policy) -> bool:
    """Whether days late or away for more than 30 minutes bring a student over a line, so that its letter says so."""
    return bool(counted_by(rule, policy).statuses & LATE_OR_AWAY)


def rules_met(tally: Tally, policy: Policy) -> frozenset[Rule]:
    """Every line these counts are over."""
    return frozenset(rule for rule, holds in RULES.items() if holds(tally, policy))
