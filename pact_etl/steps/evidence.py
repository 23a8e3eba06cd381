"""Evidence: one command makes, for one letter, everything that explains it years later, in a zip that proves itself.

The letter is set again from what was frozen at release. So is its whole package, whose hash must then be the one that
was booked: a letter that cannot be reproduced is said to be so, not passed over.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pact_etl.delivery.sealed_zip import write_sealed
from pact_etl.domain.access import Role
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import Letter, Sender
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import LettersUnfit, render_batch
from pact_etl.steps.case import cases_shown
from pact_etl.steps.export import as_csv
from pact_etl.steps.why import explain
from pact_etl.store.evidence import Evidence, evidence_of, record_night
from pact_etl.store.letter_values import frozen_letters, notice_id
from pact_etl.store.letterheads import letterheads_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.student_export import log_access
from pact_etl.wiring import Collaborators

_PIECE = re.compile(r"P[0-9]{10}")

READ_ME = """Evidence of letter {piece}, record as of {as_of}.

letter.pdf           the letter, set again from what was frozen when it was released
letter.json          what was frozen
explanation-*.json   for each student: every day that counted and every day that did not, each gate, as known on {as_of}
case-*.json          for each student: the case of that school year, day by day, and its deadlines, as known when asked
attendance.csv       the attendance as it was believed on {as_of}, each row with the submission it came from
enrollments.csv      the same of enrollments
submissions.csv      those submissions: hashes of what the district sent
policy.json          the law and the county's rules in force, with citations
batch.json           who approved, when and why; the package; whether the package's PDF is reproduced bit by bit
events.csv           what happened to the letter, the vendor's acknowledgement and reports among it
vendor_files.csv     the files in which the vendor said so
disclosures.csv      who received it, when, on which legal basis

Check that nothing was changed: sha256sum -c SHA256SUMS
This pack names a child and a family. Give it to those only who may see the record.
"""


def make_evidence(
    using: Collaborators, piece: str, out: Path, as_of: date, *, by: str, reason: str
) -> StepResult:
    """Write the evidence pack of one letter.

    Args:
        using: collaborators.
        piece: the code printed on the letter, such as `P0000001001`.
        out: the folder; the file is named by the code.
        as_of: the day of the request, for the log.
        by: who asks.
        reason: why, for the log.

    Raises:
        UsageError: no such letter, or it was never printed.
    """
    if not _PIECE.fullmatch(piece):
        raise UsageError("a letter is named by its code, P and ten digits")
    notice = notice_id(piece)
    with using.engine.connect() as connection:
        night = record_night(connection, notice)
    with slice_transaction(using.engine, "export") as connection:
        found = evidence_of(connection, notice, using.year_of(night).first)
        frozen = {one.piece_id: one for one in frozen_letters(connection, found.pieces)}
        explained = {f"S{one}": explain(using, f"S{one}", night) for one in found.students}
        files = _files(using, piece, night, found, explained)
        year = using.year_of(night).name
        for one in found.students:
            cases = cases_shown(using, connection, one, year, as_of)
            files[f"case-S{one}.json"] = as_json(cases)
        sender = letterheads_of(connection, [notice]).get(notice, using.county.sender)
        letter = render_batch([frozen[piece]], sender)
        files["letter.pdf"] = letter.pdf
        files["letter.json"] = as_json(asdict(frozen[piece]))
        reproduced = _is_reproduced(sender, list(frozen.values()), found)
        files["batch.json"] = as_json(found.batch | {"pdf_is_reproduced": reproduced})
        for student in found.students:
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
    counts = {"files": len(files), "marks": len(found.attendance), "reproduced": int(reproduced)}
    return StepResult(
        step="evidence", status=StepStatus.DONE, as_of=as_of, counts=counts, ids={"notice": notice}
    )


def _files(
    using: Collaborators,
    piece: str,
    night: date,
    found: Evidence,
    explained: dict[str, dict[str, Any]],
) -> dict[str, bytes]:
    files = {
        "README.txt": READ_ME.format(piece=piece, as_of=night).encode(),
        "policy.json": as_json(policy_in_force(using, night)),
        "attendance.csv": as_csv(found.attendance),
        "enrollments.csv": as_csv(found.enrollments),
        "submissions.csv": as_csv(found.submissions),
        "events.csv": as_csv(found.events),
        "vendor_files.csv": as_csv(found.vendor_files),
        "disclosures.csv": as_csv(found.disclosures),
    }
    return files | {f"explanation-{name}.json": as_json(said) for name, said in explained.items()}


def policy_in_force(using: Collaborators, night: date) -> dict[str, Any]:
    """Law and county rules in force, in words and numbers."""
    sections = {
        name: {
            "citation": section.citation,
            "says": section.says,
            "parameters": [asdict(one.parameters) for one in section.entries if one.covers(night)],
        }
        for name, section in using.statutes.sections.items()
    }
    policy = using.policy_on(night)
    return {
        "version": policy.version,
        "law": sections,
        "county": {"threshold": asdict(policy.threshold), "counting": asdict(policy.counting)},
    }


def _is_reproduced(sender: Sender, letters: Sequence[Letter], found: Evidence) -> bool:
    """Whether the frozen letters of the package give the very PDF that was handed over."""
    try:
        pdf = render_batch(letters, sender).pdf
    except LettersUnfit:
        return False
    return hashlib.sha256(pdf).hexdigest() == str(found.batch["pdf_sha256"])


def as_json(value: Any) -> bytes:
    """A file of a pack that people can read."""
    return json.dumps(value, indent=1, default=str, ensure_ascii=False).encode()
