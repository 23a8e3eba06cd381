"""The last look before anything leaves: does every student's finding still hold, may every envelope still be sent?

Shared by the approver's proposal, which shows what it would find, and by release, which acts on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.letter import StudentRecord
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import StudentFacts
from pact_etl.domain.truancy import Rule, counted_by
from pact_etl.steps.follow_ups import not_to_leave, router
from pact_etl.store.batches import students_on_letters
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.findings import judge, students_over
from pact_etl.store.letter_records import student_records
from pact_etl.store.planning import facts_of
from pact_etl.store.quarantine import held_schools
from pact_etl.store.tallies import count_tonight, recount_due
from pact_etl.store.volume import braked_nights
from pact_etl.wiring import Collaborators


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What the newest data says of a batch's letters.

    `standing` maps a letter to the (district id, student id) pairs that may be on it; `undone` maps an invitation to
    the reason why its student may not; `withdrawn` maps a letter that is left without students to that reason.
    """

    as_of: date
    standing: dict[int, list[tuple[int, int]]]
    undone: dict[int, Reason]
    withdrawn: dict[int, Reason]
    records: dict[tuple[int, int], StudentRecord]


def recheck(
    using: Collaborators,
    connection: Connection,
    batch_id: int,
    batch_as_of: date,
    letters: Sequence[int] | None = None,
) -> Recheck:
    """Judge a batch's letters, or some of them, anew by the newest record.

    The date is the newest evaluated night, so that a letter approved days later speaks of the record as it is then.
    """
    as_of = max(newest_evaluation(connection) or batch_as_of, batch_as_of)
    policy, year = using.policy_on(as_of), using.year_of(as_of)
    rows = students_on_letters(connection, batch_id, letters)
    recount_due(connection, year, as_of, policy)
    count_tonight(connection, year, as_of, policy, sorted({_int(r["student_id"]) for r in rows}))
    judge(connection, policy)
    over = students_over(connection, Rule.CHRONIC_TRUANT_CANDIDATE)
    count = counted_by(Rule.CHRONIC_TRUANT_CANDIDATE, policy).count
    records = student_records(connection, year, as_of, policy, using.districts)
    findings = sorted({_int(r["finding_id"]) for r in rows})
    braked = braked_nights(connection, year, using.county.volume_brake)
    held, lawful = held_schools(connection), using.lawful_on(as_of)

    def known(those: Sequence[int]) -> Mapping[int, StudentFacts]:
        return facts_of(connection, those, as_of, using.districts, held, braked, lawful)

    facts = known(findings)
    following = _following(rows, facts)
    routed = router(using, as_of)
    stopped = not_to_leave(using, connection, as_of, routed, following, known)
    standing: dict[int, list[tuple[int, int]]] = {}
    undone: dict[int, Reason] = {}
    for row in rows:
        kind, key = (
            LetterKind(str(row["kind"])),
            (_int(row["district_id"]), _int(row["student_id"])),
        )
        if not kind.carries_record:
            continue  # it rests on no finding
        reason = stopped.get(_int(row["notice_id"])) or _not_asked_any_more(using, row, as_of)
        if reason is not None:
            undone[_int(row["invitation_id"])] = reason
            continue
        routing = routed(kind, facts[_int(row["finding_id"])])
        keys = {e.household_key for e in routing.envelopes}
        if key not in over or key not in records:
            counted = records[key].counted_days if key in records else 0
            fewer = counted < _int(row[count])
            undone[_int(row["invitation_id"])] = Reason.CORRECTED if fewer else Reason.RATIO_FELL
        elif row["household_key"] not in keys:
            # The home changed, or a protection arrived since planning: plan anew rather than mail to the old one.
            undone[_int(row["invitation_id"])] = (
                routing.holds[0] if routing.holds else Reason.ADDRESS_INVALID
            )
    withdrawn: dict[int, Reason] = {}
    for row in rows:
        if (reason := stopped.get(_int(row["notice_id"]))) is not None:
            withdrawn[_int(row["notice_id"])] = reason
        elif row["invitation_id"] in undone and LetterKind(str(row["kind"])).carries_record:
            withdrawn[_int(row["notice_id"])] = undone[_int(row["invitation_id"])]
        else:
            key = (_int(row["district_id"]), _int(row["student_id"]))
            standing.setdefault(_int(row["notice_id"]), []).append(key)
    withdrawn = {notice: reason for notice, reason in withdrawn.items() if notice not in standing}
    return Recheck(
        as_of=as_of, standing=standing, undone=undone, withdrawn=withdrawn, records=records
    )


def _not_asked_any_more(
    using: Collaborators, row: Mapping[str, object], as_of: date
) -> Reason | None:
    """Why a student is not asked to a letter's evening any more, whatever the student's record says."""
    if row["invitation_status"] != "planned":
        # Taken back when another home's letter was looked at, in a package before this one: planned anew for both.
        return Reason(str(row["invitation_reason"]))
    if row["meeting"] and not using.county.may_still_invite(str(row["meeting"]), as_of):
        return Reason.NO_MEETING
    return None


def _following(
    rows: Sequence[Mapping[str, object]], facts: Mapping[int, StudentFacts]
) -> dict[int, tuple[LetterKind, int, dict[int, StudentFacts]]]:
    """Letters that follow another one: kind, the earlier letter, and the facts about their students."""
    found: dict[int, tuple[LetterKind, int, dict[int, StudentFacts]]] = {}
    for row in rows:
        if row["follows"] is not None:
            letter, kind = _int(row["notice_id"]), LetterKind(str(row["kind"]))
            _, _, known = found.setdefault(letter, (kind, _int(row["follows"]), {}))
            known[_int(row["student_id"])] = facts[_int(row["finding_id"])]
    return found


def _int(value: object) -> int:
    assert isinstance(value, int)  # ids come from the database
    return value
