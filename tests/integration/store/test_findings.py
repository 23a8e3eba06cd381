"""Counting and judging in the database, against a plain loop over days."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.truancy import Rule, Tally, rules_met
from pact_etl.store.findings import judge, update_findings
from pact_etl.store.tallies import count_tonight, recount_due
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays
from tests.policies import POLICY

pytestmark = pytest.mark.integration

UNEXCUSED = "absent_unexcused"
CANDIDATE = Rule.CHRONIC_TRUANT_CANDIDATE.value


def evaluate(engine: Engine, as_of: date) -> dict[str, dict[str, int]]:
    year = school_year_of(as_of)
    with engine.begin() as connection:
        recount_due(connection, year, as_of, POLICY)
        count_tonight(connection, year, as_of, POLICY)
        judge(connection, POLICY)
        return update_findings(connection, year, as_of, POLICY)


def standing(engine: Engine) -> set[tuple[str, str]]:
    query = """
        SELECT r.local_id, f.rule FROM finding f
        JOIN student_record r USING (district_id, student_id) WHERE f.ended_as_of IS NULL
    """
    with engine.connect() as connection:
        return {(row.local_id, row.rule) for row in connection.execute(text(query))}


def test_exactly_ten_per_cent_of_twenty_days_is_a_candidate_with_its_days_as_evidence(
    store: Engine,
) -> None:
    days = weekdays(FIRST_DAY, date(2026, 9, 30))[:30]
    missed = {days[1]: UNEXCUSED, days[5]: UNEXCUSED, days[9]: UNEXCUSED}
    record_submission(
        store, days[-1], roster(["01"]) | {"marks": marks({"01": missed})}, covers_days=90
    )

    counts = evaluate(store, days[-1])

    assert counts[CANDIDATE] == {"new": 1, "standing": 1, "undone": 0}
    with store.connect() as connection:
        evidence = connection.execute(
            text(
                "SELECT m.date FROM finding f JOIN mark m ON m.id = ANY(f.evidence)"
                " WHERE f.rule = :rule ORDER BY m.date"
            ),
            {"rule": CANDIDATE},
        )
        assert list(missed) == evidence.scalars().all()


def test_the_same_night_evaluated_twice_finds_nothing_more(store: Engine) -> None:
    days = weekdays(FIRST_DAY, date(2026, 9, 30))[:30]
    frames = roster(["01"]) | {"marks": marks({"01": dict.fromkeys(days[:3], UNEXCUSED)})}
    record_submission(store, days[-1], frames, covers_days=90)

    assert evaluate(store, days[-1]) == evaluate(store, days[-1])


def test_a_late_excuse_ends_the_finding_as_corrected(store: Engine) -> None:
    days = weekdays(FIRST_DAY, date(2026, 9, 30))[:31]
    missed = {"01": dict.fromkeys(days[24:27], UNEXCUSED)}
    record_submission(store, days[29], roster(["01"]) | {"marks": marks(missed)}, covers_days=90)
    evaluate(store, days[29])
    excused = {"01": {days[24]: "absent_excused", days[25]: UNEXCUSED, days[26]: UNEXCUSED}}
    record_submission(store, days[30], {"marks": marks(excused)})

    counts = evaluate(store, days[30])

    assert counts[CANDIDATE]["undone"] == 1
    with store.connect() as connection:
        reasons = connection.execute(
            text("SELECT ended_reason FROM finding WHERE rule = :rule"), {"rule": CANDIDATE}
        )
        assert reasons.scalars().all() == ["corrected"]


def test_an_attended_day_ends_the_finding_because_the_ratio_fell(store: Engine) -> None:
    days = weekdays(FIRST_DAY, date(2026, 9, 30))[:31]
    frames = roster(["01"]) | {"marks": marks({"01": dict.fromkeys(days[:3], UNEXCUSED)})}
    record_submission(store, days[29], frames, covers_days=90)
    evaluate(store, days[29])
    record_submission(store, days[30], {"marks": marks({})})
    evaluate(store, days[30])

    with store.connect() as connection:
        reasons = connection.execute(
            text("SELECT ended_reason FROM finding WHERE rule = :rule"), {"rule": CANDIDATE}
        )
        assert reasons.scalars().all() == ["ratio_fell"]


def test_days_before_the_sixth_birthday_are_never_truant(store: Engine) -> None:
    days = weekdays(FIRST_DAY, date(2026, 9, 30))[:30]
    frames = roster(["01"], born=date(2020, 12, 1))
    frames |= {"marks": marks({"01": dict.fromkeys(days[:9], UNEXCUSED)})}
    record_submission(store, days[-1], frames, covers_days=90)
    evaluate(store, days[-1])

    assert standing(store) == {("01", Rule.CHRONIC_ABSENTEE.value)}


def plain_loop(
    days: Sequence[date], entry: date, leave: date | None, born: date, missed: dict[date, str]
) -> Tally:
    unexcused = occasions = absent = enrolled = 0
    for further, day in zip(range(len(days) - 1, -1, -1), days, strict=True):
        if day < entry or (leave is not None and day > leave):
            continue
        enrolled += 1
        status = missed.get(day)
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        counts = 6 <= age < 18 and further >= 3
        unexcused += status == UNEXCUSED and counts
        occasions += status in {UNEXCUSED, "partial_unexcused"} and counts
        absent += status in {UNEXCUSED, "absent_excused", "absent_unverified", "suspended_out"}
    return Tally(
        unexcused_days=unexcused,
        occasions=occasions,
        absent_days=absent,
        enrolled_days=enrolled,
    )


def test_the_database_agrees_with_a_plain_loop_over_days_on_random_histories(
    store: Engine,
) -> None:
    rng = random.Random(20261120)
    days = weekdays(FIRST_DAY, date(2026, 11, 20))
    statuses = [
        UNEXCUSED,
        "partial_unexcused",
        "absent_excused",
        "absent_unverified",
        "tardy",
        "suspended_out",
    ]
    expected: set[tuple[str, str]] = set()
    for group in range(6):
        born = date(2008, 8, 30) + timedelta(days=rng.randrange(9, 4400))
        entry = rng.choice(days[:40]) - timedelta(days=rng.randrange(3))
        ids = [f"{group}{n:03d}" for n in range(80)]
        exits = {i: entry + timedelta(days=rng.randrange(5, 90)) for i in ids if rng.random() < 0.2}
        histories = {
            i: {
                day: rng.choice(statuses)
                for day in days
                if rng.random() < rng.choice([0.02, 0.1, 0.3])
            }
            for i in ids
        }
        frames = roster(ids, entry=entry, exits=exits, born=born)
        record_submission(store, days[-1], frames | {"marks": marks(histories)}, covers_days=0)
        for i in ids:
            tally = plain_loop(days, entry, exits.get(i), born, histories[i])
            expected |= {(i, rule.value) for rule in rules_met(tally, POLICY)}

    evaluate(store, days[-1])

    assert len(expected) > 100
    assert expected == standing(store)
