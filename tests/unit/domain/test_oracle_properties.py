"""What must hold of any count of days, tried on the plain loop that the database is held against."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracle.histories import STATUSES
from tests.oracle.plain_loop import Count, History, Reading, Stay, count_days, lines_over

FIRST, LAST = date(2026, 7, 1), date(2026, 11, 20)
WEEKDAYS = [date(2026, 8, 10) + timedelta(days=n) for n in range(103)]
CALENDAR = {"A": {day for day in WEEKDAYS if day.weekday() < 5}}
COUNTED_AGAINST_A_CHILD = {"truant", "chronic_truant_candidate"}

histories = st.builds(
    History,
    born=st.dates(date(2007, 1, 1), date(2021, 12, 31)),
    stays=st.builds(
        lambda first, last: [Stay(school="A", first=first, last=last, calendar="A")],
        st.dates(date(2025, 8, 1), date(2026, 11, 1)),
        st.none() | st.dates(date(2026, 8, 1), date(2027, 1, 1)),
    ),
    marks=st.dictionaries(
        st.tuples(st.just("A"), st.sampled_from(WEEKDAYS)), st.sampled_from(STATUSES), max_size=40
    ),
)
readings = st.builds(
    Reading,
    partial_absences_in_u=st.booleans(),
    incomplete_study_in_u=st.booleans(),
    weekend_classes_count=st.booleans(),
    clearing_days=st.integers(0, 5),
)


def count(history: History, reading: Reading) -> Count:
    return count_days(history, CALENDAR, FIRST, LAST, reading)


@given(histories, readings, st.sampled_from(WEEKDAYS))
def test_an_excused_day_more_never_makes_a_truant_or_a_case(
    history: History, reading: Reading, day: date
) -> None:
    assume(history.marks.get(("A", day)) != "exempt")  # that would make a schoolday more
    excused = replace(history, marks=dict(history.marks) | {("A", day): "absent_excused"})

    after = lines_over(count(excused, reading)) & COUNTED_AGAINST_A_CHILD

    assert after <= lines_over(count(history, reading))


@given(histories, readings, st.sampled_from(WEEKDAYS))
def test_a_stay_cut_in_two_changes_nothing(history: History, reading: Reading, day: date) -> None:
    (stay,) = history.stays
    assume(stay.first < day and (stay.last is None or day <= stay.last))
    halves = [replace(stay, last=day - timedelta(days=1)), replace(stay, first=day)]

    assert count(replace(history, stays=halves), reading) == count(history, reading)


@given(histories, readings)
def test_no_count_exceeds_the_schooldays(history: History, reading: Reading) -> None:
    counted = count(history, reading)

    assert counted.unexcused <= counted.occasions <= counted.enrolled
    assert counted.absent <= counted.enrolled <= len(WEEKDAYS)


@given(histories, readings, st.data())
def test_a_mark_inside_the_clearing_window_never_changes_a_finding_against_a_child(
    history: History, reading: Reading, data: st.DataObject
) -> None:
    assume(reading.clearing_days)
    taught = sorted(day for day in CALENDAR["A"] if day <= LAST)
    day = data.draw(st.sampled_from(taught[-reading.clearing_days :]))
    mark = data.draw(st.sampled_from(sorted(set(STATUSES) - {"exempt"})))  # that takes a day of D
    assume(history.marks.get(("A", day)) != "exempt")
    marked = replace(history, marks=dict(history.marks) | {("A", day): mark})
    present = replace(history, marks={k: s for k, s in history.marks.items() if k != ("A", day)})

    over = lines_over(count(marked, reading)) & COUNTED_AGAINST_A_CHILD

    assert over == lines_over(count(present, reading)) & COUNTED_AGAINST_A_CHILD


@given(histories, readings)
def test_waiting_for_excuses_never_counts_more(history: History, reading: Reading) -> None:
    waiting, at_once = count(history, reading), count(history, replace(reading, clearing_days=0))

    assert waiting.unexcused <= at_once.unexcused
    assert waiting.occasions <= at_once.occasions
    assert (waiting.absent, waiting.enrolled) == (at_once.absent, at_once.enrolled)
