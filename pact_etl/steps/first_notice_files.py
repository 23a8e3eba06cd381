"""The files of a district's first notices: the PDF, an index of pieces and holds, what was undone, and their hashes."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.first_notice import NextStep, NoticeState, next_step, told
from pact_etl.domain.letter import Sender
from pact_etl.domain.reasons import Reason
from pact_etl.steps.export import as_csv
from pact_etl.steps.first_notice_letters import write_pdf
from pact_etl.store.first_notice_sets import (
    NoticeSet,
    ended_in,
    holds_of,
    index_of,
    letters_of_set,
    sets_of,
)

INDEX_COLUMNS = (
    "piece",
    "local_ids",
    "language",
    "first_page",
    "last_page",
    "state",
    "reason",
    "next_step",
)
ENDED_COLUMNS = ("pieces", "local_id", "state", "told_on", "reason")


def staged_pdf(folder: Path) -> Path:
    """Where a night's PDF is written before it is booked: beside the district's folder, so that nobody takes it."""
    return folder.parent / f".first_notices-{folder.name}.pdf.part"


def write_files(
    connection: Connection, sender: Sender, district_id: int, as_of: date, folder: Path
) -> int:
    """Put the files of a night's sets into their place; what is there already stays. How many sets there are.

    Args:
        connection: inside the district's transaction.
        sender: what they were set with.
        district_id: its key.
        as_of: the night.
        folder: the district's, of that night.

    Raises:
        InvariantBroken: what was frozen is not set to the same bytes any more.
    """
    found = sets_of(connection, district_id, as_of)
    for one in found:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        name = "first_notices" if one.number == 1 else f"first_notices-{one.number}"
        sums = {}
        if one.pdf_sha256 is not None:
            _place_pdf(connection, sender, as_of, one, folder, folder / f"{name}.pdf")
            sums[f"{name}.pdf"] = one.pdf_sha256
        for file, content in _tables(connection, one, name).items():
            _place(folder, file, content)
            sums[file] = hashlib.sha256(content).hexdigest()
        lines = "".join(f"{sha256}  {file}\n" for file, sha256 in sorted(sums.items()))
        _place(folder, f"{name}.sha256", lines.encode())
    staged_pdf(folder).unlink(missing_ok=True)
    return len(found)


def _place_pdf(
    connection: Connection,
    sender: Sender,
    as_of: date,
    one: NoticeSet,
    folder: Path,
    path: Path,
) -> None:
    if _sha256(path) == one.pdf_sha256:
        return
    staged = staged_pdf(folder)
    if _sha256(staged) != one.pdf_sha256:
        # The run that booked it died before its file was in place.
        _, sha256 = write_pdf(letters_of_set(connection, one.id), sender, as_of, staged)
        if sha256 != one.pdf_sha256:
            raise InvariantBroken("the first notices of a night are not the ones that were booked")
    staged.replace(path)


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tables(connection: Connection, one: NoticeSet, name: str) -> dict[str, bytes]:
    """The index, and the list of what is wrong of earlier ones, where there is something to list."""
    rows = [_piece(row) for row in index_of(connection, one.id)]
    rows += [_hold(*hold) for hold in holds_of(connection, one.id)]
    ended: list[dict[str, Any]] = [
        {
            "pieces": " ".join(row["pieces"]),
            "local_id": row["local_id"],
            "state": row["status"],
            "told_on": row["told_on"].isoformat(),
            "reason": row["reason"],
        }
        for row in ended_in(connection, one.id)
    ]
    tables: Sequence[tuple[str, list[dict[str, Any]], tuple[str, ...]]] = (
        (f"{name}.csv", rows, INDEX_COLUMNS),
        (name.replace("first_notices", "first_notices_undone") + ".csv", ended, ENDED_COLUMNS),
    )
    return {file: as_csv(found, columns) for file, found, columns in tables if found}


def _piece(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "piece": row["piece"],
        "local_ids": row["local_ids"],
        "language": row["language"],
        "first_page": row["first_page"],
        "last_page": row["first_page"] + row["pages"] - 1,
        "state": NoticeState.MADE.value,
        "reason": "",
        "next_step": NextStep.PRINT_AND_SEND.value,
    }


def _hold(local_id: str, state: NoticeState, reason: Reason) -> dict[str, Any]:
    """Of a student whose notice was made all the same it is a second home that the district writes to by hand."""
    step = NextStep.SEND_BY_HAND if state is NoticeState.MADE else next_step(reason)
    empty = dict.fromkeys(INDEX_COLUMNS, "")
    return empty | {
        "local_ids": local_id,
        "state": NoticeState.HELD.value,
        "reason": told(reason),
        "next_step": step.value,
    }


def _place(folder: Path, name: str, content: bytes) -> None:
    """Write whole or not at all; the same content is left alone."""
    path = folder / name
    if path.exists() and path.read_bytes() == content:
        return
    part = folder.parent / f".{folder.name}-{name}.part"
    part.touch(mode=0o640)
    part.write_bytes(content)
    part.replace(path)
