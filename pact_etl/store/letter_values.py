"""Letters as values out of the record, and the frozen content of those that were released."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, text

from pact_etl.domain.county import County
from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import Letter, Recipient, RecordOffice, StudentRecord
from pact_etl.domain.letter_kind import TAKING_BACK, LetterKind
from pact_etl.domain.vetting import LetterLanguages

LETTERS = """
SELECT n.id, n.kind, n.recipient, n.address, n.language, n.imb, m.slug, e.content AS earlier,
       e.mailed_on AS earlier_mailed_on
FROM notice n JOIN meeting m ON m.id = n.meeting_id LEFT JOIN notice e ON e.id = n.follows
WHERE n.id = ANY(:ids) ORDER BY n.id
"""

# Those of an earlier letter whom no letter that takes it back names: for them it stands.
_TAKING_BACK = ", ".join(f"'{kind}'" for kind in sorted(TAKING_BACK))
STILL_INVITED = f"""
SELECT n.id, n.kind, f.district_id, i.student_id FROM notice n
JOIN notice_student s ON s.notice_id = n.follows
JOIN invitation i ON i.id = s.invitation_id JOIN finding f ON f.id = i.finding_id
WHERE n.id = ANY(:notices) AND n.kind = '{LetterKind.DISREGARD_PART}' AND NOT EXISTS (
  SELECT FROM notice x JOIN notice_student xs ON xs.notice_id = x.id
  WHERE x.follows = n.follows AND x.kind IN ({_TAKING_BACK}) AND xs.invitation_id = s.invitation_id
    AND (x.id = n.id OR x.status NOT IN ('withdrawn', 'failed', 'rejected')))
"""

NAMES = """
SELECT w.district_id, w.student_id, d.name AS district_name, r.first_name, r.last_name
FROM unnest(CAST(:districts AS bigint[]), CAST(:students AS bigint[])) w (district_id, student_id)
JOIN district d ON d.id = w.district_id
JOIN LATERAL (SELECT first_name, last_name FROM student_record r
  WHERE r.district_id = w.district_id AND r.student_id = w.student_id ORDER BY local_id DESC LIMIT 1) r ON true
"""


def piece_id(notice_id: int) -> str:
    """The opaque id the vendor knows a letter by."""
    return f"P{notice_id:010d}"


def notice_id(piece: str) -> int:
    """The letter behind a piece id."""
    return int(piece[1:])


def compose_letters(
    connection: Connection,
    county: County,
    languages: Callable[[LetterKind], LetterLanguages],
    as_of: date,
    standing: Mapping[int, Sequence[tuple[int, int]]],
    records: Mapping[tuple[int, int], StudentRecord],
) -> list[Letter]:
    """The letters of these notices, in notice order.

    Args:
        connection: any.
        county: for the meeting and the time to dispute a record.
        languages: of each kind, those that letters may be in, and those that have a notice above an English one.
        as_of: the night whose record is printed.
        standing: notice id to the (district id, student id) pairs on it.
        records: their attendance, for the kinds that carry it; the others say who the student is and no more.
    """
    meetings = {m.slug: m.invitation() for m in county.meetings}
    rows = connection.execute(text(LETTERS), {"ids": list(standing)}).all()
    others = _still_invited(connection, list(standing))
    named = {k for r in rows if not LetterKind(r.kind).carries_record for k in standing[r.id]}
    bare = _bare_records(connection, named.union(*others.values()))
    letters = []
    for row in rows:
        kind = LetterKind(row.kind)
        # A letter that takes another back or thanks speaks of the evening as that did, whatever has become of it since.
        own, asks = kind.carries_record, kind is LetterKind.DISREGARD_PART
        meeting = meetings[row.slug] if own or asks else _thawed(row.earlier).meeting
        assert meeting is not None  # a letter of a batch is about an evening
        letter = Letter(
            piece_id=piece_id(row.id),
            language=row.language,
            recipient=Recipient(name=row.recipient, lines=tuple(row.address.split("\n"))),
            meeting=meeting,
            students=tuple((records if own else bare)[key] for key in sorted(standing[row.id])),
            as_of=as_of,
            dispute_by=meeting.date - timedelta(days=county.mailing.dispute_days),
            imb=row.imb or "",
            kind=kind,
            earlier_letter=row.earlier_mailed_on if kind.names_earlier_letter else None,
            still_invited=tuple(bare[key] for key in others.get(row.id, ())),
        )
        letters.append(languages(kind).as_mailed(letter))
    return letters


def _still_invited(
    connection: Connection, letters: Sequence[int]
) -> dict[int, list[tuple[int, int]]]:
    """For letters that take another back in part: the (district id, student id) of those for whom that stands."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in connection.execute(text(STILL_INVITED), {"notices": list(letters)}):
        found.setdefault(row.id, []).append((row.district_id, row.student_id))
    return {letter: sorted(those) for letter, those in found.items()}


def _bare_records(
    connection: Connection, students: Collection[tuple[int, int]]
) -> dict[tuple[int, int], StudentRecord]:
    """(district id, student id) to a record that says who the student is and nothing of attendance."""
    districts, ids = zip(*sorted(students), strict=True) if students else ((), ())
    nobody = RecordOffice(name="", phone="", email="")
    rows = connection.execute(text(NAMES), {"districts": list(districts), "students": list(ids)})
    return {
        (row.district_id, row.student_id): StudentRecord(
            first_name=row.first_name,
            last_name=row.last_name,
            grade="",
            school_name="",
            district_name=row.district_name,
            office=nobody,
            entry_date=date.min,
            enrolled_days=0,
            present_days=0,
            unexcused_days=(),
        )
        for row in rows
    }


def freeze(connection: Connection, letters: Sequence[Letter]) -> None:
    """Keep exactly what will be printed."""
    rows = [
        {
            "id": notice_id(letter.piece_id),
            "content": json.dumps(asdict(letter), default=str, sort_keys=True),
            "as_of": letter.as_of,
        }
        for letter in letters
    ]
    if rows:
        statement = "UPDATE notice SET content = CAST(:content AS jsonb), record_as_of = :as_of WHERE id = :id"
        connection.execute(text(statement), rows)


def frozen_letters(connection: Connection, ids: Sequence[int]) -> list[Letter]:
    """The letters as they were frozen, in notice order."""
    rows = connection.execute(
        text("SELECT content FROM notice WHERE id = ANY(:ids) AND content IS NOT NULL ORDER BY id"),
        {"ids": list(ids)},
    )
    return [_thawed(row.content) for row in rows]


def _thawed(content: Mapping[str, Any]) -> Letter:
    """A letter as it was frozen.

    Raises:
        InvariantBroken: it is no letter of this version; what stands there is not said, for it names a family.
    """
    try:
        letter: Letter = _adapter().validate_python(content)
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in one["loc"][:2]) for one in error.errors()})
        raise InvariantBroken(f"a frozen letter cannot be read: {', '.join(places)}") from None
    return letter


@cache
def _adapter() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)
