"""The vendor's answers: taken at their word when they fit, kept with their fault when they do not."""

import json
from datetime import date

import pytest

from pact_etl.delivery import (
    Acknowledgement,
    InboundFault,
    InboundFile,
    MailedReport,
    ReturnedReport,
    SentBatch,
    read_inbound,
)
from pact_etl.delivery.acknowledgements import PieceReport

BATCH = "PACT-sacramento-20261120-000001-0a1b2c3d"
FIRST, SECOND, STRANGER = "P0000000001", "P0000000002", "P0000000099"
SENT = {
    BATCH: SentBatch(pdf_sha256="ab" * 32, pages=8, sheets=8, piece_ids=frozenset({FIRST, SECOND})),
}


def ack(**overrides: object) -> bytes:
    plain = {
        "protocol": 1,
        "batch": BATCH,
        "status": "accepted",
        "received_on": "2026-11-23",
        "sha256": "ab" * 32,
        "pieces": 2,
        "pages": 8,
        "sheets": 8,
        "rejected": [],
    }
    return json.dumps(plain | overrides).encode()


def read(suffix: str, content: bytes, seen: dict[str, str] | None = None) -> InboundFile:
    (only,) = read_inbound({BATCH + suffix: content}, SENT, seen or {})
    return only


def test_an_acknowledgement_that_fits_is_taken_at_its_word() -> None:
    answer = read(".ack", ack())

    assert isinstance(answer, Acknowledgement)
    assert answer.accepted
    assert (answer.batch, answer.faults, answer.pieces) == (BATCH, (), ())


def test_a_batch_may_be_accepted_without_some_of_its_pieces() -> None:
    answer = read(".ack", ack(rejected=[{"piece_id": SECOND, "reason": "page_unreadable"}]))

    assert answer.faults == ()
    assert answer.pieces == (PieceReport(piece_id=SECOND, reason="page_unreadable"),)


def test_a_batch_may_be_refused() -> None:
    answer = read(".ack", ack(status="rejected"))

    assert isinstance(answer, Acknowledgement)
    assert not answer.accepted


def test_an_acknowledgement_may_be_a_csv() -> None:
    header = "batch,status,sha256,pieces,pages,sheets,piece_id,reason\n"
    first = f"{BATCH},accepted,{'AB' * 32},2,8,8,,\n"
    answer = read(".ack", (header + first + f",,,,,,{FIRST},too heavy\n").encode("utf-8-sig"))

    assert isinstance(answer, Acknowledgement)
    assert answer.faults == ()
    assert answer.pieces == (PieceReport(piece_id=FIRST, reason="too_heavy"),)


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (ack(sha256="cd" * 32), (InboundFault.WRONG_HASH,)),
        (ack(pages=7), (InboundFault.WRONG_COUNT,)),
        (ack(pieces=3), (InboundFault.WRONG_COUNT,)),
        (ack(batch="PACT-other"), (InboundFault.OTHER_BATCH,)),
        (ack(rejected=[{"piece_id": STRANGER, "reason": ""}]), (InboundFault.UNKNOWN_PIECE,)),
        (ack(rejected=[{"piece_id": FIRST, "reason": ""}] * 2), (InboundFault.REPEATED_PIECE,)),
        (
            ack(sha256="", sheets=0, rejected=[{"piece_id": "x", "reason": ""}]),
            (InboundFault.WRONG_HASH, InboundFault.WRONG_COUNT, InboundFault.UNKNOWN_PIECE),
        ),
    ],
)
def test_an_acknowledgement_that_contradicts_what_was_sent_keeps_its_faults(
    content: bytes, faults: tuple[InboundFault, ...]
) -> None:
    answer = read(".ack", content)

    assert isinstance(answer, Acknowledgement)
    assert answer.faults == faults


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"batch,status\n",
        ack(status="maybe"),
        ack(pieces="many"),
        ack(rejected=[FIRST]),
    ],
)
def test_an_acknowledgement_nobody_can_read_is_a_fault_and_no_crash(content: bytes) -> None:
    answer = read(".ack", content)

    assert answer.faults == (InboundFault.UNREADABLE,)
    assert not isinstance(answer, Acknowledgement)


def test_an_acknowledgement_that_was_half_uploaded_is_read_once_it_is_whole() -> None:
    half = read(".ack", ack()[:40])
    assert half.faults == (InboundFault.UNREADABLE,)
    seen = {half.file_name: half.sha256}

    [whole] = read_inbound({BATCH + ".ack": ack()}, SENT, seen, [half.file_name])
    assert isinstance(whole, Acknowledgement)
    assert read_inbound({BATCH + ".ack": ack()[:40]}, SENT, seen, [half.file_name]) == ()


def test_a_second_acknowledgement_is_never_taken_for_the_first() -> None:
    first = read(".ack", ack())
    seen = {first.file_name: first.sha256}

    assert read_inbound({BATCH + ".ack": ack()}, SENT, seen) == ()
    second = read(".ack", ack(status="rejected"), seen)
    assert second.faults == (InboundFault.SECOND_ACKNOWLEDGEMENT,)
    assert not isinstance(second, Acknowledgement)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("PACT-sacramento-20261120-000009-ffffffff.ack", InboundFault.UNKNOWN_BATCH),
        (".mailed.csv", InboundFault.UNKNOWN_BATCH),
        (f"{BATCH}.pdf", InboundFault.UNEXPECTED_FILE),
        ("readme.txt", InboundFault.UNEXPECTED_FILE),
    ],
)
def test_a_file_about_nothing_we_sent_is_reported(name: str, fault: InboundFault) -> None:
    (answer,) = read_inbound({name: ack()}, SENT, {})

    assert answer.faults == (fault,)


def test_mailed_pieces_come_with_their_day() -> None:
    answer = read(
        ".mailed.csv", f"piece_id,mailed_on\n{FIRST},2026-11-24\n{SECOND},2026-11-25\n".encode()
    )

    assert isinstance(answer, MailedReport)
    assert answer.faults == ()
    assert answer.pieces == (
        PieceReport(piece_id=FIRST, on=date(2026, 11, 24)),
        PieceReport(piece_id=SECOND, on=date(2026, 11, 25)),
    )


def test_a_mailed_report_that_has_grown_is_read_again() -> None:
    short = read(".mailed.csv", f"piece_id,mailed_on\n{FIRST},2026-11-24\n".encode())
    grown = f"piece_id,mailed_on\n{FIRST},2026-11-24\n{SECOND},2026-11-25\n".encode()

    answer = read(".mailed.csv", grown, {short.file_name: short.sha256})
    assert [piece.piece_id for piece in answer.pieces] == [FIRST, SECOND]
    assert answer.faults == ()


def test_returned_pieces_come_with_a_reason_that_names_nobody() -> None:
    rows = f"{FIRST},2026-12-02,Moved-Left No Address\n{SECOND},2026-12-02,Mrs Doe moved to Galt\n"
    answer = read(".returned.csv", ("piece_id,returned_on,reason\n" + rows).encode())

    assert isinstance(answer, ReturnedReport)
    assert [piece.reason for piece in answer.pieces] == ["moved_left_no_address", "other"]


@pytest.mark.parametrize(
    ("row", "pieces", "faults"),
    [
        (f"{STRANGER},2026-11-24", [FIRST], (InboundFault.UNKNOWN_PIECE,)),
        (f"{FIRST},2026-11-25", [FIRST], (InboundFault.REPEATED_PIECE,)),
        (f"{SECOND},yesterday", [], (InboundFault.UNREADABLE,)),
    ],
)
def test_a_bad_line_in_a_report_is_a_fault_beside_the_good_ones(
    row: str, pieces: list[str], faults: tuple[InboundFault, ...]
) -> None:
    answer = read(".mailed.csv", f"piece_id,mailed_on\n{FIRST},2026-11-24\n{row}\n".encode())

    assert [piece.piece_id for piece in answer.pieces] == pieces
    assert answer.faults == faults
