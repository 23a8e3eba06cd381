"""On which night each finding would have become a letter: planning's own decision, asked again night by night.

Only what a policy governs is asked: grades, the pause between two letters, the last mailing date, evenings and their
lead time. Whether a family can be written to is not, so every student stands here for one home that can.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from pact_etl.domain.county import County
from pact_etl.domain.policy import Policy
from pact_etl.domain.routing import Envelope, Routing
from pact_etl.steps.plan import decide
from pact_etl.store.planning import Candidate
from pact_etl.store.replay.reading import Nights

HOME = Routing(
    envelopes=(
        Envelope(household_key="home", recipient="home", lines=(), language="eng", email=None),
    ),
    holds=(),
)
COLUMNS = ["student_id", "district_id", "as_of", "grade", "language"]


def letters_of(
    findings: pd.DataFrame,
    nights: Nights,
    policies: Mapping[date, Policy],
    county: County,
    left: Mapping[int, date],
    already: Collection[int],
) -> pd.DataFrame:
    """The first letter of each student in a school year.

    Args:
        findings: of the invitation line; `student_id`, `district_id`, `opened`, `ended`, `as_of`, `grade`, `language`.
        nights: of the year.
        policies: of each night that is run again.
        county: as the other policy has it.
        left: when a letter about a student last left, in earlier years too.
        already: students who had been invited this year before these nights.

    Returns:
        `student_id`, `district_id`, `as_of`, `grade`, `language`.
    """

    @cache
    def is_placed(night: date, grade: str | None, last: date | None) -> bool:
        candidate = Candidate(
            finding_id=0,
            student_id=0,
            slug="",
            invitation_id=None,
            as_of=night,
            grade=grade,
            last_letter=last,
        )
        policy = policies[night]
        return (
            decide(candidate, HOME, county, night, nights.year.name, set(), policy).reason is None
        )

    places = {night: place for place, night in enumerate(nights.dates)}
    run = [(places[night], night) for night in policies]
    waiting = findings[~findings["student_id"].isin(already)]
    rows = []
    # Of a student found by two districts, the newest finding is the one that is planned.
    newest_first = waiting.sort_values(
        ["student_id", "as_of", "district_id"], ascending=[True, False, False]
    )
    for student, own in _by_student(newest_first):
        last = left.get(student)
        for place, night in run:
            one = next((f for f in own if f["opened"] <= place < f["ended"]), None)
            if one and is_placed(night, _text(one["grade"]), last):
                rows.append({**{c: one[c] for c in COLUMNS}, "as_of": night})
                break
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_student(findings: pd.DataFrame) -> list[tuple[int, list[dict[str, Any]]]]:
    by: dict[int, list[dict[str, Any]]] = {}
    for row in findings[[*COLUMNS, "opened", "ended"]].to_dict("records"):
        by.setdefault(int(row["student_id"]), []).append({str(k): v for k, v in row.items()})
    return list(by.items())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
