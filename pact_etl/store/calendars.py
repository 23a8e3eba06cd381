"""Questions to the districts' calendars."""

from datetime import date

from sqlalchemy import Connection, text


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
