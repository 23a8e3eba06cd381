"""The proof: findings and counts are the truth, or `pact why` names what the record lacks and on which days.

An explanation counts only where it can be true: a day that differs must be a day it names, and counts may differ by no
more days than it names.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import Rule, Tally, rules_met
from pact_etl.steps.why import explain
from pact_etl.wiring import Collaborators

LINES = {
    Rule.TRUANT: "truant",
    Rule.CHRONIC_TRUANT_CANDIDATE: "chronic_truant",
    Rule.CHRONIC_ABSENTEE: "chronic_absentee",
}
COUNTS = ("occasions", "absent_days")
OF_ENROLLMENT = {"not_delivered", "changes_lost", "district_late"}
"""Gaps for which an enrollment may be another than the district now says."""

Who = tuple[str, str]


@dataclass
class Proof:
    """What comparing found; students are told by district and the district's own id."""

    compared: int = 0
    missing: dict[Rule, set[Who]] = field(default_factory=dict)
    extra: dict[Rule, set[Who]] = field(default_factory=dict)
    counts_differ: set[Who] = field(default_factory=set)
    causes: Counter[str] = field(default_factory=Counter)
    unexplained: dict[Who, list[str]] = field(default_factory=dict)

    @property
    def findings_differ(self) -> set[Who]:
        """Students with a finding more or less than the truth."""
        return set().union(*self.missing.values(), *self.extra.values())

    def summary(self) -> str:
        """A few lines for a person."""
        lines = [f"{self.compared} students compared, {len(self.counts_differ)} with other counts"]
        for rule in LINES:
            differing = Counter(slug for slug, _ in self.missing[rule] | self.extra[rule])
            lines.append(
                f"{rule.value}: missing {len(self.missing[rule])}, extra {len(self.extra[rule])}"
                f" {dict(differing)}"
            )
        lines.append(f"causes of what differs: {dict(self.causes)}")
        lines.append(f"without an explanation: {self.unexplained or 'nothing'}")
        return "\n".join(lines)


def findings(using: Collaborators) -> dict[Who, set[Rule]]:
    query = """SELECT f.rule, d.slug, r.local_id FROM finding f JOIN district d ON d.id = f.district_id
               JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id
               WHERE f.ended_as_of IS NULL"""
    found: dict[Who, set[Rule]] = {}
    with using.engine.connect() as connection:
        for rule, slug, local_id in connection.execute(text(query)):
            found.setdefault((slug, local_id), set()).add(Rule(rule))
    return found


def truth(drop: Path, night: date) -> dict[Who, dict[str, str]]:
    rows = pd.read_csv(drop / "truth" / f"{night}.csv", dtype=str, keep_default_na=False)
    return {(row["district"], row["local_id"]): row for row in rows.to_dict("records")}


def compare_findings(found: dict[Who, set[Rule]], true: dict[Who, dict[str, str]]) -> Proof:
    """Who is over a line by our findings and not in truth, or the other way round; nobody is asked why."""
    over = {
        who: {rule for rule, column in LINES.items() if row[column] == "1"}
        for who, row in true.items()
    }
    proof = Proof()
    for rule in LINES:
        ours = {who for who, rules in found.items() if rule in rules}
        theirs = {who for who, rules in over.items() if rule in rules}
        proof.missing[rule], proof.extra[rule] = theirs - ours, ours - theirs
    return proof


def prove(using: Collaborators, drop: Path, night: date) -> Proof:
    """Hold everybody who is over a line, by our findings or in truth, against each other."""
    found, true = findings(using), truth(drop, night)
    proof, policy = compare_findings(found, true), using.policy_on(night)
    for who in sorted(found.keys() | true.keys()):
        explained = explain(using, ":".join(who), night)
        proof.compared += 1
        _hold_against(proof, who, explained, found.get(who, set()), true.get(who), policy)
    return proof


def _hold_against(
    proof: Proof,
    who: Who,
    explained: dict[str, Any],
    found: set[Rule],
    true: dict[str, str] | None,
    policy: Policy,
) -> None:
    one = explained["districts"][who[0]]
    complaints = []
    if set(one["over"]) != {rule.value for rule in found}:
        complaints.append("the explanation counts otherwise than the findings")
    differs = who in proof.findings_differ
    if true is not None:
        is_same = all(int(true[name]) == one[name] for name in ("U", "D", *COUNTS))
        if not is_same or _days_of(true) != set(one["counted_days"]):
            proof.counts_differ.add(who)
            differs = True
    if differs:
        named = {gap["reason"] for gap in one["gaps"]} | {
            "identity_unclear" for _ in explained["questions"]
        }
        proof.causes.update(named)
        # A question about who is who leaves open which rows are this student's at all.
        if not explained["questions"]:
            complaints += _untold(one, found, true, policy)
    if complaints:
        proof.unexplained[who] = complaints


def _untold(
    one: dict[str, Any], found: set[Rule], true: dict[str, str] | None, policy: Policy
) -> list[str]:
    """What the gaps of an explanation cannot have caused."""
    days = {day for gap in one["gaps"] for day in gap["days"]}
    if true is None:
        fewer = Tally(
            unexcused_days=max(one["U"] - len(days), 0),
            occasions=max(one["occasions"] - len(days), 0),
            absent_days=max(one["absent_days"] - len(days), 0),
            enrolled_days=one["D"],
        )
        kept = found & rules_met(fewer, policy)
        return [
            f"{rule.value} is in no truth, and {len(days)} days do not undo it" for rule in kept
        ]
    complaints = []
    others = _days_of(true) ^ set(one["counted_days"])
    if not others <= days:
        complaints.append(f"days {sorted(others - days)} differ without a reason")
    for name in COUNTS:
        if abs(int(true[name]) - one[name]) > len(days):
            complaints.append(f"{name} {one[name]}, in truth {true[name]}")
    if int(true["D"]) != one["D"] and not OF_ENROLLMENT & {gap["reason"] for gap in one["gaps"]}:
        complaints.append(f"D {one['D']}, in truth {true['D']}")
    return complaints


def _days_of(true: dict[str, str]) -> set[str]:
    return set(filter(None, true["unexcused_days"].split(";")))
