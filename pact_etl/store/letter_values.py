"""Letters as values out of the record, and the frozen content of those that were released."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from pact_etl.domain.county import County
from pact_etl.domain.letter import Letter, Recipient, StudentRecord
from pact_etl.domain.vetting import LetterLanguages


def piece_id(notice_id: int) -> str:
    """The opaque id the vendor knows a letter by."""
    return f"P{notice_id:010d}"


def notice_id(piece: str) -> int:
    """The letter behind a piece id."""
    return int(piece[1:])


def compose_letters(
    connection: Connection,
    county: County,
    languages: LetterLanguages,
    as_of: date,
    standing: Mapping[int, Sequence[tuple[int, int]]],
    records: Mapping[tuple[int, int], StudentRecord],
) -> list[Letter]:
    """The letters of these notices, in notice order.

    Args:
        connection: any.
        county: for the meeting and the time to dispute a record.
        languages: those that letters may be in, and those that have a notice above an English one.
        as_of: the night whose record is printed.
        standing: notice id to the (district id, student id) pairs on it.
        records: their attendance.
    """
    meetings = {m.slug: m for m in county.meetings}
    query = """
        SELECT n.id, n.recipient, n.address, n.language, n.imb, m.slug
        FROM notice n JOIN meeting m ON m.id = n.meeting_id
        WHERE n.id = ANY(:ids) ORDER BY n.id
    """
    letters = []
    for row in connection.execute(text(query), {"ids": list(standing)}):
        meeting = meetings[row.slug]
        letters.append(
            Letter(
                piece_id=piece_id(row.id),
                language=row.language,
                recipient=Recipient(name=row.recipient, lines=tuple(row.address.split("\n"))),
                meeting=meeting.invitation(),
                students=tuple(records[key] for key in sorted(standing[row.id])),
                as_of=as_of,
                dispute_by=meeting.date - timedelta(days=county.mailing.dispute_days),
                imb=row.imb or "",
            )
        )
    return [languages.as_mailed(letter) for letter in letters]


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
    return [_adapter().validate_python(row.content) for row in rows]


@cache
def _adapter() -> "TypeAdapter[Any]":
    return TypeAdapter(Letter)
