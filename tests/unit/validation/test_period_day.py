"""The written rule for period rows, case by case, and against a slow reading of it."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.domain.attendance import Status, settle
from pact_etl.domain.district import Form
from pact_etl.validation.canonical_day import canonical_marks
from pact_etl.validation.code_map import RANK
from pact_etl.validation.period_day import DAY_MINUTES
from pact_etl.validation.student_days import gather
from tests.policies import LIMITS
from tests.small_district import CODES

PERIODS = {"1": ("elementary", 1), "2": ("elementary", 2), "6": ("high", 6)}
SCHOOLS = pd.DataFrame(
    {
        "school_code": list(PERIODS),
        "level": [level for level, _ in PERIODS.values()],
        "periods_per_day": [count for _, count in PERIODS.values()],
    }
)


def status_of(rows, school="6"):
    """The status of one student's day; rows are (period, code, minutes)."""
    frame = pd.DataFrame(rows, columns=["period", "code", "minutes"])
    frame = frame.assign(local_id="7", school_code=school, row=range(2, len(rows) + 2))
    frame["date"] = pd.Timestamp("2026-11-20")
    frame["minutes"] = frame["minutes"].astype("Int64")
    frame["rank"] = np.array([RANK[CODES[c]] for c in frame["code"]], dtype=np.int8)
    made = canonical_marks(frame, gather(frame), Form.PERIODS, SCHOOLS, LIMITS).frame
    return made["status"].iloc[0] if len(made) else "present"


def day(text, minutes=None):
    """Six periods in a word: `UUUEEE`; a dot is a period without a row."""
    return [(str(n), code, minutes) for n, code in enumerate(text, start=1) if code != "."]


@pytest.mark.parametrize(
    ("periods", "status"),
    [
        ("UUUUUU", "absent_unexcused"),
        ("EEEEEE", "absent_excused"),
        ("NNNNNN", "absent_unverified"),
        ("SSSSSS", "suspended_out"),
        ("IIIIII", "suspended_in"),
        ("UUUEEE", "absent_mixed"),
        ("UNNNNN", "absent_mixed"),
        ("EEEENN", "absent_unverified"),
        ("EEESSS", "absent_excused"),
        ("UUUUU.", "partial_unexcused"),
        ("U.....", "partial_unexcused"),
        ("UEEEE.", "partial_unexcused"),
        ("E.....", "partial_excused"),
        ("NNNNN.", "partial_excused"),
        ("SSS...", "partial_excused"),
        ("SSSIII", "partial_excused"),
        ("UUUUUI", "partial_unexcused"),
        ("T.....", "tardy"),
        ("TE....", "partial_excused"),
        ("TTTTTT", "tardy"),
        ("L.....", "partial_unexcused"),
        ("X.....", "partial_excused"),
        ("I.....", "suspended_in"),
        ("P.....", "present"),
        ("PPPPPU", "partial_unexcused"),
    ],
)
def test_six_periods_become_one_day(periods, status):
    assert status_of(day(periods)) == status


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([("1", "T", 30)], "tardy"),
        ([("1", "T", 31)], "partial_unexcused"),
        ([("1", "T", 20), ("2", "T", 20)], "tardy"),
        ([("1", "U", 20)], "tardy"),
        ([("1", "U", 20), ("2", "U", 20)], "partial_unexcused"),
        ([("1", "U", 0)], "partial_unexcused"),
        ([("1", "L", 20)], "tardy"),
    ],
)
def test_minutes_decide_between_tardy_and_an_occasion(rows, status):
    assert status_of(rows) == status


def test_a_few_unexcused_minutes_of_a_day_otherwise_excused_leave_it_excused():
    rows = [("1", "U", 20), *[(str(n), "E", None) for n in range(2, 7)]]

    assert status_of(rows) == "absent_excused"


def test_two_statements_about_one_period_are_settled_first():
    rows = [*day("UUUUUU"), ("3", "E", None)]

    assert status_of(rows) == "absent_mixed"


def test_a_zero_period_never_makes_a_day_whole():
    rows = [("0", "U", None), *day("UUUUU.")]

    assert status_of(rows) == "partial_unexcused"
    assert status_of([("0", "U", None), *day("UUUUUU")]) == "absent_unexcused"


def test_lettered_periods_are_counted():
    rows = [(letter, "U", None) for letter in "ABCDEF"]

    assert status_of(rows) == "absent_unexcused"
    assert status_of(rows[:5]) == "partial_unexcused"


@pytest.mark.parametrize(("school", "rows"), [("1", [("1", "U", None)]), ("2", day("UU"))])
def test_a_school_with_few_periods_has_few_to_miss(school, rows):
    assert status_of(rows, school) == "absent_unexcused"


MISSED = {
    Status.ABSENT_UNEXCUSED,
    Status.ABSENT_UNVERIFIED,
    Status.ABSENT_EXCUSED,
    Status.SUSPENDED_OUT,
}


def slow(rows, school):  # noqa: C901 - the rule in one piece is the point
    """The written rule, read word by word."""
    level, count = PERIODS[school]
    length = DAY_MINUTES[level] // count
    said = defaultdict(list)
    for period, code, minutes in rows:
        status = CODES[code]
        if status is Status.TARDY and (minutes or 0) > 30:
            status = Status.PARTIAL_UNEXCUSED
        elif status is Status.PARTIAL_UNEXCUSED and minutes is not None and minutes <= 30:
            status = Status.TARDY
        said[period].append((status, minutes))
    periods = {}
    for period, entries in said.items():
        status = settle(frozenset(s for s, _ in entries))
        stated = [m for s, m in entries if s is status and m is not None]
        periods[period] = (status, max(stated, default=None))
    missed = {p: s for p, (s, _) in periods.items() if s in MISSED}
    inside = [p for p in missed if not p.isdigit() or 1 <= int(p) <= count]
    unexcused = [p for p, s in missed.items() if s is Status.ABSENT_UNEXCUSED]
    minutes = sum(periods[p][1] or length for p in unexcused)
    if len(inside) >= count:
        if all(missed[p] is Status.ABSENT_UNEXCUSED for p in inside):
            return Status.ABSENT_UNEXCUSED
        if unexcused and minutes > 30:
            return Status.ABSENT_MIXED
        if Status.ABSENT_UNVERIFIED in missed.values():
            return Status.ABSENT_UNVERIFIED
        return settle(frozenset(s for s in missed.values() if s is not Status.ABSENT_UNEXCUSED))
    late = [
        (m or 31) if s is Status.PARTIAL_UNEXCUSED else (m or 0)
        for s, m in periods.values()
        if s in {Status.TARDY, Status.PARTIAL_UNEXCUSED}
    ]
    if max([minutes, *late]) > 30:
        return Status.PARTIAL_UNEXCUSED
    statuses = {s for s, _ in periods.values()}
    if statuses & {*MISSED - {Status.ABSENT_UNEXCUSED}, Status.PARTIAL_EXCUSED}:
        return Status.PARTIAL_EXCUSED
    if statuses & {Status.ABSENT_UNEXCUSED, Status.TARDY, Status.PARTIAL_UNEXCUSED}:
        return Status.TARDY
    return settle(frozenset(statuses))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["0", "1", "2", "3", "4", "5", "6", "A"]),
            st.sampled_from(sorted(CODES)),
            st.none() | st.integers(0, 60),
        ),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from(sorted(PERIODS)),
)
def test_all_days_at_once_agree_with_the_rule_read_word_by_word(rows, school):
    assert status_of(rows, school) == slow(rows, school).value
