"""The set-based counts and findings against the plain loop over days, on thousands of random student-years.

The whole measure is 100,000 student-years: PACT_ORACLE_STUDENT_YEARS=100000 with this file alone.
"""

import os
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.policy import DaysThreshold, Policy
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.truancy import Rule, counted_by
from pact_etl.store.evaluations import book_evaluation
from pact_etl.store.findings import judge, update_findings
from pact_etl.store.session import open_engine
from pact_etl.store.tallies import count_tonight, recount_due
from tests.oracle.histories import World, make_world
from tests.oracle.plain_loop import Count, Reading, count_days, lines_over
from tests.oracle.recording import SLUGS, local_id, record_night
from tests.policies import POLICY, by_days, choosing, clearing

pytestmark = pytest.mark.integration

STUDENT_YEARS = int(os.environ.get("PACT_ORACLE_STUDENT_YEARS", "5000"))
WORLD_SIZE = 2500

READINGS = (
    POLICY,
    clearing(choosing(POLICY, weekend_classes_count=True), 5),
    by_days(choosing(POLICY, partial_absences_in_u=True), 6),
    clearing(choosing(POLICY, incomplete_study_in_u=True), 0),
)

Tallies = dict[tuple[str, str], tuple[int, int, int, int]]


def evaluate(engine: Engine, as_of: date, policy: Policy) -> Tallies:
    """Count and judge a night; the counts by district and local id."""
    year = school_year_of(as_of)
    with engine.begin() as connection:
        recount_due(connection, year, as_of, policy)
        count_tonight(connection, year, as_of, policy)
        judge(connection, policy)
        by_rule = update_findings(connection, year, as_of, policy)
        book_evaluation(connection, as_of, policy.version, by_rule)
        rows = connection.execute(
            text(
                "SELECT d.slug, r.local_id, t.unexcused_days, t.occasions, t.absent_days, t.enrolled_days"
                " FROM tonight t JOIN district d ON d.id = t.district_id"
                " JOIN student_record r ON (r.district_id, r.student_id) = (t.district_id, t.student_id)"
            )
        )
        return {
            (r.slug, r.local_id): (r.unexcused_days, r.occasions, r.absent_days, r.enrolled_days)
            for r in rows
        }


def standing(engine: Engine) -> set[tuple[str, str, str]]:
    query = """
        SELECT d.slug, r.local_id, f.rule FROM finding f JOIN district d ON d.id = f.district_id
        JOIN student_record r USING (district_id, student_id) WHERE f.ended_as_of IS NULL
    """
    with engine.connect() as connection:
        return {(r.slug, r.local_id, r.rule) for r in connection.execute(text(query))}


def findings_with_wrong_evidence(engine: Engine, as_of: date, policy: Policy) -> int:
    """Findings of a night whose evidence is not as many marks as their count says."""
    wrong = 0
    with engine.connect() as connection:
        for rule in Rule:
            count = counted_by(rule, policy).count
            query = f"SELECT count(*) FROM finding WHERE rule = :r AND as_of = :n AND cardinality(evidence) <> {count}"
            keys = {"r": rule.value, "n": as_of}
            wrong += int(connection.execute(text(query), keys).scalar_one())
    return wrong


def expected(world: World, policy: Policy) -> dict[tuple[str, str], Count]:
    counting = policy.counting
    reading = Reading(
        partial_absences_in_u=counting.partial_absences_in_u.answer,
        incomplete_study_in_u=counting.incomplete_study_in_u.answer,
        weekend_classes_count=counting.weekend_classes_count.answer,
        clearing_days=counting.clearing_schooldays.answer,
    )
    return {
        (SLUGS[name], local_id(student)): count_days(
            history, world.calendars, world.first, world.delivered[name], reading
        )
        for student in world.students
        for name, history in student.histories.items()
    }


def over(counts: dict[tuple[str, str], Count], policy: Policy) -> set[tuple[str, str, str]]:
    line = policy.threshold
    occasions = line.minimum_occasions if isinstance(line, DaysThreshold) else None
    return {
        (*key, rule)
        for key, count in counts.items()
        for rule in lines_over(count, invited_from_occasions=occasions)
    }


def compare(engine: Engine, world: World, as_of: date, policy: Policy) -> int:
    """One night of one world; how many students had something to count."""
    told = evaluate(engine, as_of, policy)
    counts = expected(world, policy)
    plain = {k: (c.unexcused, c.occasions, c.absent, c.enrolled) for k, c in counts.items()}
    # A student without a single mark that counts has no tally, and needs none.
    uncounted = {key for key, c in plain.items() if key not in told and any(c[:3])}
    different = {key: (t, plain[key]) for key, t in told.items() if t != plain[key]}

    assert not uncounted
    assert not different
    assert standing(engine) == over(counts, policy)
    assert findings_with_wrong_evidence(engine, as_of, policy) == 0
    return len(told)


@pytest.mark.parametrize("number", range(max(STUDENT_YEARS // WORLD_SIZE, 1)))
def test_the_database_and_the_plain_loop_agree_on_every_student_of_a_random_year(
    number: int, fresh_database: Callable[..., str], migrated: str
) -> None:
    rng = random.Random(48260 + number)
    start = 2024 + number % 4  # February of 2028 has 29 days
    policy = READINGS[number % len(READINGS)]
    nights = sorted(date(start, 9, 1) + timedelta(days=n) for n in rng.sample(range(40, 300), 3))
    engine = open_engine(fresh_database("oracle", template=migrated))
    try:
        record_night(engine, make_world(rng, start - 1, 60, [date(start, 5, 15)], 1_000_000)[0])
        told = 0
        for world, night in zip(make_world(rng, start, WORLD_SIZE, nights), nights, strict=True):
            record_night(engine, world)
            told = compare(engine, world, night, policy)
        assert told > WORLD_SIZE / 2
    finally:
        engine.dispose()
