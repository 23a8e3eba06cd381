"""A package's name, manifest and bytes follow from its letters alone."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import date

import pikepdf
import pytest

from pact_etl.delivery import Package, build_package
from pact_etl.delivery.package import postage_class
from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import RenderedBatch, RenderedPiece
from pact_etl.letters import render_batch
from tests.letter_factories import AS_OF, SENDER, letter, student_record


def piece(number: int, first_page: int, pages: int = 2) -> RenderedPiece:
    return RenderedPiece(
        piece_id=f"P{number:010d}", language="eng", first_page=first_page, pages=pages
    )


def pack(batch: RenderedBatch, sequence: int = 7) -> Package:
    return build_package(batch, county="sacramento", as_of=AS_OF, sequence=sequence)


def opened(package: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def batch() -> RenderedBatch:
    siblings = (student_record(), student_record(first_name="Diego"))
    return render_batch([letter(1), letter(2, language="spa", students=siblings)], SENDER)


def test_a_package_holds_the_letters_and_the_manifest_twice(batch: RenderedBatch) -> None:
    files = opened(pack(batch))

    assert list(files) == ["letters.pdf", "manifest.csv", "manifest.json"]
    assert files["letters.pdf"] == batch.pdf


def test_the_manifest_adds_up_to_the_pages_of_the_pdf(batch: RenderedBatch) -> None:
    files = opened(pack(batch))
    manifest = json.loads(files["manifest.json"])
    table = list(csv.DictReader(io.StringIO(files["manifest.csv"].decode())))

    with pikepdf.open(io.BytesIO(files["letters.pdf"])) as pdf:
        pages = len(pdf.pages)
    assert pages == manifest["pdf"]["pages"] == manifest["totals"]["pages"] == 8
    assert (
        pages == sum(int(row["pages"]) for row in table) == sum(int(row["sheets"]) for row in table)
    )
    assert manifest["totals"]["pieces"] == len(table) == 2
    assert manifest["pdf"]["sha256"] == hashlib.sha256(files["letters.pdf"]).hexdigest()
    assert [{key: str(value) for key, value in row.items()} for row in manifest["pieces"]] == table
    assert manifest["totals"]["by_language"] == {"eng": 1, "spa": 1}
    assert manifest["totals"]["by_postage_class"] == {
        "first_class_letter_1oz": 1,
        "first_class_letter_2oz": 1,
    }


def test_the_name_says_county_day_sequence_and_content(batch: RenderedBatch) -> None:
    package = pack(batch)

    assert package.name.startswith("PACT-sacramento-20261120-000007-")
    assert len(package.name.rsplit("-", 1)[1]) == 8


def test_the_same_letters_give_the_same_package_and_others_another(batch: RenderedBatch) -> None:
    assert pack(batch) == pack(batch)

    fewer = RenderedBatch(pdf=batch.pdf, pieces=batch.pieces[:1])
    assert pack(fewer).name != pack(batch).name


def test_nothing_in_a_manifest_says_who_a_letter_is_for(batch: RenderedBatch) -> None:
    files = opened(pack(batch))

    for name in ("manifest.csv", "manifest.json"):
        assert not [
            word for word in (b"JANE", b"Jane", b"Maria", b"MAIN ST") if word in files[name]
        ]


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (piece(1, 2),),
        (piece(1, 1), piece(2, 4)),
        (piece(1, 1), piece(1, 3)),
        (piece(1, 1, pages=0),),
    ],
)
def test_pieces_that_do_not_add_up_are_refused(pieces: tuple[RenderedPiece, ...]) -> None:
    with pytest.raises(InvariantBroken):
        pack(RenderedBatch(pdf=b"%PDF-", pieces=pieces))


@pytest.mark.parametrize(
    ("county", "sequence"), [("Sacramento", 1), ("s/c", 1), ("sac", 0), ("sac", 1_000_000)]
)
def test_a_name_the_vendor_could_misread_is_refused(
    batch: RenderedBatch, county: str, sequence: int
) -> None:
    with pytest.raises(ValueError, match="short name"):
        build_package(batch, county=county, as_of=date(2026, 11, 20), sequence=sequence)


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        (2, "first_class_letter_1oz"),
        (4, "first_class_letter_1oz"),
        (5, "first_class_letter_2oz"),
        (11, "first_class_letter_2oz"),
        (12, "first_class_letter_3oz"),
        (20, "first_class_letter_4oz"),
        (21, "first_class_flat"),
    ],
)
def test_postage_goes_by_weight(sheets: int, expected: str) -> None:
    assert postage_class(piece(1, 1, pages=sheets)) == expected
