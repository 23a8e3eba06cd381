"""Notices that are served on persons: their states, their frozen pieces, and who was served."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import Connection, Row, text

from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.notice import UnfitEvent
from pact_etl.domain.served_notice import (
    OPEN,
    SERVED_NOTICE,
    NoticeEvent,
    NoticeStatus,
)

NOTICES = """
SELECT n.*, COALESCE(c.joined_to, c.id) AS own_case FROM served_notice n JOIN case_file c ON c.id = n.case_id
WHERE {which} ORDER BY n.id
"""

ADD = """
INSERT INTO served_notice
  (case_id, referral_id, meeting_on, starts, ends, place, street, city, status, reason, prepared_by)
VALUES (:case, :referral, :meeting_on, :starts, :ends, :place, :street, :city, :status, :reason, :by)
RETURNING id
"""

ADD_EVENT = """
INSERT INTO served_notice_event (served_notice_id, event, said_by, as_of, reason)
VALUES (:notice, :event, :by, :as_of, :reason)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedNotice:
    """One notice. `case_id` is the case that it is read with today, `filed_in` the one that it was made in."""

    id: int
    case_id: int
    filed_in: int
    referral_id: int
    meeting: MeetingInvitation
    status: NoticeStatus
    reason: str | None
    prepared_by: str
    issued_by: str | None
    issued_as_of: date | None
    record_as_of: date | None
    last_day: date | None


def notice_code(number: int) -> str:
    """The opaque number that people know a notice by."""
    return f"N{number}"


def notice_number(name: str) -> int:
    """The number of `N<number>`.

    Raises:
        UsageError: the text is none.
    """
    digits = name.strip().upper().removeprefix("N")
    if not digits.isdigit() or len(digits) > 18:
        raise UsageError("a notice is N<number>, as `pact case notice prepare` names it")
    return int(digits)


def get_notice(connection: Connection, number: int, *, lock: bool = False) -> ServedNotice:
    """One notice.

    Raises:
        UsageError: there is none of that number.
    """
    found = find_notice(connection, number, lock=lock)
    if found is None:
        raise UsageError(f"no notice {notice_code(number)}")
    return found


def find_notice(connection: Connection, number: int, *, lock: bool = False) -> ServedNotice | None:
    """One notice, or None where there is none of that number."""
    suffix = " FOR UPDATE OF n" if lock else ""
    found = _notices(connection, "n.id = :id", suffix=suffix, id=number)
    return found[0] if found else None


def open_notice(connection: Connection, referral: int, meeting_on: date) -> ServedNotice | None:
    """The notice of a referral and day of the meeting that is open, if any."""
    found = _notices(
        connection,
        "n.referral_id = :referral AND n.meeting_on = :meeting_on AND n.status = ANY(:open)",
        referral=referral,
        meeting_on=meeting_on,
        open=sorted(OPEN),
    )
    return found[0] if found else None


def notices_to_watch(connection: Connection, as_of: date) -> list[ServedNotice]:
    """Every notice that is held or prepared, and every issued one whose meeting is not over."""
    which = "n.status = ANY(:open) AND (n.status <> 'issued' OR n.meeting_on >= :as_of)"
    return _notices(connection, which, open=sorted(OPEN), as_of=as_of)


def notices_of_case(connection: Connection, case: int) -> list[ServedNotice]:
    """Every notice of a case, of cases that were joined to it too."""
    return _notices(connection, "COALESCE(c.joined_to, c.id) = :case", case=case)


def add_notice(
    connection: Connection,
    case: int,
    referral: int,
    meeting: MeetingInvitation,
    event: NoticeEvent,
    *,
    by: str,
    as_of: date,
    reason: str | None,
) -> int:
    """A new notice in the state that its first event makes; see `advance_notice`."""
    after = SERVED_NOTICE.advance(SERVED_NOTICE.initial, event)
    assert not isinstance(after, UnfitEvent)  # it is prepared or held
    keys = {
        "case": case,
        "referral": referral,
        "meeting_on": meeting.date,
        "starts": meeting.starts,
        "ends": meeting.ends,
        "place": meeting.place,
        "street": meeting.street,
        "city": meeting.city,
        "status": after.value,
        "reason": reason,
        "by": by,
    }
    number = int(connection.execute(text(ADD), keys).scalar_one())
    _keep_event(connection, number, event, by=by, as_of=as_of, reason=reason)
    return number


def change_meeting(
    connection: Connection, notice: int, meeting: MeetingInvitation, by: str
) -> None:
    """Other hours or another place, and who prepared it now; the day stays."""
    statement = """UPDATE served_notice SET starts = :starts, ends = :ends, place = :place, street = :street,
                   city = :city, prepared_by = :by WHERE id = :id"""
    keys = {name: getattr(meeting, name) for name in ("starts", "ends", "place", "street", "city")}
    connection.execute(text(statement), keys | {"id": notice, "by": by})


def advance_notice(
    connection: Connection,
    notice: ServedNotice,
    event: NoticeEvent,
    *,
    by: str,
    as_of: date,
    reason: str | None = None,
    **fields: object,
) -> None:
    """Keep an event and move the notice on.

    Args:
        connection: inside a transaction, the notice locked.
        notice: as it was read.
        event: what happened.
        by: who says so.
        as_of: on which day.
        reason: a code, or why a person said yes.
        fields: further columns of the notice.

    Raises:
        UsageError: the notice is past that.
    """
    after = SERVED_NOTICE.advance(notice.status, event)
    if isinstance(after, UnfitEvent):
        raise UsageError(f"{notice_code(notice.id)} is {notice.status.value}")
    keeps_reason = after is not NoticeStatus.PREPARED and after is not NoticeStatus.ISSUED
    values = {"status": after.value, "reason": reason if keeps_reason else None} | fields
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        text(f"UPDATE served_notice SET {assignments} WHERE id = :id"), values | {"id": notice.id}
    )
    _keep_event(connection, notice.id, event, by=by, as_of=as_of, reason=reason)


def _keep_event(
    connection: Connection,
    notice: int,
    event: NoticeEvent,
    *,
    by: str,
    as_of: date,
    reason: str | None = None,
) -> None:
    """Keep who said what of a notice and when."""
    keys = {"notice": notice, "event": event.value, "by": by, "as_of": as_of, "reason": reason}
    connection.execute(text(ADD_EVENT), keys)


def _notices(
    connection: Connection, which: str, suffix: str = "", **keys: object
) -> list[ServedNotice]:
    rows = connection.execute(text(NOTICES.format(which=which) + suffix), keys).mappings()
    return [
        ServedNotice(
            id=row["id"],
            case_id=row["own_case"],
            filed_in=row["case_id"],
            referral_id=row["referral_id"],
            meeting=MeetingInvitation(
                date=row["meeting_on"],
                starts=_time(row["starts"]),
                ends=_time(row["ends"]),
                place=row["place"],
                street=row["street"],
                city=row["city"],
            ),
            status=NoticeStatus(row["status"]),
            **{
                name: row[name]
                for name in (
                    "reason",
                    "prepared_by",
                    "issued_by",
                    "issued_as_of",
                    "record_as_of",
                    "last_day",
                )
            },
        )
        for row in rows
    ]


def _time(value: Any) -> time:
    assert isinstance(value, time)  # the column's type
    return value


def events_of(
    connection: Connection, notice: int, as_of: date
) -> list[tuple[NoticeEvent, str | None]]:
    """What happened to a notice through a day, each with its reason, in order."""
    query = """SELECT event, reason FROM served_notice_event WHERE served_notice_id = :notice AND as_of <= :as_of
               ORDER BY id"""
    rows = connection.execute(text(query), {"notice": notice, "as_of": as_of})
    return [(NoticeEvent(row.event), row.reason) for row in rows]


def issued_for(connection: Connection, referral: int) -> str | None:
    """The newest notice of a referral that is issued, by its code."""
    found = _notices(
        connection,
        "n.referral_id = :referral AND n.status = :issued",
        referral=referral,
        issued=NoticeStatus.ISSUED.value,
    )
    return notice_code(found[-1].id) if found else None


def last_event(connection: Connection, notice: int) -> "Row[Any]":
    """The newest event of a notice and who said so."""
    query = """SELECT event, said_by, as_of, reason FROM served_notice_event WHERE served_notice_id = :notice
               ORDER BY id DESC LIMIT 1"""
    return connection.execute(text(query), {"notice": notice}).one()
