"""Rederive: once a code is explained, or means something else than before, its days are read again from the kept bytes.

No new file is needed, however long ago the day was. The rows join the record as a submission of their own that names
the one it reads again, so that what was known when stays visible.
"""

import hashlib
import logging

import pandas as pd

from pact_etl.domain.results import StepStatus
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.steps.waiting import waiting_rows
from pact_etl.store.meanings import keep_meanings, known_meanings
from pact_etl.store.session import slice_transaction
from pact_etl.store.submissions import get_submission, open_rederivation
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
    district = using.district(slug)
    with using.engine.connect() as connection:
        waiting = waiting_rows(connection, district)
        rests_on = known_meanings(connection, slug)
    submissions = [int(submission) for submission in waiting["submission"].drop_duplicates()]
    taken = sum(
        _submission(using, slug, submission, waiting[waiting["submission"] == submission])
        for submission in submissions
    )
    if rests_on != district.codes:  # last, so that a run that died is repeated
        with slice_transaction(using.engine, f"record:{slug}") as connection:
            keep_meanings(connection, slug, district.codes)
    return taken


def _submission(using: Collaborators, slug: str, submission: int, rows: pd.DataFrame) -> int:
    district = using.district(slug)
    # What the codes mean, and since when what they replace is believed, are part of the name: a later change of the
    # same rows is another reading.
    since = rows["believed_since"].fillna(0).astype("int64")
    places = sorted(
        f"{row}={district.status_of(code, day)} after {old}"
        for row, code, day, old in zip(rows["row"], rows["code"], rows["date"], since, strict=True)
    )
    key = hashlib.sha256(f"rederives {submission}: {','.join(places)}".encode()).hexdigest()
    with slice_transaction(using.engine, f"record:{slug}") as connection:
        again = open_rederivation(connection, get_submission(connection, submission), key)
    result = validate(using, again)
    if result.status is StepStatus.DONE:
        result = record(using, again)
    logger.info("rederived", extra={"submission": again, "of": submission, **result.counts})
    return result.counts["recorded"] if result.status is StepStatus.DONE else 0
