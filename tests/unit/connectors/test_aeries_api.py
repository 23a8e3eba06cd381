"""Reading what an Aeries sent, and how it is asked; no sockets."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors.aeries.codes import suggested_codes
from pact_etl.connectors.aeries.connector import AeriesApi
from pact_etl.connectors.aeries.languages import language
from pact_etl.connectors.aeries.manifest import Manifest
from pact_etl.connectors.json_pages import sequence_file
from pact_etl.connectors.protocol import Parsed, RawFile
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import AttendanceLayout, District, Form
from pact_etl.domain.errors import Permanent, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import StudentSpan
from tests.factories import district as any_district
from tests.sources import pull

NIGHT = date(2026, 11, 20)
SCHOOL = {
    "SchoolCode": 3,
    "Name": "Live Oak High",
    "StateCountyID": "34",
    "StateDistrictID": "67000",
    "HighGradeLevel": "12",
    "AttendanceType": "Daily",
    "InactiveStatusCode": "",
    "DoNotReport": False,
    "Tracks": 0,
}
STUDENT = {"StudentID": 101, "SchoolCode": 3, "FirstName": "Bo", "LastName": "Vang"}
CONTACT = {"StudentID": 101, "SequenceNumber": 2, "LastName": "Vang"}
RESOURCES = (
    *("schools", "students", "contacts", "enrollments", "programs", "calendar", "absence_codes"),
    *("attendance", "attendance_of_students"),
)

Pages = Mapping[str, Any]


def district(id_digits: int | None = None, **options: str | int) -> District:
    return any_district(
        cd_code="3467000",
        connector="aeries_api",
        url="https://aeries.example/district",
        files={},
        attendance=AttendanceLayout(form=Form.PERIODS, covers_days=45),
        id_digits=id_digits,
        options=options,
    )


def kept(pages: Pages, students: tuple[str, ...] | None = None) -> list[RawFile]:
    """Files of a pull with one page a resource, all of them about school 3."""
    pages = {"schools": [SCHOOL]} | pages
    manifest = Manifest(
        as_of=NIGHT,
        window=(date(2026, 10, 7), NIGHT),
        year_start=date(2026, 7, 1),
        students=students,
        pages={name: [("3", len(page))] for name, page in pages.items()},
        cursor="2026-11-20T20:00",
    )
    files = [sequence_file(name, [json.dumps(page).encode()]) for name, page in pages.items()]
    return [*files, manifest.file()]


def parse(pages: Pages, students: tuple[str, ...] | None = None, **options: Any) -> Parsed:
    source = AeriesApi(lambda slug: {"certificate": "secret"})
    return source.parse(district(**options), kept(pages, students))


def table(pages: Pages, name: str, **options: Any) -> pd.DataFrame:
    return next(t.frame for t in parse(pages, **options).tables if t.table == name)


def only(pages: Pages, name: str, **options: Any) -> dict[str, Any]:
    frame = table(pages, name, **options)
    assert len(frame) == 1
    return {str(key): value for key, value in frame.iloc[0].items()}


def attended(*classes: tuple[str, str], whole: str | None = None) -> list[dict[str, Any]]:
    taken = [{"SectionNumber": 1, "Period": p, "AttendanceCode": c} for p, c in classes]
    day = {"CalendarDate": "2026-11-02T00:00:00", "AllDayAttendanceCode": whole, "Classes": taken}
    return [{"StudentID": 101, "AttendanceDays": [day]}]


def test_classes_with_a_code_are_rows_and_those_without_are_not() -> None:
    frame = table(
        {"attendance": attended(("1", "U"), ("2", ""), ("3", "T"), whole="U")}, "attendance"
    )

    assert frame[["period", "code"]].to_numpy().tolist() == [["1", "U"], ["3", "T"]]
    assert set(frame["date"]) == {"2026-11-02"}
    assert set(frame["row"]) == {1}


def test_a_day_without_a_code_in_any_class_has_the_code_of_the_whole_day() -> None:
    row = only({"attendance": attended(("1", " "), whole="I")}, "attendance")

    assert (row["period"], row["code"], row["school_code"]) == ("", "I", "3")


def test_a_day_without_any_code_is_no_row() -> None:
    assert table({"attendance": attended(("1", ""), whole=None)}, "attendance").empty


def test_a_student_read_alone_is_taken_from_there_even_when_nothing_is_left() -> None:
    pages = {"attendance": attended(whole="U"), "attendance_of_students": []}

    parsed = parse(pages, students=("101",), id_digits=6)

    assert parsed.tables[-1].frame.empty
    assert parsed.scope.rosters_of == {"000101"}
    assert parsed.scope.student_days == (StudentSpan("000101", date(2026, 7, 1), NIGHT),)


def test_a_date_with_a_time_is_handed_on_to_be_judged() -> None:
    student = STUDENT | {"Birthdate": "2012-05-04T13:00:00"}

    assert only({"students": [student]}, "students")["birth_date"] == "2012-05-04T13:00:00"


@pytest.mark.parametrize(
    ("code", "instructional"),
    [
        ("", "true"),
        (None, "true"),
        ("%", "true"),
        ("@", "false"),
        ("#", "false"),
        ("$", "false"),
        ("+", "false"),
        ("?", "?"),
    ],
)
def test_holiday_codes_say_which_days_are_taught_and_an_unknown_one_is_handed_on(
    code: str | None, instructional: str
) -> None:
    day = {"CalendarDate": "2026-11-11T00:00:00", "HolidayCode": code}

    assert only({"calendar": [day]}, "calendar")["instructional"] == instructional


def test_a_district_that_teaches_on_conference_days_says_so() -> None:
    day = {"CalendarDate": "2026-11-11T00:00:00", "HolidayCode": "+"}

    row = only({"calendar": [day]}, "calendar", school_day_codes="%,+", closed_codes="@,#,$")

    assert row["instructional"] == "true"


def test_a_school_that_takes_attendance_by_period_has_the_highest_period_of_most_days() -> None:
    by_period = SCHOOL | {"AttendanceType": "Period"}
    days = [
        {"CalendarDate": f"2026-11-0{n}T00:00:00", "HolidayCode": "", "PeriodBlockPattern": p}
        for n, p in enumerate(["0123456", "123456", "12", ""], start=1)
    ]

    row = only({"schools": [by_period], "calendar": days}, "schools")
    own = only({"schools": [by_period], "calendar": days}, "schools", periods="3=7")

    assert (row["periods_per_day"], own["periods_per_day"]) == ("6", "7")


def test_a_school_by_period_whose_periods_nobody_states_is_refused() -> None:
    with pytest.raises(SubmissionRefused) as refused:
        parse({"schools": [SCHOOL | {"AttendanceType": "Period"}]})

    assert refused.value.reason is Reason.MISSING_FIELD
    assert refused.value.field == "periods_per_day"


@pytest.mark.parametrize(
    ("contact", "options", "rights"),
    [
        ({}, {}, ""),
        ({"EducationalRightsHolder": "Y"}, {}, "Y"),
        ({"EducationalRightsHolder": "N"}, {"rights_relations": "11"}, "N"),
        ({"RelationshipToStudentCode": "11"}, {}, ""),
        ({"RelationshipToStudentCode": "11"}, {"rights_relations": "10,11"}, "true"),
        ({"RelationshipToStudentCode": "12"}, {"rights_relations": "10,11"}, ""),
        ({"EducationalRightsHolder": "Y", "MailTagCode": ""}, {"mail_tags": "Y"}, ""),
        ({"EducationalRightsHolder": "Y", "MailTagCode": "Y"}, {"mail_tags": "Y"}, "Y"),
        ({"PrimaryContact": "Y", "LivesWithStudentIndicator": "Y"}, {}, ""),
    ],
)
def test_rights_are_what_the_district_states_and_otherwise_unknown(
    contact: dict[str, Any], options: dict[str, str], rights: str
) -> None:
    row = only({"contacts": [CONTACT | contact]}, "guardians", **options)

    assert row["has_rights"] == rights


def test_a_red_flag_restrains_unless_the_district_means_something_else_by_it() -> None:
    pages = {"contacts": [CONTACT | {"RedFlag": True}]}

    assert only(pages, "guardians")["restrained"] == "true"
    assert only(pages, "guardians", red_flag_restrains="no")["restrained"] == ""


def test_the_students_address_stands_in_for_a_contact_at_home_only_where_asked() -> None:
    student = STUDENT | {
        "MailingAddress": "12 Oak Ave",
        "MailingAddressZipCode": "95632",
        "MailingAddressZipExt": "0012",
    }
    at_home = CONTACT | {"LivesWithStudentIndicator": "Y"}
    away = CONTACT | {"SequenceNumber": 3, "LivesWithStudentIndicator": "N"}
    pages = {"students": [student], "contacts": [at_home, away]}

    asked = table(pages, "guardians", student_address="yes")

    assert asked["street"].tolist() == ["12 Oak Ave", ""]
    assert asked["zip"].tolist() == ["95632-0012", ""]
    assert table(pages, "guardians")["street"].tolist() == ["", ""]


def test_a_student_with_two_records_is_one_row_of_the_active_one_and_contacts_come_once() -> None:
    left = STUDENT | {"SchoolCode": 1, "InactiveStatusCode": "I", "FirstName": "Old"}
    pages = {"students": [left, STUDENT], "contacts": [CONTACT, CONTACT]}

    row = only(pages, "students")

    assert (row["first_name"], row["row"]) == ("Bo", 2)
    assert only(pages, "guardians")["guardian_id"] == "101-2"


def test_a_program_that_has_ended_does_not_count_and_without_programs_nobody_is_stated_out() -> (
    None
):
    now = {"StudentID": 101, "ProgramCode": "190", "ParticipationEndDate": None}
    over = {
        "StudentID": 101,
        "ProgramCode": "191",
        "ParticipationEndDate": "2026-11-19T00:00:00",
    }
    pages = {"students": [STUDENT], "programs": [now, over]}
    asked = {"foster_programs": "190", "homeless_programs": "191", "unaccompanied_programs": "190"}

    row = only(pages, "students", **asked)
    unasked = only(pages, "students", **asked, programs="no")

    assert (row["foster"], row["homeless"], row["unaccompanied"]) == ("true", "false", "true")
    assert {row["support_pending"], row["do_not_send"]} == {""}, "no code was named for them"
    assert (unasked["foster"], unasked["homeless"]) == ("", "")


def test_an_exit_that_means_death_is_said_by_the_district_s_codes() -> None:
    left = {"StudentID": 101, "SchoolCode": 3, "ExitReasonCode": "E130"}
    pages = {"students": [STUDENT], "enrollments": [left]}

    told = only(pages, "students", deceased_exits="E130")
    untold = only(pages, "students", deceased_exits="")

    assert (told["deceased"], untold["deceased"]) == ("true", "")


def test_enrollments_at_schools_that_are_not_read_are_left_out() -> None:
    span = {"StudentID": 101, "Grade": 0, "EnterDate": "2026-08-10T00:00:00", "LeaveDate": None}
    pages = {"enrollments": [span | {"SchoolCode": 3}, span | {"SchoolCode": 4}]}

    row = only(pages, "enrollments")

    assert (row["school_code"], row["grade"], row["exit_date"]) == ("3", "KN", "")


@pytest.mark.parametrize(
    ("code", "iso"),
    [("00", "eng"), ("0", "eng"), ("HMN", "hmn"), ("", ""), ("99", "mis"), ("X1", "spa")],
)
def test_language_codes_become_iso_and_an_unknown_one_never_english(code: str, iso: str) -> None:
    assert language(code, {"X1": "spa"}) == iso


def test_a_code_that_schools_define_in_two_ways_is_proposed_twice() -> None:
    codes = [
        {"AbsenceCode": "U", "Title": "Unexcused", "TypeCode": "3"},
        {"AbsenceCode": "U", "Title": "Late", "TypeCode": "9", "IsPartialDayTruant": True},
        {"AbsenceCode": "Z", "Title": "Odd", "TypeCode": "7"},
    ]

    found = suggested_codes(kept({"absence_codes": codes}))

    assert [(c.code, c.proposal) for c in found] == [
        ("U", Status.PARTIAL_UNEXCUSED),
        ("U", Status.ABSENT_UNEXCUSED),
        ("Z", None),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": 0},
        {"slice_days": "many"},
        {"attendance": "some"},
        {"programs": "maybe"},
        {"grades": "0"},
        {"periods": "3="},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_that_makes_no_sense_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(options))):
        parse({}, **options)


def test_a_list_where_a_value_belongs_is_refused_with_its_file_and_field() -> None:
    with pytest.raises(SubmissionRefused) as refused:
        parse({"contacts": [CONTACT | {"FirstName": ["Mai"]}]})

    assert refused.value.reason is Reason.FILE_MALFORMED
    assert (refused.value.file, refused.value.field) == ("contacts.json-seq", "FirstName")


@pytest.mark.parametrize("lost", ["pull.json", "students.json-seq"])
def test_a_kept_file_that_is_gone_is_named(lost: str) -> None:
    files = [file for file in kept({"students": [STUDENT]}) if file.name != lost]

    with pytest.raises(SubmissionRefused) as refused:
        AeriesApi(lambda slug: {}).parse(district(), files)

    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, lost)


@pytest.mark.parametrize("page", [[], [STUDENT, STUDENT]], ids=["fewer", "more"])
def test_a_kept_file_with_another_number_of_elements_is_torn(page: list[Any]) -> None:
    files = [file for file in kept({"students": [STUDENT]}) if file.name != "students.json-seq"]
    files.append(sequence_file("students", [json.dumps(page).encode()]))

    with pytest.raises(SubmissionRefused) as refused:
        AeriesApi(lambda slug: {}).parse(district(), files)

    assert refused.value.reason is Reason.FILE_TRUNCATED


def answering(asked: list[httpx.Request], **bodies: Any) -> AeriesApi:
    """A source that answers by the last word of a path that is no number."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        words = [word for word in request.url.path.split("/") if not word.isdigit()]
        usual = {
            "systeminfo": {
                "DatabaseYear": "2026-2027",
                "CurrentDateTime": "2026-11-20T21:30:00.1234567-08:00",
            },
            "schools": [SCHOOL],
        }
        return httpx.Response(200, json=(usual | bodies).get(words[-1], []))

    return AeriesApi(lambda slug: {"certificate": "secret"}, transport=httpx.MockTransport(answer))


def test_every_request_carries_the_certificate_and_the_school_year() -> None:
    asked: list[httpx.Request] = []

    pulled = answering(asked).fetch(district(), pull(NIGHT))

    assert {request.headers["AERIES-CERT"] for request in asked} == {"secret"}
    assert {request.url.params["DatabaseYear"] for request in asked} == {"2026-2027"}
    assert all(str(r.url).startswith("https://aeries.example/district/api/v5/") for r in asked)
    assert pulled.cursor == {"changed_since": "2026-11-20T20:00"}
    assert b"secret" not in b"".join(file.content for file in pulled.files)


def test_a_whole_year_of_attendance_is_asked_for_in_slices_that_meet() -> None:
    asked: list[httpx.Request] = []

    answering(asked).fetch(district(slice_days=61), pull(NIGHT))

    days = sorted(
        (r.url.params["StartDate"], r.url.params["EndDate"])
        for r in asked
        if r.url.path.endswith("attendance")
    )
    assert days == [("20260701", "20260830"), ("20260831", "20261030"), ("20261031", "20261120")]


@pytest.mark.parametrize("student", ["../../evil", "12 OR 1", "", None, "１２"])
def test_an_id_that_would_lead_a_path_elsewhere_is_refused(student: str | None) -> None:
    asked: list[httpx.Request] = []
    source = answering(asked, **{"StudentDataChanges": [], "student": [{"StudentID": student}]})

    with pytest.raises(SubmissionRefused) as refused:
        source.fetch(district(), pull(NIGHT, {"changed_since": "2026-11-19T00:00"}))

    assert refused.value.reason is Reason.INVALID_ID


def test_schools_of_several_districts_are_refused_unless_the_others_are_left_out() -> None:
    other = SCHOOL | {"SchoolCode": 4, "StateDistrictID": "67447"}
    source = answering([], schools=[SCHOOL, other])

    with pytest.raises(SubmissionRefused) as refused:
        source.fetch(district(), pull(NIGHT))
    assert refused.value.reason is Reason.WRONG_DISTRICT
    assert source.fetch(district(skip_schools="4"), pull(NIGHT)).cursor


def test_a_refusal_tells_neither_the_address_nor_a_student() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403)

    source = AeriesApi(
        lambda slug: {"certificate": "secret"}, transport=httpx.MockTransport(refuse)
    )
    with pytest.raises(Permanent) as refused:
        source.fetch(district(), pull(NIGHT))

    assert str(refused.value) == "oak-grove system: refused (403)"


_names = st.sampled_from(
    [
        *(*SCHOOL, *STUDENT, *CONTACT, "AttendanceDays", "Classes", "Period", "AttendanceCode"),
        *("CalendarDate", "AllDayAttendanceCode", "HolidayCode", "PeriodBlockPattern", "RedFlag"),
    ]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)
_elements = st.lists(st.dictionaries(_names, _values, max_size=6), max_size=3)


@given(pages=st.dictionaries(st.sampled_from(RESOURCES), _elements), delta=st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_an_answer_holds_it_is_read_or_refused_with_a_reason(
    pages: dict[str, Any], delta: bool
) -> None:
    try:
        parsed = parse(pages, students=("101",) if delta else None, id_digits=6)
    except SubmissionRefused:
        return
    for found in parsed.tables:
        cells = found.frame.drop(columns="row")
        assert all(isinstance(cell, str) for cell in cells.to_numpy().ravel())
        assert found.frame["row"].ge(1).all()


def test_a_school_that_is_not_read_proves_the_district_where_those_read_state_none() -> None:
    charter = SCHOOL | {"StateCountyID": "", "StateDistrictID": ""}
    closed = SCHOOL | {"SchoolCode": 4, "InactiveStatusCode": "I"}

    assert answering([], schools=[charter, closed]).fetch(district(), pull(NIGHT)).cursor
    with pytest.raises(SubmissionRefused, match="wrong_district"):
        answering([], schools=[charter]).fetch(district(), pull(NIGHT))


@pytest.mark.parametrize("schools", [[], [SCHOOL | {"InactiveStatusCode": "I"}]])
def test_an_aeries_without_a_school_to_read_is_empty_and_not_another_districts(
    schools: list[dict[str, object]],
) -> None:
    asked: list[httpx.Request] = []

    with pytest.raises(SubmissionRefused, match="file_empty schools"):
        answering(asked, schools=schools).fetch(district(), pull(NIGHT))
    assert len(asked) == 2
