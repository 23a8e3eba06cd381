"""What a correction has undone, against a person who walks through the days of the past night with today's record."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.truancy import Rule
from pact_etl.store.session import open_engine
from pact_etl.store.undone import Claim, undone_claims
from tests.integration.store.test_oracle import READINGS, evaluate, expected, over
from tests.oracle.histories import make_world
from tests.oracle.recording import record_night

pytestmark = pytest.mark.integration

SIZE = 500


def claims_of(engine: Engine) -> dict[tuple[str, str, str], Claim]:
    """Every finding there ever was, standing or ended, by district, local id and rule; its first night."""
    query = """
        SELECT d.slug, r.local_id, f.rule, f.district_id, f.student_id, min(f.as_of) AS night FROM finding f
        JOIN district d ON d.id = f.district_id JOIN student_record r USING (district_id, student_id)
        GROUP BY 1, 2, 3, 4, 5
    """
    with engine.connect() as connection:
        return {
            (r.slug, r.local_id, r.rule): Claim(r.district_id, r.student_id, Rule(r.rule), r.night)
            for r in connection.execute(text(query))
        }


@pytest.mark.parametrize("number", range(2))
def test_what_is_undone_is_what_the_plain_loop_would_not_find_on_the_past_night(
    number: int, fresh_database: Callable[..., str], migrated: str
) -> None:
    """The first night's findings, asked after two later nights have corrected marks, exits and calendars."""
    rng = random.Random(51200 + number)
    policy = READINGS[number % len(READINGS)]
    nights = sorted(date(2026, 9, 1) + timedelta(days=n) for n in rng.sample(range(60, 280), 3))
    first, second, third = make_world(rng, 2026, SIZE, nights)
    engine = open_engine(fresh_database("undone", template=migrated))
    try:
        record_night(engine, first)
        evaluate(engine, nights[0], policy)
        made = claims_of(engine)
        for world in (second, third):
            record_night(engine, world)
        evaluate(engine, nights[2], policy)
        with engine.begin() as connection:
            undone = undone_claims(connection, made.values(), lambda _: policy)

        # Today's record of the days that had been delivered on the first night.
        counts = expected(replace(third, delivered=first.delivered), policy)
        plain = over(counts, policy)
        want = {key for key in made if key not in plain}
        assert {key for key, claim in made.items() if claim in undone} == want
        assert 0 < len(want) < len(made)  # both kinds were there to be told apart
    finally:
        engine.dispose()
