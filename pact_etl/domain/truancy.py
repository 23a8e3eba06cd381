"""The rules: which of three different lines a student's counts are over. One function each, listed in RULES.

The counting is done elsewhere, set-based; these functions see counts of one student in one district and the policy
of the date. The three must never be mixed: a *truant* (EC 48260), a *chronic truant* (EC 48263.6) and a *chronic
absentee* (EC 60901) are different students for different reasons.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pact_etl.domain.policy import Policy


class Rule(StrEnum):
    """A line a student can be over. Stored by value."""

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


def is_chronic_truant_candidate(tally: Tally, policy: Policy) -> bool:
    """Absent without valid excuse for ten per cent or more of the schooldays since enrollment (EC 48263.6).

    Whole numbers, inclusive, never a rounded percentage. A *candidate* only: the statute also asks that the district
    took every step of 48260 to 48263 and 48291, which the counts cannot show. The county's minimum of unexcused and
    of enrolled days keeps one missed day in the first two weeks from being a case.
    """
    over_ratio = 10 * tally.unexcused_days >= policy.law.chronic_truant_tenths * tally.enrolled_days
    return (
        over_ratio
        and tally.unexcused_days >= policy.threshold.minimum_unexcused_days
        and tally.enrolled_days >= policy.threshold.minimum_enrolled_days
    )


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


def rules_met(tally: Tally, policy: Policy) -> frozenset[Rule]:
    """Every line these counts are over."""
    return frozenset(rule for rule, holds in RULES.items() if holds(tally, policy))
