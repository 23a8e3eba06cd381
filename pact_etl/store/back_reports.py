"""What a back-report is made of beside the cases' entries, and its booking together with the log of disclosures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from pact_etl.domain.back_report import LETTER_MAILED, LETTER_RETURNED, Act
from pact_etl.store.notices import INVITES

WHAT = "referral_outcome"

LOCAL_IDS = """
SELECT c.id, string_agg(r.local_id, ' ' ORDER BY r.local_id) AS local_ids
FROM case_file c JOIN student_record r ON r.district_id = c.district_id AND r.student_id = c.student_id
WHERE c.id = ANY(:cases) GROUP BY c.id
"""

LETTERS = f"""
SELECT DISTINCT c.id AS case_id, f.as_of AS found_on, n.id AS notice, e.event, n.mailed_on, n.returned_on, e.as_of
FROM case_file c
JOIN invitation i ON i.student_id = c.student_id AND i.school_year = c.school_year
JOIN finding f ON f.id = i.finding_id AND f.district_id = c.district_id
JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
JOIN notice_event e ON e.notice_id = n.id AND e.is_applied AND e.event IN ('mail', 'return') AND e.as_of <= :last
WHERE c.id = ANY(:cases) AND n.mailed_on IS NOT NULL AND {INVITES}
ORDER BY c.id, n.id, e.as_of
"""

BOOK = """
INSERT INTO back_report (district_id, agency, first, last, sha256, rows, legal_basis, released_by, as_of)
SELECT id, :agency, :first, :last, :sha256, :rows, :legal_basis, :released_by, :as_of FROM district WHERE slug = :slug
ON CONFLICT (district_id, agency, first, last, sha256) DO NOTHING RETURNING id
"""

LOG = """
INSERT INTO disclosure (back_report_id, case_id, student_id, recipient, what, legal_basis, as_of)
SELECT :report, c.id, c.student_id, :agency, :what, :legal_basis, :as_of
FROM case_file c WHERE c.id = ANY(:cases) ORDER BY c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """The letters of one case: when the record put the student over the line, and what became of them."""

    found_on: date
    acts: tuple[Act, ...]


BOOKED = """
SELECT b.first, b.last, b.as_of FROM back_report b JOIN district d ON d.id = b.district_id
WHERE d.slug = :slug AND b.agency = :agency ORDER BY b.first, b.last, b.id
"""

# What was entered, and letters that were mailed: nothing of a district is older.
OLDEST = """
SELECT least(min(e.as_of), min(c.opened_as_of)) FROM case_file c JOIN district d ON d.id = c.district_id
LEFT JOIN case_entry e ON e.case_id = c.id WHERE d.slug = :slug
"""


class Booked(NamedTuple):
    """A report that was released: its period, and the day of its release."""

    first: date
    last: date
    as_of: date


def booked_reports(connection: Connection, slug: str, agency: str) -> list[Booked]:
    """Every report that one agency got about a district's students."""
    rows = connection.execute(text(BOOKED), {"slug": slug, "agency": agency})
    return [Booked(row.first, row.last, row.as_of) for row in rows]


def oldest_case(connection: Connection, slug: str) -> date | None:
    """The first day on which anything stood in a case of a district; None where it has none."""
    found: date | None = connection.execute(text(OLDEST), {"slug": slug}).scalar_one()
    return found


def local_ids(connection: Connection, cases: Sequence[int]) -> dict[int, str]:
    """Case to its district's own ids of the student, by blanks."""
    rows = connection.execute(text(LOCAL_IDS), {"cases": list(cases)})
    return {row.id: row.local_ids for row in rows}


def letters_mailed(connection: Connection, cases: Sequence[int], last: date) -> dict[int, Mailed]:
    """Case to its letters, as known on a day; one to each home is one act each."""
    acts: dict[int, list[Act]] = defaultdict(list)
    found: dict[int, date] = {}
    for row in connection.execute(text(LETTERS), {"cases": list(cases), "last": last}):
        is_mail = row.event == "mail"
        act = Act(
            action=LETTER_MAILED if is_mail else LETTER_RETURNED,
            day=(row.mailed_on if is_mail else row.returned_on) or row.as_of,
            entered_on=row.as_of,
        )
        # How many homes a child has is no news for who referred: the same act on one day is said once.
        if act not in acts[row.case_id]:
            acts[row.case_id].append(act)
        found[row.case_id] = min(row.found_on, found.get(row.case_id, row.found_on))
    return {case: Mailed(found_on=found[case], acts=tuple(said)) for case, said in acts.items()}


def book_back_report(
    connection: Connection,
    slug: str,
    agency: str,
    first: date,
    last: date,
    *,
    sha256: str,
    rows: int,
    cases: Sequence[int],
    legal_basis: str,
    released_by: str,
    as_of: date,
) -> bool:
    """Book a report and log every student in it; False where this very report is booked already."""
    keys = {"agency": agency, "legal_basis": legal_basis, "as_of": as_of}
    booked = {
        "slug": slug,
        "first": first,
        "last": last,
        "sha256": sha256,
        "rows": rows,
        "released_by": released_by,
    }
    report = connection.execute(text(BOOK), keys | booked).scalar_one_or_none()
    if report is None:
        return False
    logged = {"report": report, "cases": list(cases), "what": WHAT}
    connection.execute(text(LOG), keys | logged)
    return True
