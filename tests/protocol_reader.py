"""A vendor's own program, written from docs/vendor_protocol.md alone with nothing but the standard library.

Names of columns, codes and fields are read from that page itself: where the page and what the county sends or takes
differ, the tests that use this fail.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[1] / "docs" / "vendor_protocol.md").read_text(encoding="utf-8")


def section(number: str) -> str:
    """One section of the page, by its number."""
    found = re.search(
        rf"^#+ {re.escape(number)}\.? .*?(?=^#+ \d|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, number
    return found[0]


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


MANIFEST = section("2")
COLUMNS = re.findall(
    r"^\| `(\w+)` \|", MANIFEST.partition("`manifest.csv`: UTF-8")[2], re.MULTILINE
)
FILES = re.findall(r"^\| `([\w.]+)` \|", MANIFEST, re.MULTILINE)[:3]
FIELDS = codes(MANIFEST.partition("`manifest.json`: ")[2].partition("Before printing")[0])
REFUSALS = codes(section("4.1").partition("Reasons:")[2].partition(".\n")[0])
RETURNS = codes(section("4.3").partition("endorsements:")[2].partition(".\n")[0])
NAME = re.compile(r"(TEST-)?PACT-[a-z0-9]+-(\d{4})(\d{2})(\d{2})-(\d{6})-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a vendor knows of a package once it is open."""

    name: str
    pdf: bytes
    pieces: tuple[dict[str, str], ...]

    def total(self, column: str) -> int:
        """A column of the manifest added up."""
        return sum(int(piece[column]) for piece in self.pieces)

    def ids(self) -> list[str]:
        """Pieces in print order."""
        return [piece["piece_id"] for piece in self.pieces]


def read_batch(name: str, content: bytes) -> Batch:
    """Open the zip of a message that was decrypted, and check all that the page says of it."""
    named = NAME.fullmatch(name)
    assert named, name
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == FILES
        pdf, table, text = (archive.read(file) for file in FILES)
    lines = csv.DictReader(io.StringIO(table.decode("utf-8")), strict=True)
    pieces = tuple(lines)
    assert list(lines.fieldnames or ()) == COLUMNS
    manifest = json.loads(text)
    check_manifest(manifest, named, pdf)
    batch = Batch(name=name, pdf=pdf, pieces=pieces)
    assert manifest["totals"] == {
        "pieces": len(pieces),
        "pages": batch.total("pages"),
        "sheets": batch.total("sheets"),
        "by_language": Counter(piece["language"] for piece in pieces),
        "by_postage_class": Counter(piece["postage_class"] for piece in pieces),
    }
    assert manifest["pdf"]["pages"] == batch.total("pages") == batch.total("sheets")
    said = [{key: str(value) for key, value in one.items()} for one in manifest["pieces"]]
    assert said == list(pieces)
    check_pieces(pieces)
    return batch


def check_manifest(manifest: dict[str, Any], named: re.Match[str], pdf: bytes) -> None:
    """The fields that the page names, no other, and what the name and the PDF say of them."""
    inner = [key for part in ("pdf", "totals") for key in manifest[part]]
    assert {*manifest, *inner} == set(FIELDS)
    assert manifest["manifest_version"] == 1
    assert manifest["batch"] == named[0]
    assert manifest["test"] is bool(named[1])
    assert manifest["as_of"] == "-".join(named.group(2, 3, 4))
    assert manifest["sequence"] == int(named[5])
    assert named[0].startswith(f"{named[1] or ''}PACT-{manifest['county']}-")
    assert manifest["pdf"]["file"] == FILES[0]
    assert manifest["pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert manifest["pdf"]["bytes"] == len(pdf)


def check_pieces(pieces: tuple[dict[str, str], ...]) -> None:
    """Each piece follows the one before it, page by page."""
    page = 1
    for piece in pieces:
        assert re.fullmatch(r"P\d{10}", piece["piece_id"])
        assert int(piece["first_page"]) == page
        assert re.fullmatch(r"[a-z]{3}", piece["language"])
        assert re.fullmatch(r"first_class_(letter_[1-4]oz|flat)", piece["postage_class"])
        assert re.fullmatch(r"(\d{20}|\d{25}|\d{29}|\d{31})?", piece["imb"])
        page += int(piece["pages"])
    assert len({piece["piece_id"] for piece in pieces}) == len(pieces)


def acknowledgement(batch: Batch, received_on: str, refused: dict[str, str]) -> bytes:
    """The page's own example, filled with what is true of a batch."""
    block = section("4.1").partition("```json")[2].partition("```")[0]
    example = json.loads(block)
    own = {
        "batch": batch.name,
        "received_on": received_on,
        "sha256": hashlib.sha256(batch.pdf).hexdigest(),
        "pieces": len(batch.pieces),
        "pages": batch.total("pages"),
        "sheets": batch.total("sheets"),
        "rejected": [
            dict(zip(example["rejected"][0], line, strict=True)) for line in refused.items()
        ],
    }
    assert own.keys() < example.keys()
    return json.dumps(example | own).encode()


def report(number: str, lines: list[tuple[str, ...]]) -> bytes:
    """A report under the header that its section asks for."""
    header = codes(section(number).partition("Header ")[2])[0]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header.split(","))
    writer.writerows(lines)
    return written.getvalue().encode()
