"""One package's way out: checked, set, numbered, sealed and booked in one transaction; handed over in the next."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from pact_etl.delivery import Seal, SealedPackage, VendorFolder, build_package
from pact_etl.domain.errors import Retryable
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.packaging import PackageLimits, deal
from pact_etl.domain.reasons import WITHDRAWALS, Reason
from pact_etl.letters import find_unlawful, find_unprintable, render_batch
from pact_etl.steps.plan_retries import open_tasks_of_ended_retries
from pact_etl.steps.recheck import Recheck, recheck
from pact_etl.store.batches import Batch, set_batch
from pact_etl.store.disclosures import log_letters
from pact_etl.store.follow_ups import hold_ended
from pact_etl.store.letter_values import compose_letters, freeze, frozen_letters, notice_id
from pact_etl.store.letterheads import keep_letterhead
from pact_etl.store.notices import (
    book_pages,
    close_invitations_without_letters,
    forget_pages,
    record_event,
    stranded_homes,
    withdraw_students,
)
from pact_etl.store.packages import (
    BookedPackage,
    book_sealed,
    book_status,
    free_number,
    get_package,
    leave_out,
    letters_here,
    letters_in,
    place,
    remove,
    sealed_elsewhere,
    take_apart,
    unseal,
)
from pact_etl.store.tasks import open_batch_tasks, open_tasks_of
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A package that can leave. `message` is None where it is out already and only has to be booked."""

    package_id: int
    name: str
    letters: tuple[int, ...]
    message: SealedPackage | None


def prepare(
    using: Collaborators,
    connection: Connection,
    batch: Batch,
    package: BookedPackage,
    folder: VendorFolder,
    keys: Callable[[], Seal],
) -> Sealed | None:
    """Check a package's letters by the newest record, set those that stand, and book the seal under which they leave.

    Returns:
        None where the package does not leave as it was dealt: no letter was left in it, or it was too large.

    Raises:
        SettingsError: the keys cannot be used.
    """
    if package.name is not None and folder.is_announced(package.name):
        letters = tuple(letters_in(connection, package.id))
        return Sealed(package_id=package.id, name=package.name, letters=letters, message=None)
    seal = keys()
    as_of = _check(using, connection, batch, list(leave_out(connection, package.id)))
    here = leave_out(connection, package.id)
    if not here:
        _discard(folder, package)
        remove(connection, package.id)
        set_batch(connection, batch.id, released_as_of=as_of)
        return None
    _take_numbers_back(connection, package, folder)
    number = package.sequence or free_number(connection)
    # Set from what was kept, so that the same can be set again years later.
    rendered = render_batch(frozen_letters(connection, list(here)), using.county.sender)
    built = build_package(
        rendered,
        county=using.county.slug,
        as_of=batch.as_of,
        sequence=number,
    )
    limits = using.county.vendor.limits_on(batch.as_of)
    is_too_large = limits is not None and len(built.content) > limits.bytes and len(here) > 1
    if built.name != package.name or is_too_large:
        _discard(folder, package)
    if limits is not None and is_too_large:
        unseal(connection, package.id)
        _deal_again(connection, batch.id, package.id, len(built.content), limits)
        return None
    message = seal.close(built)
    now_set = [one for one, status in here.items() if status == LetterStatus.APPROVED]
    source = f"release:{built.name}"
    record_event(connection, now_set, LetterEvent.RENDER, source=source, as_of=as_of)
    book_pages(
        connection, {notice_id(p.piece_id): (p.first_page, p.pages) for p in rendered.pieces}
    )
    book_sealed(
        connection,
        package.id,
        as_of,
        sequence=number,
        name=built.name,
        pdf_sha256=built.pdf_sha256,
        sealed_sha256=message.sha256,
        bytes=len(built.content),
        pieces=built.pieces,
        pages=built.pages,
        sheets=built.sheets,
    )
    keep_letterhead(connection, package.id, using.county.sender)
    return Sealed(package_id=package.id, name=built.name, letters=tuple(here), message=message)


def hand_over(
    using: Collaborators, connection: Connection, sealed: Sealed, folder: VendorFolder
) -> None:
    """Book the hand-over and its disclosure, and announce the package as the last act before the commit.

    A package of which a letter was taken away since it was sealed is left for `prepare` to set anew.

    Raises:
        Retryable: another run has sealed or removed the package since, or the folder did not take it.
        InvariantBroken: what is out is not what was booked.
    """
    package = get_package(connection, sealed.package_id)
    if package is None or package.name != sealed.name:
        raise Retryable("another run has changed this package since")
    if package.is_out:
        return
    if sealed.message is not None and sealed.message.sha256 != package.sealed_sha256:
        raise Retryable("another run has sealed this package since")
    letters = letters_in(connection, package.id, lock=True)
    gone = [one for one in sealed.letters if letters.get(one) != LetterStatus.RENDERED]
    if gone and sealed.message is not None:
        return
    as_of = package.released_as_of
    assert as_of is not None  # booked with the seal
    log_letters(connection, sealed.letters, using.county.disclosures, as_of)
    unfit = record_event(
        connection, sealed.letters, LetterEvent.PACKAGE, source=sealed.name, as_of=as_of
    )
    if unfit:
        extra = {"letters": len(unfit), "runbook": "withdrawn-letter-is-out"}
        logger.error("letters were taken back after their package was out", extra=extra)
    book_status(connection, package.id, "handed_over")
    set_batch(connection, package.batch_id, released_as_of=as_of)
    if sealed.message is None:
        folder.confirm(sealed.name, str(package.sealed_sha256))
    else:
        folder.hand_over(sealed.message)


def _check(
    using: Collaborators, connection: Connection, batch: Batch, letters: Sequence[int]
) -> date:
    """Withdraw what no longer stands, fail what cannot be printed, freeze the rest; the night whose record it is."""
    seen = recheck(using, connection, batch.id, batch.as_of, letters)
    source = f"release:{batch.id}"
    withdraw_students(connection, seen.undone)
    for reason in sorted(set(seen.withdrawn.values())):
        gone = [notice for notice, why in seen.withdrawn.items() if why is reason]
        record_event(
            connection,
            gone,
            LetterEvent.WITHDRAW,
            source=source,
            as_of=seen.as_of,
            detail=reason.value,
        )
    composed = compose_letters(
        connection, using.county, using.languages_of, seen.as_of, seen.standing, seen.records
    )
    faults = find_unprintable(composed, using.county.sender) if composed else {}
    # An invitation reads alike for everybody, so it may not use words that are true of some only.
    wording = using.statutes.wording_on(seen.as_of)
    faults |= find_unlawful(composed, using.county.sender, wording, chronic_truants=())
    failed = [notice_id(piece) for piece in faults]
    detail = Reason.RENDER_FAILED.value
    record_event(
        connection, failed, LetterEvent.FAIL, source=source, as_of=seen.as_of, detail=detail
    )
    owner, due = using.county.duty_on(Reason.RENDER_FAILED, seen.as_of)
    ended = [LetterStatus.FAILED]
    hold_ended(connection, batch.id, ended, Reason.RENDER_FAILED, owner, seen.as_of, due)
    close_invitations_without_letters(connection, batch.id, "held", detail)
    open_batch_tasks(connection, batch.id, detail, owner, seen.as_of, due)
    forget_pages(connection, [*seen.withdrawn, *failed])
    open_tasks_of_ended_retries(connection, using.county, batch.id, ended, seen.as_of)
    _tell_of_stranded_homes(using, connection, seen, failed)
    freeze(connection, [letter for letter in composed if letter.piece_id not in faults])
    return seen.as_of


def _tell_of_stranded_homes(
    using: Collaborators, connection: Connection, seen: Recheck, failed: Sequence[int]
) -> None:
    """Make it somebody's task that a home gets no letter, where the invitation goes on for another home's sake."""
    rests_on_nothing = WITHDRAWALS | {Reason.NOT_CALLED_FOR}  # then the other letter is taken back
    undone = [i for i, reason in seen.undone.items() if reason not in rests_on_nothing]
    stranded = stranded_homes(connection, undone, failed)
    reason = Reason.HOME_WITHOUT_LETTER
    owner, due = using.county.duty_on(reason, seen.as_of)
    open_tasks_of(connection, stranded, reason, owner, seen.as_of, due, again=True)


def _take_numbers_back(
    connection: Connection, package: BookedPackage, folder: VendorFolder
) -> None:
    """A number is for what goes next: a package that a dead run left behind gets another one when it goes."""
    for other in sealed_elsewhere(connection, package.id):
        if not folder.is_announced(str(other.name)):
            _discard(folder, other)
            unseal(connection, other.id)


def _discard(folder: VendorFolder, package: BookedPackage) -> None:
    if package.name is not None:
        folder.discard(package.name)


def _deal_again(
    connection: Connection, batch_id: int, package_id: int, size: int, limits: PackageLimits
) -> None:
    """Deal a batch's letters that are here by what a page of one package, now too large, has turned out to take."""
    sizes = letters_here(connection, batch_id)
    own = letters_in(connection, package_id)
    pages = sum(one.pages for one in sizes if one.letter in own)
    take_apart(connection, batch_id)
    place(connection, batch_id, deal(sizes, limits, size / pages))
