import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.connectors.edfi.languages import language_code
from pact_etl.connectors.edfi.protections import words_of
from pact_etl.connectors.edfi.xml import EdfiXml
from pact_etl.connectors.edfi.xml_default_enrollments import default_enrollments
from pact_etl.connectors.edfi.xml_people import read_guardians, read_languages, read_students
from pact_etl.connectors.edfi.xml_protections import read_flags
from pact_etl.connectors.edfi.xml_reading import elements, shifted
from pact_etl.connectors.edfi.xml_schools import (
    read_attendance,
    read_calendar,
    read_enrollments,
    read_schools,
)
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import FileLayout
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from tests.sources import pull

NEW, OLD = "http://ed-fi.org/5.2.0", "http://ed-fi.org/0220"


def interchange(body, *, kind="Student", namespace=NEW, head='<?xml version="1.0"?>'):
    text = f'{head}<Interchange{kind} xmlns="{namespace}">{body}</Interchange{kind}>'
    return RawFile(name=f"{kind}.xml", content=text.encode())


def event(category, *, student="7", school="1", day="2021-12-15", more="", after=""):
    return (
        f"<StudentSchoolAttendanceEvent><AttendanceEvent><EventDate>{day}</EventDate>"
        f"<AttendanceEventCategory>{category}</AttendanceEventCategory>{more}</AttendanceEvent>"
        f"<StudentReference><StudentIdentity><StudentUniqueId>{student}</StudentUniqueId>"
        "</StudentIdentity></StudentReference><SchoolReference><SchoolIdentity>"
        f"<SchoolId>{school}</SchoolId></SchoolIdentity></SchoolReference>{after}"
        "</StudentSchoolAttendanceEvent>"
    )


@pytest.mark.parametrize(
    "category",
    [
        "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Unexcused Absence",
        "Unexcused Absence",
        "<CodeValue>Unexcused Absence</CodeValue>",
    ],
)
def test_a_descriptor_is_its_code_value_in_every_notation(category):
    (row,) = read_attendance(interchange(event(category)))

    assert row["code"] == "Unexcused Absence"


def test_an_event_of_part_of_a_day_never_has_the_code_of_the_whole_day():
    whole = event("Unexcused Absence", more="<EventDuration>1</EventDuration>")
    half = event("Unexcused Absence", more="<EventDuration>0.5</EventDuration>")

    rows = read_attendance(interchange(whole + half))

    assert [row["code"] for row in rows] == ["Unexcused Absence", "Unexcused Absence:0.5"]


def test_minutes_of_a_tardy_are_read():
    after = "<SchoolAttendanceDuration>35</SchoolAttendanceDuration>"

    (row,) = read_attendance(interchange(event("Tardy", after=after)))

    assert row["minutes"] == "35"


def test_a_calendar_date_with_a_holiday_beside_instruction_is_closed_in_both_layouts():
    new = """<CalendarDate><Date>2021-11-24</Date>
      <CalendarEvent>uri://x#Instructional day</CalendarEvent>
      <CalendarEvent>uri://x#Weather day</CalendarEvent>
      <CalendarReference><CalendarIdentity><SchoolReference><SchoolIdentity><SchoolId>1</SchoolId>
      </SchoolIdentity></SchoolReference></CalendarIdentity></CalendarReference></CalendarDate>"""
    old = """<CalendarDate><Date>2010-11-23</Date>
      <SchoolReference><SchoolIdentity><SchoolId>1</SchoolId></SchoolIdentity></SchoolReference>
      <CalendarEvent><EventDuration>1</EventDuration><CalendarEvent>
      <CodeValue>Instructional day</CodeValue></CalendarEvent></CalendarEvent></CalendarDate>"""

    (closed,) = read_calendar(interchange(new), 0)
    (taught,) = read_calendar(interchange(old, namespace=OLD), 4018)

    assert (closed["date"], closed["instructional"]) == ("2021-11-24", "N")
    assert (taught["date"], taught["instructional"]) == ("2021-11-23", "Y")


def test_a_school_has_the_level_of_its_category_and_one_period_for_each_of_its_class_periods():
    school = """<School><NameOfInstitution>Old Mill</NameOfInstitution>
      <InstitutionTelephone><TelephoneNumber>2</TelephoneNumber>
        <InstitutionTelephoneNumberType>u#Fax</InstitutionTelephoneNumberType></InstitutionTelephone>
      <InstitutionTelephone><TelephoneNumber>1</TelephoneNumber>
        <InstitutionTelephoneNumberType>u#Main</InstitutionTelephoneNumberType></InstitutionTelephone>
      <SchoolId>9</SchoolId><GradeLevel>u#Ninth grade</GradeLevel>
      <SchoolCategory>u#High School</SchoolCategory></School>"""
    period = "<ClassPeriod><SchoolReference><SchoolIdentity><SchoolId>9</SchoolId></SchoolIdentity>"
    period += "</SchoolReference></ClassPeriod>"

    schools = read_schools(interchange(school + period * 7), words_of({}))

    (row,) = schools.rows
    assert (row["level"], row["periods_per_day"], row["phone"]) == ("high", "7", "1")
    assert row["charter"] == ""
    assert schools.grades == {"9": frozenset({"09"})}


def contact(number, addresses="", names="<PreferredLastSurname>Other</PreferredLastSurname>"):
    return (
        f'<Contact id="C{number}"><ContactUniqueId>{number}</ContactUniqueId><Name>'
        f"<FirstName>Ana</FirstName><LastSurname>Legal</LastSurname>{names}</Name>"
        f"{addresses}</Contact>"
    )


def link(number, *, by="ref", relation="Mother", more=""):
    reference = (
        f'<ContactReference ref="C{number}"/>'
        if by == "ref"
        else f"<ContactReference><ContactIdentity><ContactUniqueId>{number}</ContactUniqueId>"
        "</ContactIdentity></ContactReference>"
    )
    return (
        "<StudentContactAssociation><StudentReference><StudentIdentity>"
        f"<StudentUniqueId>7</StudentUniqueId></StudentIdentity></StudentReference>{reference}"
        f"<Relation>u#{relation}</Relation>{more}</StudentContactAssociation>"
    )


def address(kind, street, *, ended=False):
    period = "<Period><EndDate>2020-01-01</EndDate></Period>" if ended else ""
    return (
        f"<Address><StreetNumberName>{street}</StreetNumberName>{period}"
        f"<AddressType>u#{kind}</AddressType></Address>"
    )


@pytest.mark.parametrize("by", ["ref", "id"])
def test_a_contact_is_found_by_reference_and_by_identity_and_keeps_the_legal_name(by):
    (row,) = read_guardians(interchange(contact(5) + link(5, by=by)), {"7": "spa"})

    assert (row["guardian_id"], row["last_name"], row["language"]) == ("5", "Legal", "spa")


def test_a_family_is_written_to_at_home_and_never_at_work():
    homes = address("Work", "9 Office") + address("Home", "1 Home") + address("Mailing", "2 Box")
    work = address("Work", "9 Office") + address("Billing", "8 Bank")

    rows = read_guardians(interchange(contact(5, homes) + contact(6, work) + link(5) + link(6)), {})

    assert [row["street"] for row in rows] == ["2 Box", ""]


def test_an_address_that_has_ended_is_the_last_choice():
    homes = address("Mailing", "2 Box", ended=True) + address("Home", "1 Home")

    (row,) = read_guardians(interchange(contact(5, homes) + link(5)), {})

    assert row["street"] == "1 Home"


@pytest.mark.parametrize(
    ("relation", "more", "rights", "restrained"),
    [
        ("Mother", "", "Y", "N"),
        ("Uncle", "", "N", "N"),
        ("Uncle", "<LegalGuardian>true</LegalGuardian>", "Y", "N"),
        ("Father", "<LegalGuardian>false</LegalGuardian>", "N", "N"),
        ("Father", "<ContactRestrictions>court order</ContactRestrictions>", "Y", "Y"),
    ],
)
def test_rights_and_restrictions_of_a_contact(relation, more, rights, restrained):
    body = contact(5) + link(5, relation=relation, more=more)

    (row,) = read_guardians(interchange(body), {})

    assert (row["has_rights"], row["restrained"]) == (rights, restrained)


def test_an_association_with_nobody_behind_it_keeps_its_row_for_validation_to_refuse():
    (row,) = read_guardians(interchange(link(404)), {})

    assert "last_name" not in row


def test_language_and_homelessness_of_the_old_layout_are_read_with_the_student():
    student = """<Student><StudentUniqueId>7</StudentUniqueId>
      <Name><FirstName>Ana</FirstName><LastSurname>Day</LastSurname></Name>
      <StudentIdentificationCode><IdentificationCode>123456789</IdentificationCode>
      </StudentIdentificationCode>
      <Language><Language><CodeValue>Spanish</CodeValue></Language>
        <LanguageUse>Home language</LanguageUse></Language>
      <StudentCharacteristic><StudentCharacteristic><CodeValue>Homeless</CodeValue>
      </StudentCharacteristic></StudentCharacteristic></Student>"""

    file = interchange(student, namespace=OLD)
    flags = read_flags(file, None, None, words_of({}), "2021-12-15")
    (row,) = read_students(file, read_languages(file), flags, "eng")

    assert (row["home_language"], row["homeless"], row["foster"]) == ("spa", "Y", "N")
    assert "123456789" not in row.values()


def test_enrollments_of_a_delivery_that_has_them_are_read():
    body = """<StudentSchoolAssociation><StudentReference><StudentIdentity>
      <StudentUniqueId>7</StudentUniqueId></StudentIdentity></StudentReference>
      <SchoolReference><SchoolIdentity><SchoolId>1</SchoolId></SchoolIdentity></SchoolReference>
      <EntryDate>2021-08-23</EntryDate><EntryGradeLevel>u#Third grade</EntryGradeLevel>
      <ExitWithdrawDate>2022-01-10</ExitWithdrawDate></StudentSchoolAssociation>"""

    (row,) = read_enrollments(interchange(body))

    assert (row["grade"], row["entry_date"], row["exit_date"]) == ("03", "2021-08-23", "2022-01-10")


@pytest.mark.parametrize(
    ("name", "code"),
    [("spa", "spa"), ("Spanish", "spa"), ("Hindi ", "hin"), ("Klingon", "mis"), ("", "")],
)
def test_a_language_without_a_known_code_never_becomes_english(name, code):
    assert language_code(name) == code


def test_students_without_events_go_to_the_only_school_that_teaches_their_grade():
    students = [
        {"local_id": n, "birth_date": b, "row": 2}
        for n, b in [("1", "2016-05-01"), ("2", "2010-05-01"), ("3", "2005-01-01"), ("4", "1999")]
    ]
    grades = {"A": frozenset({"01", "02"}), "B": frozenset({"07"}), "C": frozenset({"07"})}
    options = {"default_entry_date": "2021-08-23", "first_grade_birth_year": 2016}
    events = [{"local_id": "3", "school_code": "Z"}]

    rows = default_enrollments(students, events, grades, options)

    # Grade 7 is taught at two schools, and 1999 is nobody's grade: neither is guessed.
    assert [(r["local_id"], r["school_code"], r["grade"]) for r in rows] == [
        ("1", "A", "01"),
        ("3", "Z", "12"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.FILE_EMPTY),
        (b"  \n", Reason.FILE_EMPTY),
        (b"<html/>", Reason.HEADER_CHANGED),
        (b"<InterchangeStudent><Student></Stu></InterchangeStudent>", Reason.FILE_MALFORMED),
        (
            b"<InterchangeStudent><Student>\xff</Student></InterchangeStudent>",
            Reason.ENCODING_INVALID,
        ),
        (b"not xml", Reason.FILE_MALFORMED),
    ],
)
def test_a_file_that_is_no_interchange_is_refused_with_its_reason(content, reason):
    with pytest.raises(SubmissionRefused) as refused:
        list(elements(RawFile(name="x.xml", content=content), "Student"))
    assert (refused.value.reason, refused.value.file) == (reason, "x.xml")


WHOLE = interchange(event("Tardy") * 3, kind="StudentAttendance").content


@given(st.integers(min_value=40, max_value=len(WHOLE) - 1))
def test_a_file_cut_anywhere_is_truncated(cut):
    with pytest.raises(SubmissionRefused) as refused:
        read_attendance(RawFile(name="x.xml", content=WHOLE[:cut]))
    assert refused.value.reason is Reason.FILE_TRUNCATED


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_a_document_type_is_refused_before_anything_is_read(doctype):
    file = interchange("<Student><StudentUniqueId>&a;</StudentUniqueId></Student>", head=doctype)

    with pytest.raises(SubmissionRefused) as refused:
        list(elements(file, "Student"))
    assert refused.value.reason is Reason.FILE_MALFORMED


def test_lines_beyond_sixty_five_thousand_are_counted():
    file = interchange("\n" * 70_000 + "<Student/>")

    assert [e.sourceline for e in elements(file, "Student")] == [70_001]


def test_a_date_that_is_none_is_left_for_validation():
    assert shifted("next week", 4018) == "next week"


def test_all_tables_come_with_canonical_columns_and_their_file(make_district):
    kinds = ("schools", "students", "guardians", "calendar", "attendance")
    files = {k: FileLayout(name=f"{k}.xml", columns={}) for k in kinds}
    district = make_district(connector="edfi_xml", files=files)
    contents = dict.fromkeys(kinds, "") | {"attendance": event("Tardy")}
    raw = [RawFile(name=f"{k}.xml", content=interchange(c).content) for k, c in contents.items()]

    tables = {t.table: t for t in EdfiXml("unused").parse(district, raw).tables}

    assert set(tables) == set(kinds)
    assert tables["attendance"].file == "attendance.xml"
    assert tables["attendance"].frame["date"].tolist() == ["2021-12-15"]
    assert (tables["guardians"].frame.drop(columns="row").dtypes == "str").all()


def test_a_missing_interchange_is_named(make_district, tmp_path):
    files = {"schools": FileLayout(name="EducationOrganization.xml", columns={})}
    district = make_district(connector="edfi_xml", files=files, path=".")

    with pytest.raises(SubmissionRefused, match=re.escape("EducationOrganization.xml")):
        EdfiXml(str(tmp_path)).fetch(district, pull(date(2022, 5, 27)))
