"""Attendance on a day that is off for the student's own track is no school that day, and only that."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.validation import Reference
from pact_etl.validation.student_days import gather
from pact_etl.validation.tracks import taught_to
from tests.small_district import enrollment, event, judge, reasons, student, weekdays

DAY, OTHER_DAY = "2026-11-18", "2026-11-19"


def tracked(track: str, day: str, instructional: str) -> dict[str, str]:
    return {"school_code": "3400001", "track": track, "date": day, "instructional": instructional}


ROSTER = {
    "students": [student("101"), student("102")],
    "enrollments": [enrollment("101", track="A"), enrollment("102", track="B")],
}


def test_a_day_off_for_the_track_is_no_school_for_its_students_alone():
    calendar = [*weekdays(), tracked("B", DAY, "N")]

    found = judge([event("101", DAY), event("102", DAY)], calendar=calendar, **ROSTER)

    assert reasons(found) == [(3, "no_school_that_day", "date")]


def test_a_day_on_for_the_track_is_school_where_the_common_calendar_has_none():
    saturday = "2026-11-14"
    calendar = [*weekdays(), tracked("A", saturday, "Y")]

    found = judge([event("101", saturday), event("102", saturday)], calendar=calendar, **ROSTER)

    assert reasons(found) == [(3, "no_school_that_day", "date")]


def test_of_two_enrollments_the_later_ones_track_counts_from_its_entry():
    enrollments = [
        enrollment("101", track="B"),
        enrollment("101", entry_date=OTHER_DAY, track="A"),
    ]
    calendar = [*weekdays(), tracked("B", DAY, "N"), tracked("B", OTHER_DAY, "N")]

    found = judge(
        [event("101", DAY), event("101", OTHER_DAY)],
        calendar=calendar,
        students=[student("101")],
        enrollments=enrollments,
    )

    assert reasons(found) == [(2, "no_school_that_day", "date")]


def test_what_the_record_knows_of_tracks_holds_on_a_night_that_brings_attendance_alone():
    first = judge(calendar=[*weekdays(), tracked("B", DAY, "N")], **ROSTER)
    known = Reference(
        schools=first.schools,
        students=first.students,
        enrollments=first.enrollments,
        calendar=first.calendar,
    )
    nothing = dict.fromkeys(("schools", "students", "enrollments", "guardians", "calendar"), ())

    found = judge([event("101", DAY), event("102", DAY)], reference=known, **nothing)

    assert reasons(found) == [(3, "no_school_that_day", "date")]


def test_the_same_date_of_two_tracks_is_no_repeat():
    found = judge(calendar=[*weekdays(), tracked("A", DAY, "N"), tracked("B", DAY, "N")])

    assert reasons(found, "calendar") == []


FIRST = date(2026, 11, 2)
TRACKS = ("", "A", "B")
spans = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(0, 8), st.sampled_from(TRACKS)),
    max_size=6,
    unique_by=lambda one: (one[0], one[1]),
)
days_stated = st.dictionaries(
    st.tuples(st.sampled_from(TRACKS), st.integers(0, 9)), st.booleans(), max_size=20
)


@given(spans, days_stated)
def test_every_day_is_judged_as_a_loop_judges_it(enrolled, stated):
    def stamp(n):
        return pd.Timestamp(FIRST + timedelta(days=n))

    enrollments = pd.DataFrame(
        [
            (f"S{s}", "1", stamp(entry), stamp(entry + length), track)
            for s, entry, length, track in enrolled
        ],
        columns=["local_id", "school_code", "entry_date", "exit_date", "track"],
    ).astype(
        {"local_id": "str", "school_code": "str", "track": "str"}
        | {"entry_date": "datetime64[s]", "exit_date": "datetime64[s]"}
    )
    calendar = pd.DataFrame(
        [("1", track, stamp(n), taught) for (track, n), taught in stated.items()],
        columns=["school_code", "track", "date", "instructional"],
    ).astype(
        {"school_code": "str", "track": "str", "date": "datetime64[s]", "instructional": "bool"}
    )
    asked = [(f"S{s}", "1", stamp(n)) for s in range(3) for n in range(10)]
    days = gather(
        pd.DataFrame(asked, columns=["local_id", "school_code", "date"]).astype(
            {"date": "datetime64[s]"}
        )
    )

    found = taught_to(days, calendar, enrollments)

    for place, (student_at, day) in enumerate(zip(days.student, days.dates(), strict=True)):
        who, n = int(days.students[student_at][1:]), (day.date() - FIRST).days
        here = [(e, t) for s, e, length, t in enrolled if s == who and e <= n <= e + length]
        track = max(here)[1] if here else ""
        expected = stated.get((track, n), stated.get(("", n), False))
        assert found[place] == expected
