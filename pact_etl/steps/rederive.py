"""Rederive: once a code is explained, the days that waited for it are read again from the kept bytes.

No new file is needed, however long ago the day was. The rows join the record as a submission of their own that names
the one it reads again, so that what was known when stays visible.
"""

import hashlib
import logging

import pandas as pd

from pact_etl.domain.results import StepStatus
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.store.quarantine import unexplained
from pact_etl.store.session import slice_transaction
from pact_etl.store.submissions import get_submission, open_rederivation
from pact_etl.validation import explained
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def rederive(using: Collaborators) -> int:
    """Take in every row of every district whose code was explained since; how many rows changed the record.

    One district's failure stops no other; its schools stay held.
    """
    taken = 0
    for slug in using.districts:
        try:
            taken += _district(using, slug)
        except Exception as error:  # its text may quote a row
            logger.error("not rederived", extra={"district": slug, "kind": type(error).__name__})
    return taken


def _district(using: Collaborators, slug: str) -> int:
    with using.engine.connect() as connection:
        waiting = explained(unexplained(connection, slug), using.district(slug))
    submissions = [int(submission) for submission in waiting["submission"].drop_duplicates()]
    return sum(
        _submission(using, slug, submission, waiting[waiting["submission"] == submission])
        for submission in submissions
    )


def _submission(using: Collaborators, slug: str, submission: int, rows: pd.DataFrame) -> int:
    places = ",".join(str(row) for row in sorted(rows["row"]))
    key = hashlib.sha256(f"rederives {submission}: {places}".encode()).hexdigest()
    with slice_transaction(using.engine, f"record:{slug}") as connection:
        again = open_rederivation(connection, get_submission(connection, submission), key)
    result = validate(using, again)
    if result.status is StepStatus.DONE:
        result = record(using, again)
    logger.info("rederived", extra={"submission": again, "of": submission, **result.counts})
    return result.counts["recorded"] if result.status is StepStatus.DONE else 0
