"""Schools, calendars, attendance events and enrollments out of Ed-Fi bulk XML, as raw text rows."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi_reading import (
    anywhere,
    children,
    descriptor,
    elements,
    line_of,
    local_name,
    shifted,
    value,
)
from pact_etl.connectors.protocol import RawFile

TAUGHT = frozenset({"Instructional day", "Make-up day", "Student late arrival/early dismissal"})
"""Calendar events of a day on which school was kept; a shortened day is one."""

CLOSED = frozenset(
    {
        "Holiday",
        "Weather day",
        "Emergency day",
        "Strike",
        "Teacher only day",
        "Non-instructional day",
    }
)
"""These win over the former when a date carries both: a storm closes a planned schoolday."""

GRADES = {
    "Preschool/Prekindergarten": "PS",
    "Infant/toddler": "IN",
    "Transitional Kindergarten": "TK",
    "Kindergarten": "KN",
    "First grade": "01",
    "Second grade": "02",
    "Third grade": "03",
    "Fourth grade": "04",
    "Fifth grade": "05",
    "Sixth grade": "06",
    "Seventh grade": "07",
    "Eighth grade": "08",
    "Ninth grade": "09",
    "Tenth grade": "10",
    "Eleventh grade": "11",
    "Twelfth grade": "12",
    "Ungraded": "UE",
}

LEVELS = {
    "Elementary School": "elementary",
    "Elementary/Secondary School": "elementary",
    "Middle School": "middle",
    "Junior High School": "middle",
    "Intermediate School": "middle",
    "High School": "high",
    "Secondary School": "high",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schools:
    """Raw rows, and which grades each school teaches."""

    rows: list[Row]
    grades: dict[str, frozenset[str]]


def read_schools(file: RawFile) -> Schools:
    """One row per school; a school day has as many periods as the school has numbered class periods."""
    rows: list[Row] = []
    grades: dict[str, frozenset[str]] = {}
    periods: Counter[str] = Counter()
    for element in elements(file, "School", "ClassPeriod"):
        code = anywhere(element, "SchoolId")
        if local_name(element) == "ClassPeriod":
            periods[code] += 1
            continue
        taught = [GRADES.get(descriptor(g), "") for g in children(element, "GradeLevel")]
        phones = children(element, "InstitutionTelephone")
        main = [p for p in phones if descriptor(p, "InstitutionTelephoneNumberType") == "Main"]
        grades[code] = frozenset(g for g in taught if g)
        rows.append(
            {
                "school_code": code,
                "name": value(element, "NameOfInstitution"),
                "level": LEVELS.get(descriptor(element, "SchoolCategory"), _level(grades[code])),
                "phone": value(main[0], "TelephoneNumber") if main else "",
                "row": line_of(element),
            }
        )
    for row in rows:
        count = periods[str(row["school_code"])]
        row["periods_per_day"] = str(count) if count else ""
    return Schools(rows=rows, grades=grades)


def read_calendar(file: RawFile, shift_days: int) -> list[Row]:
    """One row per school and date."""
    events: dict[tuple[str, str], set[str]] = defaultdict(set)
    lines: dict[tuple[str, str], int] = {}
    for element in elements(file, "CalendarDate"):
        key = anywhere(element, "SchoolId"), shifted(value(element, "Date"), shift_days)
        for event in children(element, "CalendarEvent"):
            events[key].add(descriptor(event, "CalendarEvent") or descriptor(event))
        lines.setdefault(key, line_of(element))
    return [
        {
            "school_code": school,
            "date": day,
            "instructional": "Y" if names & TAUGHT and not names & CLOSED else "N",
            "row": lines[school, day],
        }
        for (school, day), names in events.items()
    ]


def read_attendance(file: RawFile) -> list[Row]:
    """One row per attendance event of a school day.

    An event of less than a day names its length with its code (`Unexcused Absence:0.5`), because only whole days count
    in EC 48263.6; without an entry in the code map such a code is held, never taken for the whole day's.
    """
    rows: list[Row] = []
    for element in elements(file, "StudentSchoolAttendanceEvent"):
        event = (
            children(element, "AttendanceEvent")[0]
            if children(element, "AttendanceEvent")
            else element
        )
        code = descriptor(event, "AttendanceEventCategory")
        duration = value(event, "EventDuration")
        part = "" if duration in {"", "1", "1.0", "1.00"} else f":{duration}"
        rows.append(
            {
                "local_id": anywhere(element, "StudentUniqueId"),
                "school_code": value(element, "SchoolReference", "SchoolIdentity", "SchoolId")
                or anywhere(element, "SchoolId"),
                "date": value(event, "EventDate"),
                "period": "",
                "code": code + part,
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
            "local_id": anywhere(element, "StudentUniqueId"),
            "school_code": anywhere(element, "SchoolId"),
            "grade": GRADES.get(
                descriptor(element, "EntryGradeLevel"), descriptor(element, "EntryGradeLevel")
            ),
            "entry_date": value(element, "EntryDate"),
            "exit_date": value(element, "ExitWithdrawDate"),
            "row": line_of(element),
        }
        for element in elements(file, "StudentSchoolAssociation")
    ]


def _level(grades: frozenset[str]) -> str:
    if not grades:
        return ""
    top = max(grades)
    return "high" if "09" <= top <= "12" else "middle" if top in {"07", "08"} else "elementary"
