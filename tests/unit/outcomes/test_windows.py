"""Windows and follow-up statuses, worked out by hand on calendars that fit on a page; W = 4.

School a (Labor Day is 7 September, 9 June ends the year before; `-` is not yet submitted):
    June 8 9 | Aug 31 | Sep 1 2 3 4 | 8 9 10 11 | 14 15 -16
A letter mailed on 8 September looks back at Sep 1-4 and ahead at Sep 9, 10, 11 and 14.
"""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.domain.errors import InvariantBroken
from pact_etl.outcomes.windows import measure_windows

JUNE = ["2026-06-08", "2026-06-09"]
SEPTEMBER = ["08-31", "09-01", "09-02", "09-03", "09-04"]
SEPTEMBER += ["09-08", "09-09", "09-10", "09-11", "09-14", "09-15", "09-16"]
DAYS = [*JUNE, *(f"2026-{day}" for day in SEPTEMBER)]
SCHOOLS = {
    "a": (DAYS, ["2026-09-16"]),
    # Teaches on Labor Day and not on the Friday before.
    "b": (sorted({*DAYS, "2026-09-07"} - {"2026-09-04"}), []),
    "gap": (DAYS, ["2026-09-09"]),
    "late": (DAYS, ["2026-09-11", "2026-09-14", "2026-09-15", "2026-09-16"]),
    "silent": (DAYS, ["2026-09-10", "2026-09-11", "2026-09-14", "2026-09-15", "2026-09-16"]),
}
CALENDAR = pd.DataFrame(
    [
        {"school_id": school, "date": date.fromisoformat(day), "is_submitted": day not in missing}
        for school, (days, missing) in SCHOOLS.items()
        for day in days
    ]
)
Enrolled = list[tuple[str, str, str | None]]
ALWAYS: Enrolled = [("a", "2020-08-01", None)]
FULL, EXCUSED, HALF = (1.0, 1.0), (0.0, 1.0), (0.5, 1.0)


def follow(
    mailed: str = "2026-09-08",
    enrolled: Enrolled = ALWAYS,
    absent: dict[tuple[str, str], tuple[float, float]] | None = None,
    *,
    is_void: bool = False,
    window: int = 4,
) -> dict[str, Any]:
    """The one row of one letter to one student."""
    letters = pd.DataFrame(
        {"letter_id": ["L"], "student_ref": ["S"], "mailed_on": [mailed], "is_void": [is_void]}
    )
    enrollments = pd.DataFrame(
        [("S", *span) for span in enrolled],
        columns=["student_ref", "school_id", "entry_date", "exit_date"],
    )
    absences = pd.DataFrame(
        [("S", school, day, *shares) for (school, day), shares in (absent or {}).items()],
        columns=["student_ref", "school_id", "date", "unexcused", "absent"],
    )
    return dict(measure_windows(letters, CALENDAR, enrollments, absences, [window]).iloc[0])


def sums(row: dict[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    names = ("enrolled_days", "unexcused_days", "absent_days")
    pre, post = (tuple(row[f"{side}_{name}"] for name in names) for side in ("pre", "post"))
    return pre, post


def test_the_mailing_day_and_days_beyond_the_window_do_not_count() -> None:
    row = follow(
        absent={
            ("a", "2026-08-31"): FULL,  # k = -5
            ("a", "2026-09-01"): FULL,  # k = -4
            ("a", "2026-09-08"): FULL,  # k = 0
            ("a", "2026-09-10"): EXCUSED,  # k = 2
            ("a", "2026-09-15"): FULL,  # k = 5
        }
    )

    assert row["status"] == "complete"
    assert sums(row) == ((4, 1, 1), (4, 0, 1))
    assert row["pre_unexcused_rate"] == 25
    assert row["pre_attendance_rate"] == 75
    assert row["post_unexcused_rate"] == 0
    assert row["post_attendance_rate"] == 75


def test_a_letter_mailed_on_a_holiday_starts_counting_the_next_school_day() -> None:
    row = follow("2026-09-07", absent={("a", "2026-09-08"): FULL, ("a", "2026-09-04"): FULL})

    assert row["status"] == "complete"
    assert sums(row) == ((4, 1, 1), (4, 1, 1))


def test_each_school_has_its_own_calendar() -> None:
    # School b teaches on Sep 7 and not on Sep 4, so its four days before are Sep 1, 2, 3 and 7.
    row = follow(
        enrolled=[("b", "2020-08-01", None)],
        absent={("b", "2026-09-07"): FULL, ("b", "2026-09-01"): FULL, ("b", "2026-08-31"): FULL},
    )

    assert sums(row) == ((4, 2, 2), (4, 0, 0))


def test_a_letter_whose_window_is_not_yet_submitted_is_immature_and_has_no_rate() -> None:
    # After Sep 10 come 11, 14, 15 and the unsubmitted 16.
    row = follow("2026-09-10")

    assert row["status"] == "immature"
    assert sums(row) == ((4, 0, 0), (3, 0, 0))
    assert pd.isna(row["post_unexcused_rate"])
    assert pd.isna(row["pre_attendance_rate"])


def test_a_window_that_the_school_year_cannot_hold_is_truncated() -> None:
    row = follow("2026-09-11")

    assert row["status"] == "truncated"
    assert pd.isna(row["post_unexcused_rate"])


def test_the_same_letter_can_be_complete_in_a_smaller_window() -> None:
    row = follow("2026-09-11", window=2)

    assert row["status"] == "complete"
    assert sums(row) == ((2, 0, 0), (2, 0, 0))


def test_a_year_that_has_only_just_begun_is_truncated_too() -> None:
    assert follow("2026-09-01")["status"] == "truncated"


def test_a_window_never_reaches_into_the_school_year_before() -> None:
    # Two days of this year lie before Sep 2: half of W. June's absences are another year's.
    row = follow("2026-09-02", absent={("a", "2026-06-08"): FULL, ("a", "2026-06-09"): FULL})

    assert row["status"] == "complete"
    assert sums(row) == ((2, 0, 0), (4, 0, 0))


def test_a_student_who_leaves_after_a_quarter_of_the_window_is_short() -> None:
    row = follow(enrolled=[("a", "2020-08-01", "2026-09-09")])

    assert row["status"] == "short"
    assert sums(row) == ((4, 0, 0), (1, 0, 0))


def test_a_student_who_stays_for_half_of_the_window_is_complete() -> None:
    row = follow(enrolled=[("a", "2020-08-01", "2026-09-10")], absent={("a", "2026-09-10"): FULL})

    assert row["status"] == "complete"
    assert sums(row) == ((4, 0, 0), (2, 1, 1))
    assert row["post_unexcused_rate"] == 50


def test_a_student_who_came_just_before_the_letter_is_short() -> None:
    row = follow(enrolled=[("a", "2026-09-04", None)])

    assert row["status"] == "short"
    assert sums(row) == ((1, 0, 0), (4, 0, 0))


def test_a_void_letter_keeps_its_sums_and_has_no_rates() -> None:
    row = follow(absent={("a", "2026-09-09"): FULL}, is_void=True)

    assert row["status"] == "void"
    assert sums(row) == ((4, 0, 0), (4, 1, 1))
    assert pd.isna(row["post_unexcused_rate"])


def test_a_transfer_is_followed_into_the_next_school() -> None:
    row = follow(
        enrolled=[("a", "2020-08-01", "2026-09-09"), ("b", "2026-09-10", None)],
        absent={
            ("b", "2026-09-11"): FULL,
            ("a", "2026-09-14"): FULL,  # no longer enrolled there: does not count
        },
    )

    assert row["status"] == "complete"
    assert sums(row) == ((4, 0, 0), (4, 1, 1))


def test_a_day_in_two_schools_is_one_day_and_the_newer_enrollment_speaks_for_it() -> None:
    row = follow(
        enrolled=[("a", "2020-08-01", None), ("b", "2026-09-10", None)],
        absent={("a", "2026-09-11"): FULL, ("b", "2026-09-14"): EXCUSED},
    )

    assert row["status"] == "complete"
    assert sums(row) == ((4, 0, 0), (4, 0, 1))


def test_a_share_of_a_day_stays_a_share() -> None:
    row = follow(absent={("a", "2026-09-09"): HALF})

    assert sums(row) == ((4, 0, 0), (4, 0.5, 1))
    assert row["post_unexcused_rate"] == 12.5


def test_a_day_that_was_never_submitted_is_missing_and_not_present() -> None:
    # Sep 9 is a gap; five later days are submitted, so the window has had its time.
    row = follow(enrolled=[("gap", "2020-08-01", None)])

    assert row["status"] == "complete"
    assert sums(row) == ((4, 0, 0), (3, 0, 0))


def test_a_letter_waits_for_the_school_that_the_student_moved_to() -> None:
    row = follow(enrolled=[("a", "2020-08-01", "2026-09-09"), ("late", "2026-09-10", None)])

    assert row["status"] == "immature"


def test_a_letter_does_not_wait_for_a_school_that_the_student_has_left() -> None:
    # "silent" has submitted through Sep 9, which is all that the student still had there.
    row = follow(enrolled=[("silent", "2020-08-01", "2026-09-09"), ("b", "2026-09-10", None)])

    assert row["status"] == "complete"
    assert sums(row) == ((4, 0, 0), (4, 0, 0))


def test_a_student_in_no_school_is_short_with_no_days() -> None:
    row = follow(enrolled=[("a", "2019-08-01", "2020-06-01")])

    assert row["status"] == "short"
    assert sums(row) == ((0, 0, 0), (0, 0, 0))
    assert pd.isna(row["post_unexcused_rate"])


def test_a_student_who_left_before_mailing_is_short_once_the_window_is_over() -> None:
    row = follow(enrolled=[("a", "2020-08-01", "2026-09-04")])

    assert row["status"] == "short"
    assert sums(row) == ((4, 0, 0), (0, 0, 0))


def test_a_row_that_is_there_twice_is_refused_without_naming_anyone() -> None:
    twice = pd.DataFrame(
        {
            "letter_id": ["L", "L"],
            "student_ref": ["canary", "canary"],
            "mailed_on": ["2026-09-08"] * 2,
            "is_void": [False] * 2,
        }
    )
    none = pd.DataFrame(columns=["student_ref", "school_id", "date", "unexcused", "absent"])

    with pytest.raises(InvariantBroken, match="1 letters are there twice") as caught:
        measure_windows(twice, CALENDAR, none, none)
    assert "canary" not in str(caught.value)


def test_no_letters_give_no_rows() -> None:
    letters = pd.DataFrame(columns=["letter_id", "student_ref", "mailed_on", "is_void"])
    enrollments = pd.DataFrame(columns=["student_ref", "school_id", "entry_date", "exit_date"])
    absences = pd.DataFrame(columns=["student_ref", "school_id", "date", "unexcused", "absent"])

    assert measure_windows(letters, CALENDAR, enrollments, absences).empty


FIRST = date(2026, 8, 24)
DATES = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
SPAN = st.tuples(
    st.sampled_from("xyz"), DATES, st.none() | DATES, st.integers(0, 2)
)  # school, entry, exit, student


def brute_force(
    letter: Any, calendar: pd.DataFrame, spans: list[Any], absent: dict[Any, Any], window: int
) -> dict[str, float]:
    """The definition, one day at a time."""
    chosen: dict[date, tuple[Any, int]] = {}
    for school, entry, leaving, student in spans:
        if student != letter.student_ref:
            continue
        days = sorted(calendar.loc[calendar["school_id"] == school, "date"])
        for day in days:
            later = [d for d in days if letter.mailed_on < d <= day]
            earlier = [d for d in days if day <= d < letter.mailed_on]
            k = len(later) - len(earlier)
            row = calendar[(calendar["school_id"] == school) & (calendar["date"] == day)]
            enrolled = entry <= day and (leaving is None or day <= leaving)
            if k and abs(k) <= window and enrolled and row["is_submitted"].item():
                previous = chosen.get(day)
                if previous is None or (previous[0][1], previous[0][0]) < (entry, school):
                    chosen[day] = ((school, entry), k)
    totals = dict.fromkeys(
        [f"{s}_{d}_days" for s in ("pre", "post") for d in ("enrolled", "unexcused", "absent")], 0.0
    )
    for day, ((school, _), k) in chosen.items():
        side = "pre" if k < 0 else "post"
        unexcused, missed = absent.get((letter.student_ref, school, day), (0.0, 0.0))
        totals[f"{side}_enrolled_days"] += 1
        totals[f"{side}_unexcused_days"] += unexcused
        totals[f"{side}_absent_days"] += missed
    return totals


@settings(max_examples=60, deadline=None)
@given(
    days=st.dictionaries(
        st.tuples(st.sampled_from("xyz"), DATES), st.booleans(), min_size=1, max_size=70
    ),
    spans=st.lists(SPAN, max_size=6, unique_by=lambda span: (span[0], span[1], span[3])),
    mailed=st.lists(DATES, min_size=1, max_size=3),
    absent=st.dictionaries(
        st.tuples(st.integers(0, 2), st.sampled_from("xyz"), DATES),
        st.sampled_from([FULL, EXCUSED, HALF]),
        max_size=30,
    ),
    window=st.integers(1, 12),
)
def test_the_windows_equal_a_count_one_day_at_a_time(
    days: dict[Any, bool], spans: list[Any], mailed: list[date], absent: Any, window: int
) -> None:
    calendar = pd.DataFrame(
        [{"school_id": s, "date": d, "is_submitted": known} for (s, d), known in days.items()]
    )
    letters = pd.DataFrame(
        [
            {"letter_id": f"L{n}", "student_ref": n % 3, "mailed_on": day, "is_void": False}
            for n, day in enumerate(mailed)
        ]
    )
    enrollments = pd.DataFrame(
        [
            {"student_ref": n, "school_id": school, "entry_date": entry, "exit_date": leaving}
            for school, entry, leaving, n in spans
        ],
        columns=["student_ref", "school_id", "entry_date", "exit_date"],
    ).astype({"student_ref": "int64"})
    absences = pd.DataFrame(
        [(*key, *shares) for key, shares in absent.items()],
        columns=["student_ref", "school_id", "date", "unexcused", "absent"],
    ).astype({"student_ref": "int64", "unexcused": float, "absent": float})

    measured = measure_windows(letters, calendar, enrollments, absences, [window])
    shuffled = measure_windows(
        letters.sample(frac=1, random_state=1),
        calendar.sample(frac=1, random_state=2),
        enrollments.sample(frac=1, random_state=3),
        absences.sample(frac=1, random_state=4),
        [window],
    )

    pd.testing.assert_frame_equal(measured, shuffled)
    for letter, row in zip(letters.itertuples(), measured.to_dict("records"), strict=True):
        expected = brute_force(letter, calendar, spans, absent, window)
        assert {name: row[name] for name in expected} == expected
