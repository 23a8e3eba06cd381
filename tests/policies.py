"""The law in force and the county's policy, for tests that need them as values."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from pact_etl.districts import load_county
from pact_etl.domain.policy import Choice, DaysThreshold, PactThreshold, Policy, Schooldays
from pact_etl.law import Statutes, load_statutes
from pact_etl.law.statutes import CALIFORNIA

CONFIG = Path(__file__).parents[1] / "config"

STATUTES = load_statutes()
LIMITS = STATUTES.occasion_limits()
COUNTY = load_county(CONFIG)


def policy_on(day: date) -> Policy:
    """Law and county policy of a day, as the product puts them together."""
    return Policy(
        law=STATUTES.on(day), threshold=COUNTY.threshold_on(day), counting=COUNTY.counting_on(day)
    )


POLICY = replace(
    policy_on(date(2026, 11, 20)),
    threshold=PactThreshold(
        from_=date(2026, 7, 1), minimum_unexcused_days=3, minimum_enrolled_days=20
    ),
)
"""Law and county policy of November 2026, with the minimums that tests speak of."""


def choosing(policy: Policy, **answers: bool) -> Policy:
    """The policy of a county that answers some of the open questions otherwise."""
    made = {name: Choice(answer=answer, why="a test") for name, answer in answers.items()}
    return replace(policy, counting=replace(policy.counting, **made))


def clearing(policy: Policy, schooldays: int) -> Policy:
    """The policy of a county that gives families so many schooldays to clear an absence before it counts."""
    window = Schooldays(answer=schooldays, why="a test")
    return replace(policy, counting=replace(policy.counting, clearing_schooldays=window))


def by_days(policy: Policy, occasions: int) -> Policy:
    """The policy of a county that invites by the program's text of 2012."""
    line = DaysThreshold(
        from_=date(2026, 7, 1),
        kind="days_or_occasions",
        minimum_occasions=occasions,
        minimum_enrolled_days=20,
    )
    return replace(policy, threshold=line)


def amended(sections: Mapping[str, Mapping[str, object]]) -> Statutes:
    """The law file with one more dated entry in each of some sections."""
    law = yaml.safe_load(CALIFORNIA.read_text(encoding="utf-8"))
    for name, entry in sections.items():
        law[name]["entries"].append(dict(entry))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "california.yaml"
        path.write_text(yaml.safe_dump(law), encoding="utf-8")
        return load_statutes(path)
