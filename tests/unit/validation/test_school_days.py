"""School-days that are not believed, schools that fell silent, and files that take too much back."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.validation import Gates, Reference
from pact_etl.validation.school_days import marks_taken_back, outliers, silent_schools
from pact_etl.validation.student_days import enrolled_count, to_days
from tests.small_district import enrollment, event, judge, reasons, school, student, weekdays

IDS = [str(n) for n in range(100, 120)]
TWENTY = {
    "students": [student(n) for n in IDS],
    "enrollments": [enrollment(n) for n in IDS],
    "guardians": (),
}


def history(share, days=20, unexcused=0.05):
    frame = {
        "school_code": ["3400001"],
        "median_share_absent": [share],
        "median_share_unexcused": [unexcused],
        "days": [days],
    }
    return Reference(absence_history=pd.DataFrame(frame))


def absent(count, day="2026-11-20", code="U"):
    return [event(n, day, code) for n in IDS[:count]]


def test_a_day_on_which_most_of_a_school_is_absent_is_set_aside_whole():
    rows = [
        *absent(12),
        event(IDS[15], code="T"),
        event(IDS[16], code="P"),
        *absent(2, "2026-11-19"),
    ]

    validated = judge(rows, reference=history(0.1), **TWENTY)

    assert {r for _, r, _ in reasons(validated)} == {"school_day_outlier"}
    assert len(reasons(validated)) == 14
    assert validated.marks["date"].dt.day.unique().tolist() == [19]
    assert validated.present_rows == 0
    # Their keys are kept, so that nobody takes tonight's rows for deleted ones.
    assert validated.quarantined["local_id"].tolist()[:2] == ["100", "101"]


@pytest.mark.parametrize(
    ("count", "usual", "days", "believed"),
    [
        (11, 0.1, 20, True),  # 55 % is under the share
        (12, 0.1, 20, False),  # 60 % and six times the usual
        (12, 0.2, 20, False),  # exactly three times
        (12, 0.21, 20, True),  # a school that is like this on many days
        (12, 0.5, 4, False),  # four days are no past
    ],
)
def test_a_day_must_be_high_and_far_beyond_the_schools_own_past(count, usual, days, believed):
    validated = judge(absent(count), reference=history(usual, days), **TWENTY)

    assert bool(len(validated.marks)) is believed


def test_on_the_first_night_the_files_own_days_are_the_past():
    usual = [row for d in range(9, 14) for row in absent(6, f"2026-11-{d:02d}")]

    validated = judge([*usual, *absent(13)], **TWENTY)

    # 65 % is high, but not three times the school's usual 30 %.
    assert reasons(validated) == []


def test_tardies_and_excused_parts_do_not_make_a_school_absent():
    assert reasons(judge(absent(20, code="T"), reference=history(0.1), **TWENTY)) == []


def test_a_school_of_nine_is_too_small_to_be_judged():
    nine = {name: rows[:9] for name, rows in TWENTY.items()}

    assert reasons(judge(absent(9), reference=history(0.1), **nine)) == []


def test_only_those_enrolled_on_the_day_are_counted():
    left = [enrollment(n, exit_date="2026-10-01") for n in IDS[10:]]
    tables = TWENTY | {"enrollments": [*TWENTY["enrollments"][:10], *left]}

    validated = judge(absent(6), reference=history(0.1), **tables)

    assert len(reasons(validated)) == 6  # six of ten, not of twenty


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(0, 9), st.none() | st.integers(-1, 9)),
        max_size=8,
    ),
    st.integers(0, 9),
)
def test_counting_the_enrolled_at_once_agrees_with_counting_one_by_one(spans, day):
    base = pd.Timestamp("2026-11-01")
    frame = pd.DataFrame(
        {
            "school_code": pd.Series([s for s, _, _ in spans], dtype="str"),
            "entry_date": pd.Series([base + pd.Timedelta(days=e) for _, e, _ in spans]),
            "exit_date": pd.Series(
                [None if x is None else base + pd.Timedelta(days=e + x) for _, e, x in spans]
            ),
        }
    ).astype({"entry_date": "datetime64[s]", "exit_date": "datetime64[s]"})
    days = to_days(pd.Series([base + pd.Timedelta(days=day)] * 2))

    counts = enrolled_count(pd.Series(["A", "B"]), days, frame)

    def expected(name):
        return sum(1 for s, e, x in spans if s == name and e <= day and (x is None or day <= e + x))

    assert counts.tolist() == [expected("A"), expected("B")]


def open_marks(**by_school):
    return pd.DataFrame({"school_code": list(by_school), "marks": list(by_school.values())})


def test_a_school_with_marks_but_no_row_tonight_is_silent_and_reported():
    two = [school(), school("3400002")]
    known = Reference(open_marks=open_marks(**{"3400001": 30, "3400002": 5}))

    validated = judge([event("101")], schools=two, reference=known, calendar=weekdays())

    assert validated.silent_schools == ("3400002",)


@pytest.mark.parametrize(("marks", "silent"), [(4, ()), (5, ("2",))])
def test_a_handful_of_marks_may_all_have_been_taken_back(marks, silent):
    heard = pd.Series(["1"], dtype="str")

    assert silent_schools(open_marks(**{"1": 9, "2": marks}), heard, Gates()) == silent


def stated(*days):
    dates = pd.to_datetime([f"2026-11-{d}" for d in days]).astype("datetime64[s]")
    return pd.DataFrame({"local_id": "7", "school_code": "1", "date": dates})


AS_OF = date(2026, 11, 20)


def test_tonights_new_marks_cannot_stand_in_for_those_that_vanished():
    assert marks_taken_back(open_marks(**{"1": 3}), stated(18, 20), (), AS_OF) == (2, 3)


def test_where_marks_are_known_by_day_each_day_is_compared():
    believed = pd.DataFrame(
        {
            "school_code": "1",
            "date": pd.to_datetime(["2026-11-18", "2026-11-19"]),
            "marks": [3, 1],
        }
    )

    assert marks_taken_back(believed, stated(19, 19, 19, 20), (), AS_OF) == (3, 4)


def test_a_silent_schools_marks_are_not_taken_back():
    assert marks_taken_back(open_marks(**{"1": 9, "2": 9}), stated(18), ("2",), AS_OF) == (8, 9)


def test_nothing_believed_is_nothing_taken_back():
    assert marks_taken_back(Reference().open_marks, stated(18), (), AS_OF) == (0, 0)


def test_a_school_without_history_and_without_days_has_the_share_alone():
    shares = pd.DataFrame(
        {
            "school_code": ["1"],
            "date": pd.to_datetime(["2026-11-20"]),
            "enrolled": [10],
            "share_absent": [0.6],
            "share_unexcused": [0.0],
        }
    )

    assert len(outliers(shares, Reference().absence_history, Gates())) == 1
    assert np.isclose(shares["share_absent"], 0.6).all()


FORTY = [str(n) for n in range(100, 140)]


@pytest.mark.parametrize(
    ("unexcused", "excused", "usual", "believed"),
    [
        (16, 0, 0.05, False),  # 40 % without excuse, eight times the usual
        (15, 0, 0.05, True),  # under the share
        (0, 23, 0.05, True),  # as many absent, but excused
        (16, 0, 0.08, False),  # exactly five times
        (16, 0, 0.081, True),  # a school that is like this on many days
    ],
)
def test_a_day_on_which_excuses_were_lost_is_not_believed(unexcused, excused, usual, believed):
    rows = [
        *(event(n, code="U") for n in FORTY[:unexcused]),
        *(event(n, code="E") for n in FORTY[unexcused : unexcused + excused]),
    ]

    validated = judge(
        rows,
        reference=history(0.5, unexcused=usual),
        students=[student(n) for n in FORTY],
        enrollments=[enrollment(n) for n in FORTY],
        guardians=(),
    )

    assert (validated.quarantined.empty) is believed


def test_a_small_schools_unexcused_share_says_nothing():
    validated = judge(absent(11), reference=history(0.5), **TWENTY)

    assert validated.quarantined.empty
