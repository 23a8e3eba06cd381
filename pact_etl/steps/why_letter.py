"""The letter's side of an explanation: what stands between a student over the line and an invitation, or came of it.

Facts about home and family are kept as they are now only, so the gates that rest on them are shown for the newest
night; for a past night the holds that were recorded then speak.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.gates import Gate, mailing_gates, routing_gates
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.notice import LETTER, LetterEvent, LetterStatus
from pact_etl.domain.plain_words import REMEDY, meaning_of
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import route
from pact_etl.domain.truancy import Rule
from pact_etl.steps.plan import decide
from pact_etl.store.case_history import Case
from pact_etl.store.history import Known
from pact_etl.store.invitations import taken_meetings
from pact_etl.store.letter_values import piece_id
from pact_etl.store.planning import candidate_of, facts_of_student
from pact_etl.store.volume import braked_nights
from pact_etl.wiring import Collaborators

ALREADY_INVITED = "already_invited"
ENDED = frozenset({LetterStatus.WITHDRAWN, LetterStatus.FAILED, LetterStatus.REJECTED})

Over = Mapping[str, frozenset[Rule]]


def letter_side(
    using: Collaborators,
    connection: Connection,
    known: Known,
    case: Case,
    over: Over,
    as_of: date,
    *,
    is_newest: bool,
) -> dict[str, Any]:
    """What became of a student's invitation, or what holds it.

    Args:
        using: collaborators.
        connection: any.
        known: the student's record.
        case: what was decided.
        over: by district, the lines the student is over.
        as_of: the night.
        is_newest: whether nothing newer was evaluated, so that the facts of now are those of the night.
    """
    letters = [_letter(row, is_newest=is_newest) for row in case.letters]
    standing = [
        one
        for one in letters
        if one["notice"] and LetterKind(one["kind"]).invites and one["letter"] not in ENDED
    ]
    slug = inviting_district(known, case, over)
    is_over = Rule.CHRONIC_TRUANT_CANDIDATE in over.get(slug or "", ())
    gates = [
        Gate(
            gate=ALREADY_INVITED,
            asks="no",
            saw=", ".join(f"{one['piece']} {one['letter']}" for one in standing) or "no",
            passed=not standing,
            reason=ALREADY_INVITED,
        )
    ]
    holds = [_hold(row) for row in case.holds]
    if slug is not None and is_newest and not standing:
        found, decided = _newest_gates(using, connection, known, case, slug, as_of)
        gates += found
        since = {row["reason"]: row for row in case.holds}
        holds = [_hold(since.get(row["reason"], row)) for row in decided]
    holds = holds if is_over or standing else []
    return {
        "district": slug,
        "verdict": _verdict(is_over=is_over, is_invited=bool(standing), is_held=bool(holds)),
        "gates": [asdict(gate) for gate in gates],
        "holds": holds,
        "questions": [
            {
                "student": f"{row['slug']}:{row['local_id']}",
                "doubt": row["doubt"],
                "opened_on": row["opened_on"].isoformat(),
            }
            for row in case.questions
        ],
        "letters": letters,
        "would_change": [
            {"change": hold["reason"], "words": hold["remedy"]} for hold in holds if hold["remedy"]
        ],
    }


def _newest_gates(
    using: Collaborators,
    connection: Connection,
    known: Known,
    case: Case,
    slug: str,
    as_of: date,
) -> tuple[list[Gate], list[dict[str, Any]]]:
    """Every gate of routing and mailing by the newest facts, and the holds that planning would make of them."""
    policy, year, county = using.policy_on(as_of), using.year_of(as_of), using.county
    law = policy.law
    found_on = next((f["since"] for f in reversed(_standing(case)) if f["slug"] == slug), as_of)
    facts = facts_of_student(
        connection,
        known.student_id,
        known.district_ids[slug],
        found_on,
        as_of,
        using.districts,
        _held(case),
        braked_nights(connection, year, county.volume_brake),
        using.lawful_on(as_of),
    )
    languages = using.languages_of().mailed
    rules = county.routing_on(as_of)
    routing = route(facts, as_of, law, languages, rules)
    keys = [envelope.household_key for envelope in routing.envelopes]
    candidate = candidate_of(
        connection,
        known.student_id,
        known.district_ids[slug],
        slug,
        found_on,
    )
    taken = taken_meetings(connection, None, keys) if keys else set()
    decision = decide(candidate, routing, county, as_of, year.name, taken, policy)
    last = county.mailing.last_mailing_dates.get(year.name)
    evenings = sorted({meeting for _, meeting in decision.envelopes})
    gates = [*routing_gates(facts, as_of, law, languages, rules)]
    gates += mailing_gates(as_of, last, county.mailing.lead_days, evenings) if keys else ()
    waiting = [(Reason(reason), owner, due) for reason, owner, due in decision.tasks]
    # What a person said no to is not offered again, whatever planning would say now.
    for said_no in (Reason.BATCH_REJECTED, Reason.LETTER_TAKEN_OUT):
        if any(row["reason"] == said_no for row in case.letters):
            waiting.append((said_no, *county.duty_on(said_no, as_of)))
    return gates, [
        {"reason": reason.value, "owner": owner, "since": as_of, "due_on": due}
        for reason, owner, due in waiting
    ]


def inviting_district(known: Known, case: Case, over: Over) -> str | None:
    """Whose finding is or would be the reason of an invitation: as planning takes it, the newest standing one."""
    standing = [row["slug"] for row in _standing(case) if row["slug"] in known.records]
    if standing:
        return str(standing[-1])
    lines = [slug for slug, rules in over.items() if Rule.CHRONIC_TRUANT_CANDIDATE in rules]
    entries = [(span.entry_date, slug) for slug, one in known.records.items() for span in one.spans]
    return lines[0] if lines else max(entries, default=(None, None))[1]


def _standing(case: Case) -> list[dict[str, Any]]:
    rule = Rule.CHRONIC_TRUANT_CANDIDATE.value
    return [row for row in case.findings if row["rule"] == rule and row["ended_on"] is None]


def _held(case: Case) -> dict[int, str]:
    """School to the reason that holds it, as planning reads it: the first where there are two."""
    held: dict[int, str] = {}
    for row in case.school_holds:
        held.setdefault(row["school_id"], row["reason"])
    return held


def _verdict(*, is_over: bool, is_invited: bool, is_held: bool) -> str:
    if is_invited:
        return "invited"
    if not is_over:
        return "not_over"
    return "held" if is_held else "to_be_invited"


def _letter(row: Mapping[str, Any], *, is_newest: bool) -> dict[str, Any]:
    """A letter in the state that its events up to the night make of it."""
    has_letter = row["notice"] is not None
    state = LETTER.replay(LetterEvent(event) for event in row["events"]) if has_letter else None
    was_planned = not is_newest and state is not None and state not in ENDED
    dates = {
        name: row[name].isoformat() if row[name] else None
        for name in ("as_of", "batch_night", "meeting", "mailed_on")
    }
    return {
        "invitation": "planned" if was_planned else row["invitation"],
        "reason": None if was_planned else row["reason"],
        "notice": row["notice"],
        "kind": row["kind"],
        "letter": state.value if state is not None else None,
        "piece": piece_id(row["notice"]) if has_letter else None,
        "package": row["package"],
        **dates,
    }


def _hold(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reason": row["reason"],
        "words": meaning_of(row["reason"]),
        "remedy": REMEDY.get(row["reason"]),
        "owner": row["owner"],
        "since": row["since"].isoformat(),
        "due_on": row["due_on"].isoformat(),
    }
