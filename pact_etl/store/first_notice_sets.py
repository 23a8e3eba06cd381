"""What a district was given of first notices: numbered sets of a night, frozen, so that files can be written again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from pact_etl.domain.first_notice import NoticeDecision, NoticeState
from pact_etl.domain.letter import Letter, RenderedPiece
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.first_notices import columns_of
from pact_etl.store.letter_values import notice_id, piece_id

AT_ONCE = 500
"""Frozen letters that are read in one go."""

TOLD = (NoticeState.MADE, NoticeState.HELD, NoticeState.WITHDRAWN, NoticeState.UNDONE)
"""What the district is told; of what its own ladder says it knows."""

TELL = """
INSERT INTO first_notice_event (first_notice_id, set_id, finding_id, status, reason, local_id)
SELECT n.id, :set, d.finding, d.status, d.reason, r.local_id
FROM unnest(CAST(:students AS bigint[]), CAST(:findings AS bigint[]), CAST(:states AS text[]),
            CAST(:reasons AS text[])) d (student, finding, status, reason)
JOIN first_notice n ON n.district_id = :district AND n.student_id = d.student AND n.school_year = :school_year
JOIN LATERAL (SELECT local_id FROM student_record r WHERE r.district_id = :district AND r.student_id = d.student
  ORDER BY local_id DESC LIMIT 1) r ON true
ORDER BY d.student
"""

OPEN_SET = """
INSERT INTO first_notice_set (district_id, as_of, number, pages, pdf_sha256)
SELECT :district, :as_of, count(*) + 1, :pages, :sha256 FROM first_notice_set
WHERE district_id = :district AND as_of = :as_of
RETURNING id
"""

PIECES = """
INSERT INTO first_notice_piece (id, set_id, language, content, first_page, pages) OVERRIDING SYSTEM VALUE
VALUES (:id, :set, :language, CAST(:content AS jsonb), :first_page, :pages)
"""

STUDENTS = """
INSERT INTO first_notice_student (piece_id, first_notice_id)
SELECT s.piece, n.id FROM unnest(CAST(:pieces AS bigint[]), CAST(:students AS bigint[])) s (piece, student)
JOIN first_notice n ON n.district_id = :district AND n.student_id = s.student AND n.school_year = :school_year
"""

INDEX = """
SELECT p.id AS piece, string_agg(e.local_id, ' ' ORDER BY e.local_id) AS local_ids, p.language, p.first_page, p.pages
FROM first_notice_piece p
JOIN first_notice_student s ON s.piece_id = p.id
JOIN first_notice_event e ON e.first_notice_id = s.first_notice_id AND e.set_id = p.set_id
WHERE p.set_id = :set
GROUP BY p.id ORDER BY p.id
"""

HOLDS = """
SELECT e.local_id, e.status, e.reason FROM first_notice_event e
WHERE e.set_id = :set AND e.status IN ('made', 'held') AND e.reason IS NOT NULL ORDER BY e.local_id
"""

ENDED = """
SELECT e.local_id, e.status, e.reason, b.as_of AS told_on,
       (SELECT array_agg(s.piece_id ORDER BY s.piece_id) FROM first_notice_student s
        WHERE s.first_notice_id = e.first_notice_id) AS pieces
FROM first_notice_event e
JOIN LATERAL (SELECT t.as_of FROM first_notice_event o JOIN first_notice_set t ON t.id = o.set_id
  WHERE o.first_notice_id = e.first_notice_id AND o.id < e.id AND o.status IN ('made', 'held')
  ORDER BY o.id DESC LIMIT 1) b ON true
WHERE e.set_id = :set AND e.status IN ('undone', 'withdrawn') ORDER BY e.local_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSet:
    """What a district was given at once."""

    id: int
    number: int
    pages: int
    pdf_sha256: str | None


def reserve_pieces(connection: Connection, count: int) -> list[int]:
    """So many new piece numbers; those of a run that dies are never used."""
    rows = connection.execute(
        text(
            "SELECT nextval(pg_get_serial_sequence('first_notice_piece', 'id')) AS id"
            " FROM generate_series(1, :count)"
        ),
        {"count": count},
    )
    return [int(row.id) for row in rows]


def book_set(
    connection: Connection,
    district: int,
    year: SchoolYear,
    as_of: date,
    decisions: Sequence[NoticeDecision],
    letters: Sequence[tuple[Letter, Sequence[int]]],
    rendered: Mapping[str, RenderedPiece],
    pdf_sha256: str | None,
) -> None:
    """Freeze one set: what the district is told, and each letter with its students and its place in the PDF.

    Args:
        connection: inside the transaction that booked the decisions.
        district: its key.
        year: the school year.
        as_of: the night.
        decisions: of which the district is told.
        letters: with the students on each.
        rendered: by piece id.
        pdf_sha256: of the PDF; None where nothing was set.
    """
    pages = sum(one.pages for one in rendered.values())
    keys: dict[str, Any] = {"district": district, "as_of": as_of}
    opened = connection.execute(text(OPEN_SET), keys | {"pages": pages, "sha256": pdf_sha256})
    number = opened.scalar_one()
    keys = {"district": district, "school_year": year.name}
    connection.execute(text(TELL), keys | {"set": number} | columns_of(decisions))
    if not letters:
        return
    rows = [
        {
            "id": notice_id(letter.piece_id),
            "set": number,
            "language": letter.notice_in or letter.language,
            "content": json.dumps(asdict(letter), default=str, sort_keys=True),
            "first_page": rendered[letter.piece_id].first_page,
            "pages": rendered[letter.piece_id].pages,
        }
        for letter, _ in letters
    ]
    connection.execute(text(PIECES), rows)
    pairs = [(notice_id(letter.piece_id), one) for letter, students in letters for one in students]
    piece_ids, students = (list(column) for column in zip(*pairs, strict=True))
    connection.execute(text(STUDENTS), keys | {"pieces": piece_ids, "students": students})


def sets_of(connection: Connection, district: int, as_of: date) -> list[NoticeSet]:
    """What a district was given on a night, in order."""
    query = """
        SELECT id, number, pages, pdf_sha256 FROM first_notice_set
        WHERE district_id = :district AND as_of = :as_of ORDER BY number
    """
    rows = connection.execute(text(query), {"district": district, "as_of": as_of}).mappings()
    return [NoticeSet(**row) for row in rows]


def letters_of_set(connection: Connection, set_id: int) -> Iterator[Letter]:
    """The letters of a set as they were frozen, in print order; a few hundred in memory at a time."""
    last = 0
    query = "SELECT id, content FROM first_notice_piece WHERE set_id = :set AND id > :last ORDER BY id LIMIT :at_once"
    while True:
        keys = {"set": set_id, "last": last, "at_once": AT_ONCE}
        rows = connection.execute(text(query), keys).all()
        yield from (_adapter().validate_python(row.content) for row in rows)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id


def index_of(connection: Connection, set_id: int) -> list[dict[str, Any]]:
    """The pieces of a set: piece, local_ids, language, first_page, pages."""
    rows = connection.execute(text(INDEX), {"set": set_id}).mappings()
    return [dict(row) | {"piece": piece_id(row["piece"])} for row in rows]


def holds_of(connection: Connection, set_id: int) -> list[tuple[str, NoticeState, Reason]]:
    """Local id, state and reason of those of whom a set holds no letter, or none for a second home."""
    rows = connection.execute(text(HOLDS), {"set": set_id})
    return [(row.local_id, NoticeState(row.status), Reason(row.reason)) for row in rows]


def ended_in(connection: Connection, set_id: int) -> list[dict[str, Any]]:
    """Those of whom a set says that an earlier one is wrong: local_id, status, reason, told_on, pieces."""
    rows = connection.execute(text(ENDED), {"set": set_id}).mappings()
    return [dict(row) | {"pieces": [piece_id(one) for one in row["pieces"] or ()]} for row in rows]


@cache
def _adapter() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)
