"""The vendor's answers as typed values. Every file is read, none is trusted, and no fault stops the others.

An answer that contradicts what was sent keeps its fault beside its content: the steps decide what becomes of it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

ACK = ".ack"
MAILED = ".mailed.csv"
RETURNED = ".returned.csv"

REJECT_REASONS = frozenset(
    {"address_unreadable", "page_missing", "page_unreadable", "too_heavy", "other"}
)
RETURN_REASONS = frozenset(
    {
        "attempted_not_known",
        "deceased",
        "forwarding_expired",
        "insufficient_address",
        "moved_left_no_address",
        "no_such_number",
        "no_such_street",
        "not_deliverable_as_addressed",
        "refused",
        "unclaimed",
        "vacant",
        "other",
    }
)
"""The endorsements the post office puts on a returned piece."""


class InboundFault(StrEnum):
    """What is wrong with an answer, most basic first."""

    UNEXPECTED_FILE = "unexpected_file"  # no answer the protocol knows
    UNKNOWN_BATCH = "unknown_batch"  # we never sent a batch of this name
    SECOND_ACKNOWLEDGEMENT = "second_acknowledgement"  # another acknowledgement was read before
    UNREADABLE = "unreadable"  # not in the agreed form
    OTHER_BATCH = "other_batch"  # the file's name says one batch, its content another
    WRONG_HASH = "wrong_hash"
    WRONG_COUNT = "wrong_count"
    UNKNOWN_PIECE = "unknown_piece"  # a piece that is not in the batch
    REPEATED_PIECE = "repeated_piece"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """What we know of a batch we sent; what an answer is held against."""

    pdf_sha256: str
    pages: int
    sheets: int
    piece_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceReport:
    """One line of an answer. `on` is None in a rejection; `reason` is a slug, empty where none was given."""

    piece_id: str
    on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFile:
    """One file of the vendor, whatever it is worth.

    Attributes:
        file_name: as the vendor named it.
        sha256: of the file; kept, so that it is not read twice.
        batch: the batch it answers, by its name.
        faults: empty for an answer that can be taken at its word.
        pieces: lines about single pieces that are in the batch.
    """

    file_name: str
    sha256: str
    batch: str
    faults: tuple[InboundFault, ...] = ()
    pieces: tuple[PieceReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(InboundFile):
    """The vendor holds a batch, or refuses it. `pieces` are those it will not print, with reasons."""

    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedReport(InboundFile):
    """Which pieces went into the post, and when. Grows: a later file of the same name replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedReport(InboundFile):
    """Which pieces the post brought back, when and why. Grows like the mailed report."""


class _RejectedPiece(BaseModel):
    model_config = ConfigDict(extra="forbid")
    piece_id: str
    reason: str


class _Ack(BaseModel):
    """An acknowledgement as the protocol has it; see docs/vendor_protocol.md."""

    model_config = ConfigDict(extra="ignore")
    batch: str
    status: Literal["accepted", "rejected"]
    sha256: str
    pieces: int
    pages: int
    sheets: int
    rejected: list[_RejectedPiece] = []


def read_inbound(
    files: Mapping[str, bytes],
    sent: Mapping[str, SentBatch],
    seen: Mapping[str, str],
    unreadable: Collection[str] = (),
) -> tuple[InboundFile, ...]:
    """Read what is new.

    Args:
        files: the vendor's files by name, as `PrintVendor.inbound` gives them.
        sent: every batch ever sent, by name.
        seen: sha256 by file name of what was read before; a file that has not changed is left out.
        unreadable: names of files that nobody could read so far, such as one that was half uploaded: what comes under
            an acknowledgement's name then is the first one.
    """
    answered = seen.keys() - set(unreadable)
    new = (
        (name, content, hashlib.sha256(content).hexdigest())
        for name, content in sorted(files.items())
    )
    return tuple(
        _read(name, content, digest, sent, answered)
        for name, content, digest in new
        if seen.get(name) != digest
    )


def _read(
    name: str, content: bytes, digest: str, sent: Mapping[str, SentBatch], answered: Collection[str]
) -> InboundFile:
    suffix = next((suffix for suffix in (ACK, MAILED, RETURNED) if name.endswith(suffix)), "")
    batch = name.removesuffix(suffix) if suffix else ""
    bare = InboundFile(file_name=name, sha256=digest, batch=batch)
    if not suffix:
        return _faulty(bare, InboundFault.UNEXPECTED_FILE)
    if batch not in sent:
        return _faulty(bare, InboundFault.UNKNOWN_BATCH)
    if suffix == ACK and name in answered:
        return _faulty(bare, InboundFault.SECOND_ACKNOWLEDGEMENT)
    try:
        text = content.decode("utf-8-sig")
        if suffix == ACK:
            return _acknowledgement(bare, _parse_ack(text), sent[batch])
        return _report(bare, text, suffix, sent[batch])
    except (ValidationError, ValueError, KeyError, TypeError, RecursionError, csv.Error):
        # A parser's error quotes what it read, and what it read may be anything.
        return _faulty(bare, InboundFault.UNREADABLE)


def _faulty(bare: InboundFile, fault: InboundFault) -> InboundFile:
    return InboundFile(
        file_name=bare.file_name, sha256=bare.sha256, batch=bare.batch, faults=(fault,)
    )


def _parse_ack(text: str) -> _Ack:
    """JSON, or a CSV whose first line is about the batch and every further line about a piece it rejects."""
    if text.lstrip().startswith("{"):
        return _Ack.model_validate(json.loads(text, object_pairs_hook=_said_once))
    first, *others = csv.DictReader(io.StringIO(text), strict=True)
    rejected = [{"piece_id": row["piece_id"], "reason": row["reason"]} for row in others]
    return _Ack.model_validate({**first, "rejected": rejected})


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object none of whose names stands twice: of two answers neither is the vendor's."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _acknowledgement(bare: InboundFile, ack: _Ack, sent: SentBatch) -> Acknowledgement:
    known, faults = _known_pieces(
        (
            PieceReport(piece_id=piece.piece_id, reason=_code(piece.reason, REJECT_REASONS))
            for piece in ack.rejected
        ),
        sent,
    )
    if (ack.pieces, ack.pages, ack.sheets) != (len(sent.piece_ids), sent.pages, sent.sheets):
        faults.insert(0, InboundFault.WRONG_COUNT)
    if ack.sha256.lower() != sent.pdf_sha256:
        faults.insert(0, InboundFault.WRONG_HASH)
    if ack.batch != bare.batch:
        faults.insert(0, InboundFault.OTHER_BATCH)
    return Acknowledgement(
        file_name=bare.file_name,
        sha256=bare.sha256,
        batch=bare.batch,
        faults=tuple(faults),
        pieces=known,
        accepted=ack.status == "accepted",
    )


def _report(bare: InboundFile, text: str, suffix: str, sent: SentBatch) -> InboundFile:
    day = "mailed_on" if suffix == MAILED else "returned_on"
    rows = csv.DictReader(io.StringIO(text), strict=True)
    titles = list(rows.fieldnames or ())
    if not {"piece_id", day} <= set(titles) or len(set(titles)) != len(titles):
        raise ValueError("columns missing, or there twice")
    reports = (
        PieceReport(
            piece_id=row["piece_id"].strip(),
            on=date.fromisoformat(row[day].strip()),
            reason=_code(row.get("reason") or "", RETURN_REASONS),
        )
        for row in map(_whole, rows)
    )
    known, faults = _known_pieces(reports, sent)
    kind = MailedReport if suffix == MAILED else ReturnedReport
    return kind(
        file_name=bare.file_name,
        sha256=bare.sha256,
        batch=bare.batch,
        faults=tuple(faults),
        pieces=known,
    )


def _whole(row: dict[str, str]) -> dict[str, str]:
    """A line with as many cells as the header; a reader fills the others up with nothing."""
    if None in row or None in row.values():
        raise ValueError("a line with a wrong number of cells")
    return row


def _known_pieces(
    reports: Iterable[PieceReport], sent: SentBatch
) -> tuple[tuple[PieceReport, ...], list[InboundFault]]:
    """The first line about each piece of the batch; what else there was is a fault."""
    known: dict[str, PieceReport] = {}
    faults: set[InboundFault] = set()
    for report in reports:
        if report.piece_id not in sent.piece_ids:
            faults.add(InboundFault.UNKNOWN_PIECE)
        elif report.piece_id in known:
            faults.add(InboundFault.REPEATED_PIECE)
        else:
            known[report.piece_id] = report
    return tuple(known.values()), sorted(faults, key=list(InboundFault).index)


def _code(reason: str, codes: frozenset[str]) -> str:
    """The vendor's reason if it is one of the agreed codes; free text may hold a name and becomes `other`."""
    code = "_".join(reason.lower().replace("-", " ").replace("_", " ").split())
    return code if code in codes or not code else "other"
