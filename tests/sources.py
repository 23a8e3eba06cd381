"""Sources for tests: drop folders without credentials, and pulls of one night."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pact_etl.connectors.protocol import Connector, Cursor, Pull, RawTable, Sources
from pact_etl.domain.district import District
from pact_etl.domain.school_year import school_year_of


def file_sources(drop: Path | str) -> Sources:
    """A drop folder; nobody has credentials."""
    return Sources(drop=str(drop), credentials=lambda slug: {})


def sources_with(credentials: Mapping[str, str], drop: Path | str = "unused") -> Sources:
    """Every district has these credentials."""
    return Sources(drop=str(drop), credentials=lambda slug: credentials)


def pull(as_of: date, since: Cursor | None = None) -> Pull:
    """One night of the school year it lies in."""
    return Pull(as_of=as_of, year_start=school_year_of(as_of).first, since=since)


def read_night(connector: Connector, district: District, as_of: date) -> list[RawTable]:
    """The raw tables of one night, everything asked for."""
    return connector.parse(district, connector.fetch(district, pull(as_of)).files).tables
