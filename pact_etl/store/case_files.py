"""Case files: opened set-based from findings, added to by people, read as of any day."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.case import OPENED_BY, Entry, Kind, Party, Result, Way
from pact_etl.domain.case_deadlines import CaseFacts, Told
from pact_etl.domain.errors import UsageError
from pact_etl.domain.ladder import Step
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule

_CASE = re.compile(r"C(\d{1,18})")
_ENTRY = re.compile(r"C(\d{1,18})-(\d{1,18})")

OPEN = """
INSERT INTO case_file (district_id, student_id, school_year, opened_as_of)
SELECT district_id, student_id, school_year, min(as_of) FROM finding
WHERE rule = :rule AND school_year = :school_year AND ended_as_of IS NULL
GROUP BY district_id, student_id, school_year ORDER BY district_id, student_id
ON CONFLICT (district_id, student_id, school_year) WHERE joined_to IS NULL DO NOTHING
"""

CASES = """
SELECT c.id, c.district_id, d.slug, c.student_id, c.school_year, c.opened_as_of
FROM case_file c JOIN district d ON d.id = c.district_id
WHERE c.joined_to IS NULL AND c.opened_as_of <= :as_of AND {which}
ORDER BY c.id
"""

# Entries of a case that was joined to another are read with that one.
ENTRIES = """
SELECT COALESCE(c.joined_to, c.id) AS case_id, e.id, e.kind, e.date, e.about, e.way, e.whom, e.result, e.number,
       e.entered_by, e.as_of
FROM case_entry e JOIN case_file c ON c.id = e.case_id
WHERE COALESCE(c.joined_to, c.id) = ANY(:cases) AND e.as_of <= :as_of
ORDER BY e.id
"""

# Steps of the ladder and findings as they were known on the day.
KNOWN = "f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)"
FACTS = f"""
SELECT c.id,
  (SELECT min(f.as_of) FROM finding f WHERE (f.district_id, f.student_id, f.school_year, f.rule)
     = (c.district_id, c.student_id, c.school_year, :truant) AND f.as_of <= :as_of
     AND (f.ended_as_of IS NULL OR f.ended_as_of > :as_of)) AS became_truant,
  (SELECT max(f.as_of) FROM finding f WHERE (f.district_id, f.student_id, f.school_year, f.rule)
     = (c.district_id, c.student_id, c.school_year, :opens) AND f.as_of <= :as_of) AS newest_finding,
  (SELECT min(s.date) FROM ladder_step s JOIN submission f ON f.id = s.recorded_from
     LEFT JOIN submission t ON t.id = s.recorded_to
     WHERE s.district_id = c.district_id AND s.student_id = c.student_id AND s.step = :notice
       AND s.date BETWEEN :first AND LEAST(CAST(:as_of AS date), CAST(:last AS date)) AND {KNOWN}) AS family_notice,
  c.district_id IN (SELECT s.district_id FROM ladder_step s JOIN submission f ON f.id = s.recorded_from
     WHERE s.date BETWEEN :first AND :last AND f.as_of <= :as_of) AS keeps_ladder
FROM case_file c WHERE c.id = ANY(:cases)
"""

TOLD = """
SELECT DISTINCT COALESCE(c.joined_to, c.id) AS case_id, b.agency, b.first, b.last, b.as_of AS told_on
FROM disclosure x JOIN back_report b ON b.id = x.back_report_id JOIN case_file c ON c.id = x.case_id
WHERE COALESCE(c.joined_to, c.id) = ANY(:cases) AND b.as_of <= :as_of ORDER BY told_on
"""

# The lock on the case makes "is it there already" and "put it there" one act.
LOCK = "SELECT id FROM case_file WHERE id = :case FOR UPDATE"
ADD = """
INSERT INTO case_entry (case_id, kind, date, about, way, whom, result, number, entered_by, as_of)
SELECT :case, :kind, :date, :about, :way, :whom, :result, :number, :entered_by, :as_of
WHERE NOT EXISTS (SELECT FROM case_entry e WHERE {same}
  AND NOT EXISTS (SELECT FROM case_entry r WHERE r.about = e.id AND r.kind = :retraction))
RETURNING id
"""
SAME = (
    "e.case_id = :case AND e.kind = :kind AND e.date = :date AND e.number = :number"
    " AND (e.about, e.way, e.whom, e.result)"
    " IS NOT DISTINCT FROM (CAST(:about AS bigint), CAST(:way AS text), CAST(:whom AS text), CAST(:result AS text))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case; `district_id` and `student_id` are our numbers."""

    id: int
    district_id: int
    slug: str
    student_id: int
    school_year: str
    opened_as_of: date


def case_code(case_id: int) -> str:
    """The opaque number that people know a case by."""
    return f"C{case_id}"


def entry_code(case_id: int, entry_id: int) -> str:
    """The opaque number of an entry; it names its case too."""
    return f"C{case_id}-{entry_id}"


def open_cases(connection: Connection, year: SchoolYear) -> int:
    """Open a case for every student of a school year over the line who has none; how many were opened."""
    keys = {"rule": OPENED_BY.value, "school_year": year.name}
    return int(connection.execute(text(OPEN), keys).rowcount)


def find_case(connection: Connection, code: str, as_of: date) -> tuple[CaseFile, int | None]:
    """The case behind `C<number>`, or behind an entry's `C<number>-<number>` with that entry's number.

    Raises:
        UsageError: there was no such case on that day, or the text is none.
    """
    if match := _ENTRY.fullmatch(code):
        entry: int | None = int(match[2])
    elif match := _CASE.fullmatch(code):
        entry = None
    else:
        raise UsageError("a case is C<number>, an entry of it C<number>-<number>")
    query = "SELECT COALESCE(joined_to, id) FROM case_file WHERE id = :id"
    number = connection.execute(text(query), {"id": int(match[1])}).scalar_one_or_none()
    found = _cases(connection, "c.id = :id", as_of, id=number)
    if not found:
        raise UsageError("no such case on that day")
    return found[0], entry


def cases_of_student(connection: Connection, student_id: int, as_of: date) -> list[CaseFile]:
    """Every case of a student, of all districts and years."""
    return _cases(connection, "c.student_id = :student", as_of, student=student_id)


def years_of_referrals(connection: Connection, as_of: date) -> list[str]:
    """School years in whose cases a referral was entered, oldest first."""
    query = """SELECT DISTINCT c.school_year FROM case_file c JOIN case_entry e ON e.case_id = c.id
               WHERE e.kind = :referral AND e.as_of <= :as_of ORDER BY 1"""
    keys = {"referral": Kind.REFERRAL.value, "as_of": as_of}
    return [row.school_year for row in connection.execute(text(query), keys)]


def cases_of_year(
    connection: Connection, year: SchoolYear, as_of: date, slugs: Sequence[str]
) -> list[CaseFile]:
    """Every case of a school year in some districts."""
    which = "c.school_year = :school_year AND d.slug = ANY(:slugs)"
    return _cases(connection, which, as_of, school_year=year.name, slugs=list(slugs))


def cases_with_referrals(connection: Connection, slug: str, as_of: date) -> list[CaseFile]:
    """A district's cases of every year in which somebody entered a referral or a letter was mailed."""
    which = """d.slug = :slug AND (
      EXISTS (SELECT FROM case_entry e JOIN case_file j ON j.id = e.case_id
              WHERE COALESCE(j.joined_to, j.id) = c.id AND e.kind = :referral)
      OR EXISTS (SELECT FROM invitation i JOIN finding f ON f.id = i.finding_id
                 JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
                 WHERE i.student_id = c.student_id AND i.school_year = c.school_year
                   AND f.district_id = c.district_id AND n.mailed_on IS NOT NULL))"""
    return _cases(connection, which, as_of, slug=slug, referral=Kind.REFERRAL.value)


def entries_of(
    connection: Connection, cases: Sequence[int], as_of: date
) -> dict[int, tuple[Entry, ...]]:
    """Case to all its entries through a day, retracted ones too, in the order in which they were made."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    for row in connection.execute(text(ENTRIES), {"cases": list(cases), "as_of": as_of}).mappings():
        entries[row["case_id"]].append(_entry(row))
    return {case: tuple(found) for case, found in entries.items()}


def facts_of(
    connection: Connection, cases: Sequence[CaseFile], year: SchoolYear, as_of: date
) -> list[CaseFacts]:
    """What the deadlines of these cases rest on, all of one school year."""
    ids = [case.id for case in cases]
    keys = {
        "cases": ids,
        "as_of": as_of,
        "first": year.first,
        "last": year.last,
        "truant": Rule.TRUANT.value,
        "opens": OPENED_BY.value,
        "notice": Step.FAMILY_NOTICE.value,
    }
    dates = {row.id: row for row in connection.execute(text(FACTS), keys)}
    entries = entries_of(connection, ids, as_of)
    told = _told(connection, ids, as_of)
    return [
        CaseFacts(
            case_id=case.id,
            district=case.slug,
            entries=entries.get(case.id, ()),
            became_truant=dates[case.id].became_truant if dates[case.id].keeps_ladder else None,
            family_notice=dates[case.id].family_notice,
            newest_finding=dates[case.id].newest_finding,
            told=told.get(case.id, ()),
        )
        for case in cases
    ]


def add_entry(connection: Connection, case: CaseFile, entry: Entry) -> tuple[int, bool]:
    """Record an entry, unless the same stands already.

    Args:
        connection: inside a transaction.
        case: whose.
        entry: checked by the domain.

    Returns:
        Its number, and whether it is new.
    """
    keys = {
        "case": case.id,
        "kind": entry.kind.value,
        "date": entry.day,
        "about": entry.about,
        "way": entry.way,
        "whom": entry.whom,
        "result": entry.result,
        "number": entry.number,
    }
    connection.execute(text(LOCK), {"case": case.id})
    made = connection.execute(
        text(ADD.format(same=SAME)),
        keys
        | {
            "entered_by": entry.entered_by.strip(),
            "as_of": entry.as_of,
            "retraction": Kind.RETRACTION.value,
        },
    ).scalar_one_or_none()
    if made is not None:
        return int(made), True
    there = f"SELECT max(e.id) FROM case_entry e WHERE {SAME}"
    return int(connection.execute(text(there), keys).scalar_one()), False


def _cases(connection: Connection, which: str, as_of: date, **keys: object) -> list[CaseFile]:
    rows = connection.execute(text(CASES.format(which=which)), keys | {"as_of": as_of}).mappings()
    return [CaseFile(**row) for row in rows]


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(
        id=row["id"],
        kind=Kind(row["kind"]),
        day=row["date"],
        about=row["about"],
        way=Way(row["way"]) if row["way"] else None,
        whom=Party(row["whom"]) if row["whom"] else None,
        result=Result(row["result"]) if row["result"] else None,
        number=row["number"],
        entered_by=row["entered_by"],
        as_of=row["as_of"],
    )


def _told(connection: Connection, cases: Sequence[int], as_of: date) -> dict[int, tuple[Told, ...]]:
    """Case to the back-reports it stood in."""
    found: dict[int, list[Told]] = defaultdict(list)
    for row in connection.execute(text(TOLD), {"cases": list(cases), "as_of": as_of}):
        agency = Party(row.agency)
        found[row.case_id].append(
            Told(agency=agency, first=row.first, last=row.last, on=row.told_on)
        )
    return {case: tuple(told) for case, told in found.items()}
