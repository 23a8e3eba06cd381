"""Nothing gets lost: the books of a submission, its reject file and its receipt."""

import csv
import io
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.domain.district import Form
from pact_etl.domain.errors import InvariantBroken, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.validation.books import check_books
from pact_etl.validation.receipt import Delivery, receipt, refusal
from pact_etl.validation.reject_file import reject_file, shape
from pact_etl.validation.wording import WORDING
from tests.small_district import (
    CODES,
    enrollment,
    event,
    guardian,
    judge,
    make_district,
    raw,
    student,
)

ATTENDANCE = st.lists(
    st.builds(
        event,
        st.sampled_from(["101", "102", "999", "1E+5", ""]),
        st.sampled_from(["2026-11-19", "2026-11-20", "2026-11-15", "2026-12-01", "x"]),
        st.sampled_from([*CODES, "?", ""]),
        period=st.sampled_from(["", "1", "2"]),
        minutes=st.sampled_from(["", "10", "50", "x"]),
        school_code=st.sampled_from(["3400001", "3400002", ""]),
    ),
    max_size=15,
)
STUDENTS = st.lists(st.builds(student, st.sampled_from(["101", "102", "x y", ""])), max_size=4)
ENROLLMENTS = st.lists(
    st.builds(
        enrollment,
        st.sampled_from(["101", "102", "103"]),
        entry_date=st.sampled_from(["2026-08-12", "2026-11-20", ""]),
        exit_date=st.sampled_from(["", "2026-11-19", "2026-01-01"]),
    ),
    max_size=4,
)
GUARDIANS = st.lists(
    st.builds(guardian, st.sampled_from(["101", "103"]), st.sampled_from(["1", ""])), max_size=3
)


@settings(max_examples=20, deadline=None)
@given(ATTENDANCE, STUDENTS, ENROLLMENTS, GUARDIANS, st.sampled_from(list(Form)))
def test_every_row_received_is_accepted_or_set_aside(attendance, students, spans, guardians, form):
    validated = judge(
        attendance,
        district=make_district(form),
        students=students,
        enrollments=spans,
        guardians=guardians,
    )

    aside = validated.quarantined.groupby("table").size()
    for table in ("schools", "students", "enrollments", "guardians", "calendar"):
        accepted = len(getattr(validated, table))
        assert validated.received[table] == accepted + aside.get(table, 0)
    made = int(validated.marks["rows"].sum()) + validated.present_rows
    assert validated.received["attendance"] == made + aside.get("attendance", 0)
    assert validated.received["attendance"] == len(attendance)
    assert not validated.quarantined.duplicated(["table", "row"]).any()
    assert set(validated.quarantined["reason"]) <= {reason.value for reason in WORDING}


def test_a_row_that_is_lost_stops_everything():
    nothing = pd.DataFrame({"table": pd.Series(dtype="str")})

    with pytest.raises(InvariantBroken, match="students"):
        check_books({"students": 2}, {"students": 1}, nothing)


def test_the_reject_file_says_where_and_why_but_never_what():
    rows = [event("1.01E+09", minutes="Canary"), event("101", "20/11/2026"), event("101")]
    rows.append(event("102", code="?"))
    students = [student("101", birth_date="Canary"), student("101"), student("102")]
    validated = judge(rows, students=students)

    content = reject_file(
        validated.quarantined, [raw("attendance", rows), raw("students", students)]
    )

    assert b"Canary" not in content
    assert b"1.01E" not in content
    found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    attendance = [r for r in found if r["file"] == "attendance.csv"]
    assert [(r["row"], r["field"], r["reason"], r["shape"]) for r in attendance] == [
        ("2", "local_id", "id_mangled", "9.99A+99"),
        ("3", "date", "invalid_date", "99/99/9999"),
        ("5", "code", "unknown_code", "?"),
    ]
    assert all(r["explanation"] for r in found)


def test_an_empty_quarantine_gives_a_reject_file_with_its_header_alone():
    content = reject_file(judge([event("101")]).quarantined, [])

    assert content.decode("utf-8-sig").splitlines() == ["file,row,field,reason,shape,explanation"]


@given(st.text(max_size=40))
def test_a_shape_holds_no_letter_and_no_digit_of_its_value(value):
    outline = shape(value)

    assert len(outline) <= 28
    assert not outline.startswith(("=", "+", "-", "@"))
    assert not set(outline) & set("bcdefxyzBCDEFXYZ01234567")


BOOKS = {"attendance": {"received": 10, "recorded": 5, "unchanged": 3, "quarantined": 2}}


def test_the_receipt_shows_the_books_the_codes_and_the_schools_that_wait():
    page = receipt(
        Delivery(
            district="Test Unified",
            as_of=date(2026, 11, 20),
            books=BOOKS,
            reasons={"unknown_code": 2},
            unknown_codes={"ZQ": 2},
            held_schools={"3400001": "unknown_code"},
            silent_schools=("3400002",),
        )
    )

    assert "# Test Unified: attendance of 2026-11-20" in page
    assert "| attendance | 10 | 5 | 3 | 2 |" in page
    assert "- `ZQ`: 2 rows" in page
    assert "- 3400001: unknown_code" in page
    assert "- 3400002" in page
    assert WORDING[Reason.UNKNOWN_CODE] in page


def test_the_receipt_says_which_families_no_letter_reaches_and_why_letters_wait():
    page = receipt(
        Delivery(
            district="Test Unified",
            as_of=date(2026, 11, 20),
            books=BOOKS,
            bad_addresses={"zip_missing": 4},
            students_without_reader=3,
            letters_returned={"not_said": 1, "vacant": 1},
            letters_held={"no_meeting": 2, "safe_at_home": 1, "foster_youth": 1},
        )
    )

    assert "- 4 addresses: `zip_missing`" in page
    assert "- 3 enrolled students without an adult who may be written to" in page
    assert "- 2 letters that the post office brought back" in page
    assert "  - 1: `vacant`" in page
    assert "- 2: `no_meeting`" in page
    assert "- 2: a person must look first" in page
    assert "safe_at_home" not in page
    assert "foster" not in page


def test_a_clean_receipt_is_short():
    page = receipt(Delivery(district="T", as_of=date(2026, 11, 20), books=BOOKS))

    assert "set aside |" in page
    assert "##" not in page


def test_a_refusal_names_the_reason_the_file_and_what_to_do():
    error = SubmissionRefused(Reason.HEADER_CHANGED, file="ATT.csv", field="local_id", detail="x")

    page = refusal(Delivery(district="T", as_of=date(2026, 11, 20)), error)

    assert "`header_changed`" in page
    assert "ATT.csv, local_id" in page
    assert WORDING[Reason.HEADER_CHANGED] in page
