"""Notices of a meeting with the District Attorney: prepared by one named person, issued by another, or taken back.

Nothing of this is planned by a night, and nothing of it reaches the print vendor.
"""

from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.reasons import Reason
from pact_etl.domain.served_notice import NoticeEvent, NoticeStatus, Withdrawal
from pact_etl.domain.service import standing
from pact_etl.letters import render_proof
from pact_etl.steps.served_notice_files import put_proof, take_away
from pact_etl.steps.served_notice_look import Looked, look
from pact_etl.steps.served_notice_result import NoticeResult, settle_holds, told
from pact_etl.store.case_files import CaseFile, find_case
from pact_etl.store.served_notices import (
    ServedNotice,
    add_notice,
    advance_notice,
    change_meeting,
    get_notice,
    last_event,
    notice_code,
    notice_number,
    open_notice,
)
from pact_etl.store.served_pieces import services_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import close_tasks_of_notice
from pact_etl.wiring import Collaborators


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
            return told(looked, as_of, None, before.id if before else None)
        notice = _keep_prepared(using, connection, case, entry, meeting, before, looked, as_of, by)
        status = get_notice(connection, notice).status
        take_away(using.settings, notice)
        if looked.letters:
            put_proof(using.settings, notice, render_proof(looked.letters, using.county.sender).pdf)
    return told(looked, as_of, status, notice)


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
    settle_holds(using, connection, number, looked.holds, as_of)
    return number
