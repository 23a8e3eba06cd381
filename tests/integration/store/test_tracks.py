"""A student's denominator and absences follow the calendar of the student's own track, however it became known."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.explanation import account
from pact_etl.domain.school_year import school_year_of
from pact_etl.store.facts import ATTENDANCE, CALENDAR, read_facts
from pact_etl.store.history import history
from pact_etl.store.staging import known_roster
from pact_etl.store.tallies import count_tonight, recount_due
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays
from tests.policies import POLICY

pytestmark = pytest.mark.integration

DAYS = weekdays(FIRST_DAY, date(2026, 10, 30))
TONIGHT = DAYS[49]
YEAR = school_year_of(TONIGHT)
OFF = DAYS[10:25]  # track B is on vacation
MISSED = [DAYS[3], DAYS[12], DAYS[30]]
UNEXCUSED = "absent_unexcused"


def calendar(**tracks: list[tuple[date, bool]]) -> pd.DataFrame:
    rows = [
        {"school_code": "0000001", "track": "" if t == "common" else t}
        | {"date": pd.Timestamp(day), "instructional": taught}
        for t, days in tracks.items()
        for day, taught in days
    ]
    return pd.DataFrame(rows)


def on_tracks(frames: dict[str, pd.DataFrame], *tracks: str) -> dict[str, pd.DataFrame]:
    return frames | {"enrollments": frames["enrollments"].assign(track=list(tracks))}


def night(*tracks: str, **calendars: list[tuple[date, bool]]) -> dict[str, pd.DataFrame]:
    """Students 01, 02 ... on these tracks, each absent on the same days."""
    ids = [f"{n + 1:02d}" for n in range(len(tracks))]
    frames = on_tracks(roster(ids), *tracks)
    frames["marks"] = marks({i: dict.fromkeys(MISSED, UNEXCUSED) for i in ids})
    common = calendars.pop("common", [(day, True) for day in weekdays(FIRST_DAY, DAYS[-1])])
    return frames | {"calendar": calendar(common=common, **calendars)}


def counted(engine: Engine, as_of: date = TONIGHT) -> list[tuple[int, int]]:
    """Unexcused and enrolled days by student."""
    with engine.begin() as connection:
        recount_due(connection, YEAR, as_of, POLICY)
        count_tonight(connection, YEAR, as_of, POLICY)
        rows = connection.execute(
            text(
                "SELECT t.unexcused_days, t.enrolled_days FROM tonight t"
                " JOIN student_record r USING (student_id) ORDER BY r.local_id"
            )
        )
        return [tuple(row) for row in rows]


VACATION = [(day, False) for day in OFF]


def test_days_are_those_of_the_students_own_track(store: Engine) -> None:
    record_submission(store, TONIGHT, night("", "A", "B", B=VACATION), covers_days=90)

    assert counted(store) == [(3, 50), (3, 50), (2, 35)]


def test_a_track_that_states_only_its_differences_follows_the_common_calendar_later(
    store: Engine,
) -> None:
    record_submission(store, DAYS[48], night("", "B", B=VACATION), covers_days=90)
    storm = {"calendar": calendar(common=[(DAYS[30], False), (DAYS[11], False)])}
    record_submission(store, TONIGHT, storm, covers_days=1)

    assert counted(store) == [(2, 48), (1, 34)]


def test_a_day_that_a_track_states_itself_stands_against_the_common_calendar(
    store: Engine,
) -> None:
    holiday = DAYS[20]
    common = [(day, day != holiday) for day in weekdays(FIRST_DAY, DAYS[-1])]
    first = night("", "B", common=common, B=[(holiday, True)])
    record_submission(store, DAYS[48], first, covers_days=90)
    again = {"calendar": calendar(common=[(holiday, False)])}
    record_submission(store, TONIGHT, again, covers_days=1)

    assert counted(store) == [(3, 49), (3, 50)]


def test_a_calendar_that_comes_after_its_students_counts_for_them_at_once(store: Engine) -> None:
    record_submission(store, DAYS[48], night("", "B"), covers_days=90)
    assert counted(store, DAYS[48]) == [(3, 49), (3, 49)]

    record_submission(store, TONIGHT, {"calendar": calendar(B=VACATION)}, covers_days=1)

    assert counted(store) == [(3, 50), (2, 35)]


def test_a_change_of_track_is_a_correction_of_the_enrollment(store: Engine) -> None:
    record_submission(store, DAYS[48], night("A", "B", B=VACATION), covers_days=90)
    moved = on_tracks(roster(["01"]), "B")["enrollments"]
    record_submission(store, TONIGHT, {"enrollments": moved}, covers_days=1)

    assert counted(store) == [(2, 35), (2, 35)]
    with store.connect() as connection:
        versions = connection.execute(
            text("SELECT track, recorded_to IS NULL FROM enrollment ORDER BY id")
        )
        assert [tuple(row) for row in versions] == [("A", False), ("B", True), ("B", True)]


def test_sending_the_same_again_changes_nothing(store: Engine) -> None:
    for night_of in (DAYS[48], TONIGHT):
        number = record_submission(store, night_of, night("B", B=VACATION), covers_days=90)

    with store.connect() as connection:
        books = connection.execute(
            text(
                "SELECT table_name, recorded FROM submission_count WHERE submission_id = :s"
                " AND table_name IN ('calendar', 'enrollments') ORDER BY 1"
            ),
            {"s": number},
        )
        assert [tuple(row) for row in books] == [("calendar", 0), ("enrollments", 0)]


def test_an_explanation_counts_as_the_finding_does(store: Engine) -> None:
    record_submission(store, TONIGHT, night("", "B", B=VACATION), covers_days=90)

    with store.connect() as connection:
        second = connection.execute(
            text("SELECT student_id FROM student_record WHERE local_id = '02'")
        ).scalar_one()
        told = history(connection, second, TONIGHT, YEAR).records["oak-grove"]
    accounted = account(told, POLICY)
    assert accounted.tally.enrolled_days == 35
    assert [mark.day for mark in accounted.counted] == [MISSED[0], MISSED[2]]
    taught = {mark.day: mark.is_instructional for mark in told.marks}
    assert taught == {MISSED[0]: True, MISSED[1]: False, MISSED[2]: True}


def test_a_school_day_has_those_enrolled_whose_track_is_in_session(store: Engine) -> None:
    record_submission(store, TONIGHT, night("", "A", "B", B=VACATION), covers_days=90)

    with store.connect() as connection:
        span = {"first": YEAR.first, "last": YEAR.last}
        facts = read_facts(connection, ATTENDANCE, slug="oak-grove", **span)
        days = read_facts(connection, CALENDAR, **span)
    enrolled = facts.set_index("date")["enrolled"]
    assert enrolled[pd.Timestamp(OFF[0])] == 2
    assert enrolled[pd.Timestamp(DAYS[0])] == 3
    assert not days.duplicated(["school_id", "date"]).any()
    assert len(days[days["is_submitted"]]) == 50


def test_validation_hears_only_what_a_track_states_itself(store: Engine) -> None:
    record_submission(store, TONIGHT, night("B", B=VACATION), covers_days=90)

    with store.connect() as connection:
        known = known_roster(connection, "oak-grove", YEAR.first, (DAYS[0], TONIGHT))
    assert len(known.calendar[known.calendar["track"] == "B"]) == len(VACATION)
    assert list(known.enrollments["track"]) == ["B"]
