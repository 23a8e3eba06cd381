"""The tables that stand in for the domain's rules while nights are counted again, against the domain itself."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.policy import AgeSpan, Law, Policy
from pact_etl.domain.truancy import RULES, Rule, Tally, counted_by
from pact_etl.store.replay.ages import bound_on
from pact_etl.store.replay.findings import verdicts
from tests.policies import POLICY, by_days, choosing, clearing

POLICIES = (POLICY, by_days(POLICY, 6), clearing(choosing(POLICY, partial_absences_in_u=True), 3))
EPOCH = date(1970, 1, 1)
days = st.integers(min_value=0, max_value=12)


@given(
    policy=st.sampled_from(POLICIES),
    rule=st.sampled_from(list(Rule)),
    counts=st.tuples(days, days, days, st.integers(min_value=0, max_value=60)),
)
def test_a_looked_up_verdict_is_the_rules_own_whatever_the_other_counts_are(
    policy: Policy, rule: Rule, counts: tuple[int, int, int, int]
) -> None:
    names = ("unexcused_days", "occasions", "absent_days", "enrolled_days")
    tally = Tally(**dict(zip(names, counts, strict=True)))

    table = verdicts(rule, policy, 12, 60)

    rests_on = getattr(tally, counted_by(rule, policy).count)
    assert table[rests_on, tally.enrolled_days] == RULES[rule](tally, policy)


births = st.one_of(
    st.dates(min_value=date(2004, 1, 1), max_value=date(2024, 1, 1)),
    st.sampled_from([date(2008, 2, 29), date(2012, 2, 29), date(2020, 2, 29)]),
)


@st.composite
def laws(draw: st.DrawFn) -> Law:
    """Ages that may have been others until some day of the school year."""
    ages = st.tuples(st.integers(5, 7), st.integers(16, 19))
    until = draw(st.none() | st.dates(min_value=date(2027, 7, 1), max_value=date(2028, 6, 30)))
    (low, high), (from_age, until_age) = draw(ages), draw(ages)
    earlier = AgeSpan(first=date.min, last=until or date.min, from_age=low, until_age=high)
    return Law(
        version="test",
        compulsory_from_age=from_age,
        compulsory_until_age=until_age,
        truant_occasions=3,
        chronic_truant_tenths=1,
        chronic_absentee_tenths=1,
        earlier_ages=(earlier,) if until else (),
    )


@given(law=laws(), born=st.lists(births, min_size=1, max_size=4))
def test_compulsory_age_as_a_table_is_what_the_law_says_of_each_day(
    law: Law, born: list[date]
) -> None:
    first = date(2027, 7, 1)  # a school year with a 29 February

    table = bound_on(np.array([(b - EPOCH).days for b in born]), first, 366, law)

    for row, birth in zip(table, born, strict=True):
        expected = [law.binds(birth, first + timedelta(days=n)) for n in range(366)]
        assert row.tolist() == expected
