"""First notices set for a district: which truants there are, what was decided of each, every set that was given out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from pact_etl.domain.first_notice import (
    FirstNoticeBalance,
    NoticeDecision,
    NoticeState,
    Truant,
)
from pact_etl.domain.letter import Letter, RenderedPiece
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule
from pact_etl.store.letter_values import notice_id, piece_id

AT_ONCE = 500
"""Frozen letters that are read in one go."""

TOLD = (NoticeState.MADE, NoticeState.HELD, NoticeState.WITHDRAWN, NoticeState.UNDONE)
"""What the district is told; of what its own ladder says it knows."""

_NOTICED = """
  EXISTS (SELECT FROM ladder_step s WHERE s.district_id = :district AND s.student_id = f.student_id
    AND s.recorded_to IS NULL AND s.date BETWEEN :first AND :as_of
    AND (s.step = 'family_notice' OR s.section = '48260.5'))"""

# One row a student: the finding that stands, or else the newest. What nothing can change any more is left out.
TRUANTS = f"""
SELECT * FROM (
  SELECT f.student_id, f.id AS finding_id, f.as_of AS found_on, f.ended_as_of IS NULL AS stands, f.ended_reason,
         n.status, n.reason, {_NOTICED} AS is_noticed,
         EXISTS (SELECT FROM finding g WHERE g.district_id = :district AND g.student_id = f.student_id
           AND g.rule = :rule AND g.school_year = :school_year AND g.as_of < :since) AS was_truant_before
  FROM (SELECT DISTINCT ON (student_id) * FROM finding
        WHERE district_id = :district AND rule = :rule AND school_year = :school_year AND as_of <= :as_of
        ORDER BY student_id, ended_as_of IS NULL DESC, as_of DESC, id DESC) f
  LEFT JOIN first_notice n ON n.district_id = :district AND n.student_id = f.student_id
    AND n.school_year = :school_year
  WHERE n.id IS NOT NULL OR f.as_of >= :since
) t
WHERE CASE status WHEN 'made' THEN NOT stands WHEN 'held' THEN true
      WHEN 'already_noticed' THEN stands AND NOT is_noticed ELSE stands END
ORDER BY student_id
"""

# Each way out is asked by itself, so that a finding which takes none of them, or two, unbalances the count.
BALANCE = """
SELECT count(*) AS truants,
       count(*) FILTER (WHERE is_made) AS made,
       count(*) FILTER (WHERE NOT is_made AND has_ended) AS withdrawn,
       count(*) FILTER (WHERE NOT has_ended AND status = 'held' AND reason IS NOT NULL) AS held,
       count(*) FILTER (WHERE NOT has_ended AND NOT is_made
                        AND status IN ('already_noticed', 'made')) AS already_noticed
FROM (
  SELECT f.ended_as_of IS NOT NULL AS has_ended, n.status, n.reason,
         EXISTS (SELECT FROM first_notice_event e WHERE e.finding_id = f.id AND e.status = 'made') AS is_made
  FROM finding f
  LEFT JOIN first_notice n ON n.district_id = f.district_id AND n.student_id = f.student_id
    AND n.school_year = f.school_year
  WHERE f.district_id = :district AND f.rule = :rule AND f.school_year = :school_year
    AND f.as_of BETWEEN :since AND :last
) found
"""

DECIDE = """
INSERT INTO first_notice (district_id, student_id, school_year, finding_id, as_of, status, reason)
SELECT :district, d.student, :school_year, d.finding, :as_of, d.status, d.reason
FROM unnest(CAST(:students AS bigint[]), CAST(:findings AS bigint[]), CAST(:states AS text[]),
            CAST(:reasons AS text[])) d (student, finding, status, reason)
ON CONFLICT (district_id, student_id, school_year) DO UPDATE SET finding_id = excluded.finding_id,
  as_of = excluded.as_of, status = excluded.status,
  reason = CASE WHEN excluded.status IN ('made', 'held') THEN excluded.reason ELSE first_notice.reason END
"""

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

# Standing students of whom no ladder tells, so long after their finding that the notice should be out.
STANDING = f"""
SELECT count(*) FILTER (WHERE n.status = 'held') AS standing_held,
       count(*) FILTER (WHERE NOT {_NOTICED} AND f.as_of <= :overdue) AS not_told_sent
FROM first_notice n JOIN finding f ON f.id = n.finding_id
WHERE n.district_id = :district AND n.school_year = :school_year AND n.status IN ('made', 'held')
  AND f.ended_as_of IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSet:
    """What a district was given at once."""

    id: int
    number: int
    pages: int
    pdf_sha256: str | None


def district_id(connection: Connection, slug: str) -> int | None:
    """The district's key; None before its first submission."""
    found: int | None = connection.execute(
        text("SELECT id FROM district WHERE slug = :slug"), {"slug": slug}
    ).scalar_one_or_none()
    return found


def truants_of(
    connection: Connection, district: int, year: SchoolYear, since: date, as_of: date
) -> list[Truant]:
    """A district's students of whom something may have to be decided on a night.

    Args:
        connection: any.
        district: its key.
        year: the school year.
        since: findings before this day are the district's own, unless something was decided of them here.
        as_of: the night.
    """
    rows = connection.execute(text(TRUANTS), _keys(district, year, as_of) | {"since": since})
    return [
        Truant(
            student_id=row.student_id,
            finding_id=row.finding_id,
            found_on=row.found_on,
            stands=row.stands,
            is_noticed=row.is_noticed,
            ended_reason=Reason(row.ended_reason or Reason.CORRECTED),
            was_truant_before=row.was_truant_before,
            state=NoticeState(row.status) if row.status else None,
            reason=Reason(row.reason) if row.reason else None,
        )
        for row in rows
    ]


def balance_of(
    connection: Connection, district: int, year: SchoolYear, since: date, last: date
) -> FirstNoticeBalance:
    """The equation over a district's findings from one night to another, both inclusive."""
    keys = {
        "district": district,
        "rule": Rule.TRUANT.value,
        "school_year": year.name,
        "since": since,
        "last": last,
    }
    row = connection.execute(text(BALANCE), keys).mappings().one()
    return FirstNoticeBalance(**{name: int(count) for name, count in row.items()})


def standing_of(
    connection: Connection, district: int, year: SchoolYear, as_of: date, days: int
) -> dict[str, int]:
    """Standing holds, and students whose notice the district has not told of within so many days of the finding."""
    keys = _keys(district, year, as_of) | {"overdue": as_of - timedelta(days=days + 1)}
    keys.pop("rule")
    row = connection.execute(text(STANDING), keys).mappings().one()
    return {name: int(count) for name, count in row.items()}


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


def book_decisions(
    connection: Connection,
    district: int,
    year: SchoolYear,
    as_of: date,
    decisions: Sequence[NoticeDecision],
) -> None:
    """Keep what was decided of each student."""
    if decisions:
        keys = {"district": district, "school_year": year.name, "as_of": as_of}
        connection.execute(text(DECIDE), keys | _columns(decisions))


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
    connection.execute(text(TELL), keys | {"set": number} | _columns(decisions))
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


def _keys(district: int, year: SchoolYear, as_of: date) -> dict[str, Any]:
    return {
        "district": district,
        "rule": Rule.TRUANT.value,
        "school_year": year.name,
        "first": year.first,
        "as_of": as_of,
    }


def _columns(decisions: Sequence[NoticeDecision]) -> dict[str, list[Any]]:
    return {
        "students": [one.truant.student_id for one in decisions],
        "findings": [one.truant.finding_id for one in decisions],
        "states": [one.state.value for one in decisions],
        "reasons": [one.reason.value if one.reason else None for one in decisions],
    }


@cache
def _adapter() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)
