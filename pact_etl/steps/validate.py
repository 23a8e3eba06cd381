"""Validate: judge one submission's rows and stage those that stand; the rest is quarantined with a reason."""

import logging
from dataclasses import fields, replace

import pandas as pd
from sqlalchemy import Connection

from pact_etl.connectors.files.file_patterns import split_member
from pact_etl.connectors.protocol import Parsed, RawTable
from pact_etl.domain.district import WHOLE, District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.notice import SUBMISSION, SubmissionEvent, SubmissionStatus, UnfitEvent
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.scope import Scope
from pact_etl.steps.kept import read_kept
from pact_etl.steps.returns import write_returns
from pact_etl.steps.waiting import waiting_rows
from pact_etl.store.quarantine import quarantine_reasons, replace_quarantine
from pact_etl.store.session import slice_transaction
from pact_etl.store.staging import clear_staging, known_roster, stage
from pact_etl.store.submissions import (
    Submission,
    counts_of,
    get_submission,
    is_superseded,
    replace_counts,
    set_status,
    was_sent_before,
)
from pact_etl.validation import (
    Examined,
    Gates,
    Reference,
    Validated,
    examine_submission,
    looks_stale,
    only_days_of,
    scope_of,
    window_of,
)
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


def run(submission_id: int) -> StepResult:
    """Validate with this process's own collaborators."""
    return validate(collaborators(), submission_id)


def validate(using: Collaborators, submission_id: int) -> StepResult:
    """Judge one submission; a refused one is answered to the district at once.

    A submission may be validated again as long as it is the district's newest, so that a corrected code map works
    without a new file.
    """
    result = _validate(using, submission_id)
    if result.status is StepStatus.HELD:
        write_returns(using, submission_id)
    return result


def _validate(using: Collaborators, submission_id: int) -> StepResult:
    with using.engine.connect() as connection:
        slug = get_submission(connection, submission_id).slug
    with slice_transaction(using.engine, f"record:{slug}") as connection:
        one = get_submission(connection, submission_id)
        if one.rederives is not None and one.status == SubmissionStatus.RECORDED:
            return _standing(connection, one)  # nothing waits for it any more
        if is_superseded(connection, one):
            if one.status == SubmissionStatus.RECORDED:
                return _standing(connection, one)
            return _end(connection, one, SubmissionEvent.SUPERSEDE, Reason.SUPERSEDED)
        try:
            examined, scope = _judge(using, connection, one)
        except SubmissionRefused as refused:
            return _end(connection, one, SubmissionEvent.REFUSE, refused.reason, refused)
        validated, refusal = examined.validated, examined.refusal
        if refusal is not None:
            if one.status != SubmissionStatus.RECORDED:
                replace_quarantine(connection, one.id, validated.quarantined)
            return _end(connection, one, SubmissionEvent.REFUSE, refusal.reason, refusal)
        stage(connection, one.id, _frames(validated), scope)
        replace_quarantine(connection, one.id, validated.quarantined)
        quarantined = {
            str(t): int(n) for t, n in validated.quarantined["table"].value_counts().items()
        }
        replace_counts(connection, one.id, validated.received, quarantined)
        first, last = validated.covered
        set_status(
            connection,
            one.id,
            _advance(one, SubmissionEvent.VALIDATE),
            covered_from=first,
            covered_to=last,
            silent_schools=list(validated.silent_schools),
            refused_reason=None,
        )
        result = _standing(connection, one)
    logger.info("validated", extra={"submission": one.id, **result.counts})
    return result


def _standing(connection: Connection, one: Submission) -> StepResult:
    """What the books say of a submission that was validated."""
    reasons = quarantine_reasons(connection, one.id)
    received = sum(book["received"] for book in counts_of(connection, one.id).values())
    return StepResult(
        step="validate",
        status=StepStatus.DONE,
        as_of=one.as_of,
        district=one.slug,
        counts={"received": received, "quarantined": sum(reasons.values())},
        reasons=reasons,
        ids={"submission": one.id},
    )


def _judge(using: Collaborators, connection: Connection, one: Submission) -> tuple[Examined, Scope]:
    district = using.district(one.slug)
    year = using.year_of(one.as_of)
    parsed = read_kept(using, connection, one)
    if one.rederives is not None:
        parsed = _waiting_rows(connection, one, district, parsed)
    scope = parsed.scope.promised(whole_roster=district.roster == WHOLE)
    if scope.window is None:
        _refuse_stale(connection, one, district, parsed.tables)
    window = window_of(scope, district, one.as_of, year.first)
    known = known_roster(connection, one.slug, year.first, window)
    examined = examine_submission(
        district=district,
        as_of=one.as_of,
        year=year,
        tables=parsed.tables,
        reference=Reference(**{f.name: getattr(known, f.name) for f in fields(known)}),
        gates=Gates(**using.county.gates),
        limits=using.statutes.occasion_limits(),
        # A few rows out of a batch that passed its gates are no batch.
        suites=using.settings.expectations if one.rederives is None else None,
        scope=scope,
    )
    return examined, scope


def _waiting_rows(
    connection: Connection, one: Submission, district: District, parsed: Parsed
) -> Parsed:
    """Of bytes that are read again, only the days that wait for it."""
    waiting = waiting_rows(connection, district)
    own = waiting[waiting["submission"] == one.rederives]
    rows = {int(row) for row in own["row"]}
    tables = [
        replace(t, frame=only_days_of(t.frame, rows))
        for t in parsed.tables
        if t.table == "attendance"
    ]
    return Parsed(tables=tables, scope=scope_of(own, one.as_of))


def _refuse_stale(
    connection: Connection, one: Submission, district: District, tables: list[RawTable]
) -> None:
    """The same attendance bytes as on an earlier night, without a row for tonight, are yesterday's file again."""
    attendance = next((t for t in tables if t.table == "attendance"), None)
    if attendance is None or not was_sent_before(connection, one, split_member(attendance.file)[0]):
        return
    if looks_stale(attendance.frame, district, one.as_of):
        raise SubmissionRefused(Reason.STALE_FILE, file=attendance.file)


def _frames(validated: Validated) -> "dict[str, pd.DataFrame]":
    names = ("schools", "students", "enrollments", "guardians", "calendar", "marks")
    frames = {name: getattr(validated, name) for name in names}
    return frames if validated.ladder is None else frames | {"ladder": validated.ladder}


def _advance(one: Submission, event: SubmissionEvent) -> str:
    after = SUBMISSION.advance(SubmissionStatus(one.status), event)
    return one.status if isinstance(after, UnfitEvent) else after.value


def _end(
    connection: Connection,
    one: Submission,
    event: SubmissionEvent,
    reason: Reason,
    refused: SubmissionRefused | None = None,
) -> StepResult:
    """The submission is not used; what an earlier try staged or set aside goes with it."""
    clear_staging(connection, one.id)
    set_status(
        connection,
        one.id,
        _advance(one, event),
        refused_reason=reason.value,
        refused_file=refused.file if refused else None,
        refused_field=refused.field if refused else None,
    )
    logger.info("submission not used", extra={"submission": one.id, "reason": reason.value})
    return StepResult(
        step="validate",
        status=StepStatus.HELD,
        as_of=one.as_of,
        district=one.slug,
        reasons={reason.value: 1},
        ids={"submission": one.id},
    )
