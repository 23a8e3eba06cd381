"""Why, and why not: one student's counts as known on any night, day by day, with every gate."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pact_etl.domain.attendance import Status
from pact_etl.domain.ladder import LadderStep, explain_ladder, stage_of
from pact_etl.domain.policy import LadderLaw, Policy
from pact_etl.domain.truancy import Tally, gates, meets_ratio, rules_met
from pact_etl.store.history import History, find_student, history
from pact_etl.store.ladders import steps_of
from pact_etl.wiring import Collaborators


def explain(using: Collaborators, student: str, as_of: date) -> dict[str, Any]:
    """Explain one student; JSON-safe, with opaque ids and dates and no name.

    Raises:
        UsageError: there is no such student.
    """
    policy, year = using.policy_on(as_of), using.year_of(as_of)
    with using.engine.connect() as connection:
        student_id = find_student(connection, student)
        weekends = policy.counting.weekend_classes_count.answer
        known = history(connection, student_id, as_of, year, weekends=weekends)
        steps = steps_of(connection, student_id, as_of, year)
    ladder_law = using.statutes.ladder_on(as_of)
    return {
        "student": f"S{student_id}",
        "as_of": as_of.isoformat(),
        "school_year": year.name,
        "policy_version": policy.version,
        "districts": {
            slug: _district(known, slug, policy, steps.get(slug, ()), ladder_law)
            for slug in sorted(known.enrolled_days)
        },
        "letters": [_plain(row) for row in known.letters],
    }


def _district(
    known: History,
    slug: str,
    policy: Policy,
    steps: Sequence[LadderStep],
    ladder_law: LadderLaw,
) -> dict[str, Any]:
    counted: dict[date, str] = {}
    uncounted: list[dict[str, Any]] = []
    occasions, absences, exempt = set(), set(), set()
    for mark in known.marks:
        if mark["slug"] != slug:
            continue
        reason = _why_not(known, mark, policy)
        status = Status(mark["status"])
        in_school = reason in {None, "age"}
        if in_school and status in policy.counting.absent:
            absences.add(mark["date"])
        if in_school and status in policy.counting.exempt:
            exempt.add(mark["date"])
        if reason is None and status in policy.counting.occasions:
            occasions.add(mark["date"])
        if reason is None and status in policy.counting.unexcused:
            counted[mark["date"]] = f"M{mark['id']}"
        else:
            uncounted.append(
                {
                    "date": mark["date"].isoformat(),
                    "status": status.value,
                    "reason": reason or "not_full_day_unexcused",
                }
            )
    uncounted += [
        {"date": row["date"].isoformat(), "status": "quarantined", "reason": row["reason"]}
        for row in known.set_aside
        if row["slug"] == slug
    ]
    tally = Tally(
        unexcused_days=len(counted),
        occasions=len(occasions),
        absent_days=len(absences),
        enrolled_days=max(known.enrolled_days[slug] - len(exempt), 0),
    )
    ratio_met = meets_ratio(tally, policy.law)
    standing = stage_of(steps, sorted(occasions), ladder_law, ratio_met=ratio_met)
    return {
        "U": tally.unexcused_days,
        "D": tally.enrolled_days,
        "occasions": tally.occasions,
        "absent_days": tally.absent_days,
        "over": sorted(rule.value for rule in rules_met(tally, policy)),
        "ladder": explain_ladder(standing),
        "counted_days": [day.isoformat() for day in sorted(counted)],
        "uncounted_days": sorted(uncounted, key=lambda u: str(u["date"])),
        "gates": [
            {"gate": g.name, "asks": g.asks, "saw": g.saw, "passed": g.passed}
            for g in gates(tally, policy)
        ],
    }


def _why_not(known: History, mark: Mapping[str, Any], policy: Policy) -> str | None:
    """Why a mark cannot count on its day, whatever its status; None where it can."""
    if not mark["is_instructional"]:
        return "no_school_that_day"
    if mark["is_weekend"] and not policy.counting.weekend_classes_count.answer:
        return "weekend_class"
    spans = [
        s for s in known.spans if s["slug"] == mark["slug"] and s["school_id"] == mark["school_id"]
    ]
    if not any(s["entry_date"] <= mark["date"] <= s["exit_date"] for s in spans):
        return "outside_enrollment"
    return None if policy.law.binds(known.birth_date, mark["date"]) else "age"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}
