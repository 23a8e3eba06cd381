"""The one real input at hand: a school year of the Ed-Fi sample district Grand Bend, with its real traps."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pact_etl.connectors.registry import connector_for
from pact_etl.districts.loader import load_district
from pact_etl.domain.attendance import ABSENT_ANY_REASON
from pact_etl.domain.school_year import school_year_of
from pact_etl.validation import Gates, Reference, validate_submission
from tests.policies import LIMITS
from tests.sources import file_sources, read_night

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT.parent / "shared" / "data" / "edfi-grandbend"
AS_OF = date(2022, 5, 27)

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the Ed-Fi sample is not at {SAMPLE}")


@pytest.fixture(scope="module")
def tables():
    district = load_district(
        ROOT / "tests/data/districts/grand-bend.yaml", ROOT / "tests/data/dialects"
    )
    connector = connector_for(district, file_sources(SAMPLE))
    return district, read_night(connector, district, AS_OF)


@pytest.fixture(scope="module")
def validated(tables):
    district, found = tables
    return validate_submission(
        district=district,
        as_of=AS_OF,
        year=school_year_of(AS_OF),
        tables=found,
        reference=Reference(),
        gates=Gates(),
        limits=LIMITS,
        suites=None,
    )


def test_everything_that_was_sent_is_in_the_books(validated):
    assert validated.received == {
        "schools": 3,
        "students": 960,
        "enrollments": 960,
        "guardians": 1872,
        "calendar": 834,
        "attendance": 1917,
    }
    assert int(validated.marks["rows"].sum()) == 1914


def test_the_three_events_on_a_sunday_are_set_aside(validated):
    aside = validated.quarantined

    assert set(aside["reason"]) == {"no_school_that_day"}
    assert aside["date"].dt.strftime("%Y-%m-%d").tolist() == ["2022-05-15"] * 3


def test_two_categories_on_one_day_are_settled_in_favour_of_the_family(validated):
    marks = validated.marks
    day = (marks["local_id"] == "604822") & (marks["date"] == pd.Timestamp("2021-12-15"))

    (mark,) = marks[day].to_dict("records")
    assert (mark["status"], mark["rows"]) == ("absent_excused", 2)
    assert mark["raw_code"] == "Excused Absence|Partial"


def test_the_shifted_calendar_is_the_one_derived_from_it(validated):
    derived = pd.read_csv(SAMPLE / "ds52/derived/calendar_2021-22.csv", dtype="str")
    taught = derived[derived["calendarEvent"] == "Instructional day"]
    ours = validated.calendar[validated.calendar["instructional"]]

    days = ours["school_code"] + ours["date"].dt.strftime("%Y-%m-%d")
    assert set(days) == set(taught["schoolId"] + taught["date"])
    assert ours.groupby("school_code").size().tolist() == [177, 177, 177]


def test_a_school_by_age_is_the_school_of_the_events_for_everybody_who_has_events(
    tables, validated
):
    """What the rule for students without events rests on: step 3 agrees with step 2 wherever both speak."""
    grades = {
        "255901001": {"09", "10", "11", "12"},
        "255901044": {"06", "07", "08"},
        "255901107": {"01", "02", "03", "04", "05"},
    }
    attendance = next(t.frame for t in tables[1] if t.table == "attendance")
    with_events = validated.enrollments[
        validated.enrollments["local_id"].isin(attendance["local_id"])
    ]

    assert len(with_events) == 227
    assert all(
        grade in grades[school]
        for grade, school in zip(with_events["grade"], with_events["school_code"], strict=True)
    )


def test_the_counts_of_the_year_are_those_worked_out_by_hand(validated):
    marks = validated.marks
    unexcused = marks[marks["status"] == "absent_unexcused"].groupby("local_id").size()
    absent = marks[marks["status"].isin([s.value for s in ABSENT_ANY_REASON])]

    assert marks["local_id"].nunique() <= 227
    assert int((absent.groupby("local_id").size() * 10 >= 177).sum()) == 42
    assert int((unexcused >= 18).sum()) == 13
    assert int((unexcused >= 3).sum()) == 91


def test_work_addresses_are_no_addresses_and_a_language_without_a_code_is_not_english(validated):
    guardians = validated.guardians

    assert guardians["street"].isna().sum() == 544  # billing, work and other addresses only
    assert set(guardians["language"].dropna().str.len()) == {3}
    assert (guardians["language"] == "mis").any()
