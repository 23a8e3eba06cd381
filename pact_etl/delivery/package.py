"""The package a vendor gets: its name, its manifest, its bytes. Pure, and the same letters give the same bytes.

The name is made of what is inside, so that a repeated hand-over can be recognised by name alone.
"""

import csv
import hashlib
import io
import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import RenderedBatch, RenderedPiece

MANIFEST_VERSION = 1
PDF_NAME = "letters.pdf"
MANIFEST_CSV = "manifest.csv"
MANIFEST_JSON = "manifest.json"
TEST_PREFIX = "TEST-"
TEST_WATERMARK = "TEST"
"""Stands across every page of a test package."""

COLUMNS = ("piece_id", "first_page", "pages", "sheets", "language", "postage_class", "imb")

SHEET_OUNCES = 0.16
"""One sheet of 20-pound letter paper, 75 g/m²."""
ENVELOPE_OUNCES = 0.24
"""One #10 double-window envelope."""
LETTER_RATE_OUNCES = 3.5
"""USPS First-Class Mail letters weigh at most this; what is heavier goes as a flat."""

_COUNTY = re.compile(r"[a-z0-9]{2,20}")
_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What the vendor will read, before it is sealed.

    Attributes:
        name: `PACT-<county>-<yyyymmdd>-<sequence>-<hash8>`, a test's with `TEST-` before it.
        content: the zip.
        pdf_sha256: of the PDF inside; the vendor's acknowledgement repeats it.
    """

    name: str
    content: bytes
    pdf_sha256: str
    pieces: int
    pages: int
    sheets: int


def build_package(
    batch: RenderedBatch, *, county: str, as_of: date, sequence: int, is_test: bool = False
) -> Package:
    """Pack a rendered batch.

    Args:
        batch: the PDF and its pieces.
        county: short name, lower-case letters and digits.
        as_of: the school date the batch stands for.
        sequence: gapless number of the county's packages, from 1; a missing number tells the vendor of a lost file.
        is_test: never to be mailed; name and manifest say so, and the caller sets `TEST_WATERMARK` on each page.

    Raises:
        InvariantBroken: pieces and pages do not add up.
    """
    if not _COUNTY.fullmatch(county) or not 1 <= sequence <= 999_999:
        raise ValueError("a package needs a county's short name and a sequence from 1 to 999999")
    _check_pages(batch.pieces)
    table = _csv(batch.pieces)
    pdf_sha256 = hashlib.sha256(batch.pdf).hexdigest()
    digest = hashlib.sha256(table + pdf_sha256.encode()).hexdigest()[:8]
    kind = TEST_PREFIX if is_test else ""
    name = f"{kind}PACT-{county}-{as_of:%Y%m%d}-{sequence:06d}-{digest}"
    totals = {
        "pieces": len(batch.pieces),
        "pages": batch.pages,
        "sheets": sum(piece.sheets for piece in batch.pieces),
    }
    manifest = {
        "manifest_version": MANIFEST_VERSION,
        "batch": name,
        "test": is_test,
        "county": county,
        "as_of": as_of.isoformat(),
        "sequence": sequence,
        "pdf": {
            "file": PDF_NAME,
            "sha256": pdf_sha256,
            "bytes": len(batch.pdf),
            "pages": batch.pages,
        },
        "totals": totals
        | {
            "by_language": dict(sorted(Counter(piece.language for piece in batch.pieces).items())),
            "by_postage_class": dict(sorted(Counter(map(postage_class, batch.pieces)).items())),
        },
    }
    text = _json(manifest, batch.pieces)
    content = _zip({PDF_NAME: batch.pdf, MANIFEST_CSV: table, MANIFEST_JSON: text.encode()})
    return Package(
        name=name,
        content=content,
        pdf_sha256=pdf_sha256,
        **totals,
    )


def postage_class(piece: RenderedPiece) -> str:
    """The class a piece is stamped for, by its weight: `first_class_letter_1oz` to `_4oz`, else `first_class_flat`."""
    ounces = ENVELOPE_OUNCES + SHEET_OUNCES * piece.sheets
    if ounces > LETTER_RATE_OUNCES:
        return "first_class_flat"
    return f"first_class_letter_{math.ceil(ounces)}oz"


def _check_pages(pieces: Sequence[RenderedPiece]) -> None:
    """Every page belongs to exactly one piece, in order, from page 1."""
    page = 1
    for piece in pieces:
        if piece.first_page != page or piece.pages < 1:
            raise InvariantBroken(f"pages do not add up at piece {piece.piece_id}")
        page += piece.pages
    if not pieces or len({piece.piece_id for piece in pieces}) != len(pieces):
        raise InvariantBroken("a package holds at least one piece, and each piece once")


def _rows(pieces: Sequence[RenderedPiece]) -> list[tuple[str | int, ...]]:
    return [
        (
            piece.piece_id,
            piece.first_page,
            piece.pages,
            piece.sheets,
            piece.language,
            postage_class(piece),
            piece.imb,
        )
        for piece in pieces
    ]


def _csv(pieces: Sequence[RenderedPiece]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(pieces))
    return written.getvalue().encode()


def _json(manifest: dict[str, Any], pieces: Sequence[RenderedPiece]) -> str:
    """One line for each piece: indenting thousands of them by the library takes as long as half the encryption."""
    head = json.dumps(manifest, indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in _rows(pieces))
    return head + ',\n "pieces": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def _zip(files: dict[str, bytes]) -> bytes:
    """Stored, not deflated: the PDF is packed already, and bytes must not depend on a zlib version."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=_ZIP_MOMENT)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return written.getvalue()
