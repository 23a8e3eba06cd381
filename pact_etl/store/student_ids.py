"""Which student somebody means: by our number, the statewide id, a district's own id, or the code on a letter."""

import re

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError

_OPAQUE = re.compile(r"S(\d{1,18})")
_SSID = re.compile(r"\d{10}")
_PIECE = re.compile(r"P(\d{10})")

BY_NUMBER = "SELECT id FROM student WHERE id = :key"
BY_SSID = "SELECT id FROM student WHERE ssid = :key"
BY_LOCAL_ID = """
SELECT r.student_id AS id FROM student_record r JOIN district d ON d.id = r.district_id
WHERE d.slug = :slug AND r.local_id = :key
"""
BY_PIECE = """
SELECT DISTINCT i.student_id AS id FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
WHERE s.notice_id = :key
UNION SELECT n.student_id FROM first_notice_student f JOIN first_notice n ON n.id = f.first_notice_id
WHERE f.piece_id = :key ORDER BY id
"""


def find_student(connection: Connection, name: str) -> int:
    """The student behind `S<number>`, a ten-digit statewide id, `<district>:<local id>`, or a letter's `P<ten digits>`.

    Raises:
        UsageError: nobody, the text is none of the four, or the letter is about several students; then it names them.
    """
    keys: dict[str, object]
    if match := _OPAQUE.fullmatch(name):
        query, keys = BY_NUMBER, {"key": int(match[1])}
    elif _SSID.fullmatch(name):
        query, keys = BY_SSID, {"key": name}
    elif match := _PIECE.fullmatch(name):
        query, keys = BY_PIECE, {"key": int(match[1])}
    elif ":" in name:
        slug, local_id = name.split(":", 1)
        query, keys = BY_LOCAL_ID, {"slug": slug, "key": local_id}
    else:
        raise UsageError(
            "a student is S<number>, a ten-digit statewide id, <district>:<local id>, or a letter's code P<ten digits>"
        )
    found = [int(row.id) for row in connection.execute(text(query), keys)]
    if not found and "slug" in keys:
        raise UsageError(f"no such student; {_newest_data(connection, str(keys['slug']))}")
    if not found:
        raise UsageError("no such student")
    if len(found) > 1:
        raise UsageError("that letter is about " + " and ".join(f"S{one}" for one in found))
    return found[0]


def _newest_data(connection: Connection, slug: str) -> str:
    """How far a district's record reaches, for whoever is not in it yet."""
    query = """
        SELECT max(s.as_of) FROM submission s JOIN district d ON d.id = s.district_id
        WHERE d.slug = :slug AND s.status = 'recorded'
    """
    newest = connection.execute(text(query), {"slug": slug}).scalar_one()
    return (
        f"the newest data of {slug} is of {newest}" if newest else f"nothing of {slug} is recorded"
    )
