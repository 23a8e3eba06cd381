"""Each way in which an attendance row can be wrong, and that it alone is set aside."""

from datetime import date

import pandas as pd

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import CodeMapping, Form
from pact_etl.validation import Reference, covered_days, looks_stale
from tests.small_district import (
    AS_OF,
    SINCE,
    enrollment,
    event,
    judge,
    make_district,
    raw,
    reasons,
    school,
    statuses,
    student,
    weekdays,
)

GOOD = event("103", "2026-11-19")


FAULTY = [
    (event(""), "missing_field", "local_id"),
    (event("101", ""), "missing_field", "date"),
    (event("101", code=""), "missing_field", "code"),
    (event("1.01E+09"), "id_mangled", "local_id"),
    (event("101.0"), "id_mangled", "local_id"),
    (event("1,010,101"), "id_mangled", "local_id"),
    (event("10 1"), "invalid_id", "local_id"),
    (event("101", school_code="Old Mill"), "invalid_id", "school_code"),
    (event("101", "11/20/2026"), "invalid_date", "date"),
    (event("101", "2026-11-31"), "invalid_date", "date"),
    (event("101", "0026-11-20"), "invalid_date", "date"),
    (event("101", minutes="half"), "invalid_value", "minutes"),
    (event("101", minutes="-5"), "invalid_value", "minutes"),
    (event("101", minutes="1441"), "invalid_value", "minutes"),
    (event("999"), "unknown_student", "local_id"),
    (event("101", school_code="3400999"), "unknown_school", "school_code"),
    (event("101", "2026-11-21"), "future_date", "date"),
    (event("101", "2026-06-30"), "outside_school_year", "date"),
    (event("101", "2026-11-15"), "no_school_that_day", "date"),
    (event("102", "2026-11-02"), "outside_enrollment", "date"),
    (event("101", code="?"), "unknown_code", "code"),
]


def test_every_faulty_row_is_set_aside_alone_with_its_reason():
    late = [enrollment("101"), enrollment("102", entry_date="2026-11-03"), enrollment("103")]

    validated = judge([*(row for row, _, _ in FAULTY), GOOD], enrollments=late)

    assert reasons(validated) == [
        (line, reason, field) for line, (_, reason, field) in enumerate(FAULTY, start=2)
    ]
    assert list(statuses(validated)) == [("103", "2026-11-19")]


def test_the_most_basic_fault_of_a_row_is_the_one_given():
    validated = judge([event("", "never", "?"), event("1E+5", "never", "?")])

    assert [reason for _, reason, _ in reasons(validated)] == ["missing_field", "id_mangled"]


def test_where_ids_have_a_fixed_length_another_length_has_lost_its_zeros():
    ids = [student("0000101"), student("0000102")]
    enrolled = [enrollment("0000101"), enrollment("0000102")]
    rows = [event("0000101"), event("102"), event("00000102"), event("A000102")]

    validated = judge(
        rows, district=make_district(id_digits=7), students=ids, enrollments=enrolled, guardians=()
    )

    assert reasons(validated) == [
        (3, "id_mangled", "local_id"),
        (4, "id_mangled", "local_id"),
        (5, "invalid_id", "local_id"),
    ]


def test_the_key_of_a_quarantined_row_is_kept_as_far_as_it_can_be_read():
    validated = judge([event("101", code="?"), event("1E+5"), event("102", "never")])

    keys = validated.quarantined[["local_id", "school_code", "date", "code"]]
    assert keys.iloc[0].tolist() == ["101", "3400001", pd.Timestamp("2026-11-20"), "?"]
    assert keys.isna().to_numpy().tolist() == [
        [False, False, False, False],
        [True, False, False, False],
        [False, False, True, False],
    ]


def test_something_long_in_the_code_column_is_not_shown_as_a_code():
    validated = judge([event("101", code="Ana Canary, 12 Elm St, called at noon")])

    assert validated.quarantined["code"].tolist() == ["(unreadable)"]


def test_the_same_statement_twice_counts_once():
    validated = judge([event("101"), event("102"), event("101")])

    assert reasons(validated) == [(4, "duplicate_row", "local_id")]
    assert len(validated.marks) == 2


def test_a_code_means_what_the_map_says_on_that_day():
    codes = [
        CodeMapping(code="V", status=Status.ABSENT_EXCUSED, from_=date(2026, 11, 10)),
        CodeMapping(code="V", status=Status.TARDY, from_=SINCE, to=date(2026, 11, 11)),
        CodeMapping(code="W", status=Status.TARDY, from_=SINCE, to=date(2026, 11, 11)),
    ]
    said = {"101": "V", "102": "W"}
    rows = [event(s, f"2026-11-{d}", c) for d in ("09", "10", "12") for s, c in said.items()]

    validated = judge(rows, district=make_district(codes=codes))

    assert statuses(validated) == {
        ("101", "2026-11-09"): "tardy",
        ("102", "2026-11-09"): "tardy",
        ("101", "2026-11-10"): "absent_excused",
        ("102", "2026-11-10"): "tardy",
        ("101", "2026-11-12"): "absent_excused",
    }
    # Of two mappings the first holds (V on the 10th), and a code whose mapping has ended is unknown.
    assert reasons(validated) == [(7, "unknown_code", "code")]


def test_what_is_left_of_a_day_is_not_taken_for_the_day():
    excused = [event("101", code="U"), event("101", code="E", minutes="half")]
    untouched = [event("101", "2026-11-19"), event("102")]

    validated = judge([*excused, *untouched])

    # Of two statements the kinder holds, and here it is the one that cannot be read.
    assert reasons(validated) == [
        (2, "day_incomplete", "date"),
        (3, "invalid_value", "minutes"),
    ]
    assert list(statuses(validated)) == [("101", "2026-11-19"), ("102", "2026-11-20")]


def test_an_excused_day_of_which_a_period_has_an_unknown_code_does_not_become_part_of_a_day():
    periods = [event("101", code=code, period=str(n)) for n, code in enumerate("EEZEEE", start=1)]

    validated = judge(periods, district=make_district(Form.PERIODS))

    assert statuses(validated) == {}
    assert [reason for _, reason, _ in reasons(validated)].count("day_incomplete") == 5
    assert validated.quarantined["date"].nunique() == 1, "the record keeps what it believes of it"


def test_a_repeat_and_a_row_of_a_day_without_school_take_no_other_row_with_them():
    codes = [
        CodeMapping(code="U", status=Status.ABSENT_UNEXCUSED, from_=SINCE),
        CodeMapping(code="R", status=Status.ATTENDANCE_RECOVERY, from_=SINCE),
    ]
    sunday = [event("102", "2026-11-15"), event("102", "2026-11-15", "R")]

    validated = judge([event("101"), event("101"), *sunday], district=make_district(codes=codes))

    assert [(row, reason) for row, reason, _ in reasons(validated)] == [
        (3, "duplicate_row"),
        (4, "no_school_that_day"),
    ]


def test_students_enrollments_and_calendar_of_earlier_nights_count():
    known = Reference(
        schools=pd.DataFrame(
            {"school_code": ["3400001"], "level": ["high"], "periods_per_day": [6]}
        ),
        students=pd.DataFrame({"local_id": ["101", "102"]}),
        enrollments=pd.DataFrame(
            {
                "local_id": ["101", "102"],
                "school_code": ["3400001", "3400001"],
                "entry_date": pd.to_datetime(["2026-08-12", "2026-08-12"]),
                "exit_date": pd.to_datetime([None, None]),
            }
        ),
        calendar=pd.DataFrame(
            {
                "school_code": ["3400001", "3400001"],
                "date": [date(2026, 11, 19), date(2026, 11, 20)],
                "instructional": [True, True],
            }
        ),
    )
    nothing = {"schools": (), "students": (), "guardians": ()}
    left = [enrollment("102", exit_date="2026-11-19")]
    closed = [{"school_code": "3400001", "date": "2026-11-19", "instructional": "N"}]
    rows = [event("101"), event("101", "2026-11-19"), event("102")]

    validated = judge(rows, reference=known, enrollments=left, calendar=closed, **nothing)

    assert reasons(validated) == [
        (3, "no_school_that_day", "date"),
        (4, "outside_enrollment", "date"),
    ]
    assert list(statuses(validated)) == [("101", "2026-11-20")]


def test_either_of_two_enrollments_at_a_school_covers_a_day():
    spans = [
        enrollment("101", exit_date="2026-11-04"),
        enrollment("101", entry_date="2026-11-18"),
    ]
    rows = [event("101", f"2026-11-{d}") for d in ("04", "05", "17", "18", "20")]

    validated = judge(rows, enrollments=spans)

    assert [row for row, _, _ in reasons(validated)] == [3, 4]


def test_where_the_exit_is_the_first_day_away_that_day_is_outside():
    spans = [enrollment("101", exit_date="2026-11-19"), enrollment("102", exit_date="2026-08-12")]
    rows = [event("101", "2026-11-18"), event("101", "2026-11-19"), event("102", "2026-11-18")]

    validated = judge(rows, district=make_district(exit_day="exclusive"), enrollments=spans)

    assert [row for row, _, _ in reasons(validated)] == [3, 4]
    # A student who never came has a span that ends before it begins.
    exits = validated.enrollments["exit_date"].dt.strftime("%Y-%m-%d").tolist()
    assert exits == ["2026-11-18", "2026-08-11"]


def test_a_row_without_a_period_is_only_clear_where_a_day_is_one_period():
    schools = [school(), school("3400002", level="elementary", periods_per_day="1")]
    enrolled = [enrollment("101"), enrollment("102", school_code="3400002")]
    calendar = [*weekdays(), *weekdays("3400002")]
    rows = [event("101"), event("102", school_code="3400002")]

    validated = judge(
        rows,
        district=make_district(Form.PERIODS),
        schools=schools,
        enrollments=enrolled,
        calendar=calendar,
    )

    assert reasons(validated) == [(2, "missing_field", "period")]
    assert statuses(validated) == {("102", "2026-11-20"): "absent_unexcused"}


def test_a_night_without_any_attendance_row_is_judged_all_the_same():
    validated = judge([])

    assert validated.received["attendance"] == 0
    assert validated.marks.empty
    assert validated.marks["date"].dtype == "datetime64[s]"


def test_the_days_a_file_covers_reach_back_from_tonight_but_not_into_last_year():
    district = make_district()

    assert covered_days(district, AS_OF) == (date(2026, 11, 7), AS_OF)
    assert judge([]).covered == (date(2026, 11, 7), AS_OF)
    assert covered_days(district, date(2026, 7, 3), date(2026, 7, 1))[0] == date(2026, 7, 1)


def test_attendance_without_a_row_of_tonight_looks_stale():
    district = make_district()
    yesterday, tonight = event("101", "2026-11-19"), event("101", " 2026-11-20 ")

    assert looks_stale(raw("attendance", [yesterday]).frame, district, AS_OF)
    assert not looks_stale(raw("attendance", [yesterday, tonight]).frame, district, AS_OF)
