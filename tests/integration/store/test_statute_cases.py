"""Each counting case of tests/cases/truancy three times: by the set-based SQL, a plain loop, and the domain's rules."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.truancy import Tally, rules_met
from pact_etl.store.findings import judge, update_findings
from pact_etl.store.session import open_engine
from pact_etl.store.tallies import count_tonight, recount_due
from tests.cases.reading import SCHOOLS, Year, cases, student_year
from tests.factories import record_submission, roster
from tests.oracle.plain_loop import Reading, count_days
from tests.policies import COUNTY

pytestmark = pytest.mark.integration

CASES = cases("[0-9]*.yaml")
Found = dict[str, tuple[tuple[int, int, int, int], set[str]]]


def id_of(sentence: str) -> str:
    return f"{list(CASES).index(sentence):03d}"


def code_of(sentence: str, school: str) -> str:
    return id_of(sentence) + str(SCHOOLS.index(school))


def frames_of(sentence: str, year: Year) -> dict[str, pd.DataFrame]:
    """One case as one student at two schools of its own."""
    student = id_of(sentence)
    base = roster([student], born=year.history.born)
    codes = {school: code_of(sentence, school) for school in SCHOOLS}
    first = school_year_of(year.as_of).first
    stays = [(student, codes[s.school], "05", s.first, s.last) for s in year.history.stays]
    marks = [
        (student, codes[place], day, str(status), str(status), None, 2, 1)
        for (place, day), status in year.history.marks.items()
    ]
    taught = [
        (codes[name], day, True)
        for name in SCHOOLS
        for day in sorted(year.calendars[name])
        if day >= first
    ]
    return {
        "schools": pd.concat([base["schools"].assign(school_code=c) for c in codes.values()]),
        "students": base["students"],
        "enrollments": dated(base["enrollments"], stays),
        "calendar": dated(base["calendar"], taught),
        "marks": dated(base["marks"], marks),
    }


def dated(like: pd.DataFrame, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=like.columns)
    return frame.assign(
        **{c: pd.to_datetime(frame[c]) for c in frame.columns if c.endswith("date")}
    )


def record(engine: Engine, years: dict[str, Year]) -> None:
    """Cases of one night in one record, after a year in which the same schools were open, too."""
    delivered = next(iter(years.values())).delivered
    first = school_year_of(delivered).first
    each = [frames_of(sentence, year) for sentence, year in years.items()]
    frames = {t: pd.concat([one[t] for one in each], ignore_index=True) for t in each[0]}
    days = [date(first.year - 1, 8, 12) + timedelta(days=n) for n in range(270)]
    rows = [(c, d, d.weekday() < 5) for c in frames["schools"]["school_code"] for d in days]
    last_year = {"schools": frames["schools"], "calendar": dated(each[0]["calendar"], rows)}
    record_submission(engine, first - timedelta(days=20), last_year)
    record_submission(engine, delivered, frames, covers_days=(delivered - first).days + 400)


def evaluate(engine: Engine, as_of: date, policy: Policy) -> Found:
    year = school_year_of(as_of)
    with engine.begin() as connection:
        recount_due(connection, year, as_of, policy)
        count_tonight(connection, year, as_of, policy)
        judge(connection, policy)
        update_findings(connection, year, as_of, policy)
        who = "JOIN student_record r USING (district_id, student_id)"
        query = f"SELECT r.local_id, t.* FROM tonight t {who}"
        found: Found = {
            row.local_id: (
                (row.unexcused_days, row.occasions, row.absent_days, row.enrolled_days),
                set(),
            )
            for row in connection.execute(text(query))
        }
        query = f"SELECT r.local_id, f.rule FROM finding f {who}"
        for row in connection.execute(text(query)):
            found[row.local_id][1].add(row.rule)
    return found


@pytest.fixture(scope="module")
def by_database(fresh_database: Callable[..., str], migrated: str) -> Found:
    """What the database says of every case; cases of one night and policy share a database."""
    groups: dict[tuple[date, date, str], dict[str, Year]] = defaultdict(dict)
    for sentence, case in CASES.items():
        year = student_year(case)
        groups[year.as_of, year.delivered, repr(year.policy)][sentence] = year
    found: Found = {}
    for (as_of, _, _), years in groups.items():
        engine = open_engine(fresh_database("cases", template=migrated))
        record(engine, years)
        found |= evaluate(engine, as_of, next(iter(years.values())).policy)
        engine.dispose()
    return found


def ages_of(case: dict[str, Any]) -> list[tuple[date, int, int]]:
    """Compulsory ages by the statute, and by a change of it that the case supposes."""
    ages = [(date.min, 6, 18)]
    if changed := case.get("law", {}).get("compulsory_age"):
        ages.append((changed["from"], changed["from_age"], changed["until_age"]))
    return ages


def expected(case: dict[str, Any]) -> tuple[tuple[int, int, int, int], set[str]]:
    then = case["then"]
    occasions = then.get("occasions", then["U"])
    counts = (then["U"], occasions, then.get("absent", then["U"]), then["D"])
    return counts, set(then["over"])


@pytest.mark.parametrize("sentence", CASES)
def test_the_database_says_so(sentence: str, by_database: Found) -> None:
    counts, over = expected(CASES[sentence])

    told = by_database.get(id_of(sentence))

    if told is None:  # without one mark that counts a student has no tally, and needs none
        assert (counts[:3], over) == ((0, 0, 0), set())
    else:
        assert told == (counts, over)


@pytest.mark.parametrize("sentence", CASES)
def test_a_plain_loop_over_the_days_says_so(sentence: str) -> None:
    year = student_year(CASES[sentence])
    counting = year.policy.counting
    reading = Reading(
        partial_absences_in_u=counting.partial_absences_in_u.answer,
        incomplete_study_in_u=counting.incomplete_study_in_u.answer,
        weekend_classes_count=counting.weekend_classes_count.answer,
        clearing_days=counting.clearing_schooldays.answer,
        ages=ages_of(CASES[sentence]),
    )

    first = school_year_of(year.as_of).first
    count = count_days(year.history, year.calendars, first, year.delivered, reading)

    told = (count.unexcused, count.occasions, count.absent, count.enrolled)
    assert told == expected(CASES[sentence])[0]


@pytest.mark.parametrize("sentence", CASES)
def test_the_rules_say_so_of_these_counts(sentence: str) -> None:
    (unexcused, occasions, absent, enrolled), over = expected(CASES[sentence])
    tally = Tally(
        unexcused_days=unexcused, occasions=occasions, absent_days=absent, enrolled_days=enrolled
    )

    assert {r.value for r in rules_met(tally, student_year(CASES[sentence]).policy)} == over


def test_a_case_that_says_what_nobody_reads_is_refused() -> None:
    with pytest.raises(KeyError, match="tardee"):
        student_year({"tardee": 3, "after": 3})


def test_the_configured_policy_is_the_one_the_cases_speak_of() -> None:
    today = COUNTY.threshold_on(date(2026, 11, 20))

    line = student_year({"after": 1}).policy.threshold
    assert replace(line, from_=today.from_) == today
