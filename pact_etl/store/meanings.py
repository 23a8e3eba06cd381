"""The code map that a district's record rests on, and the believed marks that rest on meanings which have changed."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, text

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import CodeMapping
from pact_etl.domain.meanings import ChangedMeaning

KNOWN = """
SELECT m.code, m.status, m.valid_from, m.valid_to FROM code_meaning m JOIN district d ON d.id = m.district_id
WHERE d.slug = :slug ORDER BY m.place
"""

KEEP = """
INSERT INTO code_meaning (district_id, place, code, status, valid_from, valid_to)
SELECT d.id, :place, :code, :status, :valid_from, :valid_to FROM district d WHERE d.slug = :slug
"""

# A day settled from several codes keeps them all in one text; the bytes are those of the submission first read.
RESTING = """
SELECT DISTINCT COALESCE(s.rederives, s.id) AS submission, m.source_row AS row, r.local_id, c.school_code, m.date,
       h.code, m.recorded_from AS believed_since
FROM unnest(CAST(:codes AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) h(code, first, last)
JOIN district d ON d.slug = :slug
JOIN mark m ON m.district_id = d.id AND m.recorded_to IS NULL AND m.date BETWEEN h.first AND h.last
  AND h.code = ANY(string_to_array(m.raw_code, '|'))
JOIN submission s ON s.id = m.recorded_from
JOIN school c ON c.id = m.school_id
JOIN LATERAL (SELECT local_id FROM student_record r WHERE r.district_id = d.id AND r.student_id = m.student_id
              ORDER BY local_id DESC LIMIT 1) r ON true
ORDER BY 1, 2
"""

COLUMNS = ["submission", "row", "local_id", "school_code", "date", "code", "believed_since"]


def known_meanings(connection: Connection, slug: str) -> list[CodeMapping]:
    """The code map that the record rests on; empty before the district's first evaluated night."""
    return [
        CodeMapping(code=r.code, status=Status(r.status), from_=r.valid_from, to=r.valid_to)
        for r in connection.execute(text(KNOWN), {"slug": slug})
    ]


def keep_meanings(connection: Connection, slug: str, mappings: Sequence[CodeMapping]) -> None:
    """Note that the record rests on this map now."""
    connection.execute(
        text(
            "DELETE FROM code_meaning m USING district d WHERE d.id = m.district_id AND d.slug = :slug"
        ),
        {"slug": slug},
    )
    rows = [
        {
            "slug": slug,
            "place": place,
            "code": one.code,
            "status": one.status.value,
            "valid_from": one.from_,
            "valid_to": one.to,
        }
        for place, one in enumerate(mappings)
    ]
    if rows:
        connection.execute(text(KEEP), rows)


def resting_on(
    connection: Connection, slug: str, changed: Sequence[ChangedMeaning]
) -> pd.DataFrame:
    """Where the believed marks stand that use a code on days on which its meaning has changed.

    Columns submission (whose kept bytes hold the row), row, local_id, school_code, date, code, and believed_since, the
    submission that last changed the mark.
    """
    keys = {
        "slug": slug,
        "codes": [one.code for one in changed],
        "firsts": [one.first for one in changed],
        "lasts": [one.last for one in changed],
    }
    rows = connection.execute(text(RESTING), keys).mappings().all() if changed else []
    return pd.DataFrame(rows, columns=COLUMNS)
