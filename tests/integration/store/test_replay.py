"""Nights run one by one, and the same nights counted again in one pass: the same findings on the same nights."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.truancy import Rule
from pact_etl.store.replay.findings import Standing, replayed_findings
from pact_etl.store.replay.reading import districts_of, evaluated_nights, read_district
from tests.integration.store.test_oracle import READINGS, evaluate
from tests.oracle.histories import World, make_world
from tests.oracle.recording import record_district
from tests.policies import POLICY, by_days, clearing

pytestmark = pytest.mark.integration

Findings = set[tuple[int, int, str, date, date | None, int, int, int, int]]
START = 2026


def recorded(engine: Engine) -> Findings:
    """What the nights opened; a finding that a repeated night took back at once never stood."""
    query = "SELECT * FROM finding WHERE ended_as_of IS DISTINCT FROM as_of"
    with engine.connect() as connection:
        return {
            (
                *(r.district_id, r.student_id, r.rule, r.as_of, r.ended_as_of),
                *(r.unexcused_days, r.occasions, r.absent_days, r.enrolled_days),
            )
            for r in connection.execute(text(query))
        }


def replayed(engine: Engine, policies: Mapping[date, Policy]) -> Findings:
    """The same, counted again."""
    statuses = set().union(
        *(p.counting.occasions | p.counting.absent | p.counting.exempt for p in policies.values())
    )
    found: Findings = set()
    with engine.connect() as connection:
        nights = evaluated_nights(connection, school_year_of(min(policies)), max(policies))
        for district_id in districts_of(connection):
            known = read_district(connection, district_id, nights, statuses)
            rows = replayed_findings(known, nights, policies, no_findings())
            found |= {
                (
                    *(district_id, r.student_id, r.rule, nights.dates[r.opened]),
                    nights.dates[r.ended] if r.ended < len(nights.dates) else None,
                    *(r.unexcused_days, r.occasions, r.absent_days, r.enrolled_days),
                )
                for r in rows.itertuples()
            }
    return found


def no_findings() -> dict[tuple[Rule, int], Standing]:
    return {}


def some_nights(rng: random.Random, count: int) -> list[date]:
    """School nights from September to May, some of them in a row."""
    days = [date(START, 9, 1) + timedelta(days=n) for n in range(260)]
    chosen = set(rng.sample(days, count // 2))
    chosen |= {day + timedelta(days=1) for day in rng.sample(days, count - count // 2)}
    return sorted(chosen)


def nights_of(rng: random.Random, size: int, count: int) -> Iterator[tuple[date, World]]:
    """Nights that bring corrections, exits and late districts; calendars stay, for only their newest word is kept."""
    nights = some_nights(rng, count)
    worlds = make_world(rng, START, size, nights)
    for night, world in zip(nights, worlds, strict=True):
        yield night, replace(world, calendars=worlds[0].calendars)


@pytest.mark.parametrize("number", range(len(READINGS)))
def test_the_countys_own_policy_finds_the_same_students_on_the_same_nights(
    number: int, store: Engine
) -> None:
    rng = random.Random(48262 + number)
    policies = {}
    for night, world in nights_of(rng, 400, 12):
        # One district's night may be lost, but not while the other's is late: nothing then told when that one arrived.
        lost = rng.choice(("north", "south", "", ""))
        if world.delivered["south"] < night and lost == "north":
            lost = ""
        for name in sorted({"north", "south"} - {lost}):
            record_district(store, world, name)
        policies[night] = READINGS[number]
        evaluate(store, night, policies[night])

    told = recorded(store)

    assert len({row[3] for row in told}) > 5
    assert any(row[4] for row in told)
    assert replayed(store, policies) == told


def test_a_policy_that_changes_within_the_year_holds_for_its_own_nights(store: Engine) -> None:
    rng = random.Random(11)
    policies = {}
    for night, world in nights_of(rng, 300, 9):
        line = by_days(POLICY, 6) if night.month in {11, 12, 1, 2} else clearing(POLICY, 3)
        policies[night] = replace(
            line, counting=replace(line.counting, from_=date(START, night.month % 3 + 1, 1))
        )
        record_district(store, world, "north")
        record_district(store, world, "south")
        evaluate(store, night, policies[night])

    assert replayed(store, policies) == recorded(store)
