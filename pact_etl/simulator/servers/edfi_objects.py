"""Rows of a district's canonical tables as Ed-Fi keeps them: resources, keys and JSON objects.

One row of `guardians` is a contact and its association with a student; one of `students` is a student and what the
district says of them; a youth on his or her own is in a homeless program, support that is pending is an evaluation
without an outcome. What Ed-Fi has no field for (do_not_send, safe_at_home, periods of a day) is not kept.
Shapes: Ed-Fi ODS/API 7.3 resources, data standard 5.2; names of adults before standard 5 are `parent`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

Row = dict[str, str]
Object = dict[str, Any]

_GRADES = {
    "PS": "Preschool/Prekindergarten",
    "IN": "Infant/toddler",
    "TK": "Transitional Kindergarten",
    "KN": "Kindergarten",
    "01": "First grade",
    "02": "Second grade",
    "03": "Third grade",
    "04": "Fourth grade",
    "05": "Fifth grade",
    "06": "Sixth grade",
    "07": "Seventh grade",
    "08": "Eighth grade",
    "09": "Ninth grade",
    "10": "Tenth grade",
    "11": "Eleventh grade",
    "12": "Twelfth grade",
    "UE": "Ungraded",
}
_CATEGORIES = {"elementary": "Elementary School", "middle": "Middle School", "high": "High School"}
_CHARTER = {True: "School Charter", False: "Not a Charter School"}
_DIED = "Died or is permanently incapacitated"
_YES = frozenset({"y", "1", "true", "yes"})
_PROGRAM = ("educationOrganizationId", "programName")


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: the fields that identify a row, in the flat spelling of `keyValues`, and how a row looks."""

    name: str
    keys: tuple[str, ...]
    shape: Callable[[Row], Object]


def kinds(agency: int, *, is_old: bool) -> dict[str, Kind]:
    """Every resource by name.

    Args:
        agency: the district's id.
        is_old: whether adults are called parents (data standard 3 and 4).
    """
    adult = "parent" if is_old else "contact"
    adults, links = f"{adult}s", f"student{adult.capitalize()}Associations"
    adult_key = f"{adult}UniqueId"
    student, school = "studentUniqueId", "schoolId"
    found = [
        Kind("localEducationAgencies", ("localEducationAgencyId",), _agency),
        Kind("schools", (school,), lambda row: _school(row, agency)),
        Kind("classPeriods", (school, "classPeriodName"), _class_period),
        Kind("calendars", (school, "calendarCode"), _calendar),
        Kind("calendarDates", (school, "calendarCode", "date"), _calendar_date),
        Kind("students", (student,), _student),
        Kind("studentSchoolAssociations", (student, school, "entryDate"), _enrollment),
        Kind(
            "studentEducationOrganizationAssociations",
            (student, "educationOrganizationId"),
            lambda row: _said(row, agency),
        ),
        Kind("studentHomelessProgramAssociations", (student, *_PROGRAM), _homeless_program),
        Kind(
            "studentSpecialEducationProgramEligibilityAssociations",
            (student, *_PROGRAM),
            _evaluation,
        ),
        Kind(adults, (adult_key,), lambda row: _adult(row, adult)),
        Kind(links, (student, adult_key), lambda row: _link(row, adult)),
        Kind(
            "studentSchoolAttendanceEvents",
            (student, school, "eventDate", "attendanceEventCategoryDescriptor"),
            _event,
        ),
    ]
    return {kind.name: kind for kind in found}


def rows_of(
    tables: Mapping[str, pd.DataFrame], agency: int, *, is_old: bool
) -> Iterator[tuple[str, Iterable[Row]]]:
    """Each resource and its flat rows, keys under their Ed-Fi names, all of it text."""
    adult = "parent" if is_old else "contact"
    text = {name: _rows(frame) for name, frame in tables.items()}
    schools = text.get("schools", [])
    students = text.get("students", [])
    guardians = text.get("guardians", [])
    deceased = {r["local_id"] for r in students if _is_yes(r.get("deceased", ""))}
    dates = [_dated(r) for r in _whole_calendars(text.get("calendar", []))]
    calendars = {(r["school_code"], r["school_code"]) for r in schools}
    calendars |= {(r["schoolId"], r["calendarCode"]) for r in dates}
    yield "schools", [r | {"schoolId": r["school_code"]} for r in schools]
    yield "classPeriods", _class_periods(schools)
    yield (
        "calendars",
        [{"schoolId": school, "calendarCode": code} for school, code in sorted(calendars)],
    )
    yield "calendarDates", dates
    yield "students", [r | {"studentUniqueId": r["local_id"]} for r in students]
    yield (
        "studentEducationOrganizationAssociations",
        [
            r | {"studentUniqueId": r["local_id"], "educationOrganizationId": str(agency)}
            for r in students
        ],
    )
    yield (
        "studentSchoolAssociations",
        [_enrolled(r, deceased) for r in text.get("enrollments", [])],
    )
    yield (
        "studentHomelessProgramAssociations",
        _in_program(students, "unaccompanied", "Homeless", agency),
    )
    yield (
        "studentSpecialEducationProgramEligibilityAssociations",
        _in_program(students, "support_pending", "Special Education", agency),
    )
    yield f"{adult}s", _adults(guardians, adult)
    yield (
        f"student{adult.capitalize()}Associations",
        [
            r | {"studentUniqueId": r["local_id"], f"{adult}UniqueId": r["guardian_id"]}
            for r in guardians
        ],
    )
    yield "studentSchoolAttendanceEvents", (_marked(r) for r in text.get("attendance", []))


def _rows(frame: pd.DataFrame) -> list[Row]:
    columns = [c for c in frame.columns if c != "row"]
    lists = [frame[c].astype("str").tolist() for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def _class_periods(schools: Iterable[Row]) -> list[Row]:
    return [
        {"schoolId": r["school_code"], "classPeriodName": f"{n + 1:02d}"}
        for r in schools
        for n in range(int(r.get("periods_per_day") or 0))
    ]


def _whole_calendars(rows: Iterable[Row]) -> list[Row]:
    """An ODS keeps all days of every calendar, where our tables state of a track only what differs."""
    common: dict[str, list[Row]] = {}
    own: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row.get("track"):
            own.setdefault((row["school_code"], row["track"]), {})[row["date"]] = row
        else:
            common.setdefault(row["school_code"], []).append(row)
    found = [row for of_school in common.values() for row in of_school]
    for (school, track), stated in own.items():
        days = {row["date"]: row | {"track": track} for row in common.get(school, [])}
        found += (days | stated).values()
    return found


def _dated(row: Row) -> Row:
    return {
        "schoolId": row["school_code"],
        "calendarCode": row.get("track")
        or row["school_code"],  # the common one has the school's code
        "date": row["date"],
        "instructional": row["instructional"],
    }


def _enrolled(row: Row, deceased: Collection[str]) -> Row:
    return row | {
        "studentUniqueId": row["local_id"],
        "schoolId": row["school_code"],
        "entryDate": row["entry_date"],
        "exitType": _DIED if row["local_id"] in deceased else "",
    }


def _in_program(students: Iterable[Row], flag: str, program: str, agency: int) -> list[Row]:
    return [
        {
            "studentUniqueId": r["local_id"],
            "educationOrganizationId": str(agency),
            "programName": program,
        }
        for r in students
        if _is_yes(r.get(flag, ""))
    ]


def _adults(guardians: Iterable[Row], adult: str) -> list[Row]:
    """Each adult once. A language is the adult's own only where all their rows agree."""
    found: dict[str, Row] = {}
    for row in guardians:
        mine = {k: v for k, v in row.items() if k not in {"local_id", "relation"}}
        before = found.setdefault(row["guardian_id"], mine)
        if before["language"] != row["language"]:
            before["language"] = ""
    return [row | {f"{adult}UniqueId": row["guardian_id"]} for row in found.values()]


def _marked(row: Row) -> Row:
    category, _, duration = row["code"].partition(":")
    return {
        "studentUniqueId": row["local_id"],
        "schoolId": row["school_code"],
        "eventDate": row["date"],
        "attendanceEventCategoryDescriptor": _uri("AttendanceEventCategory", category),
        "duration": duration,
        "minutes": row.get("minutes", ""),
    }


def _agency(row: Row) -> Object:
    return {
        "localEducationAgencyId": int(row["localEducationAgencyId"]),
        "nameOfInstitution": row["name"],
        "categories": [
            {
                "educationOrganizationCategoryDescriptor": _uri(
                    "EducationOrganizationCategory", "Local Education Agency"
                )
            }
        ],
        "localEducationAgencyCategoryDescriptor": _uri("LocalEducationAgencyCategory", "Regular"),
    }


def _school(row: Row, agency: int) -> Object:
    phones = [
        {
            "institutionTelephoneNumberTypeDescriptor": _uri("InstitutionTelephoneNumberType", t),
            "telephoneNumber": number,
        }
        for t, number in (("Fax", "(916) 555-0100"), ("Main", row.get("phone", "")))
        if number
    ]
    level = row["level"]
    return {
        "schoolId": int(row["schoolId"]),
        "nameOfInstitution": row["name"],
        "schoolCategories": [
            {"schoolCategoryDescriptor": _uri("SchoolCategory", _CATEGORIES.get(level, level))}
        ],
        "charterStatusDescriptor": _uri("CharterStatus", _CHARTER[_is_yes(row["charter"])])
        if row.get("charter")
        else None,
        "gradeLevels": [],
        "institutionTelephones": phones,
        "localEducationAgencyReference": {"localEducationAgencyId": agency},
    }


def _class_period(row: Row) -> Object:
    return {
        "classPeriodName": row["classPeriodName"],
        "schoolReference": {"schoolId": int(row["schoolId"])},
    }


def _calendar(row: Row) -> Object:
    return {
        "calendarCode": row["calendarCode"],
        "schoolReference": {"schoolId": int(row["schoolId"])},
        "calendarTypeDescriptor": _uri("CalendarType", "School"),
    }


def _calendar_date(row: Row) -> Object:
    event = "Instructional day" if _is_yes(row["instructional"]) else "Non-instructional day"
    return {
        "calendarReference": {
            "calendarCode": row["calendarCode"],
            "schoolId": int(row["schoolId"]),
        },
        "date": row["date"],
        "calendarEvents": [{"calendarEventDescriptor": _uri("CalendarEvent", event)}],
    }


def _student(row: Row) -> Object:
    return {
        "studentUniqueId": row["studentUniqueId"],
        "firstName": row["first_name"],
        "lastSurname": row["last_name"],
        "preferredFirstName": "Preferred",
        "birthDate": row["birth_date"],
    }


def _said(row: Row, agency: int) -> Object:
    traits = [t for t in ("Homeless", "Foster Care") if _is_yes(row.get(t.split()[0].lower(), ""))]
    codes = [("State", row.get("ssid", "")), ("SSN", "000-00-0000")]
    return {
        "educationOrganizationReference": {"educationOrganizationId": agency},
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "languages": _languages(row.get("home_language", "")),
        "studentCharacteristics": [
            {"studentCharacteristicDescriptor": _uri("StudentCharacteristic", t)} for t in traits
        ],
        "studentIdentificationCodes": [
            {
                "studentIdentificationSystemDescriptor": _uri("StudentIdentificationSystem", s),
                "assigningOrganizationIdentificationCode": s,
                "identificationCode": code,
            }
            for s, code in codes
            if code
        ],
    }


def _enrollment(row: Row) -> Object:
    grade = row["grade"]
    found: Object = {
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "schoolReference": {"schoolId": int(row["schoolId"])},
        "entryDate": row["entryDate"],
        "entryGradeLevelDescriptor": _uri("GradeLevel", _GRADES.get(grade, grade)),
    }
    if row["exit_date"]:
        found["exitWithdrawDate"] = row["exit_date"]
    if row.get("exitType"):
        found["exitWithdrawTypeDescriptor"] = _uri("ExitWithdrawType", row["exitType"])
    if row.get("track"):
        calendar = {"calendarCode": row["track"], "schoolId": int(row["schoolId"])}
        found["calendarReference"] = calendar
    return found


def _program(row: Row) -> Object:
    agency = {"educationOrganizationId": int(row["educationOrganizationId"])}
    name = row["programName"]
    return {
        "educationOrganizationReference": agency,
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "programReference": agency
        | {"programName": name, "programTypeDescriptor": _uri("ProgramType", name)},
    }


def _homeless_program(row: Row) -> Object:
    return _program(row) | {
        "beginDate": "2015-07-01",
        "homelessUnaccompaniedYouth": True,
    }


def _evaluation(row: Row) -> Object:
    return _program(row) | {
        "consentToEvaluationReceivedDate": "2015-07-01",
        "ideaPartDescriptor": _uri("IDEAPart", "IDEA Part B"),
    }


def _adult(row: Row, adult: str) -> Object:
    address = {
        "addressTypeDescriptor": _uri("AddressType", "Home"),
        "streetNumberName": row["street"],
        "apartmentRoomSuiteNumber": row["unit"] or None,
        "city": row["city"],
        "stateAbbreviationDescriptor": _uri("StateAbbreviation", row["state"]),
        "postalCode": row["zip"],
        "periods": [{"beginDate": "2015-07-01"}],
    }
    office = address | {
        "addressTypeDescriptor": _uri("AddressType", "Work"),
        "streetNumberName": "1 Office Park",
    }
    mail = {
        "electronicMailTypeDescriptor": _uri("ElectronicMailType", "Home/Personal"),
        "electronicMailAddress": row["email"],
    }
    phone = {
        "telephoneNumberTypeDescriptor": _uri("TelephoneNumberType", "Mobile"),
        "telephoneNumber": row["phone"],
    }
    return {
        f"{adult}UniqueId": row["guardian_id"],
        "firstName": row["first_name"],
        "lastSurname": row["last_name"],
        "preferredLastSurname": "Preferred",
        "addresses": [office, address] if row["street"] or row["zip"] else [office],
        "electronicMails": [mail] if row["email"] else [],
        "telephones": [phone] if row["phone"] else [],
        "languages": _languages(row["language"]),
    }


def _link(row: Row, adult: str) -> Object:
    order = row["contact_order"]
    return {
        f"{adult}Reference": {f"{adult}UniqueId": row["guardian_id"]},
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "relationDescriptor": _uri("Relation", row["relation"]) if row["relation"] else None,
        "livesWith": _is_yes(row["lives_with"]),
        "legalGuardian": _is_yes(row["has_rights"]),
        "primaryContactStatus": order == "1",
        "contactPriority": int(order) if order.isdigit() else None,
        "contactRestrictions": "By order of a court" if _is_yes(row["restrained"]) else None,
    }


def _event(row: Row) -> Object:
    found: Object = {
        "attendanceEventCategoryDescriptor": row["attendanceEventCategoryDescriptor"],
        "eventDate": row["eventDate"],
        "schoolReference": {"schoolId": int(row["schoolId"])},
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "sessionReference": {"schoolId": int(row["schoolId"]), "sessionName": "Year"},
    }
    if row["duration"]:
        found["eventDuration"] = float(row["duration"])
    if row["minutes"]:
        found["schoolAttendanceDuration"] = int(row["minutes"])
    return found


def _languages(code: str) -> list[Object]:
    if not code:
        return []
    uses = [{"languageUseDescriptor": _uri("LanguageUse", "Home")}]
    return [{"languageDescriptor": _uri("Language", code), "uses": uses}]


def _uri(kind: str, value: str) -> str:
    return f"uri://ed-fi.org/{kind}Descriptor#{value}"


def _is_yes(text: str) -> bool:
    return text.strip().lower() in _YES
