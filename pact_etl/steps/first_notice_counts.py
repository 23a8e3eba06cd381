"""Where a district's first notices stand, in counts that add up."""

from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.district import District
from pact_etl.store.first_notices import balance_of, district_id, standing_of
from pact_etl.wiring import Collaborators

TIMER = "first_notice_sent"
"""Of the county's: within how many days a district's ladder should tell of the notice."""


def notice_counts(
    using: Collaborators, connection: Connection, district: District, key: int, as_of: date
) -> dict[str, int]:
    """Tonight's equation and the year's, standing holds, and notices of which the district has not told in time.

    Raises:
        InvariantBroken: a truant is neither noticed nor held nor withdrawn.
    """
    year, since = using.year_of(as_of), district.first_notices_since(as_of)
    counts: dict[str, int] = {}
    if since is not None:
        whole = balance_of(connection, key, year, since, as_of)
        whole.require()
        new = balance_of(connection, key, year, max(since, as_of), as_of)
        counts |= {f"new_{name}": n for name, n in new.as_counts().items()} | whole.as_counts()
    days = next((one.days for one in using.county.timers if one.name == TIMER), None)
    if days is not None:
        counts |= standing_of(connection, key, year, as_of, days)
    return counts


def standing_notices(
    using: Collaborators, connection: Connection, as_of: date
) -> dict[str, dict[str, int]]:
    """Of every district whose first notices are set here, what became of them and how many are not told of in time."""
    shown = ("truants", "made", "standing_held", "already_noticed", "withdrawn", "not_told_sent")
    found: dict[str, dict[str, int]] = {}
    for slug, district in using.districts.items():
        key = district_id(connection, slug)
        if district.first_notices and key is not None:
            counts = notice_counts(using, connection, district, key, as_of)
            found[slug] = {name: counts[name] for name in shown if name in counts}
    return found
