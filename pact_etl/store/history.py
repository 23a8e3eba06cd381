"""One student's record as it was known on any past night, for explaining a decision."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError
from pact_etl.domain.school_year import SchoolYear

_OPAQUE = re.compile(r"S(\d{1,18})")
_SSID = re.compile(r"\d{10}")

KNOWN = "f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)"

MARKS = f"""
SELECT m.id, d.slug, m.school_id, m.date, m.status, m.raw_code, m.minutes, m.recorded_from AS submission,
       COALESCE(c.is_instructional, false) AS is_instructional,
       extract(isodow FROM m.date) > 5 AS is_weekend
FROM mark m
JOIN district d ON d.id = m.district_id
JOIN submission f ON f.id = m.recorded_from LEFT JOIN submission t ON t.id = m.recorded_to
LEFT JOIN LATERAL (SELECT k.track FROM enrollment e
  LEFT JOIN calendar_track k ON k.school_id = e.school_id AND k.track = e.track
  JOIN submission o ON o.id = e.recorded_from LEFT JOIN submission u ON u.id = e.recorded_to
  WHERE e.student_id = m.student_id AND e.school_id = m.school_id AND m.date >= e.entry_date
    AND m.date <= COALESCE(e.exit_date, 'infinity') AND o.as_of <= :as_of AND (u.id IS NULL OR u.as_of > :as_of)
  ORDER BY e.entry_date DESC, e.id DESC LIMIT 1) own ON true
LEFT JOIN calendar_day c ON c.school_id = m.school_id AND c.track = COALESCE(own.track, '') AND c.date = m.date
WHERE m.student_id = :student AND m.date BETWEEN :first AND LEAST(CAST(:as_of AS date), CAST(:last AS date))
  AND {KNOWN}
ORDER BY m.date, m.id
"""

SPANS = f"""
SELECT d.slug, e.school_id, COALESCE(k.track, '') AS track, e.entry_date,
       LEAST(COALESCE(e.exit_date, 'infinity'),
             COALESCE(lead(e.entry_date) OVER (PARTITION BY e.district_id ORDER BY e.entry_date, e.id) - 1, 'infinity'),
             h.last_day) AS exit_date
FROM enrollment e
JOIN district d ON d.id = e.district_id
LEFT JOIN calendar_track k ON k.school_id = e.school_id AND k.track = e.track
JOIN submission f ON f.id = e.recorded_from LEFT JOIN submission t ON t.id = e.recorded_to
JOIN LATERAL (SELECT LEAST(max(s.as_of), CAST(:as_of AS date)) AS last_day FROM submission s
  WHERE s.district_id = e.district_id AND s.status = 'recorded' AND s.as_of BETWEEN :first AND :as_of) h ON true
WHERE e.student_id = :student AND {KNOWN}
ORDER BY d.slug, e.entry_date
"""

DAYS = """
SELECT count(*) FROM calendar_day
WHERE school_id = :school AND track = :track AND is_instructional
  AND date BETWEEN GREATEST(CAST(:first AS date), CAST(:entry AS date))
  AND LEAST(CAST(:last AS date), CAST(:exit AS date))
  AND (:weekends OR extract(isodow FROM date) < 6)
"""

SET_ASIDE = """
SELECT d.slug, q.date, q.reason, q.code FROM quarantined_row q
JOIN submission f ON f.id = q.submission_id LEFT JOIN submission t ON t.id = q.resolved_by
JOIN district d ON d.id = f.district_id
JOIN student_record r ON r.district_id = d.id AND r.local_id = q.local_id
WHERE r.student_id = :student AND q.table_name = 'attendance' AND f.status = 'recorded'
  AND f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of) AND q.date BETWEEN :first AND :as_of
ORDER BY q.date
"""

LETTERS = """
SELECT i.status AS invitation, i.reason, i.as_of, n.id AS notice, n.status AS letter, b.as_of AS batch_night
FROM invitation i
LEFT JOIN notice_student s ON s.invitation_id = i.id LEFT JOIN notice n ON n.id = s.notice_id
LEFT JOIN batch b ON b.id = n.batch_id
WHERE i.student_id = :student AND i.school_year = :school_year AND i.as_of <= :as_of
ORDER BY i.id, n.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Rows about one student as known on one night; see the queries for the columns."""

    student_id: int
    birth_date: date
    marks: list[Mapping[str, Any]]
    enrolled_days: dict[str, int]
    spans: list[Mapping[str, Any]]
    set_aside: list[Mapping[str, Any]]
    letters: list[Mapping[str, Any]]


def find_student(connection: Connection, name: str) -> int:
    """The student behind `S<number>`, a ten-digit statewide id, or `<district slug>:<local id>`.

    Raises:
        UsageError: nobody, or the text is none of the three.
    """
    if match := _OPAQUE.fullmatch(name):
        query, key = "SELECT id FROM student WHERE id = :key", {"key": int(match[1])}
    elif _SSID.fullmatch(name):
        query, key = "SELECT id FROM student WHERE ssid = :key", {"key": name}  # type: ignore[dict-item]
    elif ":" in name:
        slug, local_id = name.split(":", 1)
        query = (
            "SELECT r.student_id AS id FROM student_record r JOIN district d ON d.id = r.district_id"
            " WHERE d.slug = :slug AND r.local_id = :local"
        )
        key = {"slug": slug, "local": local_id}  # type: ignore[dict-item]
    else:
        raise UsageError(
            "a student is S<number>, a ten-digit statewide id, or <district>:<local id>"
        )
    found = connection.execute(text(query), key).scalar_one_or_none()
    if found is None:
        raise UsageError("no such student")
    return int(found)


def history(
    connection: Connection, student_id: int, as_of: date, year: SchoolYear, *, weekends: bool
) -> History:
    """Everything that was known of a student on a night.

    Args:
        connection: any.
        student_id: whose.
        as_of: the night.
        year: its school year.
        weekends: whether weekend classes are schooldays of D.
    """
    keys = {
        "student": student_id,
        "as_of": as_of,
        "first": year.first,
        "last": year.last,
        "school_year": year.name,
    }

    def rows(query: str) -> list[Mapping[str, Any]]:
        used = {k: v for k, v in keys.items() if f":{k}" in query}
        return [dict(row) for row in connection.execute(text(query), used).mappings()]

    spans = rows(SPANS)
    enrolled: dict[str, int] = {}
    for span in spans:
        days = {
            "school": span["school_id"],
            "track": span["track"],
            "entry": span["entry_date"],
            "exit": span["exit_date"],
        }
        counted = connection.execute(
            text(DAYS), days | {"first": year.first, "last": year.last, "weekends": weekends}
        ).scalar_one()
        enrolled[span["slug"]] = enrolled.get(span["slug"], 0) + int(counted)
    born = connection.execute(
        text("SELECT min(birth_date) FROM student_record WHERE student_id = :student"),
        {"student": student_id},
    ).scalar_one()
    return History(
        student_id=student_id,
        birth_date=born,
        marks=rows(MARKS),
        enrolled_days=enrolled,
        spans=spans,
        set_aside=rows(SET_ASIDE),
        letters=rows(LETTERS),
    )
