"""First notices set for a district: which truants there are, what was decided of each, and whether they add up."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.first_notice import (
    FirstNoticeBalance,
    NoticeDecision,
    NoticeState,
    Truant,
)
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule

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

TOLD_OF = """
SELECT DISTINCT ON (d.slug) d.slug, e.status, e.reason, t.as_of AS told_on
FROM first_notice n JOIN first_notice_event e ON e.first_notice_id = n.id
JOIN first_notice_set t ON t.id = e.set_id JOIN district d ON d.id = n.district_id
WHERE n.student_id = :student AND n.school_year = :school_year AND t.as_of <= :as_of
ORDER BY d.slug, e.id DESC
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

# Standing students of whom no ladder tells, so long after their finding that the notice should be out.
STANDING = f"""
SELECT count(*) FILTER (WHERE n.status = 'held') AS standing_held,
       count(*) FILTER (WHERE NOT {_NOTICED} AND f.as_of <= :overdue) AS not_told_sent
FROM first_notice n JOIN finding f ON f.id = n.finding_id
WHERE n.district_id = :district AND n.school_year = :school_year AND n.status IN ('made', 'held')
  AND f.ended_as_of IS NULL
"""


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


def told_of(
    connection: Connection, student: int, school_year: str, as_of: date
) -> dict[str, dict[str, str | None]]:
    """District slug to what it was told last, up to a night, of a student's first notice: state, reason, told_on."""
    keys = {"student": student, "school_year": school_year, "as_of": as_of}
    return {
        row.slug: {"state": row.status, "reason": row.reason, "told_on": row.told_on.isoformat()}
        for row in connection.execute(text(TOLD_OF), keys)
    }


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
        connection.execute(text(DECIDE), keys | columns_of(decisions))


def _keys(district: int, year: SchoolYear, as_of: date) -> dict[str, Any]:
    return {
        "district": district,
        "rule": Rule.TRUANT.value,
        "school_year": year.name,
        "first": year.first,
        "as_of": as_of,
    }


def columns_of(decisions: Sequence[NoticeDecision]) -> dict[str, list[Any]]:
    """Decisions as the arrays that statements take."""
    return {
        "students": [one.truant.student_id for one in decisions],
        "findings": [one.truant.finding_id for one in decisions],
        "states": [one.state.value for one in decisions],
        "reasons": [one.reason.value if one.reason else None for one in decisions],
    }
