"""Every table of the `pact` database, by subject. The migrations are generated from and tested against these."""

from pact_etl.store.tables import (
    attendance,
    case_files,
    cases,
    first_notices,
    ladder,
    letters,
    people,
    retention,
    served_notices,
    staging,
    submissions,
)
from pact_etl.store.tables.base import metadata

__all__ = [
    "attendance",
    "case_files",
    "cases",
    "first_notices",
    "ladder",
    "letters",
    "metadata",
    "people",
    "retention",
    "served_notices",
    "staging",
    "submissions",
]
