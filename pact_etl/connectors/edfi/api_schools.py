"""Schools, calendars and attendance out of Ed-Fi API resources, by the rules of `edfi_rules`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.api_fields import descriptor, listed, text
from pact_etl.connectors.edfi.calendars import Key, calendar_rows_of
from pact_etl.connectors.edfi.protections import Words, charter_cell
from pact_etl.connectors.edfi.rules import attendance_code, school_level, taught_grades
from pact_etl.connectors.json_pages import Object

Placed = Iterable[tuple[int, Object]]


def agency_of(school: Object) -> str:
    """The local education agency a school names, empty where it names none."""
    return text(school, "localEducationAgencyReference", "localEducationAgencyId")


def school_rows(schools: Placed, class_periods: Placed, words: Words) -> Iterator[Row]:
    """Rows of `schools`; a school day has as many periods as the school has class periods."""
    periods = Counter(text(p, "schoolReference", "schoolId") for _, p in class_periods)
    for place, school in schools:
        code = text(school, "schoolId")
        names = (descriptor(g, "gradeLevelDescriptor") for g in listed(school, "gradeLevels"))
        categories = [
            descriptor(c, "schoolCategoryDescriptor") for c in listed(school, "schoolCategories")
        ]
        main = [
            text(phone, "telephoneNumber")
            for phone in listed(school, "institutionTelephones")
            if descriptor(phone, "institutionTelephoneNumberTypeDescriptor") == "Main"
        ]
        yield {
            "school_code": code,
            "name": text(school, "nameOfInstitution"),
            "level": school_level(categories[0] if categories else "", taught_grades(names)),
            "periods_per_day": str(periods[code] or ""),
            "phone": main[0] if main else "",
            "charter": charter_cell(descriptor(school, "charterStatusDescriptor"), words),
            "row": place,
        }


def calendar_rows(dates: Placed, first_day: str) -> Iterator[Row]:
    """Rows of `calendar`; what several calendars of one school mean is `calendars`' to say.

    Args:
        dates: calendar dates.
        first_day: ISO; dates before it are of another school year.
    """
    events: dict[Key, set[str]] = defaultdict(set)
    places: dict[Key, int] = {}
    for place, element in dates:
        key = (
            text(element, "calendarReference", "schoolId"),
            text(element, "calendarReference", "calendarCode"),
            text(element, "date"),
        )
        if is_before(key[2], first_day):
            continue
        for event in listed(element, "calendarEvents"):
            events[key].add(descriptor(event, "calendarEventDescriptor"))
        places.setdefault(key, place)
    yield from calendar_rows_of(events, places)


def attendance_row(element: Object) -> Row:
    """A row of `attendance`."""
    category = descriptor(element, "attendanceEventCategoryDescriptor")
    return {
        "local_id": text(element, "studentReference", "studentUniqueId"),
        "school_code": text(element, "schoolReference", "schoolId"),
        "date": event_day(element),
        "period": "",
        "code": attendance_code(category, text(element, "eventDuration")),
        "minutes": text(element, "schoolAttendanceDuration"),
    }


def event_day(element: Object) -> str:
    """The date of an attendance event or of its key, ISO; some releases of the API add a midnight, which is cut."""
    return text(element, "eventDate").removesuffix("T00:00:00").removesuffix("T00:00:00Z")


def is_before(day: str, first_day: str) -> bool:
    """Whether an ISO date lies before another; what is no date is not, for validation to judge."""
    return len(day) == 10 and day[:4].isdigit() and day < first_day
