"""Why, and why not: one student's counts as known on any night, day by day, with every gate and what would change it.

The answer is a JSON-safe mapping that a command, a page or a check can show. It holds opaque ids, dates, school codes
and reason codes with their words; no name, no address and no raw code but one that nobody has explained, for a code
can tell a confidential reason (EC 46010.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pact_etl.domain.believed import DistrictRecord
from pact_etl.domain.explanation import Account, account
from pact_etl.domain.gates import count_gates, time_gates
from pact_etl.domain.ladder import LadderStep, explain_ladder, stage_of
from pact_etl.domain.outlook import turns
from pact_etl.domain.plain_words import CHANGES, REMEDY, meaning_of
from pact_etl.domain.policy import LadderLaw, Policy
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import meets_ratio, rules_met
from pact_etl.steps.why_letter import letter_side
from pact_etl.store.case_history import Case, case_history
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.first_notices import told_of
from pact_etl.store.history import history
from pact_etl.store.ladders import steps_of
from pact_etl.store.student_ids import find_student
from pact_etl.wiring import Collaborators

RECORDED = "recorded"
NOTHING_ARRIVED = "nothing_arrived"


def explain(using: Collaborators, student: str, as_of: date) -> dict[str, Any]:
    """Explain one student.

    Args:
        using: collaborators.
        student: `S<number>`, a statewide id, `<district>:<local id>`, or the code on a letter.
        as_of: the night whose knowledge is asked about.

    Returns:
        `student`, `as_of`, `school_year`, `policy_version`, `is_newest_night`; `districts` by slug: `U`, `D`,
        `occasions`, `absent_days`, `over`, `counted_days`, `evidence`, `uncounted_days`, `gates`, `enrollments`,
        `newest_data`, `nights`, `held_schools`, `gaps`, `findings`, `would_change`, `ladder`, `first_notice` (what the
        district was told last of one that is set for it, or None); then `district` (the one that would invite),
        `verdict`, `gates`, `holds`, `questions`, `letters`, `would_change` of the letter.

    Raises:
        UsageError: there is no such student, or a letter is about several.
    """
    policy, year = using.policy_on(as_of), using.year_of(as_of)
    with using.engine.connect() as connection:
        student_id = find_student(connection, student)
        known = history(connection, student_id, as_of, year)
        case = case_history(connection, student_id, as_of, year)
        newest = newest_evaluation(connection)
        is_newest = newest is None or as_of >= newest
        accounts = {slug: account(one, policy) for slug, one in known.records.items()}
        steps = steps_of(connection, student_id, as_of, year)
        notices = told_of(connection, student_id, year.name, as_of)
        over = {slug: rules_met(one.tally, policy) for slug, one in accounts.items()}
        letter = letter_side(
            using,
            connection,
            known,
            case,
            over,
            as_of,
            is_newest=is_newest,
        )
    ladder_law = using.statutes.ladder_on(as_of)
    return {
        "student": f"S{student_id}",
        "as_of": as_of.isoformat(),
        "school_year": year.name,
        "policy_version": policy.version,
        "is_newest_night": is_newest,
        "districts": {
            slug: _district(one, accounts[slug], slug, case, policy, year, as_of)
            | {
                "ladder": _ladder(steps.get(slug, ()), accounts[slug], policy, ladder_law),
                "first_notice": notices.get(slug),
            }
            for slug, one in known.records.items()
        },
        **letter,
    }


def _district(
    record: DistrictRecord,
    accounted: Account,
    slug: str,
    case: Case,
    policy: Policy,
    year: SchoolYear,
    as_of: date,
) -> dict[str, Any]:
    tally = accounted.tally
    gates = (
        *count_gates(tally, policy),
        *time_gates(record.newest_data, record.birth_date, year, as_of, policy.law),
    )
    nights = [
        {"night": _day(n["night"]), "status": n["status"] or NOTHING_ARRIVED, "reason": n["reason"]}
        for n in case.nights
        if n["slug"] == slug
    ]
    is_enrolled = any(span.covers(span.school_code, as_of) for span in record.spans)
    held = [_plain(row) for row in case.school_holds if row["slug"] == slug]
    return {
        "U": tally.unexcused_days,
        "D": tally.enrolled_days,
        "occasions": tally.occasions,
        "absent_days": tally.absent_days,
        "over": sorted(rule.value for rule in rules_met(tally, policy)),
        "counted_days": [_day(mark.day) for mark in accounted.counted],
        "evidence": [
            {"date": _day(m.day), "mark": m.id, "submission": m.submission, "since": _day(m.night)}
            for m in accounted.counted
        ],
        "uncounted_days": [
            {
                "date": _day(u.day),
                "status": u.status,
                "reason": u.reason,
                "code": u.code,
                "words": meaning_of(u.reason, u.status),
            }
            for u in accounted.uncounted
        ],
        "gates": [asdict(gate) for gate in gates],
        "enrollments": [_plain(asdict(span)) for span in record.spans],
        "newest_data": _day(record.newest_data),
        "nights": nights,
        "nights_lost": [n for n in nights if n["status"] != RECORDED],
        "held_schools": [row | {"words": meaning_of(row["reason"])} for row in held],
        "gaps": [
            {
                "reason": gap.reason,
                "days": [_day(day) for day in gap.days],
                "code": gap.code,
                "words": meaning_of(gap.reason),
                "remedy": REMEDY.get(gap.reason),
            }
            for gap in accounted.gaps
        ],
        "findings": [
            _plain({k: v for k, v in row.items() if k not in {"id", "slug", "evidence"}})
            for row in case.findings
            if row["slug"] == slug
        ],
        "would_change": [
            {
                "change": turn.change.value,
                "days": turn.days,
                "words": CHANGES[turn.change].format(days=turn.days),
            }
            for turn in turns(
                tally, policy, is_enrolled=is_enrolled, waiting=len(accounted.waiting)
            )
        ],
    }


def _ladder(
    steps: Sequence[LadderStep], accounted: Account, policy: Policy, law: LadderLaw
) -> dict[str, object]:
    """How far up the ladder the student is, and on whose word."""
    ratio_met = meets_ratio(accounted.tally, policy.law)
    return explain_ladder(stage_of(steps, accounted.occasions, law, ratio_met=ratio_met))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: days as text, whatever list they stand in."""

    def one(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        return [one(v) for v in value] if isinstance(value, list | tuple) else value

    return {key: one(value) for key, value in row.items()}
