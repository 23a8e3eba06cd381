"""Notices that are served on persons: their states, their frozen pieces, and who was served."""

import json
from dataclasses import asdict, dataclass
from datetime import date, time
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, text

from pact_etl.domain.errors import InvariantBroken, UsageError
from pact_etl.domain.letter import Letter, MeetingInvitation, Sender
from pact_etl.domain.notice import UnfitEvent
from pact_etl.domain.served_notice import (
    OPEN,
    SERVED_NOTICE,
    Manner,
    NoticeEvent,
    NoticeStatus,
    Service,
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

NEXT_PIECES = """
SELECT nextval(pg_get_serial_sequence('served_piece', 'id')) AS id FROM generate_series(1, :count)
"""

ADD_PIECE = """
INSERT INTO served_piece (id, served_notice_id, person, recipient, language, content, pages, pdf_sha256, form_sha256)
OVERRIDING SYSTEM VALUE
VALUES (:id, :notice, :person, :recipient, :language, CAST(:content AS jsonb), :pages, :pdf, :form)
"""

PIECES = """
SELECT id, person, language, content, pages, pdf_sha256, form_sha256 FROM served_piece
WHERE served_notice_id = :notice ORDER BY person
"""

SERVICES = """
SELECT s.id, p.person, s.how, s.served_on, s.receipt, s.retracts FROM service s
JOIN served_piece p ON p.id = s.served_piece_id
WHERE p.served_notice_id = :notice AND s.as_of <= :as_of ORDER BY s.id
"""

ADD_SERVICE = """
INSERT INTO service (served_piece_id, how, served_on, receipt, retracts, entered_by, as_of)
SELECT id, :how, :on, :receipt, :retracts, :by, :as_of FROM served_piece
WHERE served_notice_id = :notice AND person = :person
RETURNING id
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What is served on one person, as it was frozen; `letter` and `sender` name a family."""

    id: int
    person: int
    language: str
    letter: Letter
    sender: Sender
    pages: int
    pdf_sha256: str
    form_sha256: str


def piece_code(number: int) -> str:
    """The code printed on a piece: the nine tells it from a letter's, which count from the other end."""
    return f"P9{number:09d}"


def notice_code(number: int) -> str:
    """The opaque number that people know a notice by."""
    return f"N{number}"


def get_notice(connection: Connection, number: int, *, lock: bool = False) -> ServedNotice:
    """One notice.

    Raises:
        UsageError: there is none of that number.
    """
    which = "n.id = :id"
    found = _notices(connection, which, suffix=" FOR UPDATE OF n" if lock else "", id=number)
    if not found:
        raise UsageError(f"no notice {notice_code(number)}")
    return found[0]


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


def notices_in(connection: Connection, *statuses: NoticeStatus) -> list[ServedNotice]:
    """Every notice in any of these states."""
    return _notices(connection, "n.status = ANY(:statuses)", statuses=sorted(statuses))


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


def new_piece_numbers(connection: Connection, count: int) -> list[int]:
    """Numbers that no other piece has; those of a run that dies are never used again."""
    return [int(row.id) for row in connection.execute(text(NEXT_PIECES), {"count": count})]


def freeze_piece(
    connection: Connection,
    notice: int,
    number: int,
    person: int,
    letter: Letter,
    sender: Sender,
    *,
    pages: int,
    pdf_sha256: str,
    form_sha256: str,
) -> None:
    """Keep exactly what is served on one person, and under which letterhead."""
    content = {"letter": asdict(letter), "sender": asdict(sender)}
    connection.execute(
        text(ADD_PIECE),
        {
            "id": number,
            "notice": notice,
            "person": person,
            "recipient": letter.recipient.name,
            "language": letter.language,
            "content": json.dumps(content, default=str, sort_keys=True),
            "pages": pages,
            "pdf": pdf_sha256,
            "form": form_sha256,
        },
    )


def pieces_of(connection: Connection, notice: int) -> list[Piece]:
    """The pieces of an issued notice, by person."""
    rows = connection.execute(text(PIECES), {"notice": notice}).mappings()
    return [
        Piece(
            letter=_letters().validate_python(row["content"]["letter"]),
            sender=_senders().validate_python(row["content"]["sender"]),
            **{k: v for k, v in row.items() if k != "content"},
        )
        for row in rows
    ]


def services_of(connection: Connection, notice: int, as_of: date) -> list[Service]:
    """Every entry of service of a notice through a day, retracted ones too."""
    rows = connection.execute(text(SERVICES), {"notice": notice, "as_of": as_of})
    return [
        Service(
            id=row.id,
            person=row.person,
            how=Manner(row.how) if row.how else None,
            on=row.served_on,
            receipt=row.receipt or "",
            retracts=row.retracts,
        )
        for row in rows
    ]


def add_service(
    connection: Connection, notice: int, service: Service, *, by: str, as_of: date
) -> int:
    """Keep an entry of service, or that one is taken back; its number."""
    keys = {
        "notice": notice,
        "person": service.person,
        "how": service.how.value if service.how else None,
        "on": service.on,
        "receipt": service.receipt or None,
        "retracts": service.retracts,
        "by": by,
        "as_of": as_of,
    }
    made = connection.execute(text(ADD_SERVICE), keys).scalar_one_or_none()
    if made is None:
        raise InvariantBroken("a service of a piece that is not there")
    return int(made)


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


@cache
def _letters() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)


@cache
def _senders() -> "TypeAdapter[Any]":
    return TypeAdapter(Sender)


def last_event(connection: Connection, notice: int) -> "Row[Any]":
    """The newest event of a notice and who said so."""
    query = """SELECT event, said_by, as_of, reason FROM served_notice_event WHERE served_notice_id = :notice
               ORDER BY id DESC LIMIT 1"""
    return connection.execute(text(query), {"notice": notice}).one()
