"""Absences follow a student through the schools of a district; across districts they are shown and never pooled.

Elsewhere a rate began anew with each change of school, so that the students who move most were never noticed.
"""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.school_year import school_year_of
from pact_etl.store.tallies import count_tonight, recount_due
from tests.factories import FIRST_DAY, district, marks, record_submission, roster, weekdays
from tests.policies import POLICY

pytestmark = pytest.mark.integration

DAYS = weekdays(FIRST_DAY, date(2026, 10, 30))
MOVED, TONIGHT = DAYS[24], DAYS[49]
BEFORE, AFTER = [DAYS[3], DAYS[4]], [DAYS[30], DAYS[31], DAYS[32]]
UNEXCUSED = "absent_unexcused"


def at_school(frames: dict[str, pd.DataFrame], school: str) -> dict[str, pd.DataFrame]:
    return {
        name: frame.assign(school_code=school) if "school_code" in frame.columns else frame
        for name, frame in frames.items()
    }


def tonight(engine: Engine) -> set[tuple[str, int, int]]:
    """District, unexcused days and enrolled days of every tally."""
    year = school_year_of(TONIGHT)
    with engine.begin() as connection:
        recount_due(connection, year, TONIGHT, POLICY)
        count_tonight(connection, year, TONIGHT, POLICY)
        rows = connection.execute(
            text(
                "SELECT d.slug, t.unexcused_days, t.enrolled_days"
                " FROM tonight t JOIN district d ON d.id = t.district_id"
            )
        )
        return {(row.slug, row.unexcused_days, row.enrolled_days) for row in rows}


def missed(days: list[date]) -> dict[str, pd.DataFrame]:
    return {"marks": marks({"01": dict.fromkeys(days, UNEXCUSED)})}


@pytest.mark.parametrize(
    "says_the_exit", [True, False], ids=["exit told", "exit still missing: the later entry rules"]
)
def test_a_change_of_school_within_a_district_resets_nothing(
    store: Engine, says_the_exit: bool
) -> None:
    exits = {"01": DAYS[23]} if says_the_exit else None
    first = roster(["01"], exits=exits) | missed(BEFORE)
    second = roster(["01"], entry=MOVED) | missed(AFTER)
    record_submission(store, TONIGHT, at_school(first, "0000001"), covers_days=90)
    record_submission(
        store, TONIGHT, at_school(second, "0000002"), covers_days=90, silent_schools=["0000001"]
    )

    assert tonight(store) == {("oak-grove", len(BEFORE) + len(AFTER), 50)}


def test_two_districts_count_one_student_apart(store: Engine) -> None:
    ssid = {"01": "1000000001"}
    first = roster(["01"], exits={"01": DAYS[23]}, ssids=ssid) | missed(BEFORE)
    second = roster(["01"], entry=MOVED, ssids=ssid) | missed(AFTER)
    elm = district("elm-creek", cd_code="3488888")
    record_submission(store, TONIGHT, first, covers_days=90)
    record_submission(store, TONIGHT, second, covers_days=90, of=elm)

    with store.connect() as connection:
        students = connection.execute(text("SELECT count(*) FROM student")).scalar_one()
    assert students == 1
    assert tonight(store) == {("oak-grove", len(BEFORE), 24), ("elm-creek", len(AFTER), 26)}


def test_two_schools_on_one_day_count_the_day_once(store: Engine) -> None:
    days = [MOVED]
    first = roster(["01"]) | missed(days)
    second = roster(["01"], entry=MOVED) | missed(days)
    record_submission(store, TONIGHT, at_school(first, "0000001"), covers_days=90)
    record_submission(
        store, TONIGHT, at_school(second, "0000002"), covers_days=90, silent_schools=["0000001"]
    )

    assert tonight(store) == {("oak-grove", 1, 50)}
