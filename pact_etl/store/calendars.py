"""Questions to the districts' calendars."""

from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear


def is_instructional_night(connection: Connection, slug: str, as_of: date) -> bool:
    """Whether any school of the district taught that day; True while its calendar is not known for the day.

    A district whose calendar nobody has yet is expected to send, because silence must not look like a holiday.
    """
    query = """
        SELECT bool_or(c.is_instructional) AS taught FROM calendar_day c
        JOIN school s ON s.id = c.school_id JOIN district d ON d.id = s.district_id
        WHERE d.slug = :slug AND c.date = :as_of
    """
    taught = connection.execute(text(query), {"slug": slug, "as_of": as_of}).scalar_one()
    return taught is None or bool(taught)


UNSTATED = """
WITH stated AS (
  SELECT covered_from, covered_to, as_of FROM submission
  WHERE district_id = :d AND status = 'recorded' AND rederives IS NULL AND as_of BETWEEN :first AND :as_of
)
SELECT t.date FROM (
  SELECT DISTINCT c.date FROM calendar_day c JOIN school s ON s.id = c.school_id
  WHERE s.district_id = :d AND c.is_instructional
    AND c.date BETWEEN (SELECT min(as_of) FROM stated) AND (SELECT max(as_of) FROM stated)
) t
WHERE NOT EXISTS (SELECT FROM stated WHERE t.date BETWEEN covered_from AND covered_to)
ORDER BY t.date
"""


def unstated_days(
    connection: Connection, district_id: int, year: SchoolYear, as_of: date
) -> list[date]:
    """Schooldays between a district's first and newest recorded night that no delivery ever spoke of.

    Everybody counts as present on such a day, so absences of it are lost until the district states it anew.
    """
    keys = {"d": district_id, "first": year.first, "as_of": as_of}
    return list(connection.execute(text(UNSTATED), keys).scalars())
