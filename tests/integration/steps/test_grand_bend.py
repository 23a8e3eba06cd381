"""The real sample district, through the same path as every other: files to findings, in the database.

Its figures were counted by others before this code existed; see the sample's own notes.
"""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pact_etl.districts import load_county, load_district
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.steps.collect import collect
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT

SAMPLE = ROOT.parent / "shared" / "data" / "edfi-grandbend"
DATA = ROOT / "tests" / "data"
AS_OF = date(2022, 6, 30)
INSTRUCTIONAL_DAYS = 177

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not SAMPLE.exists(), reason="the Ed-Fi sample district is not beside the repository"
    ),
]


@pytest.fixture
def using(store: Engine, tmp_path: Path) -> Collaborators:
    settings = Settings(var=tmp_path / "var", config=ROOT / "config", drop_url=str(SAMPLE))
    district = load_district(DATA / "districts" / "grand-bend.yaml", DATA / "dialects")
    return Collaborators(
        settings=settings,
        engine=store,
        county=load_county(settings.config),
        districts={"grand-bend": district},
        statutes=load_statutes(),
    )


def rows(using: Collaborators, query: str) -> list[tuple[object, ...]]:
    with using.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_sample_district_counts_as_others_have_counted_it(using: Collaborators) -> None:
    submission = collect(using, "grand-bend", AS_OF).ids["submission"]
    validate(using, submission)
    recorded = record(using, submission)
    evaluate(using, AS_OF)

    books = rows(
        using, "SELECT received, quarantined FROM submission_count WHERE table_name = 'attendance'"
    )
    assert books == [(1917, 3)]
    assert recorded.reasons["no_school_that_day"] == 3
    sundays = "SELECT DISTINCT date FROM quarantined_row WHERE reason = 'no_school_that_day'"
    assert rows(using, sundays) == [(date(2022, 5, 15),)]
    settled = """
        SELECT m.status FROM mark m JOIN student_record r USING (district_id, student_id)
        WHERE r.local_id = '604822' AND m.date = '2021-12-15' AND m.recorded_to IS NULL
    """
    assert rows(using, settled) == [("absent_excused",)]

    days = "SELECT max(day_number) FROM calendar_day GROUP BY school_id"
    assert {n for (n,) in rows(using, days)} == {INSTRUCTIONAL_DAYS}
    assert over(using, "absent_%", f"10 * count(DISTINCT date) >= {INSTRUCTIONAL_DAYS}") == 42
    assert over(using, "absent_unexcused", "count(DISTINCT date) >= 18") == 13
    assert over(using, "absent_unexcused", "count(DISTINCT date) >= 3") == 91
    legal = "SELECT rule, count(*) FROM finding WHERE ended_as_of IS NULL GROUP BY rule"
    counted = dict(rows(using, legal))  # type: ignore[arg-type]
    assert counted["chronic_absentee"] == 42
    # The law leaves out days outside compulsory age, so its count may only be smaller.
    assert 0 < counted["chronic_truant_candidate"] <= 13  # type: ignore[operator]


def over(using: Collaborators, status: str, condition: str) -> int:
    """Students whose days of a status meet a condition, whatever their age."""
    query = f"""
        SELECT student_id FROM mark WHERE recorded_to IS NULL AND status LIKE '{status}'
        GROUP BY student_id HAVING {condition}
    """
    return len(rows(using, query))
