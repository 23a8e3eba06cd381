"""A print vendor that follows docs/vendor_protocol.md and makes mistakes by seeded rates.

Written from the protocol alone, sharing no code with `pact_etl.delivery`, so that the two check each other. It keeps
no memory but the folder itself: what is not yet acknowledged, mailed or returned is what it works on.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pypdfium2 as pdfium
from fsspec.core import url_to_fs

from pact_etl.simulator.vendor_keys import open_sealed

SATURDAY = 5
STRAY_PIECE = "P0000000001"
PIECE_FAULT = "page_unreadable"
# As often as a post office finds them with families that move: one in ten still refuses or does not fetch the letter.
RETURN_REASONS = (
    *("attempted_not_known",) * 6,
    *("moved_left_no_address",) * 4,
    *("forwarding_expired",) * 3,
    *("no_such_number", "insufficient_address", "vacant") * 2,
    *("refused", "unclaimed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorHabits:
    """How often things go wrong, as shares from 0 to 1, and how long things take, in working days.

    Attributes:
        silent: packages the vendor never answers.
        rejected: packages it refuses as a whole.
        spoiled: pieces of an accepted package it will not print.
        lost: printed pieces that never reach the post and are never mentioned again.
        returned: mailed pieces the post brings back.
        unsaid: returned pieces of which the vendor does not say why.
        delayed: packages it leaves lying for `days_late` before it looks at them.
        garbled: packages it acknowledges with another hash than it was sent.
        miscounted: packages it acknowledges with a page too many.
        duplicated: posted pieces that its mailed report names twice.
        stray: packages whose mailed report names a piece of somebody else's.
    """

    silent: float = 0.0
    rejected: float = 0.0
    spoiled: float = 0.0
    lost: float = 0.0
    returned: float = 0.0
    unsaid: float = 0.0
    delayed: float = 0.0
    garbled: float = 0.0
    miscounted: float = 0.0
    duplicated: float = 0.0
    stray: float = 0.0
    days_late: int = 3
    days_to_mail: int = 1
    days_to_return: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRun:
    """What one visit did, in counts."""

    acknowledged: int
    rejected: int
    mailed_pieces: int
    returned_pieces: int


class SimulatedVendor:
    """The vendor's clerk: each visit picks up what was announced and reports what has become of earlier work."""

    def __init__(
        self,
        url: str,
        *,
        seed: int,
        keys: Path,
        habits: VendorHabits | None = None,
        days_off: Collection[date] = (),
    ) -> None:
        """Open nothing yet.

        Args:
            url: the folder that holds `out/` and `in/`.
            seed: decides which package and piece meets which fate.
            keys: as `make_throwaway_keys` makes them.
            habits: how often what happens; by default all goes well.
            days_off: weekdays on which nobody works there.
        """
        self._fs: fsspec.AbstractFileSystem
        self._fs, self._root = url_to_fs(url)
        self._seed = seed
        self._keys = keys
        self._habits = habits or VendorHabits()
        self._days_off = frozenset(days_off)

    def visit(self, today: date) -> VendorRun:
        """Do a day's work, on a working day. Visiting twice on one day changes nothing.

        Args:
            today: the vendor's date.
        """
        self._fs.makedirs(f"{self._root}/in", exist_ok=True)
        if not self._works_on(today):
            return VendorRun(acknowledged=0, rejected=0, mailed_pieces=0, returned_pieces=0)
        acks = [
            self._acknowledge(name, today)
            for name in self._announced(today)
            if not self._answered(name, ".ack")
        ]
        accepted = list(self._accepted())
        mailed = sum(self._mail(ack, today) for ack in accepted)
        returned = sum(self._return(ack, today) for ack in accepted)
        return VendorRun(
            acknowledged=acks.count("accepted"),
            rejected=acks.count("rejected"),
            mailed_pieces=mailed,
            returned_pieces=returned,
        )

    def _announced(self, today: date) -> list[str]:
        paths = self._fs.glob(f"{self._root}/out/*.trg")
        names = (path.rsplit("/", 1)[-1].removesuffix(".trg") for path in sorted(paths))
        return [
            name
            for name in names
            if not self._happens("silent", name) and today >= self._looked_at_on(name)
        ]

    def _looked_at_on(self, name: str) -> date:
        """Not before the day in the package's name; later where it is left lying."""
        came = date.fromisoformat(name.rsplit("-", 3)[1])
        return self._working_days_after(
            came, self._habits.days_late if self._happens("delayed", name) else 0
        )

    def _acknowledge(self, name: str, today: date) -> str:
        status, rejected = "accepted", []
        content = self._fs.cat_file(f"{self._root}/out/{name}.zip.pgp")
        announced = self._fs.cat_file(f"{self._root}/out/{name}.trg").decode().split()[0]
        counts: dict[str, Any] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "pieces": 0,
            "pages": 0,
            "sheets": 0,
        }
        if counts["sha256"] == announced:
            pieces, counts = self._open(content)
            rejected = [
                {"piece_id": piece, "reason": PIECE_FAULT}
                for piece in pieces
                if self._happens("spoiled", piece)
            ]
        if not counts["pieces"] or self._happens("rejected", name):
            status = "rejected"
        if self._happens("garbled", name):
            counts["sha256"] = hashlib.sha256(name.encode()).hexdigest()
        counts["pages"] += self._happens("miscounted", name)
        ack = {
            "protocol": 1,
            "batch": name,
            "status": status,
            "received_on": today.isoformat(),
            **counts,
        }
        self._write(f"{name}.ack", json.dumps(ack | {"rejected": rejected}, indent=1).encode())
        return status

    def _accepted(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._fs.glob(f"{self._root}/in/*.ack")):
            ack = json.loads(self._fs.cat_file(path))
            if ack["status"] == "accepted":
                yield ack

    def _mail(self, ack: dict[str, Any], today: date) -> int:
        mailed_on = self._working_days_after(
            date.fromisoformat(ack["received_on"]), self._habits.days_to_mail
        )
        if today < mailed_on or self._answered(ack["batch"], ".mailed.csv"):
            return 0
        pieces = self._posted(ack)
        named = [*pieces, *(piece for piece in pieces if self._happens("duplicated", piece))]
        named += [STRAY_PIECE] * self._happens("stray", ack["batch"])
        rows = [(piece, mailed_on.isoformat()) for piece in named]
        self._write(f"{ack['batch']}.mailed.csv", _csv(("piece_id", "mailed_on"), rows))
        return len(pieces)

    def _return(self, ack: dict[str, Any], today: date) -> int:
        mailed_on = self._working_days_after(
            date.fromisoformat(ack["received_on"]), self._habits.days_to_mail
        )
        back_on = self._working_days_after(mailed_on, self._habits.days_to_return)
        if today < back_on or self._answered(ack["batch"], ".returned.csv"):
            return 0
        pieces = [piece for piece in self._posted(ack) if self._happens("returned", piece)]
        rows = [
            (
                piece,
                back_on.isoformat(),
                ""
                if self._happens("unsaid", piece)
                else RETURN_REASONS[self._draw("reason", piece) % len(RETURN_REASONS)],
            )
            for piece in pieces
        ]
        if rows:
            self._write(
                f"{ack['batch']}.returned.csv", _csv(("piece_id", "returned_on", "reason"), rows)
            )
        return len(rows)

    def _posted(self, ack: dict[str, Any]) -> list[str]:
        """The pieces that reach the post: neither refused nor lost on the floor."""
        sealed = self._fs.cat_file(f"{self._root}/out/{ack['batch']}.zip.pgp")
        pieces, _ = self._open(sealed)
        refused = {rejection["piece_id"] for rejection in ack["rejected"]}
        return [
            piece for piece in pieces if piece not in refused and not self._happens("lost", piece)
        ]

    def _works_on(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._days_off

    def _working_days_after(self, day: date, count: int) -> date:
        while count > 0:
            day += timedelta(days=1)
            count -= self._works_on(day)
        return day

    def _open(self, sealed: bytes) -> tuple[list[str], dict[str, Any]]:
        """A package's pieces and the vendor's own counts; no pieces if it cannot be opened or contradicts itself."""
        try:
            return _open_package(open_sealed(self._keys, sealed))
        except (ValueError, KeyError, zipfile.BadZipFile):
            digest = hashlib.sha256(sealed).hexdigest()
            return [], {"sha256": digest, "pieces": 0, "pages": 0, "sheets": 0}

    def _answered(self, name: str, suffix: str) -> bool:
        return bool(self._fs.exists(f"{self._root}/in/{name}{suffix}"))

    def _write(self, file_name: str, content: bytes) -> None:
        path = f"{self._root}/in/{file_name}"
        self._fs.pipe_file(f"{path}.part", content)
        self._fs.mv(f"{path}.part", path)

    def _happens(self, fate: str, subject: str) -> bool:
        share: float = getattr(self._habits, fate)
        return self._draw(fate, subject) < share * 2**32

    def _draw(self, fate: str, subject: str) -> int:
        """The same number for the same seed, fate and subject, on any machine."""
        digest = hashlib.sha256(f"{self._seed}:{fate}:{subject}".encode()).digest()
        return int.from_bytes(digest[:4], "big")


def _open_package(content: bytes) -> tuple[list[str], dict[str, Any]]:
    """The pieces and the vendor's own counts; no pieces if package and manifest disagree."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        letters = archive.read(manifest["pdf"]["file"])
        table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    document = pdfium.PdfDocument(letters)
    pages = len(document)
    document.close()
    counts = {
        "sha256": hashlib.sha256(letters).hexdigest(),
        "pieces": len(table),
        "pages": sum(int(row["pages"]) for row in table),
        "sheets": sum(int(row["sheets"]) for row in table),
    }
    totals = manifest["totals"]
    agrees = (
        counts["sha256"] == manifest["pdf"]["sha256"]
        and pages == counts["pages"] == totals["pages"]
    )
    if not agrees or counts["pieces"] != totals["pieces"]:
        return [], counts | {"pieces": 0}
    return [row["piece_id"] for row in table], counts


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return written.getvalue().encode()
