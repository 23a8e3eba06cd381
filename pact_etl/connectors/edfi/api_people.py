"""Students, enrollments and guardians out of Ed-Fi API resources, by the rules of `edfi_rules`.

Legal names are read, never preferred ones. Social security numbers, which some systems keep among the identification
codes, are never read: only the one identification system that the district names.
"""

from collections.abc import Mapping

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.api_fields import descriptor, listed, text, truth
from pact_etl.connectors.edfi.rules import (
    HOME_ADDRESSES,
    PHONES,
    PRIVATE_EMAILS,
    best,
    contact_order,
    flag,
    grade_code,
    has_rights,
    stated_language,
)
from pact_etl.connectors.json_pages import Object


def student_of(element: Object) -> str:
    """The student a row refers to, or is."""
    return text(element, "studentReference", "studentUniqueId") or text(element, "studentUniqueId")


def contact_of(element: Object) -> str:
    """The adult a row refers to, or is; parents before data standard 5."""
    return (
        text(element, "contactReference", "contactUniqueId")
        or text(element, "parentReference", "parentUniqueId")
        or text(element, "contactUniqueId")
        or text(element, "parentUniqueId")
    )


def state_id(element: Object, system: str) -> str:
    """The student's id in one identification system; empty where the district names none."""
    codes = listed(element, "studentIdentificationCodes")
    return next(
        (
            text(code, "identificationCode")
            for code in codes
            if system and descriptor(code, "studentIdentificationSystemDescriptor") == system
        ),
        "",
    )


def student_row(
    element: Object,
    languages: Mapping[str, str],
    flags: Mapping[str, Row],
    state_ids: Mapping[str, str],
    default_language: str,
) -> Row:
    """A row of `students`."""
    local_id = student_of(element)
    return flags.get(local_id, {}) | {
        "local_id": local_id,
        "ssid": state_ids.get(local_id, ""),
        "first_name": text(element, "firstName"),
        "last_name": text(element, "lastSurname"),
        "birth_date": text(element, "birthDate"),
        "home_language": languages.get(local_id, "") or default_language,
    }


def enrollment_row(element: Object) -> Row:
    """A row of `enrollments`."""
    return {
        "local_id": student_of(element),
        "school_code": text(element, "schoolReference", "schoolId"),
        "grade": grade_code(descriptor(element, "entryGradeLevelDescriptor")),
        "entry_date": text(element, "entryDate"),
        "exit_date": text(element, "exitWithdrawDate"),
        "track": text(element, "calendarReference", "calendarCode"),
    }


def person_row(element: Object) -> Row:
    """What is known of an adult, whoever the student is."""
    address = _best(element, "addresses", "addressTypeDescriptor", HOME_ADDRESSES)
    email = _best(element, "electronicMails", "electronicMailTypeDescriptor", PRIVATE_EMAILS)
    phone = _best(element, "telephones", "telephoneNumberTypeDescriptor", PHONES)
    return {
        "guardian_id": contact_of(element),
        "first_name": text(element, "firstName"),
        "last_name": text(element, "lastSurname"),
        "street": text(address, "streetNumberName"),
        "unit": text(address, "apartmentRoomSuiteNumber"),
        "city": text(address, "city"),
        "state": descriptor(address, "stateAbbreviationDescriptor"),
        "zip": text(address, "postalCode"),
        "email": text(email, "electronicMailAddress"),
        "phone": text(phone, "telephoneNumber"),
        "language": language_of(element),
    }


def guardian_row(element: Object, people: Mapping[str, Row], known: Mapping[str, str]) -> Row:
    """A row of `guardians`: one association of a student with an adult.

    Args:
        element: the association.
        people: what is known of adults; one who is not there has no name, for validation to refuse.
        known: home languages of students, for adults whose own is not stated.
    """
    student, relation = student_of(element), descriptor(element, "relationDescriptor")
    person = people.get(contact_of(element), {})
    return person | {
        "local_id": student,
        "relation": relation,
        "lives_with": flag(truth(element, "livesWith") or False),
        "has_rights": flag(has_rights(truth(element, "legalGuardian"), relation)),
        "restrained": flag(bool(text(element, "contactRestrictions"))),
        "contact_order": contact_order(
            text(element, "contactPriority"), truth(element, "primaryContactStatus") or False
        ),
        "safe_at_home": "",
        "language": person.get("language") or known.get(student, ""),
    }


def _best(element: Object, name: str, kind: str, preferred: tuple[str, ...]) -> Object:
    described = (
        (descriptor(one, kind), any(text(p, "endDate") for p in listed(one, "periods")), one)
        for one in listed(element, name)
    )
    return best(described, preferred) or {}


def language_of(element: Object) -> str:
    """The language to write in of a student or an adult."""
    return stated_language(
        (
            {descriptor(use, "languageUseDescriptor") for use in listed(entry, "uses")},
            descriptor(entry, "languageDescriptor"),
        )
        for entry in listed(element, "languages")
    )
