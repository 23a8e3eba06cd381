"""What several calendars of one school mean to us, whichever road they came by.

Ed-Fi keeps any number of calendars for a school and says with an enrollment which of them it follows
(`calendarReference`). One calendar is everybody's. Of several, each is a track; whoever's enrollment names none follows
all of them together, where a day is closed if any calendar closes it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.rules import flag, is_taught

Key = tuple[str, str, str]
"""School, calendar code and ISO date."""


def calendar_rows_of(events: Mapping[Key, Set[str]], places: Mapping[Key, int]) -> Iterator[Row]:
    """Rows of `calendar`: one per school and date, and of a school with several calendars one per calendar as well.

    A calendar says all of its days: what it does not list it does not teach, though another calendar might.

    Args:
        events: calendar events of each date; a date without any is not taught.
        places: where each date stands.
    """
    by_school: dict[str, dict[str, dict[str, Set[str]]]] = defaultdict(lambda: defaultdict(dict))
    first: dict[tuple[str, str], int] = {}
    for (school, code, day), names in events.items():
        by_school[school][day][code] = names
        first.setdefault((school, day), places[school, code, day])
    for school, days in by_school.items():
        codes = {code: None for stated in days.values() for code in stated}
        for day, stated in days.items():
            everything = {name for names in stated.values() for name in names}
            place = first[school, day]
            yield _row(school, "", day, is_taught(everything), place)
            if len(codes) > 1:
                for code in codes:
                    taught = is_taught(stated.get(code, frozenset()))
                    yield _row(school, code, day, taught, places.get((school, code, day), place))


def _row(school: str, track: str, day: str, taught: bool, place: int) -> Row:
    return {
        "school_code": school,
        "track": track,
        "date": day,
        "instructional": flag(taught),
        "row": place,
    }
