"""Reconcile: read what the print vendor sent back, move letters on, void what was undone, and make silence an alert."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from pact_etl.delivery import (
    Acknowledgement,
    InboundFault,
    InboundFile,
    MailedReport,
    ReturnedReport,
    SentBatch,
    read_inbound,
)
from pact_etl.domain.county import County
from pact_etl.domain.letter_balance import balance, broken_packages, missing_numbers, overtaken
from pact_etl.domain.notice import LetterEvent
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.working_days import working_days_before
from pact_etl.steps.after_mailing import open_tasks_after_return, take_as_delivered, void_undone
from pact_etl.steps.returned_letters import tell_returned
from pact_etl.steps.served_notice_watch import watch
from pact_etl.store.after_mailing import book_return_reasons
from pact_etl.store.follow_ups import close_taken_back
from pact_etl.store.letter_values import notice_id
from pact_etl.store.notices import record_event
from pact_etl.store.packages import book_status, sealed_names, settle_batch
from pact_etl.store.returned_letters import book_return_night
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_tasks_of_letters
from pact_etl.store.vendor_answers import (
    SentPackage,
    back_before_mailed,
    book_dates,
    book_file,
    booked_dates,
    booked_pieces,
    files_read,
    files_unreadable,
    letter_traces,
    letters_not_mailed,
    numbered_packages,
    sent_packages,
    unacknowledged_packages,
)
from pact_etl.wiring import Collaborators, collaborators, vendor_folder

logger = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN = 1  # working days
MAILED_WITHIN = 3  # working days

TAKEN = ("acknowledged", "mailed", "returned")
"""What an answer that is applied comes to."""

TOLERATED = frozenset({InboundFault.UNKNOWN_PIECE, InboundFault.REPEATED_PIECE})
"""Faults of single lines of a report: its other lines are taken at their word. An acknowledgement must be faultless."""


def run(as_of: date) -> StepResult:
    """Reconcile with this process's own collaborators."""
    return reconcile_vendor(collaborators(), as_of)


def reconcile_vendor(using: Collaborators, as_of: date) -> StepResult:
    """Read new files, each once, and list what is overdue.

    Raises:
        Retryable: the vendor's folder did not answer.
    """
    watched = watch(using, as_of)  # first, for it asks nothing of the vendor
    inbound = vendor_folder(using.settings).inbound()
    counts: Counter[str] = Counter()
    days_off = using.county.vendor.days_off
    with slice_transaction(using.engine, "reconcile") as connection:
        sent = sent_packages(connection)
        known = {
            name: SentBatch(
                pdf_sha256=p.pdf_sha256, pages=p.pages, sheets=p.sheets, piece_ids=p.piece_ids
            )
            for name, p in sent.items()
        }
        early = _early(inbound, sealed_names(connection))
        timely = {name: content for name, content in inbound.items() if name not in early}
        unreadable = files_unreadable(connection)
        for answer in read_inbound(timely, known, files_read(connection), unreadable):
            outcome = _apply(connection, using.county, answer, sent, as_of)
            counts[outcome] += 1
            # Lines that were passed over in a report that was taken: said, so that they are not lost in silence.
            counts.update(f.value for f in answer.faults if outcome in TAKEN)
            book_file(connection, answer.file_name, answer.sha256, as_of, outcome)
        after = void_undone(using, connection, as_of)
        after["taken_back"] = close_taken_back(connection, as_of)
        after["delivered"] = take_as_delivered(connection, using.county, as_of)
        overdue = unacknowledged_packages(
            connection, working_days_before(as_of, ACKNOWLEDGED_WITHIN + 1, days_off)
        )
        unmailed = letters_not_mailed(
            connection, working_days_before(as_of, MAILED_WITHIN + 1, days_off)
        )
        since = using.year_of(as_of).first
        traces = letter_traces(connection, since)
        broken = broken_packages(booked_pieces(connection, since), traces)
        torn = sum(len(day.broken) for day in balance(traces, days_off).values())
        numbered = numbered_packages(connection)
    returns = tell_returned(using, as_of)
    missing, late = missing_numbers(numbered), overtaken(numbered)
    _alert(
        {
            "sequence-gap": {"missing": missing, "overtaken": late},
            "balance-broken": {"packages": broken, "letters": torn},
            "vendor-silent": {"packages": overdue},
            "letters-not-mailed": {"letters": unmailed},
            "voids-wait": {"letters": after["voids_waiting"]},
        }
    )
    reasons = {k: n for k, n in sorted(counts.items()) if k not in TAKEN}
    found = {k: counts[k] for k in TAKEN}
    return StepResult(
        step="reconcile",
        status=StepStatus.DONE,
        as_of=as_of,
        counts=found
        | after
        | watched
        | returns
        | {
            "unacknowledged_packages": len(overdue),
            "letters_not_mailed": unmailed,
            "sequence_gaps": len(missing) + len(late),
            "balance_broken": len(broken) + torn,
        },
        reasons=reasons,
    )


def _early(inbound: Mapping[str, bytes], names: Sequence[str]) -> set[str]:
    """Answers to packages that a run which died has announced and not booked: read once their release is repeated."""
    return {file for file in inbound for name in names if file.startswith(f"{name}.")}


def _alert(found: Mapping[str, Mapping[str, object]]) -> None:
    """One error in the log for each runbook heading under which anything was found."""
    for heading, what in found.items():
        if any(what.values()):
            logger.error("the vendor's letters need somebody", extra={**what, "runbook": heading})


def _apply(
    connection: Connection,
    county: County,
    answer: InboundFile,
    sent: dict[str, SentPackage],
    as_of: date,
) -> str:
    """Act on one answer; returns what became of it, in one word."""
    grave = [f for f in answer.faults if isinstance(answer, Acknowledgement) or f not in TOLERATED]
    if grave:
        extra = {"fault": grave[0].value, "runbook": "vendor-answer-unusable"}
        logger.error("vendor's answer not applied", extra=extra)
        return grave[0].value
    if answer.faults:
        extra = {"fault": answer.faults[0].value, "runbook": "vendor-answer-unusable"}
        logger.error("lines of a vendor's report not applied", extra=extra)
    if isinstance(answer, Acknowledgement):
        return _acknowledge(connection, county, answer, sent[answer.batch], as_of)
    dates = {notice_id(p.piece_id): p.on or as_of for p in answer.pieces}
    first = sent[answer.batch].released_as_of
    if isinstance(answer, MailedReport):
        dates = _possible(connection, "mailed_on", dates, first, as_of)
        _record_by_day(connection, dates, LetterEvent.MAIL, answer.file_name)
        book_dates(connection, "mailed_on", dates)
        # What came back before anybody said that it was mailed has been returned all the same.
        late = back_before_mailed(connection, dates)
        _record_by_day(connection, late, LetterEvent.RETURN, f"{answer.file_name}, said before")
        open_tasks_after_return(connection, county, sorted(late), as_of)
        return "mailed"
    if isinstance(answer, ReturnedReport):
        dates = _possible(connection, "returned_on", dates, first, as_of)
        _record_by_day(connection, dates, LetterEvent.RETURN, answer.file_name)
        back = book_dates(connection, "returned_on", dates)
        book_return_night(connection, back, as_of)
        reasons = {notice_id(p.piece_id): p.reason for p in answer.pieces}
        book_return_reasons(connection, {n: reasons[n] for n in dates})
        open_tasks_after_return(connection, county, back, as_of)
        return "returned"
    return "unexpected_file"


def _possible(
    connection: Connection, column: str, dates: Mapping[int, date], first: date, as_of: date
) -> dict[int, date]:
    """The lines of a report whose day can be true; the others are an alert.

    Not before the record that the letter prints, not after today, and no other day than was said before: a letter with
    a mistyped day would never count as delivered, and never be taken back.
    """
    said = booked_dates(connection, column, dates)
    possible = {
        n: day for n, day in dates.items() if first <= day <= as_of and said.get(n, day) == day
    }
    if len(possible) < len(dates):
        lines = len(dates) - len(possible)
        extra = {"fault": "impossible_day", "lines": lines, "runbook": "vendor-answer-unusable"}
        logger.error("lines of a vendor's report not applied", extra=extra)
    return possible


def _acknowledge(
    connection: Connection,
    county: County,
    answer: Acknowledgement,
    package: SentPackage,
    as_of: date,
) -> str:
    everything = [notice_id(p) for p in sorted(package.piece_ids)]
    refused = [notice_id(p.piece_id) for p in answer.pieces] if answer.accepted else everything
    owner, due_on = county.duty_on(Reason.LETTER_REFUSED, as_of)
    open_tasks_of_letters(connection, refused, Reason.LETTER_REFUSED, owner, as_of, due_on)
    if not answer.accepted:
        _record(
            connection, everything, LetterEvent.FAIL, answer.file_name, as_of, "vendor_rejected"
        )
        book_status(connection, package.package_id, "refused")
        told = {"package": answer.batch, "runbook": "vendor-refused"}
        logger.error("vendor refused a package", extra=told)
        return "vendor_rejected"
    for piece in answer.pieces:
        detail = f"vendor_{piece.reason or 'other'}"
        _record(
            connection,
            [notice_id(piece.piece_id)],
            LetterEvent.FAIL,
            answer.file_name,
            as_of,
            detail,
        )
    if refused:
        extra = {"package": answer.batch, "letters": len(refused), "runbook": "vendor-refused"}
        logger.error("vendor refused pieces", extra=extra)
    held = [n for n in everything if n not in set(refused)]
    _record(connection, held, LetterEvent.ACKNOWLEDGE, answer.file_name, as_of)
    book_status(connection, package.package_id, "acknowledged")
    settle_batch(connection, package.batch_id)
    return "acknowledged"


def _record_by_day(
    connection: Connection, dates: dict[int, date], event: LetterEvent, source: str
) -> None:
    for day in sorted(set(dates.values())):
        _record(connection, [n for n, on in dates.items() if on == day], event, source, day)


def _record(
    connection: Connection,
    notices: Sequence[int],
    event: LetterEvent,
    source: str,
    as_of: date,
    detail: str | None = None,
) -> None:
    unfit = record_event(connection, notices, event, source=source, as_of=as_of, detail=detail)
    if unfit:
        extra = {"letters": len(unfit), "event": event.value, "runbook": "event-out-of-order"}
        logger.warning("events kept and not applied", extra=extra)
