"""Notices of a meeting with the District Attorney: prepared by one named person, issued by another, or taken back.

Nothing of this is planned by a night, and nothing of it reaches the print vendor.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.approval import Answer, Outcome, Said, outcome_of, require_whole
from pact_etl.domain.case import Entry, Kind
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.reasons import HOLDS, Reason
from pact_etl.domain.served_notice import (
    HELD_BY_RESTRAINT,
    NoticeEvent,
    NoticeStatus,
    Withdrawal,
    after_refusal,
    standing,
)
from pact_etl.letters import render_batch, render_proof
from pact_etl.steps.served_notice_files import form_of, lay_out, put_proof, take_away
from pact_etl.steps.served_notice_look import Looked, look
from pact_etl.store.case_files import CaseFile, add_entry, case_code, find_case
from pact_etl.store.disclosures import log_served_notice
from pact_etl.store.served_notices import (
    ServedNotice,
    add_notice,
    advance_notice,
    change_meeting,
    freeze_piece,
    get_notice,
    last_event,
    new_piece_numbers,
    notice_code,
    open_notice,
    piece_code,
    pieces_of,
    services_of,
)
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import close_tasks_of_notice, open_task_of_notice
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)

NOTICE_HOLDS = HOLDS | {HELD_BY_RESTRAINT}
"""Reasons for which a notice can be held: the letters' and one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeResult:
    """What became of one call, in codes and counts.

    Attributes:
        forbidden_by: why there is no notice at all.
        held_by: why a person must act first.
        missing: with `ladder_incomplete`, the steps that nobody can show.
        persons: on how many persons it is, or would be, served.
    """

    status: NoticeStatus | None
    notice: int | None
    as_of: date
    persons: int = 0
    pages: int = 0
    last_day: date | None = None
    forbidden_by: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_stopped(self) -> bool:
        """Whether something forbids or holds it."""
        return bool(self.forbidden_by or self.held_by)

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe; opaque codes only."""
        return {
            "notice": notice_code(self.notice) if self.notice is not None else None,
            "status": self.status.value if self.status else None,
            "as_of": self.as_of.isoformat(),
            "persons": self.persons,
            "pages": self.pages,
            "languages": dict(self.languages),
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "forbidden_by": list(self.forbidden_by),
            "held_by": list(self.held_by),
            "missing": list(self.missing),
        }


def prepare(
    using: Collaborators, referral: str, meeting: MeetingInvitation, as_of: date, by: str
) -> NoticeResult:
    """Look whether a notice may go, and set a proof of it under a watermark. Nothing leaves.

    What forbids it is told and not kept; what holds it is kept, with a task. Preparing again looks again.

    Args:
        using: collaborators.
        referral: the entry, `C<number>-<number>`.
        meeting: where and when, in the county's own time.
        as_of: today.
        by: who prepares it.

    Raises:
        UsageError: there is no such entry, nobody is named, a field of the meeting is empty, or the notice is issued.
    """
    _check_meeting(meeting)
    if not by.strip():
        raise UsageError("a notice is prepared by a named person")
    with using.engine.connect() as connection:
        number = find_case(connection, referral, as_of)[0].id
    with slice_transaction(using.engine, f"case:{number}") as connection:
        case, entry = find_case(connection, referral, as_of)
        if entry is None:
            raise UsageError("a notice is about a referral, C<number>-<number>")
        before = open_notice(connection, entry, meeting.date)
        if before is not None and before.status is NoticeStatus.ISSUED:
            raise UsageError(f"{notice_code(before.id)} is issued for that day already")
        looked = look(using, connection, case, entry, meeting, as_of)
        if looked.judged.refusals:
            return _told(looked, as_of, None, before.id if before else None)
        notice = _keep_prepared(using, connection, case, entry, meeting, before, looked, as_of, by)
        status = get_notice(connection, notice).status
        take_away(using.settings, notice)
        if looked.letters:
            put_proof(using.settings, notice, render_proof(looked.letters, using.county.sender).pdf)
    return _told(looked, as_of, status, notice)


def issue(using: Collaborators, name: str, as_of: date, by: str, reason: str = "") -> NoticeResult:
    """Look once more, freeze what is served, log its disclosure, lay the pieces out; repeating completes a dead run.

    Args:
        using: collaborators.
        name: the notice, `N<number>`.
        as_of: today.
        by: who says yes; another person than who prepared it where the county wants two.
        reason: why, where the county wants one with a yes.

    Raises:
        UsageError: there is no such notice, it is not prepared, or this person may not say yes alone.
    """
    number = notice_number(name)
    with using.engine.connect() as connection:
        case_id = get_notice(connection, number).case_id
    with slice_transaction(using.engine, f"case:{case_id}") as connection:
        notice = get_notice(connection, number, lock=True)
        case = find_case(connection, case_code(notice.case_id), as_of)[0]
        looked = None
        if notice.status is not NoticeStatus.ISSUED:
            if notice.status is not NoticeStatus.PREPARED:
                raise UsageError(f"{notice_code(number)} is {notice.status.value}, not prepared")
            _require_yes(using, notice, as_of, by, reason)
            looked = look(using, connection, case, notice.referral_id, notice.meeting, as_of)
            if looked.letters:
                _freeze(using, connection, case, notice, looked, as_of, by, reason)
            else:
                _stop(using, connection, notice, looked, as_of, by)
                take_away(using.settings, number)
    if looked is not None and not looked.letters:
        with using.engine.connect() as connection:
            status = get_notice(connection, number).status
        return _told(looked, as_of, status, number)
    # From here on the notice is issued and logged; a run that dies is completed by the next one.
    with slice_transaction(using.engine, f"case:{case_id}") as connection:
        notice = get_notice(connection, number, lock=True)
        pieces = pieces_of(connection, number)
        if notice.status is NoticeStatus.ISSUED:
            lay_out(using, notice, pieces)
    logger.info("notice issued", extra={"notice": notice_code(number), "persons": len(pieces)})
    return NoticeResult(
        status=notice.status,
        notice=number,
        as_of=as_of,
        persons=len(pieces),
        pages=sum(piece.pages for piece in pieces),
        last_day=notice.last_day,
        languages=_counted([piece.language for piece in pieces]),
    )


def withdraw(
    using: Collaborators, name: str, reason: Withdrawal, as_of: date, by: str
) -> NoticeResult:
    """Take a notice back before it is served; its pieces are taken out of their folder, what they said stays on record.

    Raises:
        UsageError: there is no such notice, it is past that, or somebody was served already.
    """
    if not by.strip():
        raise UsageError("a notice is withdrawn by a named person")
    number = notice_number(name)
    with using.engine.connect() as connection:
        case_id = get_notice(connection, number).case_id
    with slice_transaction(using.engine, f"case:{case_id}") as connection:
        notice = get_notice(connection, number, lock=True)
        if notice.status is not NoticeStatus.WITHDRAWN:
            if standing(services_of(connection, number, as_of)):
                raise UsageError(
                    f"{notice_code(number)} was served; call the meeting off in its case instead"
                )
            advance_notice(
                connection, notice, NoticeEvent.WITHDRAW, by=by, as_of=as_of, reason=reason.value
            )
            close_tasks_of_notice(connection, number, frozenset(Reason), as_of)
        take_away(using.settings, number)
    return NoticeResult(status=NoticeStatus.WITHDRAWN, notice=number, as_of=as_of)


def notice_number(name: str) -> int:
    """The number of `N<number>`.

    Raises:
        UsageError: the text is none.
    """
    digits = name.strip().upper().removeprefix("N")
    if not digits.isdigit() or len(digits) > 18:
        raise UsageError("a notice is N<number>, as `pact case notice prepare` names it")
    return int(digits)


def _check_meeting(meeting: MeetingInvitation) -> None:
    if not all(text.strip() for text in (meeting.place, meeting.street, meeting.city)):
        raise UsageError("a notice names the place, street and city of the meeting")
    if meeting.starts >= meeting.ends:
        raise UsageError("a meeting ends after it starts")


def _keep_prepared(
    using: Collaborators,
    connection: Connection,
    case: CaseFile,
    referral: int,
    meeting: MeetingInvitation,
    before: ServedNotice | None,
    looked: Looked,
    as_of: date,
    by: str,
) -> int:
    """The notice, prepared or held; preparing the same again keeps nothing new."""
    event = NoticeEvent.HOLD if looked.holds else NoticeEvent.PREPARE
    reason = looked.holds[0].value if looked.holds else None
    if before is None:
        number = add_notice(
            connection, case.id, referral, meeting, event, by=by, as_of=as_of, reason=reason
        )
    else:
        number = before.id
        last = last_event(connection, number)
        is_same = (last.event, last.said_by, last.as_of, last.reason) == (event, by, as_of, reason)
        if not is_same or before.meeting != meeting:
            change_meeting(connection, number, meeting, by)
            advance_notice(connection, before, event, by=by, as_of=as_of, reason=reason)
    _settle_holds(using, connection, number, looked.holds, as_of)
    return number


def _settle_holds(
    using: Collaborators,
    connection: Connection,
    number: int,
    holds: Sequence[Reason],
    as_of: date,
) -> None:
    """A task for everything that holds a notice, and none for what no longer does."""
    close_tasks_of_notice(connection, number, NOTICE_HOLDS - set(holds), as_of)
    for hold in holds:
        owner, due_on = using.county.duty_on(hold, as_of)
        open_task_of_notice(connection, number, hold, owner, as_of, due_on, again=True)


def _require_yes(
    using: Collaborators, notice: ServedNotice, as_of: date, by: str, reason: str
) -> None:
    """The county's rule for a batch of letters is the rule for a notice: who prepared it has said the first yes."""
    rule = using.county.mailing.approvers_on(as_of)
    said = Said(answer=Answer.ALL, by=by, reason=reason)
    require_whole(said, rule)
    prepared = replace(said, by=notice.prepared_by)
    answers = [said] if rule.count == 1 else [prepared, said]
    for one in answers:
        require_whole(one, rule)
    if outcome_of(answers, rule) is not Outcome.APPROVED:
        raise UsageError("the second approver must be another person than who prepared the notice")


def _freeze(
    using: Collaborators,
    connection: Connection,
    case: CaseFile,
    notice: ServedNotice,
    looked: Looked,
    as_of: date,
    by: str,
    reason: str,
) -> None:
    """Keep all that issuing is, in one transaction: content, disclosure, the day of the meeting, who said yes."""
    sender = using.county.sender
    last_day = looked.law.last_day(notice.meeting.date)
    numbers = new_piece_numbers(connection, len(looked.letters))
    for person, (number, proof) in enumerate(zip(numbers, looked.letters, strict=True), start=1):
        letter = replace(proof, piece_id=piece_code(number))
        rendered = render_batch([letter], sender)
        form = form_of(using, notice, letter, sender, person, len(numbers), last_day)
        freeze_piece(
            connection,
            notice.id,
            number,
            person,
            letter,
            sender,
            pages=rendered.pages,
            pdf_sha256=hashlib.sha256(rendered.pdf).hexdigest(),
            form_sha256=hashlib.sha256(form).hexdigest(),
        )
    log_served_notice(
        connection,
        notice.id,
        notice.filed_in,
        case.student_id,
        case.slug,
        using.county.disclosures,
        as_of,
    )
    if not looked.meeting_set:
        meeting = Entry(
            kind=Kind.MEETING_SET,
            day=notice.meeting.date,
            about=notice.referral_id,
            entered_by=by,
            as_of=as_of,
        )
        add_entry(connection, case, meeting)
    advance_notice(
        connection,
        notice,
        NoticeEvent.ISSUE,
        by=by,
        as_of=as_of,
        reason=reason.strip() or None,
        issued_by=by.strip(),
        issued_as_of=as_of,
        record_as_of=looked.night,
        last_day=last_day,
    )


def _stop(
    using: Collaborators,
    connection: Connection,
    notice: ServedNotice,
    looked: Looked,
    as_of: date,
    by: str,
) -> None:
    """What was right when it was prepared is not any more: it waits for a person again, or is over."""
    refusals = looked.judged.refusals
    if refusals:
        event, reason = after_refusal(refusals), refusals[0].value
        close_tasks_of_notice(connection, notice.id, NOTICE_HOLDS, as_of)
    else:
        event, reason = NoticeEvent.HOLD, looked.holds[0].value
        _settle_holds(using, connection, notice.id, looked.holds, as_of)
    advance_notice(connection, notice, event, by=by, as_of=as_of, reason=reason)
    logger.warning("notice stopped", extra={"notice": notice_code(notice.id), "reason": reason})


def _told(
    looked: Looked, as_of: date, status: NoticeStatus | None, number: int | None
) -> NoticeResult:
    judged = looked.judged
    return NoticeResult(
        status=status,
        notice=number,
        as_of=as_of,
        persons=len(looked.letters),
        pages=sum(letter.page_count for letter in looked.letters),
        last_day=None,
        forbidden_by=tuple(one.value for one in judged.refusals),
        held_by=tuple(one.value for one in looked.holds),
        missing=tuple(one.value for one in judged.missing),
        languages=_counted([letter.language for letter in looked.letters]),
    )


def _counted(languages: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(languages).items()))
