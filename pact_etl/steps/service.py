"""Who was served with a notice, how and when: entered by a named person, taken back by another entry.

Once each person of a notice was served in time the case has its `notice_given`, which meets the deadline of the statute
and is what the agency that referred is told.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.case import Entry, Kind, Result, standing_entries
from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.domain.served_notice import NoticeStatus
from pact_etl.domain.service import Manner, Service, ServiceState, service_state, standing
from pact_etl.steps.served_notice_state import state_of
from pact_etl.store.case_files import add_entry, case_code, entries_of, find_case
from pact_etl.store.served_notices import ServedNotice, get_notice, notice_code, notice_number
from pact_etl.store.served_pieces import add_service, persons_of, services_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import close_tasks_of_notice, open_task_of_notice
from pact_etl.wiring import Collaborators

_RECEIPT = re.compile(r"[0-9A-Z]{8,34}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult:
    """How far the service of a notice is after one entry."""

    notice: int
    as_of: date
    entered: int
    entry: int
    state: ServiceState
    last_day: date

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return {
            "notice": notice_code(self.notice),
            "as_of": self.as_of.isoformat(),
            "entered": self.entered,
            "service": self.entry,
            "state": self.state.word,
            "in_time": list(self.state.in_time),
            "too_late": list(self.state.too_late),
            "unserved": list(self.state.unserved),
            "last_day": self.last_day.isoformat(),
        }


def enter_service(
    using: Collaborators,
    name: str,
    person: int,
    how: Manner,
    on: date,
    as_of: date,
    by: str,
    receipt: str = "",
) -> ServiceResult:
    """Enter that one person was served; the same entry again leaves one.

    Args:
        using: collaborators.
        name: the notice, `N<number>`.
        person: its number on the list of pieces.
        how: in person or by certified mail; the statute knows no other way.
        on: the day of service; by mail, of mailing.
        as_of: today.
        by: who enters it.
        receipt: number of the certified mail.

    Raises:
        UsageError: the notice is not issued, has no such person, the day cannot be, or the number is missing.
    """
    code = re.sub(r"\s", "", receipt).upper()
    if not by.strip():
        raise UsageError("a service is entered by a named person")
    if (how is Manner.CERTIFIED_MAIL) != bool(code):
        raise UsageError("certified mail has a number (--receipt), service in person has none")
    if code and not _RECEIPT.fullmatch(code):
        raise UsageError("the number of a certified mail is 8 to 34 digits and letters")
    asked = Service(id=0, person=person, how=how, on=on, receipt=code)
    number = notice_number(name)
    with slice_transaction(using.engine, _slice(using, number)) as connection:
        notice = _issued(connection, number)
        if person not in {one for one, _, _ in persons_of(connection, number)}:
            raise UsageError(f"{notice_code(number)} has no person {person}")
        assert notice.issued_as_of is not None  # it is issued
        if not notice.issued_as_of <= on <= as_of:
            raise UsageError(
                f"a service lies between {notice.issued_as_of}, when the notice was issued, and {as_of}"
            )
        services = services_of(connection, number, date.max)
        said = (person, how, on, code)
        same = next(
            (s for s in standing(services) if (s.person, s.how, s.on, s.receipt) == said), None
        )
        entry = same.id if same else add_service(connection, number, asked, by=by, as_of=as_of)
        state = _settle(using, connection, notice, services, as_of, by)
    return ServiceResult(
        notice=number,
        as_of=as_of,
        entered=int(same is None),
        entry=entry,
        state=state,
        last_day=_last_day(notice),
    )


def retract_service(
    using: Collaborators, name: str, service: int, as_of: date, by: str
) -> ServiceResult:
    """Take an entry of service back; both stay. The same again leaves one.

    Raises:
        UsageError: there is no such entry of that notice.
    """
    if not by.strip():
        raise UsageError("a service is taken back by a named person")
    number = notice_number(name)
    with slice_transaction(using.engine, _slice(using, number)) as connection:
        notice = _issued(connection, number)
        services = services_of(connection, number, date.max)
        found = next((s for s in services if s.id == service and s.retracts is None), None)
        if found is None:
            raise UsageError(f"{notice_code(number)} has no such entry of service")
        back = next((s for s in services if s.retracts == service), None)
        taken = Service(id=0, person=found.person, how=None, on=None, retracts=service)
        entry = back.id if back else add_service(connection, number, taken, by=by, as_of=as_of)
        state = _settle(using, connection, notice, services, as_of, by)
    return ServiceResult(
        notice=number,
        as_of=as_of,
        entered=int(back is None),
        entry=entry,
        state=state,
        last_day=_last_day(notice),
    )


def _slice(using: Collaborators, number: int) -> str:
    with using.engine.connect() as connection:
        return f"case:{get_notice(connection, number).case_id}"


def _issued(connection: Connection, number: int) -> ServedNotice:
    notice = get_notice(connection, number, lock=True)
    if notice.status is not NoticeStatus.ISSUED:
        raise UsageError(f"{notice_code(number)} is {notice.status.value}, not issued")
    return notice


def _last_day(notice: ServedNotice) -> date:
    assert notice.last_day is not None  # booked when it was issued
    return notice.last_day


def _settle(
    using: Collaborators,
    connection: Connection,
    notice: ServedNotice,
    before: list[Service],
    as_of: date,
    by: str,
) -> ServiceState:
    """Bring the case's `notice_given` and the tasks in line with who is served now."""
    persons = [person for person, _, _ in persons_of(connection, notice.id)]
    was = service_state(persons, before, _last_day(notice))
    now = state_of(connection, notice, date.max)
    case = find_case(connection, case_code(notice.case_id), as_of)[0]
    if was.given is not None and was.given != now.given:
        day, way = was.given
        entries = standing_entries(entries_of(connection, [case.id], as_of).get(case.id, ()))
        for one in entries:
            if (one.kind, one.about, one.day, one.way) == (
                Kind.NOTICE_GIVEN,
                notice.referral_id,
                day,
                way,
            ):
                back = Entry(
                    kind=Kind.RETRACTION,
                    day=as_of,
                    about=one.id,
                    result=Result.WRONG_ENTRY,
                    entered_by=by,
                    as_of=as_of,
                )
                add_entry(connection, case, back)
    if now.given is not None:
        day, way = now.given
        given = Entry(
            kind=Kind.NOTICE_GIVEN,
            day=day,
            about=notice.referral_id,
            way=way,
            entered_by=by,
            as_of=as_of,
        )
        add_entry(connection, case, given)
    if now.too_late:
        owner, due_on = using.county.duty_on(Reason.SERVED_TOO_LATE, as_of)
        open_task_of_notice(
            connection, notice.id, Reason.SERVED_TOO_LATE, owner, as_of, due_on, again=False
        )
    else:
        close_tasks_of_notice(connection, notice.id, {Reason.SERVED_TOO_LATE}, as_of)
    if not now.unserved:
        close_tasks_of_notice(connection, notice.id, {Reason.NOTICE_NOT_SERVED}, as_of)
    return now
