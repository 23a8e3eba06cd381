"""Export: one student's whole record for who has a right to it, and the log of disclosures for who may see that.

Every export is noted in the transaction that lets it out. What is handed over names a child: it is written for its
reader alone and never to a log.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pact_etl.delivery.sealed_zip import write_sealed
from pact_etl.domain.access import SEES_EVERYBODY, Adult, Role, check_access, check_safety
from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import render_batch
from pact_etl.store.letter_values import frozen_letters, notice_id
from pact_etl.store.letterheads import letterheads_of
from pact_etl.store.served_pieces import frozen_pieces
from pact_etl.store.session import slice_transaction
from pact_etl.store.student_export import (
    about_one_child,
    adults_of,
    birth_date_of,
    disclosure_log,
    everything,
    find_guardian,
    letters_of,
    log_access,
    served_pieces_of,
)
from pact_etl.store.student_ids import find_student
from pact_etl.wiring import Collaborators

READ_ME = """Record of one student as of {as_of}, made for: {role}.

record.json        everything that is kept about the student, by section; dates are dates of the record,
                   known_from and known_to the nights between which it was believed
attendance.csv     the same attendance as a table
disclosures.csv    to whom a letter with the record went, when and on which legal basis
letters/           the letters as they were printed

Other adults, their addresses and their letters are left out unless the reader may see them.
Whoever finds a mistake asks the district's attendance office for a correction.
Check that nothing was changed: sha256sum -c SHA256SUMS
"""


def export_student(
    using: Collaborators,
    student: str,
    out: Path,
    as_of: date,
    *,
    role: Role,
    requested_by: str,
    handled_by: str,
    reason: str,
) -> StepResult:
    """Write everything about one student into a sealed zip.

    Args:
        using: collaborators.
        student: as `pact why` takes it.
        out: the folder; the file is named by the opaque id.
        as_of: the day of the request.
        role: in which right it is asked for.
        requested_by: for a parent `<district>:<contact id>`, else who asks.
        handled_by: who of the staff answers.
        reason: why, for the log.

    Raises:
        UsageError: no such student, or no right to the record.
    """
    policy = using.policy_on(as_of)
    with slice_transaction(using.engine, "export") as connection:
        who = find_student(connection, student)
        adult = find_guardian(connection, who, requested_by) if role is Role.PARENT else None
        check_access(role, adult, birth_date_of(connection, who), as_of, policy.law)
        adults, letters = adults_of(connection, who), letters_of(connection, who)
        check_safety(role, adult, any(a["safe_at_home"] for a in adults))
        record = _readable(everything(connection, who), role)
        record["adults"] = [_shown(a, role, adult) for a in adults]
        own = [n for n in letters if role in SEES_EVERYBODY or _is_addressed(n, adult, adults)]
        record["letters"] = own
        pieces = [
            n
            for n in served_pieces_of(connection, who)
            if role in SEES_EVERYBODY or _is_addressed(n, adult, adults)
        ]
        record["served_pieces"] = pieces
        # A letter that speaks of a sibling too is listed, and not enclosed.
        printed = about_one_child(connection, [n["notice"] for n in own])
        frozen = frozen_letters(connection, sorted(printed))
        log = _readable_log(disclosure_log(connection, who), role)
        files = {
            "README.txt": READ_ME.format(as_of=as_of, role=role.value).encode(),
            "record.json": json.dumps(record, indent=1, default=str, ensure_ascii=False).encode(),
            "attendance.csv": as_csv(record["attendance"]),
            "disclosures.csv": as_csv(log),
        }
        sender_of = letterheads_of(connection, sorted(printed))
        for letter in frozen:
            sender = sender_of.get(notice_id(letter.piece_id), using.county.sender)
            pdf = render_batch([letter], sender).pdf
            files[f"letters/{letter.piece_id}.pdf"] = pdf
        for served in frozen_pieces(connection, [piece["id"] for piece in pieces]):
            pdf = render_batch([served.letter], served.sender).pdf
            files[f"letters/{served.letter.piece_id}.pdf"] = pdf
        log_access(
            connection,
            student=who,
            what="student_record",
            role=role,
            requested_by=requested_by,
            handled_by=handled_by,
            reason=reason,
            as_of=as_of,
        )
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_sealed(out / f"S{who}-{as_of.isoformat()}.zip", files)
    counts = {"files": len(files), "letters": len(frozen), "attendance": len(record["attendance"])}
    return StepResult(
        step="export", status=StepStatus.DONE, as_of=as_of, counts=counts, ids={"student": who}
    )


def export_log(
    using: Collaborators,
    out: Path,
    as_of: date,
    *,
    role: Role,
    requested_by: str,
    handled_by: str,
    reason: str,
    student: str | None = None,
) -> StepResult:
    """Write the log of disclosures as CSV: all of it for a custodian or an auditor, one student's for a parent.

    Raises:
        UsageError: see `export_student`; or a parent asks for everybody's.
    """
    if student is None and role not in SEES_EVERYBODY:
        raise UsageError("the whole log is open to the custodian of records and to auditors only")
    with slice_transaction(using.engine, "export") as connection:
        who = find_student(connection, student) if student is not None else None
        if who is not None:
            adult = find_guardian(connection, who, requested_by) if role is Role.PARENT else None
            law = using.policy_on(as_of).law
            check_access(role, adult, birth_date_of(connection, who), as_of, law)
        rows = _readable_log(disclosure_log(connection, who), role)
        log_access(
            connection,
            student=who,
            what="disclosure_log",
            role=role,
            requested_by=requested_by,
            handled_by=handled_by,
            reason=reason,
            as_of=as_of,
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(f".{out.name}.part")
        part.write_bytes(as_csv(rows))
        part.chmod(0o600)
        part.replace(out)
    return StepResult(
        step="export", status=StepStatus.DONE, as_of=as_of, counts={"entries": len(rows)}
    )


def _readable(
    record: dict[str, list[dict[str, Any]]], role: Role
) -> dict[str, list[dict[str, Any]]]:
    """Without staff and their work, whose reasons can tell of another home, unless the reader sees everybody."""
    if role in SEES_EVERYBODY:
        return record
    shown = {name: rows for name, rows in record.items() if name != "tasks"}
    for name in ("invitations", "first_notices"):
        shown[name] = [{k: v for k, v in row.items() if k != "reason"} for row in shown[name]]
    shown["case_entries"] = [
        {k: v for k, v in row.items() if k != "entered_by"} for row in shown["case_entries"]
    ]
    # What holds a notice, and who of the staff had it in hand.
    hidden = {"reason", "prepared_by", "issued_by"}
    shown["served_notices"] = [
        {k: v for k, v in row.items() if k not in hidden} for row in shown["served_notices"]
    ]
    return shown


def _readable_log(rows: list[dict[str, Any]], role: Role) -> list[dict[str, Any]]:
    """Without the numbers of letters, from which the number of homes could be told."""
    if role in SEES_EVERYBODY:
        return rows
    return [{k: v for k, v in row.items() if k != "piece"} for row in rows]


def _shown(adult: dict[str, Any], role: Role, asks: Adult | None) -> dict[str, Any]:
    """An adult whole, or by relation alone where another adult asks."""
    if role in SEES_EVERYBODY or (asks is not None and adult["guardian"] == asks.guardian_id):
        return adult
    return {"relation": adult["relation"]}


def _is_addressed(letter: dict[str, Any], asks: Adult | None, adults: list[dict[str, Any]]) -> bool:
    """Whether a letter went to the adult who asks; a student of age gets none of the parents' letters."""
    names = [
        f"{a['first_name']} {a['last_name']}".strip()
        for a in adults
        if asks is not None and a["guardian"] == asks.guardian_id
    ]
    return any(name in str(letter["recipient"]).split(" and ") for name in names)


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> bytes:
    """Rows as a table that any spreadsheet opens and takes nothing in for a formula.

    Args:
        rows: all with the same keys.
        columns: the header; the keys of the rows otherwise.
    """
    text = io.StringIO()
    names = columns or (list(rows[0]) if rows else ["nothing"])
    writer = csv.DictWriter(text, fieldnames=names)
    writer.writeheader()
    writer.writerows({k: _plain(v) for k, v in row.items()} for row in rows)
    return text.getvalue().encode()


def _plain(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t") else value
