"""Status: where the county stands, in counts."""

from datetime import date
from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.overview import overview
from pact_etl.wiring import Collaborators


def county_status(using: Collaborators) -> dict[str, Any]:
    """Districts' newest submissions, findings, batches, letters and emails by state, holds and open tasks."""
    with using.engine.connect() as connection:
        return overview(connection)


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
