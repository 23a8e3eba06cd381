"""Ed-Fi's resources: their keys, and a flat row of each as the JSON object that an API answers with.

Shapes: Ed-Fi ODS/API 7.3 resources, data standard 5.2; names of adults before standard 5 are `parent`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pact_etl.simulator.servers.edfi_rows import Row, descriptor_uri, is_yes

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


def _agency(row: Row) -> Object:
    return {
        "localEducationAgencyId": int(row["localEducationAgencyId"]),
        "nameOfInstitution": row["name"],
        "categories": [
            {
                "educationOrganizationCategoryDescriptor": descriptor_uri(
                    "EducationOrganizationCategory", "Local Education Agency"
                )
            }
        ],
        "localEducationAgencyCategoryDescriptor": descriptor_uri(
            "LocalEducationAgencyCategory", "Regular"
        ),
    }


def _school(row: Row, agency: int) -> Object:
    phones = [
        {
            "institutionTelephoneNumberTypeDescriptor": descriptor_uri(
                "InstitutionTelephoneNumberType", t
            ),
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
            {
                "schoolCategoryDescriptor": descriptor_uri(
                    "SchoolCategory", _CATEGORIES.get(level, level)
                )
            }
        ],
        "charterStatusDescriptor": descriptor_uri("CharterStatus", _CHARTER[is_yes(row["charter"])])
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
        "calendarTypeDescriptor": descriptor_uri("CalendarType", "School"),
    }


def _calendar_date(row: Row) -> Object:
    event = "Instructional day" if is_yes(row["instructional"]) else "Non-instructional day"
    return {
        "calendarReference": {
            "calendarCode": row["calendarCode"],
            "schoolId": int(row["schoolId"]),
        },
        "date": row["date"],
        "calendarEvents": [{"calendarEventDescriptor": descriptor_uri("CalendarEvent", event)}],
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
    traits = [t for t in ("Homeless", "Foster Care") if is_yes(row.get(t.split()[0].lower(), ""))]
    codes = [("State", row.get("ssid", "")), ("SSN", "000-00-0000")]
    return {
        "educationOrganizationReference": {"educationOrganizationId": agency},
        "studentReference": {"studentUniqueId": row["studentUniqueId"]},
        "languages": _languages(row.get("home_language", "")),
        "studentCharacteristics": [
            {"studentCharacteristicDescriptor": descriptor_uri("StudentCharacteristic", t)}
            for t in traits
        ],
        "studentIdentificationCodes": [
            {
                "studentIdentificationSystemDescriptor": descriptor_uri(
                    "StudentIdentificationSystem", s
                ),
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
        "entryGradeLevelDescriptor": descriptor_uri("GradeLevel", _GRADES.get(grade, grade)),
    }
    if row["exit_date"]:
        found["exitWithdrawDate"] = row["exit_date"]
    if row.get("exitType"):
        found["exitWithdrawTypeDescriptor"] = descriptor_uri("ExitWithdrawType", row["exitType"])
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
        | {"programName": name, "programTypeDescriptor": descriptor_uri("ProgramType", name)},
    }


def _homeless_program(row: Row) -> Object:
    return _program(row) | {
        "beginDate": "2015-07-01",
        "homelessUnaccompaniedYouth": True,
    }


def _evaluation(row: Row) -> Object:
    return _program(row) | {
        "consentToEvaluationReceivedDate": "2015-07-01",
        "ideaPartDescriptor": descriptor_uri("IDEAPart", "IDEA Part B"),
    }


def _adult(row: Row, adult: str) -> Object:
    address = {
        "addressTypeDescriptor": descriptor_uri("AddressType", "Home"),
        "streetNumberName": row["street"],
        "apartmentRoomSuiteNumber": row["unit"] or None,
        "city": row["city"],
        "stateAbbreviationDescriptor": descriptor_uri("StateAbbreviation", row["state"]),
        "postalCode": row["zip"],
        "periods": [{"beginDate": "2015-07-01"}],
    }
    office = address | {
        "addressTypeDescriptor": descriptor_uri("AddressType", "Work"),
        "streetNumberName": "1 Office Park",
    }
    mail = {
        "electronicMailTypeDescriptor": descriptor_uri("ElectronicMailType", "Home/Personal"),
        "electronicMailAddress": row["email"],
    }
    phone = {
        "telephoneNumberTypeDescriptor": descriptor_uri("TelephoneNumberType", "Mobile"),
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
        "relationDescriptor": descriptor_uri("Relation", row["relation"])
        if row["relation"]
        else None,
        "livesWith": is_yes(row["lives_with"]),
        "legalGuardian": is_yes(row["has_rights"]),
        "primaryContactStatus": order == "1",
        "contactPriority": int(order) if order.isdigit() else None,
        "contactRestrictions": "By order of a court" if is_yes(row["restrained"]) else None,
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
    uses = [{"languageUseDescriptor": descriptor_uri("LanguageUse", "Home")}]
    return [{"languageDescriptor": descriptor_uri("Language", code), "uses": uses}]
