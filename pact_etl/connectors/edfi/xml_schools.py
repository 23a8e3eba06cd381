"""Schools, calendars, attendance events and enrollments out of Ed-Fi bulk XML, as raw text rows."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.calendars import Key, calendar_rows_of
from pact_etl.connectors.edfi.protections import Words, charter_cell
from pact_etl.connectors.edfi.rules import (
    attendance_code,
    grade_code,
    school_level,
    taught_grades,
)
from pact_etl.connectors.edfi.xml_reading import (
    anywhere,
    children,
    descriptor,
    elements,
    line_of,
    local_name,
    shifted,
    stated_once,
    value,
)
from pact_etl.connectors.protocol import RawFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Schools:
    """Raw rows, and which grades each school teaches."""

    rows: list[Row]
    grades: dict[str, frozenset[str]]


def read_schools(file: RawFile, words: Words) -> Schools:
    """One row per school; a school day has as many periods as the school has numbered class periods."""
    rows: list[Row] = []
    grades: dict[str, frozenset[str]] = {}
    periods: Counter[str] = Counter()
    for element in elements(file, "School", "ClassPeriod"):
        code = anywhere(element, "SchoolId")
        if local_name(element) == "ClassPeriod":
            periods[code] += 1
            continue
        taught = [descriptor(g) for g in children(element, "GradeLevel")]
        phones = children(element, "InstitutionTelephone")
        main = [p for p in phones if descriptor(p, "InstitutionTelephoneNumberType") == "Main"]
        grades[code] = taught_grades(taught)
        rows.append(
            {
                "school_code": code,
                "name": value(element, "NameOfInstitution"),
                "level": school_level(descriptor(element, "SchoolCategory"), grades[code]),
                "phone": value(main[0], "TelephoneNumber") if main else "",
                "charter": charter_cell(descriptor(element, "CharterStatus"), words),
                "row": line_of(element),
            }
        )
    for row in rows:
        count = periods[str(row["school_code"])]
        row["periods_per_day"] = str(count) if count else ""
    return Schools(rows=rows, grades=grades)


def read_calendar(file: RawFile, shift_days: int) -> list[Row]:
    """One row per school and date; what several calendars of one school mean is `calendars`' to say."""
    events: dict[Key, set[str]] = defaultdict(set)
    lines: dict[Key, int] = {}
    for element in elements(file, "CalendarDate"):
        day = shifted(value(element, "Date"), shift_days)
        key = anywhere(element, "SchoolId"), anywhere(element, "CalendarCode"), day
        for event in children(element, "CalendarEvent"):
            events[key].add(descriptor(event, "CalendarEvent") or descriptor(event))
        lines.setdefault(key, line_of(element))
    return list(calendar_rows_of(events, lines))


def read_attendance(file: RawFile) -> list[Row]:
    """One row per attendance event of a school day."""
    rows: list[Row] = []
    for element in elements(file, "StudentSchoolAttendanceEvent"):
        event = (
            children(element, "AttendanceEvent")[0]
            if children(element, "AttendanceEvent")
            else element
        )
        code = descriptor(event, "AttendanceEventCategory")
        rows.append(
            {
                "local_id": stated_once(element, "StudentUniqueId"),
                "school_code": value(element, "SchoolReference", "SchoolIdentity", "SchoolId")
                or anywhere(element, "SchoolId"),
                "date": value(event, "EventDate"),
                "period": "",
                "code": attendance_code(code, value(event, "EventDuration")),
                "minutes": value(element, "SchoolAttendanceDuration")
                or value(event, "SchoolAttendanceDuration"),
                "row": line_of(element),
            }
        )
    return rows


def read_enrollments(file: RawFile) -> list[Row]:
    """One row per association of a student with a school."""
    return [
        {
            "local_id": stated_once(element, "StudentUniqueId"),
            "school_code": anywhere(element, "SchoolId"),
            "grade": grade_code(descriptor(element, "EntryGradeLevel")),
            "entry_date": value(element, "EntryDate"),
            "exit_date": value(element, "ExitWithdrawDate"),
            "track": anywhere(element, "CalendarCode"),
            "row": line_of(element),
        }
        for element in elements(file, "StudentSchoolAssociation")
    ]
