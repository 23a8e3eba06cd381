"""The real sample's XML as the API would answer it: a plain converter of its own that knows nothing of our readers.

By the rules of the Ed-Fi standard: an element's name with a small first letter is its field; what holds a descriptor
ends in `Descriptor` and is a URI; a reference is an object of its keys; what may stand several times is a list under
its plural. Read with the standard library's parser.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Object = dict[str, Any]

LISTS = {
    "Address": "addresses",
    "Telephone": "telephones",
    "ElectronicMail": "electronicMails",
    "InstitutionTelephone": "institutionTelephones",
    "OtherName": "otherNames",
    "Period": "periods",
    "MeetingTime": "meetingTimes",
    "PersonalIdentificationDocument": "personalIdentificationDocuments",
    "EducationOrganizationIdentificationCode": "identificationCodes",
    "EducationOrganizationIndicator": "indicators",
}
BARE_LISTS = {
    "GradeLevel": ("gradeLevels", "gradeLevelDescriptor"),
    "SchoolCategory": ("schoolCategories", "schoolCategoryDescriptor"),
    "EducationOrganizationCategory": ("categories", "educationOrganizationCategoryDescriptor"),
}
INLINE = {"Name", "BirthData", "AttendanceEvent"}
WHOLE_NUMBERS = {
    "SchoolId",
    "LocalEducationAgencyId",
    "SchoolAttendanceDuration",
    "OrderOfPriority",
}
DECIMALS = {"EventDuration"}
FLAGS = {"LivesWith", "PrimaryContactStatus", "EmergencyContactStatus", "LegalGuardian"}

OLD_CALENDAR_IS_EARLIER_BY = timedelta(weeks=574)


def name_of(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def field_of(name: str) -> str:
    return name[0].lower() + name[1:]


def convert(element: ET.Element, named: Mapping[str, ET.Element]) -> Object:
    """One element as an object.

    Args:
        element: below the root, or anything inside it.
        named: elements by their `id`, for references that name one instead of its keys.
    """
    found: Object = {}
    for child in element:
        name = name_of(child)
        if name in INLINE:
            found |= convert(child, named)
        elif name.endswith("Reference"):
            found[field_of(name)] = keys_of(child, named)
        elif name in LISTS:
            found.setdefault(LISTS[name], []).append(convert(child, named))
        elif name in BARE_LISTS:
            plural, field = BARE_LISTS[name]
            found.setdefault(plural, []).append({field: (child.text or "").strip()})
        elif not len(child):
            found |= leaf(name, (child.text or "").strip())
    return found


def leaf(name: str, text: str) -> Object:
    if text.startswith("uri://"):
        return {f"{field_of(name)}Descriptor": text}
    if name in WHOLE_NUMBERS:
        return {field_of(name): int(text)}
    if name in DECIMALS:
        return {field_of(name): float(text)}
    if name in FLAGS:
        return {field_of(name): text in {"true", "1"}}
    return {field_of(name): text}


def keys_of(reference: ET.Element, named: Mapping[str, ET.Element]) -> Object:
    """The keys that a reference names, flat, whatever they are nested in."""
    target = reference.get("ref")
    if target is not None:
        whole = named.get(target)
        if whole is None:
            return {}
        key = next(c for c in whole if name_of(c).endswith(("UniqueId", "AgencyId", "SchoolId")))
        return leaf(name_of(key), (key.text or "").strip())
    found: Object = {}
    for part in reference.iter():
        if not len(part) and part is not reference:
            found |= leaf(name_of(part), (part.text or "").strip())
    return found


class Sample:
    """The sample's folder as resources."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resources(self, *, is_old: bool) -> dict[str, list[Object]]:
        """Objects by resource, adults under their name of data standard 5, or of the standards before."""
        adult = "parent" if is_old else "contact"
        students = list(self._of("ds52/Student.xml", "Student"))
        schools = list(self._of("ds52/EducationOrganization.xml", "School"))
        events = list(self._of("ds52/StudentSchoolAttendance.xml", "StudentSchoolAttendanceEvent"))
        people = list(self._of("ds52/Contact.xml", "Contact"))
        links = list(self._of("ds52/Contact.xml", "StudentContactAssociation"))
        if is_old:
            people = [_renamed(one) for one in people]
            links = [_renamed(one) for one in links]
        return {
            "schools": schools,
            "classPeriods": list(self._of("ds52/EducationOrganization.xml", "ClassPeriod")),
            "calendarDates": list(self._calendar()),
            "students": students,
            "studentEducationOrganizationAssociations": list(self._said_of_students()),
            "studentSchoolAssociations": list(enrolled(students, schools, events)),
            f"{adult}s": people,
            f"student{adult.capitalize()}Associations": links,
            "studentSchoolAttendanceEvents": events,
        }

    def _root(self, file: str) -> ET.Element:
        return ET.parse(self._folder / file).getroot()

    def _of(self, file: str, kind: str) -> Iterator[Object]:
        root = self._root(file)
        named = {str(e.get("id")): e for e in root if e.get("id")}
        return (convert(e, named) for e in root if name_of(e) == kind)

    def _calendar(self) -> Iterator[Object]:
        """The calendar of the older sample, which is the same school year 574 weeks before."""
        for element in self._root("ds22/EducationOrgCalendar.xml"):
            if name_of(element) == "CalendarDate":
                texts = {name_of(e): (e.text or "").strip() for e in element.iter()}
                day = date.fromisoformat(texts["Date"]) + OLD_CALENDAR_IS_EARLIER_BY
                event = f"uri://ed-fi.org/CalendarEventDescriptor#{texts['CodeValue']}"
                school = int(texts["SchoolId"])
                calendar = {
                    "calendarCode": f"{school}-2022",
                    "schoolId": school,
                    "schoolYear": 2022,
                }
                yield {
                    "calendarReference": calendar,
                    "date": day.isoformat(),
                    "calendarEvents": [{"calendarEventDescriptor": event}],
                }

    def _said_of_students(self) -> Iterator[Object]:
        """Languages and circumstances, which the older standard keeps with the student."""
        for element in self._root("ds22/Student.xml"):
            if name_of(element) != "Student":
                continue
            by_kind = defaultdict(list)
            for child in element:
                texts = [(name_of(e), (e.text or "").strip()) for e in child.iter()]
                by_kind[name_of(child)].append({k: v for k, v in texts if v})
            yield {
                "studentReference": {
                    "studentUniqueId": by_kind["StudentUniqueId"][0]["StudentUniqueId"]
                },
                "educationOrganizationReference": {"educationOrganizationId": 255901},
                "languages": [
                    {
                        "languageDescriptor": f"uri://grand-bend.example/LanguageDescriptor#{one['CodeValue']}",
                        "uses": [
                            {
                                "languageUseDescriptor": "uri://ed-fi.org/LanguageUseDescriptor#"
                                + one["LanguageUse"]
                            }
                        ],
                    }
                    for one in by_kind["Language"]
                ],
                "studentCharacteristics": [
                    {
                        "studentCharacteristicDescriptor": "uri://ed-fi.org/StudentCharacteristicDescriptor#"
                        + one["CodeValue"]
                    }
                    for one in by_kind["StudentCharacteristic"]
                ],
                "studentIdentificationCodes": [
                    {
                        "studentIdentificationSystemDescriptor": "uri://ed-fi.org/"
                        f"StudentIdentificationSystemDescriptor#{one['CodeValue']}",
                        "identificationCode": one["IdentificationCode"],
                    }
                    for one in by_kind["StudentIdentificationCode"]
                ],
            }


_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
_ORDINALS += ("Seventh", "Eighth", "Ninth", "Tenth", "Eleventh", "Twelfth")


def enrolled(
    students: list[Object], schools: list[Object], events: list[Object]
) -> Iterator[Object]:
    """The sample has no enrollments: everybody from the first day on, where attendance or age puts them."""
    seen: dict[str, list[int]] = defaultdict(list)
    for event in events:
        school = event["schoolReference"]["schoolId"]
        at = seen[event["studentReference"]["studentUniqueId"]]
        if school not in at:
            at.append(school)
    teaches: dict[str, list[int]] = defaultdict(list)
    for one in schools:
        for grade in one["gradeLevels"]:
            teaches[grade["gradeLevelDescriptor"].rpartition("#")[2]].append(one["schoolId"])
    for student in students:
        years = 2016 - int(student["birthDate"][:4])
        grade = f"{_ORDINALS[years]} grade" if 0 <= years < 12 else ""
        by_age = teaches[grade] if len(teaches[grade]) == 1 else []
        for school in seen[student["studentUniqueId"]] or by_age:
            yield {
                "studentReference": {"studentUniqueId": student["studentUniqueId"]},
                "schoolReference": {"schoolId": school},
                "entryDate": "2021-08-23",
                "entryGradeLevelDescriptor": f"uri://ed-fi.org/GradeLevelDescriptor#{grade}",
            }


def _renamed(one: Object) -> Object:
    """Adults before data standard 5."""
    found = {}
    for field, value in one.items():
        inner = _renamed(value) if field == "contactReference" else value
        found[
            field.replace("contactUniqueId", "parentUniqueId").replace("contactRef", "parentRef")
        ] = inner
    return found
