"""Where the notices of a case stand, as known on a day: in codes, numbers and days."""

from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.served_notice import SERVED_NOTICE, NoticeStatus
from pact_etl.domain.service import ServiceState, service_state
from pact_etl.store.case_files import entry_code
from pact_etl.store.served_notices import ServedNotice, events_of, notice_code, notices_of_case
from pact_etl.store.served_pieces import persons_of, services_of


def notices_shown(connection: Connection, case: int, as_of: date) -> list[dict[str, Any]]:
    """Every notice of a case that was there on a day; JSON-safe.

    Returns:
        Rows of `notice`, `referral`, `meeting_on`, `status`, `reason` (why it is held or over), `last_day`, `service`
        (how far it is, once issued), `persons` (number to piece, `pdf_sha256` and how it was served).
    """
    found = []
    for notice in notices_of_case(connection, case):
        events = events_of(connection, notice.id, as_of)
        if not events:
            continue
        status = SERVED_NOTICE.replay(event for event, _ in events)
        is_issued = any(event.value == "issue" for event, _ in events)
        state = state_of(connection, notice, as_of) if is_issued else None
        ends = status in {NoticeStatus.HELD, NoticeStatus.WITHDRAWN, NoticeStatus.EXPIRED}
        found.append(
            {
                "notice": notice_code(notice.id),
                "referral": entry_code(notice.case_id, notice.referral_id),
                "meeting_on": notice.meeting.date.isoformat(),
                "status": status.value,
                "reason": events[-1][1] if ends else None,
                "last_day": notice.last_day.isoformat() if is_issued and notice.last_day else None,
                "service": state.word if state else None,
                "persons": [
                    {
                        "person": person,
                        "piece": piece,
                        "pdf_sha256": sha256,
                        "is_served_in_time": state is not None and person in state.in_time,
                    }
                    for person, piece, sha256 in (
                        persons_of(connection, notice.id) if is_issued else ()
                    )
                ],
            }
        )
    return found


def state_of(connection: Connection, notice: ServedNotice, as_of: date) -> ServiceState:
    """How far the service of an issued notice is, as entered through a day."""
    assert notice.last_day is not None  # booked when it was issued
    persons = [person for person, _, _ in persons_of(connection, notice.id)]
    return service_state(persons, services_of(connection, notice.id, as_of), notice.last_day)
