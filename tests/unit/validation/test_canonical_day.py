"""From whole-day rows to one status a day: the daily and the positive form."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.domain.attendance import FAVOUR, Status, settle
from pact_etl.domain.district import CodeMapping, District, Form
from pact_etl.domain.policy import OccasionLimit, OccasionLimits
from pact_etl.validation.canonical_day import NO_MINUTES, canonical_marks, settle_days
from pact_etl.validation.code_map import RANK, UNKNOWN, statuses_of
from pact_etl.validation.student_days import gather
from tests.policies import LIMITS
from tests.small_district import (
    CODES,
    SINCE,
    event,
    judge,
    make_district,
    reasons,
    statuses,
)

SCHOOLS = pd.DataFrame({"school_code": ["1"], "level": ["high"], "periods_per_day": [6]})


def marks_of(rows, form=Form.DAILY):
    columns = ["local_id", "date", "code", "minutes", "period"]
    frame = pd.DataFrame(rows, columns=columns).assign(school_code="1", row=range(2, len(rows) + 2))
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[s]")
    frame["minutes"] = frame["minutes"].astype("Int64")
    frame["rank"] = np.array([RANK[CODES[c]] for c in frame["code"]], dtype=np.int8)
    return canonical_marks(frame, gather(frame), form, SCHOOLS, LIMITS)


def one_day(*rows):
    made = marks_of([("7", "2026-11-20", code, minutes, None) for code, minutes in rows])
    return made.frame["status"].tolist()


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([("U", None)], ["absent_unexcused"]),
        ([("E", None), ("X", None)], ["absent_excused"]),
        ([("U", None), ("E", None)], ["absent_excused"]),
        ([("U", None), ("T", 10)], ["tardy"]),
        ([("U", None), ("P", None)], []),
        ([("P", None)], []),
        ([("T", 30)], ["tardy"]),
        ([("T", 31)], ["partial_unexcused"]),
        ([("T", None)], ["tardy"]),
        ([("L", 30)], ["tardy"]),
        ([("L", 31)], ["partial_unexcused"]),
        ([("L", None)], ["partial_unexcused"]),
        ([("X", 300)], ["partial_excused"]),
        ([("N", None)], ["absent_unverified"]),
    ],
)
def test_whole_day_rows_become_one_status(rows, status):
    assert one_day(*rows) == status


def test_a_mark_remembers_where_it_came_from():
    made = marks_of(
        [
            ("8", "2026-11-20", "P", None, None),
            ("7", "2026-11-20", "X", 40, None),
            ("7", "2026-11-20", "E", None, None),
            ("7", "2026-11-20", "X", 50, None),
        ]
    )

    (mark,) = made.frame.to_dict("records")
    assert (mark["raw_code"], mark["source_row"], mark["rows"]) == ("E|X", 3, 3)
    assert pd.isna(mark["minutes"])  # what decided was the excused day, which states none
    assert made.present_rows == 1


def test_positive_attendance_marks_only_exceptions():
    rows = [event("101", code="P"), event("102", code="U"), event("103", code="P")]

    validated = judge(rows, district=make_district(Form.POSITIVE))

    assert statuses(validated) == {("102", "2026-11-20"): "absent_unexcused"}
    assert validated.present_rows == 2


@given(st.lists(st.frozensets(st.sampled_from(FAVOUR), min_size=1), min_size=1, max_size=8))
def test_settling_all_days_at_once_agrees_with_the_domains_rule(days):
    pairs = [(n, RANK[status]) for n, day in enumerate(days) for status in day]
    of_row = np.array([n for n, _ in pairs], dtype=np.int64)
    ranks = np.array([r for _, r in pairs], dtype=np.int8)

    settled, _ = settle_days(of_row, ranks, np.full(len(pairs), NO_MINUTES), len(days))

    assert [FAVOUR[rank] for rank in settled] == [settle(day) for day in days]


DAYS = st.dates(date(2026, 11, 1), date(2026, 11, 9))
MAPPINGS = st.builds(
    CodeMapping,
    code=st.sampled_from("abc"),
    status=st.sampled_from(list(Status)),
    from_=DAYS,
    to=st.none() | DAYS,
)


@given(
    st.lists(MAPPINGS, max_size=6),
    st.lists(st.tuples(st.sampled_from("abcd"), DAYS), min_size=1, max_size=12),
)
def test_the_code_map_agrees_with_the_districts_own_reading(mappings, rows):
    district = make_district(codes=mappings)
    codes = pd.Series([code for code, _ in rows], dtype="str")
    dates = pd.to_datetime(pd.Series([day for _, day in rows])).astype("datetime64[s]")

    ranks = statuses_of(codes, dates, mappings)

    expected = [district.status_of(code, day) for code, day in rows]
    assert ranks.tolist() == [UNKNOWN if s is None else RANK[s] for s in expected]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["7", "8"]),
        st.sampled_from(["2026-11-19", "2026-11-20"]),
        st.sampled_from(sorted(CODES)),
        st.none() | st.integers(0, 400),
        st.sampled_from([None, "1", "2", "6", "0", "HR"]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from(list(Form)))
def test_every_row_is_in_one_mark_or_says_that_a_student_was_there(rows, form):
    made = marks_of(rows, form)

    assert int(made.frame["rows"].sum()) + made.present_rows == len(rows)
    assert not made.frame.duplicated(["local_id", "school_code", "date"]).any()
    assert "present" not in set(made.frame["status"])


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from(list(Form)), st.randoms())
def test_the_order_of_rows_changes_nothing_but_line_numbers(rows, form, random):
    shuffled = random.sample(rows, len(rows))

    made = [marks_of(some, form).frame.drop(columns="source_row") for some in (rows, shuffled)]

    first, second = (f.sort_values(["local_id", "date"], ignore_index=True) for f in made)
    pd.testing.assert_frame_equal(first, second)


def recovery_district() -> District:
    codes = [
        CodeMapping(code="AR", status=Status.ATTENDANCE_RECOVERY, from_=SINCE),
        CodeMapping(code="C", status=Status.ABSENT_EXCUSED, from_=SINCE),
    ]
    return make_district(codes=[*make_district().codes, *codes])


def test_a_day_made_up_on_a_saturday_makes_no_mark_and_is_not_set_aside() -> None:
    judged = judge([event("101", "2026-11-14", "AR")], district=recovery_district())

    assert (statuses(judged), reasons(judged), judged.present_rows) == ({}, [], 1)


def test_an_hour_made_up_after_school_never_undoes_the_absence_of_that_day() -> None:
    rows = [event("101", code="AR"), event("101", code="U")]

    judged = judge(rows, district=recovery_district())

    assert statuses(judged) == {("101", "2026-11-20"): "absent_unexcused"}


def test_an_absence_on_a_saturday_without_school_is_still_set_aside() -> None:
    judged = judge([event("101", "2026-11-14", "U")], district=recovery_district())

    assert reasons(judged) == [(2, "no_school_that_day", "date")]


def test_a_court_appearance_is_excused_whatever_else_is_said_of_the_day() -> None:
    rows = [event("101", code="U"), event("101", code="C")]

    judged = judge(rows, district=recovery_district())

    assert statuses(judged) == {("101", "2026-11-20"): "absent_excused"}


@pytest.mark.parametrize(
    ("minutes", "day", "expected"),
    [
        ("30", "2026-11-19", "tardy"),  # exactly thirty minutes is none
        ("31", "2026-11-19", "partial_unexcused"),
        ("20", "2026-11-20", "tardy"),  # from the twentieth on the limit is twenty
        ("21", "2026-11-20", "partial_unexcused"),
        ("21", "2026-11-19", "tardy"),  # ... and the day before it is not
    ],
)
def test_minutes_are_held_against_the_law_of_their_own_day(
    minutes: str, day: str, expected: str
) -> None:
    changed = OccasionLimits(
        limits=(*LIMITS.limits, OccasionLimit(from_=date(2026, 11, 20), minutes=20))
    )

    judged = judge([event("101", day, "T", minutes=minutes)], limits=changed)

    assert statuses(judged) == {("101", day): expected}
