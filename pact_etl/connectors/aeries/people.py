"""Students, enrollments and contacts of an Aeries as canonical rows.

Fields as in the vendor's "Student-related" and "Attendance and Enrollment-related end points" (support.aeries.com,
articles 14000113683 and 14000113684, of 2025-26). What Aeries does not say stays empty: it has no field for Safe at
Home, none that forbids mail to a family and none for an adult who died; which program codes say that a family must be
looked at first is each district's to tell.
"""

from collections.abc import Iterable

from pact_etl.connectors.aeries.languages import language
from pact_etl.connectors.aeries.manifest import Placed
from pact_etl.connectors.aeries.options import AeriesOptions
from pact_etl.connectors.aeries.reading import day, is_set, student_id, text
from pact_etl.connectors.canonical import Row
from pact_etl.connectors.json_pages import Object

STUDENT_FIELDS = frozenset(
    {
        *("StudentID", "StateStudentID", "FirstName", "LastName", "Birthdate", "HomeLanguageCode"),
        *("InactiveStatusCode", "CorrespondenceLanguageCode", "MailingAddress"),
        *("MailingAddressCity", "MailingAddressState"),
        *("MailingAddressZipCode", "MailingAddressZipExt"),
    }
)


def slim(students: Iterable[Placed]) -> list[Placed]:
    """Students with the fields that are read and no others; a whole record has some ninety."""
    return [
        (place, school, {name: student[name] for name in STUDENT_FIELDS & student.keys()})
        for place, school, student in students
    ]


def student_rows(
    students: Iterable[Placed],
    programs: Iterable[Placed],
    enrollments: Iterable[Placed],
    options: AeriesOptions,
    digits: int | None,
    as_of: str,
) -> list[Row]:
    """One row per student: of a student with records at several schools, the first active one.

    Args:
        students: every school's records.
        programs: program participations; if they are not read, nobody is stated to be in one or not.
        enrollments: for how students left.
        options: the district's.
        digits: length of the district's ids.
        as_of: the night, in ISO; participations that ended before it do not count.
    """
    within: dict[str, set[str]] = {flag: set() for flag in options.flag_programs}
    for _, _, entry in programs:
        if _is_current(entry, as_of):
            code = text(entry, "ProgramCode")
            for flag, codes in options.flag_programs.items():
                if code in codes:
                    within[flag].add(student_id(entry, digits))
    died = {
        student_id(entry, digits)
        for _, _, entry in enrollments
        if text(entry, "ExitReasonCode") in options.deceased_exits
    }
    rows: list[Row] = []
    for local_id, (place, student) in _one_record_each(students, digits).items():
        row: Row = {
            "local_id": local_id,
            "ssid": text(student, "StateStudentID"),
            "first_name": text(student, "FirstName"),
            "last_name": text(student, "LastName"),
            "birth_date": day(student, "Birthdate"),
            "home_language": language(text(student, "HomeLanguageCode"), options.languages),
            "row": place,
        }
        if options.programs:
            row |= {flag: _yes_or_no(local_id in members) for flag, members in within.items()}
        if options.deceased_exits:
            row["deceased"] = _yes_or_no(local_id in died)
        rows.append(row)
    return rows


def enrollment_rows(
    enrollments: Iterable[Placed],
    schools: frozenset[str],
    options: AeriesOptions,
    digits: int | None,
) -> list[Row]:
    """One row per enrollment at a school that is read; `LeaveDate` means what the dialect's `exit_day` says."""
    rows: list[Row] = []
    for place, _, entry in enrollments:
        school, grade = text(entry, "SchoolCode"), text(entry, "Grade")
        if school in schools:
            rows.append(
                {
                    "local_id": student_id(entry, digits),
                    "school_code": school,
                    "grade": options.grades.get(grade, grade),
                    "entry_date": day(entry, "EnterDate"),
                    "exit_date": day(entry, "LeaveDate"),
                    "track": text(entry, "Track"),
                    "row": place,
                }
            )
    return rows


def guardian_rows(
    contacts: Iterable[Placed],
    students: Iterable[Placed],
    options: AeriesOptions,
    digits: int | None,
) -> list[Row]:
    """One row per contact.

    A contact belongs to one student in Aeries and has no id of its own: student and sequence number together are one.
    """
    of_student = {key: record for key, (_, record) in _one_record_each(students, digits).items()}
    rows: dict[str, Row] = {}
    for place, _, contact in contacts:
        local_id = student_id(contact, digits)
        guardian_id = f"{local_id}-{text(contact, 'SequenceNumber')}"
        # Contacts of a student with records at two schools come with both.
        if guardian_id in rows:
            continue
        student = of_student.get(local_id, {})
        spoken = text(contact, "CorrespondenceLanguageCode") or text(
            student, "CorrespondenceLanguageCode"
        )
        phones = (text(contact, name) for name in ("CellPhone", "HomePhone", "WorkPhone"))
        rows[guardian_id] = {
            "local_id": local_id,
            "guardian_id": guardian_id,
            "first_name": text(contact, "FirstName"),
            "last_name": text(contact, "LastName"),
            "relation": text(contact, "RelationshipToStudentCode"),
            "lives_with": text(contact, "LivesWithStudentIndicator"),
            "has_rights": _rights(contact, options),
            "restrained": _restrained(contact, options),
            "contact_order": text(contact, "ContactOrder"),
            "language": language(spoken, options.languages),
            **_address(contact, student, options),
            "email": text(contact, "EmailAddress"),
            "phone": next((phone for phone in phones if phone), ""),
            "row": place,
        }
    return list(rows.values())


def _one_record_each(
    students: Iterable[Placed], digits: int | None
) -> dict[str, tuple[int, Object]]:
    found: dict[str, tuple[int, Object]] = {}
    for place, _, student in students:
        local_id = student_id(student, digits)
        kept = found.get(local_id)
        if kept is None or (
            text(kept[1], "InactiveStatusCode") and not text(student, "InactiveStatusCode")
        ):
            found[local_id] = place, student
    return found


def _is_current(program: Object, as_of: str) -> bool:
    ends = [day(program, name) for name in ("ParticipationEndDate", "EligibilityEndDate")]
    return all(not end or end >= as_of for end in ends)


def _yes_or_no(applies: bool) -> str:
    return "true" if applies else "false"


def _rights(contact: Object, options: AeriesOptions) -> str:
    """Educational rights: the district's own word, else what its settings say of the relation, else unknown.

    Unknown is empty, and validation reads empty as no: nobody is written to on a guess.
    """
    if options.mail_tags and text(contact, "MailTagCode") not in options.mail_tags:
        return ""
    own = text(contact, "EducationalRightsHolder")
    if own:
        return own
    relation = text(contact, "RelationshipToStudentCode")
    return "true" if relation in options.rights_relations else ""


def _restrained(contact: Object, options: AeriesOptions) -> str:
    if not options.red_flag_restrains or contact.get("RedFlag") is None:
        return ""
    return "true" if is_set(contact, "RedFlag") else "false"


def _address(contact: Object, student: Object, options: AeriesOptions) -> Row:
    """Where the contact lives; Aeries has one line for street and unit."""
    of, prefix = contact, "Address"
    if (
        options.student_address
        and not text(contact, "Address")
        and is_set(contact, "LivesWithStudentIndicator")
    ):
        of, prefix = student, "MailingAddress"
    zip_code, extension = text(of, f"{prefix}ZipCode"), text(of, f"{prefix}ZipExt")
    return {
        "street": text(of, prefix),
        "city": text(of, f"{prefix}City"),
        "state": text(of, f"{prefix}State"),
        "zip": f"{zip_code}-{extension}" if zip_code and extension else zip_code,
    }
