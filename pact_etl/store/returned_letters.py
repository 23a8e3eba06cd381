"""Letters that came back, by the night that learned of it, with what each district may be told of its own students."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.reasons import Reason
from pact_etl.domain.returned_letter import Contact
from pact_etl.store.planning import adult_of

WHAT = "returned_letter"
RECIPIENT = "district"

BOOK_NIGHT = (
    "UPDATE notice SET returned_as_of = :as_of WHERE id = ANY(:notices) AND returned_as_of IS NULL"
)

# The flags of every district's record of the student: whoever knows of a danger protects everywhere.
RETURNED = """
SELECT n.returned_as_of AS night, d.slug, f.district_id, f.student_id, n.id AS notice, n.recipient, n.address,
       n.mailed_on, n.returned_on, n.return_reason, o.local_ids, p.*
FROM notice n
JOIN notice_student s ON s.notice_id = n.id
JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id
JOIN district d ON d.id = f.district_id
JOIN LATERAL (
  SELECT string_agg(r.local_id, ' ' ORDER BY r.local_id) AS local_ids FROM student_record r
  WHERE r.district_id = f.district_id AND r.student_id = f.student_id
) o ON o.local_ids IS NOT NULL
JOIN LATERAL (
  SELECT bool_or(r.foster) AS foster_youth, bool_or(r.homeless) AS homeless_youth,
         bool_or(r.unaccompanied) AS unaccompanied_youth, bool_or(r.deceased) AS deceased,
         bool_or(r.do_not_send) AS do_not_send
  FROM student_record r WHERE r.student_id = f.student_id
) p ON true
WHERE n.returned_as_of BETWEEN :first AND :last
ORDER BY n.returned_as_of, d.slug, o.local_ids, n.id
"""
FLAGS = (
    Reason.FOSTER_YOUTH,
    Reason.HOMELESS_YOUTH,
    Reason.UNACCOMPANIED_YOUTH,
    Reason.DECEASED,
    Reason.DO_NOT_SEND,
)

ADULTS = """
SELECT h.student_id, g.district_id, g.local_id, g.id AS guardian_id, g.first_name, g.last_name, g.language,
       h.has_rights, h.restrained, h.contact_order, g.deceased, g.street, g.unit, g.city, g.state, g.zip, g.safe_at_home
FROM guardianship h JOIN guardian g ON g.id = h.guardian_id
WHERE h.student_id = ANY(:students) AND h.ended_by IS NULL ORDER BY h.student_id, g.id
"""

LOG = """
INSERT INTO disclosure (notice_id, student_id, recipient, what, legal_basis, as_of)
SELECT notice, student, :recipient, :what, :legal_basis, :as_of
FROM unnest(CAST(:notices AS bigint[]), CAST(:students AS bigint[])) AS told (notice, student)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLetter:
    """One student of one district on one letter that came back.

    Attributes:
        night: that learned of it.
        lines: of the envelope, below the name.
        flags: what the record says of the student that protects it.
    """

    night: date
    slug: str
    district_id: int
    student_id: int
    local_ids: str
    notice: int
    recipient: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    mailed_on: date | None
    returned_on: date
    reason: str | None
    flags: frozenset[Reason]


def book_return_night(connection: Connection, notices: Sequence[int], as_of: date) -> None:
    """Keep on which night it became known that letters came back."""
    connection.execute(text(BOOK_NIGHT), {"notices": list(notices), "as_of": as_of})


def returned_letters(connection: Connection, first: date, last: date) -> list[ReturnedLetter]:
    """What became known on these nights, by night and district."""
    rows = connection.execute(text(RETURNED), {"first": first, "last": last}).mappings()
    return [
        ReturnedLetter(
            night=row["night"],
            slug=row["slug"],
            district_id=row["district_id"],
            student_id=row["student_id"],
            local_ids=row["local_ids"],
            notice=row["notice"],
            recipient=row["recipient"],
            lines=tuple(row["address"].split("\n")[1:]),
            mailed_on=row["mailed_on"],
            returned_on=row["returned_on"],
            reason=row["return_reason"],
            flags=frozenset(flag for flag in FLAGS if row[flag.value]),
        )
        for row in rows
    ]


def contacts_of(
    connection: Connection, students: Iterable[int]
) -> Mapping[int, Mapping[int, list[Contact]]]:
    """Student to district to the adults that it names around the student."""
    found: dict[int, dict[int, list[Contact]]] = defaultdict(lambda: defaultdict(list))
    asked = {"students": sorted(set(students))}
    for row in connection.execute(text(ADULTS), asked).mappings():
        contact = Contact(local_id=row["local_id"], adult=adult_of(row))
        found[row["student_id"]][row["district_id"]].append(contact)
    return found


def log_told(
    connection: Connection, letters: Sequence[ReturnedLetter], legal_basis: str, as_of: date
) -> None:
    """Log what a district is told of its students; what was told before is logged already."""
    keys = {
        "recipient": RECIPIENT,
        "what": WHAT,
        "legal_basis": legal_basis,
        "as_of": as_of,
        "notices": [one.notice for one in letters],
        "students": [one.student_id for one in letters],
    }
    connection.execute(text(LOG), keys)
