"""What reconcile looks at in notices of a meeting: undone since they were issued, not issued or not served in time.

Each finding is a task, opened once. Nothing is served or taken back by this: a person does that.
"""

import logging
from collections import Counter
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.reasons import Reason
from pact_etl.domain.served_notice import NoticeEvent, NoticeStatus
from pact_etl.steps.served_notice_files import take_away
from pact_etl.steps.served_notice_look import is_undone, look
from pact_etl.steps.served_notice_result import NOTICE_HOLDS
from pact_etl.steps.served_notice_state import state_of
from pact_etl.store.case_files import case_code, find_case
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.served_notices import (
    ServedNotice,
    advance_notice,
    find_notice,
    get_notice,
    notice_code,
    notice_number,
    notices_to_watch,
)
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import close_tasks_of_notice, open_task_of_notice
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)

STEP = "reconcile"


def watch(using: Collaborators, as_of: date) -> dict[str, int]:
    """Look at every notice that is open; repeating it finds nothing more.

    A notice that nobody issued expires once it can no longer be served in time. Of one that is issued, until its
    meeting: whether the newest data still bears it, and whether everybody was served by the last day. After the meeting
    its files go; what they said stays on record.

    Returns:
        `notices_expired`, `notices_undone` and `notices_unserved`, each of this run alone.
    """
    counts = Counter(notices_expired=0, notices_undone=0, notices_unserved=0)
    with using.engine.connect() as connection:
        night = newest_evaluation(connection)
        waiting = notices_to_watch(connection, as_of)
    if night is None:
        return dict(counts)
    for one in waiting:
        with slice_transaction(using.engine, f"case:{one.case_id}") as connection:
            notice = get_notice(connection, one.id, lock=True)
            if notice.status is NoticeStatus.ISSUED:
                counts.update(_watch_issued(using, connection, notice, max(as_of, night)))
            elif notice.status in {NoticeStatus.HELD, NoticeStatus.PREPARED}:
                counts.update(_expire(using, connection, notice, as_of))
    _tidy(using, as_of)
    return dict(counts)


def _tidy(using: Collaborators, as_of: date) -> None:
    """What lies ready to be served goes once the meeting is over."""
    for folder in sorted(using.settings.served.glob("N*")):
        if not folder.name[1:].isdigit():
            continue
        number = notice_number(folder.name)
        with using.engine.connect() as connection:
            notice = find_notice(connection, number)
        if notice is None or notice.meeting.date < as_of:
            take_away(using.settings, number)


def _expire(
    using: Collaborators, connection: Connection, notice: ServedNotice, as_of: date
) -> dict[str, int]:
    """A notice that waited too long is over."""
    if as_of <= using.statutes.service_on(as_of).last_day(notice.meeting.date):
        return {}
    close_tasks_of_notice(connection, notice.id, NOTICE_HOLDS, as_of)
    advance_notice(
        connection,
        notice,
        NoticeEvent.EXPIRE,
        by=STEP,
        as_of=as_of,
        reason="too_late_to_serve",
    )
    take_away(using.settings, notice.id)
    return {"notices_expired": 1}


def _watch_issued(
    using: Collaborators, connection: Connection, notice: ServedNotice, as_of: date
) -> dict[str, int]:
    counts: dict[str, int] = {}
    case = find_case(connection, case_code(notice.case_id), as_of)[0]
    looked = look(using, connection, case, notice.referral_id, notice.meeting, as_of)
    if is_undone(connection, notice, looked, as_of) and _open(
        using, connection, notice, Reason.SERVED_NOTICE_UNDONE, as_of
    ):
        counts["notices_undone"] = 1
        extra = {"notice": notice_code(notice.id), "runbook": "served-notice-undone"}
        logger.error("a notice that is issued rests on nothing any more", extra=extra)
    assert notice.last_day is not None  # it is issued
    unserved = state_of(connection, notice, as_of).unserved
    late = bool(unserved) and as_of > notice.last_day
    if late and _open(using, connection, notice, Reason.NOTICE_NOT_SERVED, as_of):
        counts["notices_unserved"] = 1
        extra = {"notice": notice_code(notice.id), "runbook": "notice-not-served"}
        logger.error("nobody entered a service", extra=extra | {"persons": len(unserved)})
    return counts


def _open(
    using: Collaborators,
    connection: Connection,
    notice: ServedNotice,
    reason: Reason,
    as_of: date,
) -> bool:
    """Whether the task is new: it is said once."""
    owner, due_on = using.county.duty_on(reason, as_of)
    return bool(
        open_task_of_notice(connection, notice.id, reason, owner, as_of, due_on, again=False)
    )
