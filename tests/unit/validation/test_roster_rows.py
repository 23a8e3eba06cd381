"""Schools, students, enrollments, guardians and calendar: typing and row checks."""

import pandas as pd
import pytest

from tests.small_district import (
    enrollment,
    guardian,
    judge,
    make_district,
    reasons,
    school,
    student,
)

FAULTY = [
    ("schools", school("34A"), "invalid_id", "school_code"),
    ("schools", school("3400002", level="college"), "invalid_value", "level"),
    ("schools", school("3400002", name=" "), "missing_field", "name"),
    ("students", student("104", birth_date="2027-01-01"), "future_date", "birth_date"),
    ("students", student("104", birth_date="1899-12-31"), "invalid_date", "birth_date"),
    ("students", student("104", ssid="123456789"), "id_mangled", "ssid"),
    ("students", student("104", ssid="1.23E+09"), "id_mangled", "ssid"),
    ("students", student("104", ssid="12345X7890"), "invalid_id", "ssid"),
    ("students", student("104", foster="perhaps"), "invalid_value", "foster"),
    ("students", student("104", home_language="Spanish"), "invalid_value", "home_language"),
    ("students", student("104", last_name=""), "missing_field", "last_name"),
    ("enrollments", enrollment("104"), "unknown_student", "local_id"),
    ("enrollments", enrollment("101", school_code="1"), "unknown_school", "school_code"),
    ("enrollments", enrollment("101", grade="13"), "invalid_value", "grade"),
    ("enrollments", enrollment("101", exit_date="2026-08-11"), "invalid_date", "exit_date"),
    ("guardians", guardian("104", "8"), "unknown_student", "local_id"),
    ("guardians", guardian("101", ""), "missing_field", "guardian_id"),
    ("guardians", guardian("101", "8", restrained="?"), "invalid_value", "restrained"),
]


@pytest.mark.parametrize("table", ["schools", "students", "enrollments", "guardians"])
def test_every_faulty_roster_row_is_set_aside_with_its_reason(table):
    faulty = [case[1:] for case in FAULTY if case[0] == table]

    validated = judge([], **{table: [row for row, _, _ in faulty]})

    assert reasons(validated, table) == [
        (line, reason, field) for line, (_, reason, field) in enumerate(faulty, start=2)
    ]


def test_a_day_outside_the_school_year_is_no_day_of_this_calendar():
    day = {"school_code": "3400001", "date": "2027-07-01", "instructional": "Y"}

    assert reasons(judge([], calendar=[day]), "calendar") == [(2, "outside_school_year", "date")]


def test_of_two_rows_with_one_key_the_last_holds():
    validated = judge([], students=[student("101"), student("101", first_name="Eva")])

    assert reasons(validated, "students") == [(2, "duplicate_row", "local_id")]
    assert validated.students["first_name"].tolist() == ["Eva"]


def test_a_repeat_of_a_faulty_row_is_no_repeat():
    for wrong, reason in (("never", "invalid_date"), ("2027-01-01", "future_date")):
        validated = judge([], students=[student("101"), student("101", birth_date=wrong)])

        assert reasons(validated, "students") == [(3, reason, "birth_date")]


def test_the_districts_own_words_for_yes_and_no_are_the_only_ones_it_has():
    words = {"has_rights": {"Full": True, "None": False}}
    rows = [guardian("101", str(n), has_rights=w) for n, w in enumerate(["Full", "None", "", "Y"])]

    validated = judge([], district=make_district(values=words), guardians=rows)

    assert validated.guardians["has_rights"].tolist() == [True, False, False]
    assert reasons(validated, "guardians") == [(5, "invalid_value", "has_rights")]


@pytest.mark.parametrize("word", ["Y", "y", "1", "true", "TRUE"])
def test_the_usual_words_for_yes_are_understood_and_silence_is_no_no(word):
    validated = judge([], students=[student("101", homeless=word, foster="")])

    assert validated.students["homeless"].tolist() == [True]
    assert validated.students["foster"].isna().all()


def test_a_line_break_in_a_name_becomes_a_blank():
    validated = judge([], guardians=[guardian("101", "9", street="1 Elm St\r\nApt\t 2")])

    assert validated.guardians["street"].tolist() == ["1 Elm St Apt 2"]


def test_grades_are_spelled_as_the_state_does():
    rows = [enrollment(n, grade=g) for n, g in [("101", "K"), ("102", "3"), ("103", "tk")]]

    assert judge([], enrollments=rows).enrollments["grade"].tolist() == ["KN", "03", "TK"]


def test_columns_that_a_dialect_lacks_are_missing_or_at_their_safe_default():
    validated = judge([], guardians=[guardian("101", "9", has_rights="")])

    row = validated.guardians.iloc[0]
    assert row[["lives_with", "has_rights"]].tolist() == [False, False]
    assert pd.isna(row["restrained"])
    assert row["contact_order"] == 99
    assert validated.guardians["language"].isna().all()


def test_a_student_set_aside_takes_the_rows_that_need_it_along():
    validated = judge([], students=[student("101", birth_date="")])

    assert reasons(validated, "enrollments")[0] == (2, "unknown_student", "local_id")
    assert reasons(validated, "guardians") == [(2, "unknown_student", "local_id")]


GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


@pytest.mark.parametrize("local_id", [GUID, GUID.upper(), "1e2f3a4b-0000-4000-8000-1234567890ab"])
def test_an_id_may_be_a_guid(local_id):
    validated = judge([], students=[student(local_id)], guardians=[guardian(local_id, GUID)])

    assert validated.quarantined[validated.quarantined["table"] == "students"].empty
    assert validated.students["local_id"].tolist() == [local_id]
    assert validated.guardians["guardian_id"].tolist() == [GUID]


@pytest.mark.parametrize(
    ("local_id", "reason"),
    [
        ("1.23E+09", "id_mangled"),
        ("1,23E+12", "id_mangled"),
        ("123456.0", "id_mangled"),
        ("1,234,567", "id_mangled"),
        ("9" * 33, "invalid_id"),
        ("a" * 65, "invalid_id"),
        ("{" + GUID + "}", "invalid_id"),
        (GUID[:18] + " " + GUID[18:], "invalid_id"),
        ("-" + GUID, "invalid_id"),
    ],
)
def test_long_ids_hide_no_mangled_number_and_no_text(local_id, reason):
    validated = judge([], students=[student(local_id)])

    assert reasons(validated, "students") == [(2, reason, "local_id")]


def test_an_id_of_sixty_four_characters_is_the_longest():
    validated = judge([], students=[student("a" * 64), student("9" * 32)])

    assert validated.quarantined[validated.quarantined["table"] == "students"].empty
