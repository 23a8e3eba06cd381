"""Students and guardians out of Ed-Fi bulk XML, as raw text rows.

Legal names are read, never preferred ones: a letter about a record carries the record's name. Social security numbers,
which the old layout holds among the identification codes, are never read.
"""

from collections.abc import Iterable, Mapping

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.rules import (
    HOME_ADDRESSES,
    PHONES,
    PRIVATE_EMAILS,
    best,
    contact_order,
    flag,
    has_rights,
    stated_language,
)
from pact_etl.connectors.edfi.xml_reading import (
    Element,
    anywhere,
    children,
    descriptor,
    elements,
    is_true,
    line_of,
    local_name,
    stated_once,
    value,
)
from pact_etl.connectors.protocol import RawFile


def read_languages(file: RawFile) -> dict[str, str]:
    """By student id, the home language; empty where none is stated."""
    found: dict[str, str] = {}
    for element in elements(file, "Student", "StudentEducationOrganizationAssociation"):
        student = stated_once(element, "StudentUniqueId")
        found[student] = found.get(student, "") or _language(element)
    return found


def read_students(
    file: RawFile,
    languages: Mapping[str, str],
    flags: Mapping[str, Row],
    default_language: str,
) -> list[Row]:
    """One row per student.

    Args:
        file: the Student interchange.
        languages: home languages by student id.
        flags: what makes letters wait, by student id.
        default_language: of students for whom none is stated.
    """
    rows: list[Row] = []
    for element in elements(file, "Student"):
        local_id = value(element, "StudentUniqueId")
        rows.append(
            flags.get(local_id, {})
            | {
                "local_id": local_id,
                "ssid": "",
                "first_name": value(element, "Name", "FirstName"),
                "last_name": value(element, "Name", "LastSurname"),
                "birth_date": value(element, "BirthData", "BirthDate"),
                "home_language": languages.get(local_id, "") or default_language,
                "row": line_of(element),
            }
        )
    return rows


def read_guardians(file: RawFile, language_of: Mapping[str, str]) -> list[Row]:
    """One row per association of a contact (a parent in old versions) with a student.

    Args:
        file: the Contact or Parent interchange.
        language_of: the home language of each student, for contacts whose own is not stated.
    """
    people: dict[str, Row] = {}
    links: list[tuple[str, str, Row]] = []
    wanted = ("Contact", "Parent", "StudentContactAssociation", "StudentParentAssociation")
    for element in elements(file, *wanted):
        if local_name(element) in {"Contact", "Parent"}:
            guardian_id = value(element, "ContactUniqueId") or value(element, "ParentUniqueId")
            person = _person(element, guardian_id)
            people[guardian_id] = person
            people[f"ref:{element.get('id')}"] = person
        else:
            links.append(_link(element))
    rows = []
    for key, student, link in links:
        # An association whose contact is not in the file keeps its row, without a name, for validation to refuse.
        person = people.get(key, {})
        language = person.get("language") or language_of.get(student, "")
        rows.append(person | link | {"language": language})
    return rows


def _person(element: Element, guardian_id: str) -> Row:
    address = _best(children(element, "Address"), "AddressType", HOME_ADDRESSES)
    email = _best(children(element, "ElectronicMail"), "ElectronicMailType", PRIVATE_EMAILS)
    phone = _best(children(element, "Telephone"), "TelephoneNumberType", PHONES)
    return {
        "guardian_id": guardian_id,
        "first_name": value(element, "Name", "FirstName"),
        "last_name": value(element, "Name", "LastSurname"),
        "street": "" if address is None else value(address, "StreetNumberName"),
        "unit": "" if address is None else value(address, "ApartmentRoomSuiteNumber"),
        "city": "" if address is None else value(address, "City"),
        "state": descriptor(address, "StateAbbreviation"),
        "zip": "" if address is None else value(address, "PostalCode"),
        "email": "" if email is None else value(email, "ElectronicMailAddress"),
        "phone": "" if phone is None else value(phone, "TelephoneNumber"),
        "language": _language(element),
    }


def _link(element: Element) -> tuple[str, str, Row]:
    references = children(element, "ContactReference") + children(element, "ParentReference")
    reference = references[0] if references else element
    key = anywhere(reference, "ContactUniqueId") or anywhere(reference, "ParentUniqueId")
    student = stated_once(element, "StudentUniqueId")
    relation = descriptor(element, "Relation")
    guardian = value(element, "LegalGuardian")
    first = is_true(value(element, "PrimaryContactStatus"))
    row: Row = {
        "local_id": student,
        "relation": relation,
        "lives_with": flag(is_true(value(element, "LivesWith"))),
        "has_rights": flag(has_rights(is_true(guardian) if guardian else None, relation)),
        "restrained": flag(bool(value(element, "ContactRestrictions"))),
        "contact_order": contact_order(value(element, "ContactPriority"), first),
        "safe_at_home": "",
        "row": line_of(element),
    }
    return key or f"ref:{reference.get('ref')}", student, row


def _best(candidates: Iterable[Element], kind: str, preferred: tuple[str, ...]) -> Element | None:
    described = ((descriptor(c, kind), bool(anywhere(c, "EndDate")), c) for c in candidates)
    return best(described, preferred)


def _language(element: Element) -> str:
    """Both the new nesting and the old."""
    stated = []
    for entry in children(element, "Language"):
        uses = {descriptor(use) for use in entry.iterfind("{*}LanguageUse")}
        uses |= {descriptor(use, "LanguageUse") for use in children(entry, "LanguageUse")}
        stated.append((uses, descriptor(entry, "Language")))
    return stated_language(stated)
