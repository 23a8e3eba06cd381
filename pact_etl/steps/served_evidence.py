"""Evidence of one piece that was served: everything that explains it years later, in a zip that proves itself."""

import hashlib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pact_etl.delivery.sealed_zip import write_sealed
from pact_etl.domain.access import Role
from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import LettersUnfit, render_batch
from pact_etl.steps.case import cases_shown
from pact_etl.steps.evidence import as_json, policy_in_force
from pact_etl.steps.export import as_csv
from pact_etl.steps.why import explain
from pact_etl.store.case_files import case_code, find_case
from pact_etl.store.evidence import record_behind
from pact_etl.store.served_notices import get_notice, notice_code
from pact_etl.store.served_pieces import Piece, book_of, notice_of_piece, pieces_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.student_export import log_access
from pact_etl.wiring import Collaborators

READ_ME = """Evidence of piece {piece} of notice {notice}, record as of {as_of}.

notice.pdf           the piece, set again from what was frozen when the notice was issued
notice.json          what was frozen: the letter and the letterhead
explanation.json     every day that counted and every day that did not, each gate, as known on {as_of}
case.json            the case of that school year, day by day, and its deadlines, as known when asked
attendance.csv       the attendance as it was believed on {as_of}, each row with the submission it came from
enrollments.csv      the same of enrollments
submissions.csv      those submissions: hashes of what the district sent
policy.json          the law and the county's rules in force, with citations
book.json            whether the PDF is reproduced bit by bit, and its SHA-256
events.csv           who prepared, issued or withdrew the notice, and what held it
services.csv         when and how this piece was served, and what was taken back
disclosures.csv      who received it, when, on which legal basis

Check that nothing was changed: sha256sum -c SHA256SUMS
This pack names a child and a family. Give it to those only who may see the record.
"""


def make_served_evidence(
    using: Collaborators, piece: str, out: Path, as_of: date, *, by: str, reason: str
) -> StepResult:
    """Write the evidence pack of one piece of a notice.

    Args:
        using: collaborators.
        piece: the code printed on it, such as `P8000001001`.
        out: the folder; the file is named by the code.
        as_of: the day of the request, for the log.
        by: who asks.
        reason: why, for the log.

    Raises:
        UsageError: there is no such piece.
    """
    with slice_transaction(using.engine, "export") as connection:
        number = notice_of_piece(connection, piece)
        if number is None:
            raise UsageError("no such piece")
        notice = get_notice(connection, number)
        night = notice.record_as_of
        assert night is not None  # it is issued: it has pieces
        case, _ = find_case(connection, case_code(notice.case_id), as_of)
        [one] = [p for p in pieces_of(connection, number) if p.letter.piece_id == piece]
        student, year = case.student_id, using.year_of(night)
        behind = record_behind(connection, [student], year.first, night)
        book = book_of(connection, number, one.id)
        pdf, is_reproduced = _set_again(one)
        files = {
            "README.txt": READ_ME.format(
                piece=piece, notice=notice_code(number), as_of=night
            ).encode(),
            "notice.pdf": pdf,
            "notice.json": as_json({"letter": asdict(one.letter), "sender": asdict(one.sender)}),
            "explanation.json": as_json(explain(using, f"S{student}", night)),
            "case.json": as_json(cases_shown(using, connection, student, year.name, as_of)),
            "policy.json": as_json(policy_in_force(using, night)),
            "book.json": as_json(
                {"pdf_sha256": one.pdf_sha256, "pdf_is_reproduced": is_reproduced}
            ),
        }
        tables: dict[str, list[dict[str, Any]]] = behind | book
        files |= {f"{name}.csv": as_csv(rows) for name, rows in tables.items()}
        log_access(
            connection,
            student=student,
            what="evidence_pack",
            role=Role.CUSTODIAN,
            requested_by=by,
            handled_by=by,
            reason=reason,
            as_of=as_of,
        )
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_sealed(out / f"{piece}.zip", files)
    counts = {
        "files": len(files),
        "marks": len(behind["attendance"]),
        "reproduced": int(is_reproduced),
    }
    return StepResult(
        step="evidence", status=StepStatus.DONE, as_of=as_of, counts=counts, ids={"piece": one.id}
    )


def _set_again(piece: Piece) -> tuple[bytes, bool]:
    """The PDF of what was frozen, and whether it is the one that was booked; empty where it cannot be set any more."""
    try:
        pdf = render_batch([piece.letter], piece.sender).pdf
    except LettersUnfit:
        return b"", False
    return pdf, hashlib.sha256(pdf).hexdigest() == piece.pdf_sha256
