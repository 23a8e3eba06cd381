"""Which kept rows have to be read again: their code was explained since, or means something else than before."""

import pandas as pd
from sqlalchemy import Connection

from pact_etl.domain.district import District
from pact_etl.domain.meanings import changed_meanings
from pact_etl.store.meanings import COLUMNS, known_meanings, resting_on
from pact_etl.store.quarantine import unexplained
from pact_etl.validation import explained


def waiting_rows(connection: Connection, district: District) -> pd.DataFrame:
    """Columns submission, row, local_id, school_code, date, code; believed_since, missing where nothing was."""
    changed = changed_meanings(known_meanings(connection, district.slug), district.codes)
    found = [
        explained(unexplained(connection, district.slug), district),
        resting_on(connection, district.slug, changed),
    ]
    filled = [rows for rows in found if len(rows)]
    together = pd.concat(filled, ignore_index=True) if filled else found[1]
    return together.reindex(columns=COLUMNS)
