"""The same small district as Ed-Fi bulk XML, as kept pages of an Ed-Fi API and as kept answers of an Aeries."""

import json
from datetime import date, timedelta
from functools import cache
from typing import Any

from pact_etl.connectors.aeries.manifest import Manifest as AeriesManifest
from pact_etl.connectors.edfi.api_manifest import Counts, Manifest
from pact_etl.connectors.json_pages import sequence_file
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import AttendanceLayout, CodeMapping, FileLayout, Form
from pact_etl.domain.scope import Scope
from tests.hostile.speakers import CANARY, NIGHT, SCHOOL, TABLES, Files, Speaker, own_district

XML_NAMES = {
    "schools": "EducationOrganization.xml",
    "students": "Student.xml",
    "enrollments": "StudentEnrollment.xml",
    "guardians": "Contact.xml",
    "calendar": "EducationOrgCalendar.xml",
    "attendance": "StudentAttendance.xml",
}
CATEGORIES = {
    "Unexcused Absence": Status.ABSENT_UNEXCUSED,
    "Excused Absence": Status.ABSENT_EXCUSED,
    "Tardy": Status.TARDY,
}
GOOD_EVENTS = (
    ("101", "2026-11-18", "Unexcused Absence"),
    ("102", "2026-11-19", "Excused Absence"),
    ("103", "2026-11-20", "Tardy"),
)
YEAR_START = date(2026, 7, 1)
EVENTS = "studentSchoolAttendanceEvents"


def _codes() -> list[CodeMapping]:
    return [CodeMapping(code=c, status=s, from_=date(2020, 7, 1)) for c, s in CATEGORIES.items()]


# XML


def interchange(body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """An interchange of any kind; the readers ask for its elements, not for its name."""
    return f'{head}\n<Interchange xmlns="http://ed-fi.org/5.2.0">\n{body}</Interchange>\n'.encode()


def xml_student(number: str) -> str:
    identity = f"<StudentIdentity><StudentUniqueId>{number}</StudentUniqueId></StudentIdentity>"
    return f"<StudentReference>{identity}</StudentReference>"


def xml_school(code: str = SCHOOL) -> str:
    return f"<SchoolReference><SchoolIdentity><SchoolId>{code}</SchoolId></SchoolIdentity></SchoolReference>"


def xml_event(number: str, day: str, category: str, more: str = "") -> str:
    return (
        f"<StudentSchoolAttendanceEvent><AttendanceEvent><EventDate>{day}</EventDate>"
        f"<AttendanceEventCategory>uri://ed-fi.org/X#{category}</AttendanceEventCategory>{more}</AttendanceEvent>"
        f"{xml_student(number)}{xml_school()}</StudentSchoolAttendanceEvent>\n"
    )


def xml_events(*more: str) -> bytes:
    """The good night's events and some more."""
    return interchange("".join(xml_event(*e) for e in GOOD_EVENTS) + "".join(more))


@cache
def edfi_xml() -> Speaker:
    """Bulk interchange files of data standard 5.2."""
    people = "".join(
        f"<Student><StudentUniqueId>{n}</StudentUniqueId><Name><FirstName>Ana</FirstName>"
        f"<LastSurname>{CANARY}</LastSurname></Name><BirthData><BirthDate>2012-03-04</BirthDate></BirthData></Student>\n"
        for n in ("101", "102", "103")
    )
    adults = "".join(
        f"<Contact><ContactUniqueId>9{n}</ContactUniqueId><Name><FirstName>Bo</FirstName>"
        f"<LastSurname>{CANARY}</LastSurname></Name></Contact>\n"
        f"<StudentContactAssociation><ContactReference><ContactIdentity><ContactUniqueId>9{n}</ContactUniqueId>"
        f"</ContactIdentity></ContactReference>{xml_student(n)}<Relation>u#Father</Relation></StudentContactAssociation>\n"
        for n in ("101", "102", "103")
    )
    spans = "".join(
        f"<StudentSchoolAssociation>{xml_student(n)}{xml_school()}<EntryDate>2026-08-12</EntryDate>"
        "<EntryGradeLevel>u#Ninth grade</EntryGradeLevel></StudentSchoolAssociation>\n"
        for n in ("101", "102", "103")
    )
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(19)]
    calendar = "".join(
        f"<CalendarDate><Date>{d}</Date><CalendarEvent>u#Instructional day</CalendarEvent><CalendarReference>"
        f"<CalendarIdentity>{xml_school()}</CalendarIdentity></CalendarReference></CalendarDate>\n"
        for d in days
        if d.weekday() < 5
    )
    school = (
        f"<School><NameOfInstitution>Old Mill</NameOfInstitution><SchoolId>{SCHOOL}</SchoolId>"
        "<GradeLevel>u#Ninth grade</GradeLevel><SchoolCategory>u#High School</SchoolCategory></School>\n"
    )
    bodies = {
        "schools": interchange(school),
        "students": interchange(people),
        "enrollments": interchange(spans),
        "guardians": interchange(adults),
        "calendar": interchange(calendar),
        "attendance": xml_events(),
    }
    district = own_district(
        "xml",
        connector="edfi_xml",
        files={t: FileLayout(name=XML_NAMES[t], columns={}) for t in TABLES},
        codes=_codes(),
    )
    return Speaker(
        key="edfi_xml", district=district, files={XML_NAMES[t]: c for t, c in bodies.items()}
    )


# Ed-Fi API


def api_event(number: str, day: str, category: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"e-{number}-{day}-{category}",
        "eventDate": day,
        "attendanceEventCategoryDescriptor": f"uri://ed-fi.org/X#{category}",
        "studentReference": {"studentUniqueId": number},
        "schoolReference": {"schoolId": int(SCHOOL)},
    } | more


def api_rows() -> dict[str, list[dict[str, Any]]]:
    """The good night by resource."""
    numbers = ("101", "102", "103")
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(19)]
    return {
        "schools": [
            {
                "id": "school",
                "schoolId": int(SCHOOL),
                "nameOfInstitution": "Old Mill",
                "gradeLevels": [{"gradeLevelDescriptor": "u#Ninth grade"}],
            }
        ],
        "students": [
            {
                "id": f"s{n}",
                "studentUniqueId": n,
                "firstName": "Ana",
                "lastSurname": CANARY,
                "birthDate": "2012-03-04",
            }
            for n in numbers
        ],
        "studentSchoolAssociations": [
            {
                "id": f"a{n}",
                "studentReference": {"studentUniqueId": n},
                "schoolReference": {"schoolId": int(SCHOOL)},
                "entryDate": "2026-08-12",
                "entryGradeLevelDescriptor": "u#Ninth grade",
            }
            for n in numbers
        ],
        "studentEducationOrganizationAssociations": [],
        "contacts": [
            {"id": f"c{n}", "contactUniqueId": f"9{n}", "firstName": "Bo", "lastSurname": CANARY}
            for n in numbers
        ],
        "studentContactAssociations": [
            {
                "id": f"l{n}",
                "contactReference": {"contactUniqueId": f"9{n}"},
                "studentReference": {"studentUniqueId": n},
                "relationDescriptor": "u#Father",
            }
            for n in numbers
        ],
        "calendarDates": [
            {
                "id": f"d{d}",
                "calendarReference": {"schoolId": int(SCHOOL)},
                "date": d.isoformat(),
                "calendarEvents": [{"calendarEventDescriptor": "u#Instructional day"}],
            }
            for d in days
            if d.weekday() < 5
        ],
        EVENTS: [api_event(*e) for e in GOOD_EVENTS],
    }


def api_files(rows: dict[str, list[dict[str, Any]]]) -> Files:
    """Kept pages and their manifest."""
    files = [sequence_file(name, [json.dumps(found).encode()]) for name, found in rows.items()]
    manifest = Manifest(
        mode="full",
        year_start=YEAR_START,
        agency="3400000",
        scope=Scope(window=(YEAR_START, NIGHT), whole_roster=True),
        resources={
            name: Counts(
                total=len(found), received=len({r["id"] for r in found}), elements=len(found)
            )
            for name, found in rows.items()
        },
    )
    return {f.name: f.content for f in [*files, manifest.file()]}


@cache
def edfi_api() -> Speaker:
    """Kept pages of one full pull."""
    district = own_district("api", connector="edfi_api", files={}, codes=_codes(), path=".")
    return Speaker(key="edfi_api", district=district, files=api_files(api_rows()))


# Aeries


def aeries_pages() -> dict[str, Any]:
    """The good night by resource."""
    numbers = (101, 102, 103)
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(19)]
    return {
        "schools": [
            {
                "SchoolCode": int(SCHOOL),
                "Name": "Old Mill",
                "StateCountyID": "34",
                "StateDistrictID": "00000",
                "HighGradeLevel": "12",
                "AttendanceType": "Daily",
            }
        ],
        "students": [
            {
                "StudentID": n,
                "SchoolCode": int(SCHOOL),
                "FirstName": "Ana",
                "LastName": CANARY,
                "Birthdate": "2012-03-04T00:00:00",
            }
            for n in numbers
        ],
        "contacts": [
            {"StudentID": n, "SequenceNumber": 1, "FirstName": "Bo", "LastName": CANARY}
            for n in numbers
        ],
        "enrollments": [
            {
                "StudentID": n,
                "SchoolCode": int(SCHOOL),
                "Grade": "9",
                "EnterDate": "2026-08-12T00:00:00",
            }
            for n in numbers
        ],
        "calendar": [
            {"CalendarDate": f"{d}T00:00:00", "HolidayCode": ""} for d in days if d.weekday() < 5
        ],
        "attendance": [
            aeries_day(101, "2026-11-18", "U"),
            aeries_day(102, "2026-11-19", "E"),
            aeries_day(103, "2026-11-20", "T"),
        ],
    }


def aeries_day(number: Any, day: Any, code: Any) -> dict[str, Any]:
    taken = {"CalendarDate": f"{day}T00:00:00", "AllDayAttendanceCode": code, "Classes": []}
    return {"StudentID": number, "AttendanceDays": [taken]}


def aeries_files(pages: dict[str, Any]) -> Files:
    """Kept answers and their manifest; a page that is bytes is kept as it is."""
    manifest = AeriesManifest(
        as_of=NIGHT,
        window=(YEAR_START, NIGHT),
        year_start=YEAR_START,
        students=None,
        pages={
            name: [(SCHOOL, len(page) if isinstance(page, list) else 1)]
            for name, page in pages.items()
        },
        cursor="2026-11-20T20:00",
    )
    files = [
        sequence_file(name, [page if isinstance(page, bytes) else json.dumps(page).encode()])
        for name, page in pages.items()
    ]
    return {f.name: f.content for f in [*files, manifest.file()]}


@cache
def aeries_api() -> Speaker:
    """Kept answers of one full read."""
    district = own_district(
        "aeries-api",
        connector="aeries_api",
        url="https://aeries.example/district",
        files={},
        attendance=AttendanceLayout(form=Form.PERIODS, covers_days=45),
    )
    return Speaker(key="aeries_api", district=district, files=aeries_files(aeries_pages()))
