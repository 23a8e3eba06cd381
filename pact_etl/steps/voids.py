"""Voids: a named person says whether letters of which unusually many were undone at once become void, or stand."""

from collections import defaultdict
from datetime import date
from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.void_brake import VoidAnswer
from pact_etl.steps.after_mailing import void_undone
from pact_etl.store.letter_values import piece_id
from pact_etl.store.session import slice_transaction
from pact_etl.store.void_waits import answer_waits, waits_listed, was_answered
from pact_etl.wiring import Collaborators


def answer(
    using: Collaborators, slug: str, said: VoidAnswer, by: str, reason: str, as_of: date
) -> StepResult:
    """Answer for all letters of one district whose voids wait, and act on it at once.

    Declined, they stand until the district's record says again what the letters say; only then can another correction
    undo them. The same answer by the same person on the same day again changes nothing.

    Raises:
        UsageError: nobody is named, no reason is given, or nothing of the district waits.
    """
    using.district(slug)
    if not by.strip() or not reason.strip():
        raise UsageError("voids are answered by a named person, and with a reason")
    with slice_transaction(using.engine, "reconcile") as connection:
        letters = answer_waits(connection, slug, said, by, reason, as_of)
        if not letters and not was_answered(connection, slug, said, by, as_of):
            waiting = sorted({w["district"] for w in waits_listed(connection) if not w["answer"]})
            raise UsageError(f"{slug}: no void waits; those of: {', '.join(waiting) or 'none'}")
        counts = void_undone(using, connection, as_of)
    return StepResult(
        step="void",
        status=StepStatus.DONE,
        as_of=as_of,
        district=slug,
        counts={f"letters_{said.value}": letters} | counts,
    )


def waiting(using: Collaborators) -> list[dict[str, Any]]:
    """Waits that have not ended, by district, night and answer: since, letters, codes, answer, by, why."""
    with using.engine.connect() as connection:
        rows = waits_listed(connection)
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in rows:
        said = (row["answer"], row["answered_by"], row["answered_as_of"], row["answered_reason"])
        groups[(row["district"], row["since"], *said)].append(piece_id(row["notice_id"]))
    return [
        {
            "district": district,
            "since": since.isoformat(),
            "letters": len(codes),
            "answer": said,
            "by": by,
            "on": on.isoformat() if on else None,
            "why": why,
            "codes": codes,
        }
        for (district, since, said, by, on, why), codes in groups.items()
    ]
