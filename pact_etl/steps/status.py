"""Status: where the county stands, in counts."""

from collections import Counter
from datetime import date
from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.steps.case import due
from pact_etl.steps.first_notice_counts import standing_notices
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.overview import overview, waiting
from pact_etl.wiring import Collaborators


def county_status(using: Collaborators) -> dict[str, Any]:
    """Districts' newest submissions, findings, batches, letters and emails by state, holds, tasks, notices and cases.

    What is overdue is so on the newest night that was evaluated; before the first, there is nothing that could be.
    """
    with using.engine.connect() as connection:
        report = overview(connection)
        night = newest_evaluation(connection)
        if night is None:
            return report
        report |= waiting(connection, night)
        report["first_notices"] = standing_notices(using, connection, night)
    return report | {"as_of": night, "cases": _cases(using, night)}


def _cases(using: Collaborators, as_of: date) -> dict[str, Any]:
    """The county's open cases of the school year, and overdue deadlines by name."""
    districts = due(using, as_of).values()
    overdue: Counter[str] = Counter()
    for one in districts:
        overdue.update(one["overdue"])
    return {
        "open": sum(one["open"] for one in districts),
        "closed": sum(one["closed"] for one in districts),
        "overdue": dict(sorted(overdue.items())),
    }


def newest_night(using: Collaborators) -> date:
    """The newest evaluated night.

    Raises:
        UsageError: no night was run yet.
    """
    with using.engine.connect() as connection:
        newest = newest_evaluation(connection)
    if newest is None:
        raise UsageError("no night was evaluated yet")
    return newest
