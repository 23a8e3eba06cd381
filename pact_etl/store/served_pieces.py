"""The frozen pieces of notices that are served on persons, and the entries of who was served."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import Letter, Sender
from pact_etl.domain.service import Manner, Service

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
WHERE {which} ORDER BY id
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


BOOK = {
    "events": """
        SELECT event, said_by, as_of, reason, recorded_at FROM served_notice_event
        WHERE served_notice_id = :notice ORDER BY id""",
    "services": """
        SELECT id AS service, how, served_on, receipt, retracts, entered_by, as_of, recorded_at FROM service
        WHERE served_piece_id = :piece ORDER BY id""",
    "disclosures": """
        SELECT 'S' || student_id AS student, recipient, what, legal_basis, as_of, recorded_at FROM disclosure
        WHERE served_notice_id = :notice ORDER BY id""",
}


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
    """The code on a piece: an eight first, where letters have a nought and first notices a nine."""
    return f"P8{number:09d}"


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
    return _pieces(connection, "served_notice_id = :notice", notice=notice)


def frozen_pieces(connection: Connection, numbers: Sequence[int]) -> list[Piece]:
    """Single pieces by their numbers."""
    return _pieces(connection, "id = ANY(:numbers)", numbers=list(numbers))


def _pieces(connection: Connection, which: str, **keys: object) -> list[Piece]:
    rows = connection.execute(text(PIECES.format(which=which)), keys).mappings()
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


def is_piece_code(code: str) -> bool:
    """Whether a code is a piece's, and no letter's."""
    return re.fullmatch(r"P8[0-9]{9}", code) is not None


def notice_of_piece(connection: Connection, code: str) -> int | None:
    """The notice that a piece belongs to; None where there is no such piece."""
    if not is_piece_code(code):
        return None
    query = "SELECT served_notice_id FROM served_piece WHERE id = :id"
    found: int | None = connection.execute(text(query), {"id": int(code[2:])}).scalar_one_or_none()
    return found


def book_of(connection: Connection, notice: int, piece: int) -> dict[str, list[dict[str, Any]]]:
    """What happened: `events` of a notice, `services` of one piece, `disclosures` of the notice."""
    keys = {"notice": notice, "piece": piece}
    return {
        name: [dict(row) for row in connection.execute(text(query), keys).mappings()]
        for name, query in BOOK.items()
    }


def persons_of(connection: Connection, notice: int) -> list[tuple[int, str, str]]:
    """Number of each person, code of the piece, and SHA-256 of its PDF; nobody before a notice is issued."""
    query = "SELECT person, id, pdf_sha256 FROM served_piece WHERE served_notice_id = :notice ORDER BY person"
    rows = connection.execute(text(query), {"notice": notice})
    return [(row.person, piece_code(row.id), row.pdf_sha256) for row in rows]


@cache
def _letters() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)


@cache
def _senders() -> "TypeAdapter[Any]":
    return TypeAdapter(Sender)
