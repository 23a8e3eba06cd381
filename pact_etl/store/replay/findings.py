"""Findings that the nights of a school year would have opened and ended under a policy.

The domain decides: each of its rules is asked once for every pair of the count that it rests on and the schooldays
enrolled, and the answers are looked up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import RULES, Rule, Tally, counted_by
from pact_etl.store.replay.counting import NightlyCounts, nightly_counts
from pact_etl.store.replay.reading import KnownDistrict, Nights

Flags = npt.NDArray[np.bool_]

COUNTS = ("unexcused_days", "occasions", "absent_days", "enrolled_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A finding that stood when the first night was run, with the night and the U that it was opened with."""

    as_of: date
    unexcused_days: int


def verdicts(rule: Rule, policy: Policy, most: int, most_enrolled: int) -> Flags:
    """Whether a rule is met, by the count that it rests on and by the schooldays enrolled.

    Args:
        rule: which.
        policy: of the night.
        most: the highest count to answer for.
        most_enrolled: the most schooldays.
    """
    nothing = Tally(unexcused_days=0, occasions=0, absent_days=0, enrolled_days=0)
    count = counted_by(rule, policy).count
    counts = {name: getattr(nothing, name) for name in COUNTS}
    return np.array(
        [
            [
                RULES[rule](Tally(**counts | {count: n, "enrolled_days": d}), policy)
                for d in range(most_enrolled + 1)
            ]
            for n in range(most + 1)
        ]
    )


def over_by_night(counted: NightlyCounts, rule: Rule, policy: Policy) -> Flags:
    """Who is over a line, by student and night."""
    counts = getattr(counted, counted_by(rule, policy).count)
    table = verdicts(
        rule, policy, int(counts.max(initial=0)), int(counted.enrolled_days.max(initial=0))
    )
    return np.asarray(table[counts, counted.enrolled_days])


def replayed_findings(
    known: KnownDistrict,
    nights: Nights,
    policies: Mapping[date, Policy],
    standing: Mapping[tuple[Rule, int], Standing],
) -> pd.DataFrame:
    """The findings of a district, of every rule.

    Args:
        known: the district's record.
        nights: evaluated nights of the year, those before the first one that is run again among them.
        policies: of each night that is run again; the nights are the last of `nights`.
        standing: by rule and student, the findings that the first night met.

    Returns:
        One row per finding that any of these nights saw: `student_id`, `rule`, `opened` (the place of the night, -1
        where it stood before), `ended` (the place of the first night without it, the number of nights where it
        stands), and the counts it was opened with, or those of the first night.
    """
    run = [nights.dates.index(night) for night in policies]
    found: list[pd.DataFrame] = []
    if known.students.empty:
        return pd.DataFrame(columns=["student_id", "rule", "opened", "ended", *COUNTS])
    distinct = list(dict.fromkeys(policies.values()))
    for parts in zip(*(nightly_counts(known, nights, one) for one in distinct), strict=True):
        which = [distinct.index(policies[nights.dates[n]]) for n in run]
        for rule in Rule:
            overs = [
                over_by_night(part, rule, one) for part, one in zip(parts, distinct, strict=True)
            ]
            over = np.stack([overs[p][:, n] for p, n in zip(which, run, strict=True)], axis=1)
            students = parts[0].students["student_id"].to_numpy()
            stood = np.array([(rule, int(s)) in standing for s in students], dtype=bool)
            rows = _runs(over, stood)
            counts = {
                name: np.array(
                    [
                        getattr(parts[which[n]], name)[s, run[n]]
                        for s, n in zip(rows["row"], rows["begins"], strict=True)
                    ],
                    dtype="int64",
                )
                for name in COUNTS
            }
            found.append(
                pd.DataFrame(
                    {
                        "student_id": students[rows["row"]],
                        "rule": rule.value,
                        "opened": np.where(rows["stood"], -1, np.array(run)[rows["begins"]]),
                        "ended": np.array([*run, len(nights.dates)])[rows["ends"]],
                        **counts,
                    }
                )
            )
    return pd.concat(found, ignore_index=True)


def _runs(over: Flags, stood: Flags) -> Mapping[str, npt.NDArray[np.int64]]:
    """Runs of nights over a line: whose, from which on, until which, and whether it had begun before."""
    edged = np.pad(over, ((0, 0), (1, 1)))
    row, begins = np.nonzero(edged[:, 1:-1] & ~edged[:, :-2])
    _, ends = np.nonzero(edged[:, 1:-1] & ~edged[:, 2:])
    return {"row": row, "begins": begins, "ends": ends + 1, "stood": stood[row] & (begins == 0)}
