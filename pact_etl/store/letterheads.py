"""The letterhead and the county's own words that a package was printed with, kept because both change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from pact_etl.domain.letter import Sender

LETTERHEADS = """
SELECT n.id, p.letterhead FROM notice n JOIN package p ON p.id = n.package_id
WHERE n.id = ANY(:letters) AND jsonb_typeof(p.letterhead) = 'object'
"""


def keep_letterhead(connection: Connection, package_id: int, sender: Sender) -> None:
    """Keep what a package's letters are printed with, in the transaction that books its PDF's hash."""
    connection.execute(
        text("UPDATE package SET letterhead = CAST(:letterhead AS jsonb) WHERE id = :id"),
        {"id": package_id, "letterhead": json.dumps(asdict(sender), sort_keys=True)},
    )


def letterheads_of(connection: Connection, letters: Sequence[int]) -> Mapping[int, Sender]:
    """Notice id to the letterhead that the letter was printed with; none for a package from before it was kept."""
    rows = connection.execute(text(LETTERHEADS), {"letters": list(letters)})
    return {row.id: _adapter().validate_python(row.letterhead) for row in rows}


@cache
def _adapter() -> "TypeAdapter[Any]":
    return TypeAdapter(Sender)
