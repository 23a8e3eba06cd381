"""The batch gates through the real Great Expectations: what each suite lets pass and what it stops."""

import json
import logging
from pathlib import Path

import pandas as pd
import pytest

from pact_etl.domain.errors import InvariantBroken, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.scope import Scope
from pact_etl.validation import Gates, Reference, examine_submission, validate_submission
from pact_etl.validation.columns import TABLES
from pact_etl.validation.gates import Judged, judge, load_suite
from tests.policies import LIMITS
from tests.small_district import (
    AS_OF,
    enrollment,
    event,
    guardian,
    make_district,
    raw,
    school,
    student,
    weekdays,
)

ROOT = Path(__file__).resolve().parents[3]
SUITES = ROOT / "expectations"
IDS = [f"{n:04d}" for n in range(100)]

pytestmark = pytest.mark.integration


def night(reference=None, scope=None, **tables):
    """A first night of a hundred students, with some tables replaced."""
    sent = {
        "schools": [school()],
        "students": [student(n) for n in IDS],
        "enrollments": [enrollment(n) for n in IDS],
        "guardians": [guardian(n, f"9{n}") for n in IDS],
        "calendar": weekdays(),
        "attendance": [event(n) for n in IDS[:10]],
    }
    return validate_submission(
        district=make_district(),
        as_of=AS_OF,
        year=school_year_of(AS_OF),
        tables=[raw(name, rows) for name, rows in (sent | tables).items()],
        reference=reference or Reference(),
        gates=Gates(),
        limits=LIMITS,
        suites=SUITES,
        scope=scope,
    )


def test_a_good_night_passes_every_suite():
    validated = night()

    assert set(validated.suites) == {name for name, table in TABLES.items() if not table.optional}
    assert validated.suites == {
        table: len(json.loads((SUITES / f"{table}.json").read_text())["expectations"])
        for table in validated.suites
    }


def test_a_night_that_brings_attendance_alone_is_judged_by_its_figures():
    first = night()
    known = Reference(
        schools=first.schools,
        students=first.students,
        enrollments=first.enrollments,
        calendar=first.calendar,
    )

    nothing = dict.fromkeys(("schools", "students", "enrollments", "guardians", "calendar"), ())
    validated = night(known, **nothing)

    assert len(validated.marks) == 10


def mangled(ids):
    return [f"{n}.0" for n in ids]


SWAPPED = [
    {"school_code": "3400001", "date": d.strftime("%Y-%m-%d"), "instructional": "Y"}
    for d in pd.date_range("2026-11-01", "2026-11-30")
]
MANY_DAYS = [
    {"school_code": "3400001", "date": d.strftime("%Y-%m-%d"), "instructional": "Y"}
    for d in pd.date_range("2026-07-01", "2027-06-30")
    if d.day_of_week < 5
]
CASES = {
    "mangled student ids": (
        {"students": [student(n) for n in [*IDS[:70], *mangled(IDS[70:])]]},
        (Reason.IDS_MANGLED, "students.csv"),
    ),
    "mangled attendance ids": (
        {"attendance": [event(n) for n in [*IDS[:50], *mangled(IDS[50:])]]},
        (Reason.IDS_MANGLED, "attendance.csv"),
    ),
    "a fifth of the rows of unknown students": (
        {"attendance": [event(n) for n in IDS[:40]] + [event(f"X{n}") for n in range(21)]},
        (Reason.TOO_MANY_FAULTS, "attendance.csv"),
    ),
    "no school at all": ({"schools": ()}, (Reason.TOO_FEW_ROWS, "schools.csv")),
    "birth dates filled in": (
        {"students": [student(n, birth_date="1970-01-01") for n in IDS]},
        (Reason.EXPECTATION_FAILED, "students.csv"),
    ),
    "one statewide id for everybody": (
        {"students": [student(n, ssid="1234567890") for n in IDS]},
        (Reason.EXPECTATION_FAILED, "students.csv"),
    ),
    "students without enrollments": (
        {"enrollments": [enrollment(n) for n in IDS[:79]]},
        (Reason.EXPECTATION_FAILED, "enrollments.csv"),
    ),
    "students without guardians": (
        {"guardians": [guardian(n, "9") for n in IDS[:79]]},
        (Reason.EXPECTATION_FAILED, "guardians.csv"),
    ),
    "nobody with rights": (
        {"guardians": [guardian(n, "9", has_rights="N") for n in IDS]},
        (Reason.EXPECTATION_FAILED, "guardians.csv"),
    ),
    "everybody restrained": (
        {"guardians": [guardian(n, "9", restrained="Y") for n in IDS]},
        (Reason.EXPECTATION_FAILED, "guardians.csv"),
    ),
    "school on weekends": ({"calendar": SWAPPED}, (Reason.EXPECTATION_FAILED, "calendar.csv")),
    "no holidays": ({"calendar": MANY_DAYS}, (Reason.EXPECTATION_FAILED, "calendar.csv")),
    "thirteen periods": (
        {"schools": [school(periods_per_day="13")]},
        (Reason.EXPECTATION_FAILED, "schools.csv"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_batch_far_outside_the_possible_is_refused_with_its_reason(name):
    tables, expected = CASES[name]

    with pytest.raises(SubmissionRefused) as refused:
        night(**tables)
    assert (refused.value.reason, refused.value.file) == expected


def test_the_faulty_rows_of_a_refused_night_can_still_be_shown():
    rows = [event(n, code="E") for n in [*IDS[:50], *mangled(IDS[50:])]]

    examined = examine_submission(
        district=make_district(),
        as_of=AS_OF,
        year=school_year_of(AS_OF),
        tables=[
            raw("schools", [school()]),
            raw("students", [student(n) for n in IDS]),
            raw("enrollments", [enrollment(n) for n in IDS]),
            raw("guardians", [guardian(n, "9") for n in IDS]),
            raw("calendar", weekdays()),
            raw("attendance", rows),
        ],
        reference=Reference(),
        gates=Gates(),
        limits=LIMITS,
        suites=SUITES,
    )

    assert examined.refusal is not None
    assert examined.refusal.reason is Reason.IDS_MANGLED
    assert len(examined.validated.quarantined) == 50


def test_a_handful_of_faults_does_not_refuse_a_small_file():
    rows = [event(n) for n in [*IDS[:20], *mangled(IDS[20:40])]]

    assert len(night(attendance=rows).quarantined) == 20


def test_unknown_codes_and_repeats_are_no_sign_of_a_broken_file():
    rows = [event(n, code="?") for n in IDS[:50]] + [event(n) for n in IDS[50:75]] * 2

    validated = night(attendance=rows)

    assert len(validated.quarantined) == 75


def test_a_file_that_would_take_back_most_marks_is_refused():
    believed = pd.DataFrame({"school_code": ["3400001"], "marks": [50]})
    yesterday = [event(n, "2026-11-19") for n in IDS[:24]]

    with pytest.raises(SubmissionRefused, match="mass_deletion"):
        night(Reference(open_marks=believed), attendance=[*yesterday, event(IDS[0])])
    more = [event(n, "2026-11-19") for n in IDS[:25]]
    assert len(night(Reference(open_marks=believed), attendance=[*more, event(IDS[0])]).marks) == 26


def test_a_schoolday_without_one_row_is_refused_where_hundreds_are_enrolled():
    many = [f"{n:04d}" for n in range(201)]
    tables = {
        "students": [student(n) for n in many],
        "enrollments": [enrollment(n) for n in many],
        "guardians": [guardian(n, "9") for n in many],
    }

    with pytest.raises(SubmissionRefused, match="too_few_rows"):
        night(attendance=[event("0001", "2026-11-19")], **tables)
    # A hundred students can all be there on one day.
    assert len(night(attendance=[event(IDS[0], "2026-11-19")]).marks) == 1


def test_a_limit_of_the_county_reaches_the_suites():
    rows = pd.DataFrame({"school_code": ["1"]})
    figures = {"mangled_share": 0.0, "fault_share": 0.06, "known_schools": 1.0}
    figures |= {"schools_of_others": 0.0}
    one = Judged(table="schools", file="f", rows=rows.iloc[:0], figures=figures)

    assert judge([one], SUITES, Gates(max_fault_share=0.06)) == {"schools": 4}
    with pytest.raises(SubmissionRefused, match=r"fault_share is 0\.06"):
        judge([one], SUITES, Gates(max_fault_share=0.05))


def write_suite(folder: Path, *expectations: dict) -> Path:
    content = {"name": "schools", "expectations": list(expectations)}
    (folder / "schools.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def expectation(kind="expect_column_values_to_not_be_null", **meta):
    base = {"reason": "expectation_failed", "gate": "batch", "frame": "rows", "why": "because"}
    return {"type": kind, "kwargs": {"column": "name"}, "meta": base | meta}


ONE = Judged(
    table="schools", file="f", rows=pd.DataFrame({"name": ["Canary", "b"]}), figures={"x": 1.0}
)


def test_an_expectation_that_the_library_does_not_know_is_not_passed_over(tmp_path: Path):
    logging.disable(logging.CRITICAL)
    try:
        with pytest.raises(SettingsError, match="1 not understood"):
            judge([ONE], write_suite(tmp_path, expectation("expect_the_unexpected")), Gates())
    finally:
        logging.disable(logging.NOTSET)


def test_an_expectation_that_cannot_be_computed_stops_everything_and_quotes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    broken = expectation("expect_column_values_to_be_between")
    broken["kwargs"] |= {"min_value": 1, "max_value": 2}

    with caplog.at_level(logging.DEBUG), pytest.raises(InvariantBroken) as error:
        judge([ONE], write_suite(tmp_path, broken), Gates())
    shown = capsys.readouterr()
    assert "Canary" not in str(error.value) + caplog.text + shown.out + shown.err
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "meta", [{"reason": "bad_luck"}, {"gate": "row"}, {"frame": "picture"}, {"why": " "}]
)
def test_an_expectation_must_say_reason_gate_frame_and_why(tmp_path: Path, meta):
    with pytest.raises(SettingsError, match=r"schools\.json"):
        load_suite(write_suite(tmp_path, expectation(**meta)), "schools")


def test_a_missing_suite_is_a_fault_of_the_settings(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"schools\.json"):
        load_suite(tmp_path, "schools")


def test_every_limit_that_a_suite_names_is_one_of_the_countys():
    names = set(Gates.__dataclass_fields__)
    text = "".join((SUITES / f"{table}.json").read_text(encoding="utf-8") for table in TABLES)
    parameters = {
        value["$PARAMETER"]
        for table in TABLES
        for e in load_suite(SUITES, table).expectations
        for value in e["kwargs"].values()
        if isinstance(value, dict)
    }

    assert parameters <= names
    assert "mostly" not in text  # limits stand in the figures, where they can be explained


def test_a_refusal_names_figures_and_never_a_cell(caplog: pytest.LogCaptureFixture):
    students = [student(n, last_name="Canary", birth_date="1970-01-01") for n in IDS]

    with caplog.at_level(logging.DEBUG), pytest.raises(SubmissionRefused) as refused:
        night(students=students)
    assert "share_of_odd_ages is 1" in str(refused.value)
    assert "Canary" not in str(refused.value) + caplog.text


def known_enrollments(ids):
    rows = pd.DataFrame({"local_id": ids, "school_code": "3400001"})
    return Reference(
        enrollments=rows.assign(
            entry_date=pd.Timestamp("2026-08-10"), exit_date=pd.Series(pd.NaT, rows.index)
        )
    )


@pytest.mark.parametrize(
    ("left_out", "scope", "is_refused"),
    [
        (30, Scope(whole_roster=True), True),
        (19, Scope(whole_roster=True), False),
        (30, Scope(), False),
    ],
    ids=["too many", "a few", "a roster that says nothing of itself"],
)
def test_a_whole_roster_that_leaves_out_many_is_refused(left_out, scope, is_refused):
    known = known_enrollments([*IDS, *(f"{n:04d}" for n in range(500, 500 + left_out))])
    entry = {"entry_date": "2026-08-10"}
    rows = [enrollment(n, **entry) for n in IDS]

    if is_refused:
        with pytest.raises(SubmissionRefused, match="mass_deletion"):
            night(known, scope, enrollments=rows)
    else:
        assert len(night(known, scope, enrollments=rows).enrollments) == len(IDS)


def known_students(ids, birth_date="2012-03-04"):
    rows = pd.DataFrame({"local_id": ids, "birth_date": pd.Timestamp(birth_date)})
    return Reference(students=rows)


@pytest.mark.parametrize(
    ("known", "is_refused"),
    [
        (known_students([f"X{n}" for n in range(100)]), True),
        (known_students([*IDS[:19], *(f"X{n}" for n in range(81))]), True),
        (known_students([*IDS[:20], *(f"X{n}" for n in range(80))]), False),
        (known_students(IDS, birth_date="2011-01-01"), True),
        (known_students(IDS), False),
        (known_students(["X1"]), True),
    ],
    ids=["strangers", "a fifth is known, nearly", "a fifth", "other children", "our own", "one"],
)
def test_files_of_another_district_are_refused_by_name(known, is_refused):
    if is_refused:
        with pytest.raises(SubmissionRefused, match="wrong_district") as refused:
            night(known)
        assert refused.value.file == "students.csv"
    else:
        assert len(night(known).students) == len(IDS)


def test_a_night_of_a_few_newcomers_proves_nothing_and_passes():
    few = [f"N{n}" for n in range(10)]

    validated = night(
        known_students(IDS),
        students=[student(n) for n in few],
        enrollments=[enrollment(n) for n in few],
        guardians=[guardian(n, f"9{n}") for n in few],
        attendance=[],
    )

    assert len(validated.students) == len(few)


@pytest.mark.parametrize(("share", "is_refused"), [(51, True), (50, False)])
def test_on_a_first_night_children_of_one_other_district_are_known_there(share, is_refused):
    born = pd.Timestamp("2012-03-04")
    elsewhere = pd.DataFrame({"district": "other", "local_id": IDS[:share], "birth_date": born})
    third = pd.DataFrame({"district": "third", "local_id": IDS[share:], "birth_date": born})
    known = Reference(elsewhere=pd.concat([elsewhere, third.iloc[:20]]))

    if is_refused:
        with pytest.raises(SubmissionRefused, match="wrong_district"):
            night(known)
    else:
        assert len(night(known).students) == len(IDS)


@pytest.mark.parametrize(
    ("stated", "is_refused"),
    [
        ({"cd_code": "3467314"}, True),
        ({"cd_code": "3400000"}, False),
        ({"school_code": "34673143400001"}, True),
    ],
)
def test_a_school_that_names_another_district_refuses_the_whole(stated, is_refused):
    schools = [school(), school("3400002") | stated]

    if is_refused:
        with pytest.raises(SubmissionRefused, match=r"wrong_district schools\.csv"):
            night(schools=schools)
    else:
        assert len(night(schools=schools).schools) == len(schools)
