"""Findings that the nights of a school year would have opened and ended under a policy.

The domain decides: each of its rules is asked once for every pair of the count that it rests on and the schooldays
enrolled, and the answers are looked up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import RULES, Rule, Tally, counted_by
from pact_etl.store.replay.counting import NightlyCounts, nightly_counts
from pact_etl.store.replay.reading import Ints, KnownDistrict, Nights

Flags = npt.NDArray[np.bool_]

COUNTS = ("unexcused_days", "occasions", "absent_days", "enrolled_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A finding that stood when the first night was run, with the night and the U that it was opened with."""

    as_of: date
    unexcused_days: int


@lru_cache(maxsize=64)
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
        rule,
        policy,
        _rounded(counts.max(initial=0)),
        _rounded(counted.enrolled_days.max(initial=0)),
    )
    return np.asarray(table[counts, counted.enrolled_days])


def _rounded(count: int) -> int:
    """The next multiple of 64, so that most students are answered for by the same table."""
    return -(-int(count) // 64) * 64


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
        stands), `as_of`, the night that opened it, and the counts it was opened with.
    """
    run = [nights.dates.index(night) for night in policies]
    found: list[pd.DataFrame] = []
    if known.students.empty:
        return pd.DataFrame(columns=["student_id", "rule", "opened", "ended", "as_of", *COUNTS])
    distinct = list(dict.fromkeys(policies.values()))
    for parts in zip(*(nightly_counts(known, nights, one) for one in distinct), strict=True):
        which = [distinct.index(policies[nights.dates[n]]) for n in run]
        for rule in Rule:
            overs = [
                over_by_night(part, rule, one) for part, one in zip(parts, distinct, strict=True)
            ]
            over = np.stack([overs[p][:, n] for p, n in zip(which, run, strict=True)], axis=1)
            students = parts[0].students["student_id"].to_numpy()
            stood = [standing.get((rule, int(student))) for student in students]
            runs = _runs(over, np.array([one is not None for one in stood]))
            old = [
                stood[row] if known else None
                for row, known in zip(runs["row"], runs["stood"], strict=True)
            ]
            begins = np.array(run)[runs["begins"]]
            rows = pd.DataFrame(
                {
                    "student_id": students[runs["row"]],
                    "rule": rule.value,
                    "opened": np.where(runs["stood"], -1, begins),
                    "ended": np.array([*run, len(nights.dates)])[runs["ends"]],
                    "as_of": [
                        one.as_of if one else nights.dates[n]
                        for one, n in zip(old, begins, strict=True)
                    ],
                    **_counts_on(parts, [which[n] for n in runs["begins"]], runs["row"], begins),
                }
            )
            u = [
                one.unexcused_days if one else n
                for one, n in zip(old, rows["unexcused_days"], strict=True)
            ]
            found.append(rows.assign(unexcused_days=u))
    return pd.concat(found, ignore_index=True)


def grades_on(
    known: KnownDistrict, nights: Nights, students: "pd.Series[int]", days: "pd.Series[Any]"
) -> "pd.Series[str]":
    """The grade of each student's newest enrollment, as known on the night of a day."""
    since = np.array([(day - nights.year.first).days for day in days], dtype="int64")
    asked = pd.DataFrame(
        {"student_id": students.to_numpy(dtype="int64"), "night": nights.from_day(since)}
    )
    pairs = asked.reset_index().merge(known.enrollments, on="student_id")
    pairs = pairs[(pairs["start"] <= pairs["night"]) & (pairs["night"] < pairs["end"])]
    newest = pairs.sort_values(["entry", "id"]).drop_duplicates("index", keep="last")
    return newest.set_index("index")["grade"].reindex(asked.index)


def _counts_on(
    parts: Sequence[NightlyCounts], which: Sequence[int], rows: Ints, nights: Ints
) -> dict[str, Ints]:
    """The counts of some students on a night each, by the policy of that night."""
    by_policy = {name: [getattr(part, name) for part in parts] for name in COUNTS}
    return {
        name: np.array(
            [tables[p][row, night] for p, row, night in zip(which, rows, nights, strict=True)],
            dtype="int64",
        )
        for name, tables in by_policy.items()
    }


def _runs(over: Flags, stood: Flags) -> Mapping[str, npt.NDArray[np.int64]]:
    """Runs of nights over a line: whose, from which on, until which, and whether it had begun before."""
    edged = np.pad(over, ((0, 0), (1, 1)))
    row, begins = np.nonzero(edged[:, 1:-1] & ~edged[:, :-2])
    _, ends = np.nonzero(edged[:, 1:-1] & ~edged[:, 2:])
    return {"row": row, "begins": begins, "ends": ends + 1, "stood": stood[row] & (begins == 0)}
