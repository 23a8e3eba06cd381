"""Record: take a validated submission into the bitemporal record, in one transaction."""

import logging

from sqlalchemy import Connection

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.notice import SubmissionStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.returns import write_returns
from pact_etl.store.calendars import unstated_days
from pact_etl.store.ladders import record_ladder
from pact_etl.store.marks import record_marks
from pact_etl.store.quarantine import quarantine_reasons, resolve_quarantine
from pact_etl.store.roster import record_roster
from pact_etl.store.session import refresh_statistics, slice_transaction
from pact_etl.store.staging import clear_staging
from pact_etl.store.submissions import (
    Submission,
    book_recorded,
    counts_of,
    get_submission,
    is_superseded,
    set_status,
)
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

FIRST_LOAD_ROWS = 50_000
"""So many new rows are a first load: then renewing the statistics of the large tables is worth its half second."""


def run(submission_id: int) -> StepResult:
    """Record with this process's own collaborators."""
    return record(collaborators(), submission_id)


def record(using: Collaborators, submission_id: int) -> StepResult:
    """Record one submission; recording it again reports the same books.

    Raises:
        InvariantBroken: the books do not add up; nothing was recorded.
    """
    with using.engine.connect() as connection:
        slug = get_submission(connection, submission_id).slug
    with slice_transaction(using.engine, f"record:{slug}") as connection:
        one = get_submission(connection, submission_id)
        if one.status == SubmissionStatus.VALIDATED:
            if is_superseded(connection, one):
                set_status(connection, one.id, SubmissionStatus.SUPERSEDED.value)
                clear_staging(connection, one.id)
                return _unused(one, Reason.SUPERSEDED.value)
            _record(using, connection, one)
            one = get_submission(connection, submission_id)
        if one.status != SubmissionStatus.RECORDED:
            return _unused(one, one.refused_reason or one.status)
        books = counts_of(connection, one.id)
        reasons = quarantine_reasons(connection, one.id)
        gap = unstated_days(connection, one.district_id, using.year_of(one.as_of), one.as_of)
    write_returns(using, submission_id)
    names = ("received", "recorded", "unchanged", "quarantined")
    counts = {name: sum(book[name] for book in books.values()) for name in names}
    counts["corrections"] = one.corrections
    if gap:
        counts["unstated_days"] = len(gap)
        logger.warning(
            "schooldays nobody delivered", extra={"district": one.slug, "days": len(gap)}
        )
    logger.info("recorded", extra={"submission": one.id, **counts})
    return StepResult(
        step="record",
        status=StepStatus.DONE,
        as_of=one.as_of,
        district=one.slug,
        counts=counts,
        reasons=reasons,
        ids={"submission": one.id},
    )


def _record(using: Collaborators, connection: Connection, one: Submission) -> None:
    recorded = record_roster(connection, one, using.year_of(one.as_of))
    ladder = record_ladder(connection, one, using.year_of(one.as_of))
    marks, corrections = record_marks(connection, one)
    book_recorded(connection, one.id, recorded | {"ladder": ladder, "attendance": marks})
    books = counts_of(connection, one.id)
    for table, book in books.items():
        if (
            book["received"] != book["recorded"] + book["unchanged"] + book["quarantined"]
            or min(book.values()) < 0
        ):
            raise InvariantBroken(f"submission {one.id}: {table} does not add up")
    resolve_quarantine(connection, one)
    if sum(book["recorded"] for book in books.values()) >= FIRST_LOAD_ROWS:
        refresh_statistics(connection)
    clear_staging(connection, one.id)
    set_status(connection, one.id, SubmissionStatus.RECORDED.value, corrections=corrections)


def _unused(one: Submission, reason: str) -> StepResult:
    return StepResult(
        step="record",
        status=StepStatus.HELD,
        as_of=one.as_of,
        district=one.slug,
        reasons={reason: 1},
        ids={"submission": one.id},
    )
