"""Issue a notice of a meeting: a named person says yes, what is served is frozen, logged and laid out."""

import hashlib
import logging
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.approval import Answer, Outcome, Said, outcome_of, require_whole
from pact_etl.domain.case import Entry, Kind
from pact_etl.domain.errors import UsageError
from pact_etl.domain.served_notice import NoticeEvent, NoticeStatus, after_refusal
from pact_etl.letters import render_batch
from pact_etl.steps.served_notice_files import form_of, lay_out, take_away
from pact_etl.steps.served_notice_look import Looked, is_undone, look
from pact_etl.steps.served_notice_result import (
    NOTICE_HOLDS,
    NoticeResult,
    counted,
    settle_holds,
    told,
)
from pact_etl.store.case_files import CaseFile, add_entry, case_code, find_case
from pact_etl.store.disclosures import log_served_notice
from pact_etl.store.served_notices import (
    ServedNotice,
    advance_notice,
    get_notice,
    notice_code,
    notice_number,
)
from pact_etl.store.served_pieces import freeze_piece, new_piece_numbers, piece_code, pieces_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import close_tasks_of_notice
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def issue(using: Collaborators, name: str, as_of: date, by: str, reason: str = "") -> NoticeResult:
    """Look once more, freeze what is served, log its disclosure, lay the pieces out; repeating completes a dead run.

    A repeat looks once more too: what is issued and has become wrong is not laid out again.

    Args:
        using: collaborators.
        name: the notice, `N<number>`.
        as_of: today.
        by: who says yes; another person than who prepared it where the county wants two.
        reason: why, where the county wants one with a yes.

    Raises:
        UsageError: there is no such notice, it is not prepared, this person may not say yes alone, or it is issued and
            has been undone since.
    """
    number = notice_number(name)
    with using.engine.connect() as connection:
        case_id = get_notice(connection, number).case_id
    with slice_transaction(using.engine, f"case:{case_id}") as connection:
        notice = get_notice(connection, number, lock=True)
        case = find_case(connection, case_code(notice.case_id), as_of)[0]
        was = notice.status
        if was not in {NoticeStatus.PREPARED, NoticeStatus.ISSUED}:
            raise UsageError(f"{notice_code(number)} is {was.value}, not prepared")
        if was is NoticeStatus.PREPARED:
            _require_yes(using, notice, as_of, by, reason)
        looked = look(using, connection, case, notice.referral_id, notice.meeting, as_of)
        if was is NoticeStatus.ISSUED:
            _require_standing(connection, notice, looked, as_of)
        elif looked.letters:
            _freeze(using, connection, case, notice, looked, as_of, by, reason)
        else:
            _stop(using, connection, notice, looked, as_of, by)
            take_away(using.settings, number)
    if was is NoticeStatus.PREPARED and not looked.letters:
        with using.engine.connect() as connection:
            status = get_notice(connection, number).status
        return told(looked, as_of, status, number)
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
        languages=counted([piece.language for piece in pieces]),
    )


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


def _require_standing(
    connection: Connection, notice: ServedNotice, looked: Looked, as_of: date
) -> None:
    """Lay nothing out again that nobody should serve any more."""
    if as_of > notice.meeting.date or is_undone(connection, notice, looked, as_of):
        raise UsageError(
            f"{notice_code(notice.id)} is issued, and the newest data does not bear it any more; withdraw it"
        )


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
    numbers = new_piece_numbers(connection, len(looked.letters))
    for person, (number, proof) in enumerate(zip(numbers, looked.letters, strict=True), start=1):
        letter = replace(proof, piece_id=piece_code(number))
        rendered = render_batch([letter], sender)
        form = form_of(using, notice, letter, sender, person, len(numbers), looked.last_day)
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
        last_day=looked.last_day,
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
        settle_holds(using, connection, notice.id, looked.holds, as_of)
    advance_notice(connection, notice, event, by=by, as_of=as_of, reason=reason)
    logger.warning("notice stopped", extra={"notice": notice_code(notice.id), "reason": reason})
