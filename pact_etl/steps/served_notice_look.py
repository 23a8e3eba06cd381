"""One look at a notice of a meeting with the District Attorney: what forbids or holds it, on whom it is served.

Shared by preparing a notice, issuing it, and watching one that is out: all three ask the newest data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.case import Entry, Kind, Way, closing_of, standing_entries
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import Letter, MeetingInvitation, Recipient, StudentRecord
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Envelope, StudentFacts, route
from pact_etl.domain.school_year import school_year_named
from pact_etl.domain.served_notice import (
    HELD_BY_RESTRAINT,
    SERVED_RECIPIENTS,
    Evening,
    Judged,
    Request,
    ServiceLaw,
    dispute_by,
    judge,
)
from pact_etl.domain.truancy import Rule
from pact_etl.letters import find_unlawful, find_unprintable
from pact_etl.steps.served_notice_state import state_of
from pact_etl.store.case_files import CaseFile, entries_of, facts_of
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.findings import judge as judge_counts
from pact_etl.store.findings import students_over
from pact_etl.store.ladders import steps_of
from pact_etl.store.letter_records import student_records
from pact_etl.store.planning import facts_of_student
from pact_etl.store.quarantine import held_schools
from pact_etl.store.served_notices import ServedNotice
from pact_etl.store.served_pieces import piece_code, pieces_of
from pact_etl.store.tallies import count_tonight, recount_due
from pact_etl.store.volume import braked_nights
from pact_etl.wiring import Collaborators

RULE = Rule.CHRONIC_TRUANT_CANDIDATE

OF_NO_MATTER = frozenset(
    {Reason.OTHER_LETTER_RECENT, Reason.LANGUAGE_WITHOUT_TEMPLATE, Reason.RENDER_FAILED}
)
"""What holds a notice that is still to be made and says nothing against one that is out."""

STANDING = """
SELECT as_of FROM finding WHERE district_id = :district AND student_id = :student AND school_year = :school_year
  AND rule = :rule AND ended_as_of IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look came to.

    Attributes:
        night: the newest evaluated one, whose record is printed.
        holds: reasons for which a person must act first.
        letters: what would be served, one piece for each person; empty where anything forbids or holds it.
        meeting_set: whether the case names this day of the meeting already.
        last_day: on which service is in time.
    """

    night: date
    judged: Judged
    holds: tuple[Reason, ...]
    letters: tuple[Letter, ...]
    meeting_set: bool
    last_day: date


def look(
    using: Collaborators,
    connection: Connection,
    case: CaseFile,
    referral: int,
    meeting: MeetingInvitation,
    as_of: date,
) -> Looked:
    """Judge a notice by the newest data.

    Args:
        using: collaborators.
        connection: inside a transaction.
        case: whose.
        referral: number of the entry that the notice is for.
        meeting: where and when.
        as_of: today, in the county.

    Raises:
        UsageError: there is no such entry, or nights later than `as_of` are recorded already.
    """
    night = newest_evaluation(connection)
    if night is None:
        raise UsageError("no night was evaluated yet")
    if as_of < night:
        raise UsageError(f"the record is of {night} already; {as_of} is past")
    found_on, record = _standing(using, connection, case, night)
    facts = _facts(using, connection, case, found_on or night, night, as_of)
    request = _request(using, connection, case, referral, meeting, as_of, stands=record is not None)
    law = using.statutes.service_on(as_of)
    county = using.county
    judged = judge(
        request,
        using.statutes.service_on(request.referred_on),
        county.served_notices_on(request.referred_on),
        law,
        as_of,
    )
    routing = route(
        facts,
        night,
        using.policy_on(night).law,
        using.languages_of(LetterKind.MEETING_NOTICE).vetted,
        county.routing_on(night),
    )
    holds = list(routing.holds)
    if any(adult.restrained and not adult.deceased for adult in facts.adults):
        holds.append(HELD_BY_RESTRAINT)
    letters: tuple[Letter, ...] = ()
    if record is not None and not judged.refusals and not holds:
        letters = _letters(using, routing.envelopes, record, meeting, law, night)
        wording = using.statutes.wording_on(as_of)
        faults = find_unprintable(letters, county.sender)
        faults |= find_unlawful(letters, county.sender, wording, chronic_truants=(), by_mail=False)
        if faults:
            holds.append(Reason.RENDER_FAILED)
    return Looked(
        night=night,
        judged=judged,
        holds=tuple(dict.fromkeys(holds)),
        letters=() if holds else letters,
        meeting_set=request.meeting_set == meeting.date,
        last_day=law.last_day(meeting.date),
    )


def is_undone(connection: Connection, notice: ServedNotice, looked: Looked, as_of: date) -> bool:
    """Whether the newest data would not let it go again, or not to those homes where somebody is still to be served."""
    if looked.judged.undoing or set(looked.holds) - OF_NO_MATTER:
        return True
    if not looked.letters or not state_of(connection, notice, as_of).unserved:
        return False
    frozen = {piece.letter.recipient for piece in pieces_of(connection, notice.id)}
    return {letter.recipient for letter in looked.letters} != frozen


def _standing(
    using: Collaborators, connection: Connection, case: CaseFile, night: date
) -> tuple[date | None, StudentRecord | None]:
    """Since when the finding stands, and the record behind it; none where the newest night no longer says so."""
    policy, year = using.policy_on(night), using.year_of(night)
    keys = {"district": case.district_id, "student": case.student_id, "rule": RULE.value}
    found_on: date | None = connection.execute(
        text(STANDING), keys | {"school_year": case.school_year}
    ).scalar_one_or_none()
    if found_on is None or case.school_year != year.name:
        return found_on, None
    recount_due(connection, year, night, policy)
    count_tonight(connection, year, night, policy, [case.student_id])
    judge_counts(connection, policy)
    key = (case.district_id, case.student_id)
    if key not in students_over(connection, RULE):
        return found_on, None
    return found_on, student_records(connection, year, night, policy, using.districts).get(key)


def _facts(
    using: Collaborators,
    connection: Connection,
    case: CaseFile,
    found_on: date,
    night: date,
    as_of: date,
) -> StudentFacts:
    return facts_of_student(
        connection,
        case.student_id,
        case.district_id,
        found_on,
        night,
        using.districts,
        held_schools(connection),
        braked_nights(connection, using.year_of(night), using.county.volume_brake),
        using.lawful_on(as_of, SERVED_RECIPIENTS),
    )


def _request(
    using: Collaborators,
    connection: Connection,
    case: CaseFile,
    referral: int,
    meeting: MeetingInvitation,
    as_of: date,
    *,
    stands: bool,
) -> Request:
    entries = entries_of(connection, [case.id], as_of).get(case.id, ())
    known = {entry.id: entry for entry in entries}
    if referral not in known:
        raise UsageError("no such entry of that case on that day")
    asked, alive = known[referral], standing_entries(entries)
    own = [entry for entry in alive if entry.about == referral]
    year = school_year_named(case.school_year)
    [facts] = facts_of(connection, [case], year, as_of)
    steps = steps_of(connection, case.student_id, as_of, year).get(case.slug, ())
    return Request(
        way=asked.way if asked.kind is Kind.REFERRAL else None,
        referred_by=asked.whom,
        referred_on=asked.day,
        is_retracted=asked not in alive,
        is_ended=any(entry.kind is Kind.REFERRAL_ENDED for entry in own),
        is_open=closing_of(alive, facts.newest_finding) is None,
        meeting=meeting,
        meeting_set=_meeting_set(own),
        ladder=steps,
        boarded=_is_boarded(alive, asked),
        stands=stands,
        evenings=[
            Evening(day=one.date, starts=one.starts, ends=one.ends, place=one.place)
            for one in using.county.meetings
        ],
    )


def _meeting_set(own: Sequence[Entry]) -> date | None:
    """The last word on when the meeting is."""
    named = [entry for entry in own if entry.kind is Kind.MEETING_SET]
    return max(named, key=lambda entry: entry.id).day if named else None


def _is_boarded(alive: Sequence[Entry], asked: Entry) -> bool:
    return any(
        entry.kind is Kind.REFERRAL and entry.way is Way.REVIEW_BOARD and entry.day <= asked.day
        for entry in alive
    )


def _letters(
    using: Collaborators,
    envelopes: Sequence[Envelope],
    record: StudentRecord,
    meeting: MeetingInvitation,
    law: ServiceLaw,
    night: date,
) -> tuple[Letter, ...]:
    """One notice for each person, under codes that no real piece has."""
    days = using.county.mailing.dispute_days
    return tuple(
        Letter(
            piece_id=piece_code(person),
            language=envelope.language,
            recipient=Recipient(name=envelope.recipient, lines=envelope.lines),
            meeting=meeting,
            students=(record,),
            as_of=night,
            dispute_by=dispute_by(meeting.date, days, law),
            kind=LetterKind.MEETING_NOTICE,
        )
        for person, envelope in enumerate(envelopes, start=1)
    )
