"""Students and guardians out of Ed-Fi bulk XML, as raw text rows.

Legal names are read, never preferred ones: a letter about a record carries the record's name. Social security numbers,
which the old layout holds among the identification codes, are never read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi_languages import language_code
from pact_etl.connectors.edfi_reading import (
    Element,
    anywhere,
    children,
    descriptor,
    elements,
    is_true,
    line_of,
    local_name,
    value,
)
from pact_etl.connectors.protocol import RawFile

HOME_ADDRESSES = ("Mailing", "Home", "Physical", "Temporary")
"""Where a family may be written to, best first. Work, billing and other addresses are not a home."""

PRIVATE_EMAILS = ("Home/Personal", "Other")
"""Work and organization mailboxes are read by others."""

PARENTS = frozenset(
    {
        "Mother",
        "Father",
        "Parent",
        "Adoptive mother",
        "Adoptive father",
        "Legal guardian",
        "Court appointed guardian",
    }
)
"""Relations that hold education rights unless the district says otherwise (Family Code 3025, EC 48204.3 sense)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """What the old layout kept with the student and the new one elsewhere."""

    language: str
    homeless: bool
    foster: bool


def read_demographics(file: RawFile) -> dict[str, Demographics]:
    """By student id: home language and protected circumstances."""
    found = {}
    for element in elements(file, "Student", "StudentEducationOrganizationAssociation"):
        traits = {
            descriptor(e, "StudentCharacteristic")
            for e in children(element, "StudentCharacteristic")
        }
        found[anywhere(element, "StudentUniqueId")] = Demographics(
            language=_language(element),
            homeless=bool(traits & {"Homeless", "Runaway"}),
            foster=any(trait.startswith("Foster") for trait in traits),
        )
    return found


def read_students(
    file: RawFile, demographics: Mapping[str, Demographics], default_language: str
) -> list[Row]:
    """One row per student."""
    own = demographics or read_demographics(file)
    nothing = Demographics(language="", homeless=False, foster=False)
    rows: list[Row] = []
    for element in elements(file, "Student"):
        local_id = value(element, "StudentUniqueId")
        known = own.get(local_id, nothing)
        rows.append(
            {
                "local_id": local_id,
                "ssid": "",
                "first_name": value(element, "Name", "FirstName"),
                "last_name": value(element, "Name", "LastSurname"),
                "birth_date": value(element, "BirthData", "BirthDate"),
                "home_language": known.language or default_language,
                "foster": _flag(known.foster),
                "homeless": _flag(known.homeless),
                "do_not_send": _flag(False),
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
    phone = _best(
        children(element, "Telephone"), "TelephoneNumberType", ("Home", "Mobile", "Other")
    )
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
    student = anywhere(element, "StudentUniqueId")
    relation = descriptor(element, "Relation")
    guardian = value(element, "LegalGuardian")
    first = is_true(value(element, "PrimaryContactStatus"))
    row: Row = {
        "local_id": student,
        "relation": relation,
        "lives_with": _flag(is_true(value(element, "LivesWith"))),
        "has_rights": _flag(is_true(guardian) if guardian else relation in PARENTS),
        "restrained": _flag(bool(value(element, "ContactRestrictions"))),
        "contact_order": value(element, "ContactPriority") or ("1" if first else "2"),
        "safe_at_home": "",
        "row": line_of(element),
    }
    return key or f"ref:{reference.get('ref')}", student, row


def _best(candidates: Iterable[Element], kind: str, preferred: tuple[str, ...]) -> Element | None:
    """The first candidate of the best kind; one whose period has ended only when there is no other."""
    usable = [c for c in candidates if descriptor(c, kind) in preferred]
    rank = {name: n for n, name in enumerate(preferred)}
    return min(
        usable,
        key=lambda c: (bool(anywhere(c, "EndDate")), rank[descriptor(c, kind)]),
        default=None,
    )


def _language(element: Element) -> str:
    """Correspondence before home before any other use; both the new nesting and the old."""
    order = ("Correspondence", "Home language", "Home", "Spoken")
    stated = []
    for entry in children(element, "Language"):
        uses = {descriptor(use) for use in entry.iterfind("{*}LanguageUse")}
        uses |= {descriptor(use, "LanguageUse") for use in children(entry, "LanguageUse")}
        rank = min((order.index(use) for use in uses if use in order), default=len(order))
        stated.append((rank, language_code(descriptor(entry, "Language"))))
    return min(stated, key=lambda s: s[0])[1] if stated else ""


def _flag(truth: bool) -> str:
    return "Y" if truth else "N"
