"""A letter can be explained years later: what it said, on what, by whose word, and what the vendor answered."""

import csv
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from sqlalchemy import text

from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import OwnText
from pact_etl.simulator.vendor import SimulatedVendor
from pact_etl.steps.evidence import make_evidence
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.letter_values import piece_id
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import MISSED, NEXT_NIGHT, NIGHT, approved_batch, excuse, one

pytestmark = pytest.mark.integration


@pytest.fixture
def letter(using: Collaborators) -> str:
    """The code of one of two letters that were handed over and acknowledged."""
    release_batch(using, approved_batch(using, ["01", "02"]))
    settings = using.settings
    SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys).visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    return piece_id(int(str(one(using, "SELECT min(id) FROM notice"))))


def pack(using: Collaborators, letter: str, out: Path) -> zipfile.ZipFile:
    make_evidence(using, letter, out, NEXT_NIGHT, by="dana", reason="court date")
    return zipfile.ZipFile(out / f"{letter}.zip")


def table(package: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(package.read(name).decode())))


def test_the_pack_holds_the_letter_and_everything_behind_it(
    using: Collaborators, letter: str, tmp_path: Path
) -> None:
    package = pack(using, letter, tmp_path)

    text_of = pdfium.PdfDocument(package.read("letter.pdf"))[0].get_textpage().get_text_bounded()
    assert letter in text_of
    attendance = table(package, "attendance.csv")
    assert [row["date"] for row in attendance] == [day.isoformat() for day in sorted(MISSED)]
    behind = {row["submission"] for row in table(package, "submissions.csv")}
    assert {row["submission"] for row in attendance} <= behind
    assert {row["recipient"] for row in table(package, "disclosures.csv")} == {
        "district_attorney",
        "print_vendor",
        "household",
    }
    batch = json.loads(package.read("batch.json"))
    assert (batch["decided_by"], batch["decided_reason"]) == ("dana", "looks right")
    assert "48263.6" in json.loads(package.read("policy.json"))["law"]["chronic_truant"]["citation"]
    assert {"approve", "package"} <= {row["event"] for row in table(package, "events.csv")}
    [case_file] = [name for name in package.namelist() if name.startswith("case-S")]
    [case] = json.loads(package.read(case_file))
    assert case["is_open"]
    assert {"opened", "planned", "package"} <= {line["what"] for line in case["timeline"]}


def test_the_batch_is_reproduced_bit_by_bit_and_says_so_where_it_is_not(
    using: Collaborators, letter: str, tmp_path: Path
) -> None:
    assert json.loads(pack(using, letter, tmp_path / "a").read("batch.json"))["pdf_is_reproduced"]
    with using.engine.begin() as connection:
        connection.execute(
            text("UPDATE notice SET content = jsonb_set(content, '{recipient,name}', '\"X Y\"')")
        )

    again = json.loads(pack(using, letter, tmp_path / "b").read("batch.json"))
    assert again["pdf_is_reproduced"] is False


def test_another_office_on_the_letterhead_leaves_earlier_letters_as_they_were_printed(
    using: Collaborators, letter: str, tmp_path: Path
) -> None:
    before = pack(using, letter, tmp_path / "a")
    new_words = OwnText(language="eng", section="pact_invitation", name="help", text="Come.")
    sender = replace(using.county.sender, office="Another Office", own_words=(new_words,))

    after = pack(
        replace(using, county=replace(using.county, sender=sender)), letter, tmp_path / "b"
    )

    assert json.loads(after.read("batch.json"))["pdf_is_reproduced"]
    assert after.read("letter.pdf") == before.read("letter.pdf")


def test_a_later_excuse_does_not_change_what_was_known_then(
    using: Collaborators, letter: str, tmp_path: Path
) -> None:
    before = pack(using, letter, tmp_path / "a")
    excuse(using, "01", "02")
    after = pack(using, letter, tmp_path / "b")

    assert before.read("attendance.csv") == after.read("attendance.csv")
    [name] = [n for n in after.namelist() if n.startswith("explanation-")]
    told = json.loads(after.read(name))["districts"]["oak-grove"]
    assert told["U"] == len(MISSED)


def test_the_manifest_is_accepted_by_sha256sum(
    using: Collaborators, letter: str, tmp_path: Path
) -> None:
    pack(using, letter, tmp_path).extractall(tmp_path / "unpacked")

    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"],
        cwd=tmp_path / "unpacked",
        capture_output=True,
        check=True,
        text=True,
    )
    files = list((tmp_path / "unpacked").iterdir())
    assert checked.stdout.count("OK") == len(files) - 1


def test_every_pack_is_noted(using: Collaborators, letter: str, tmp_path: Path) -> None:
    pack(using, letter, tmp_path)

    assert (
        one(using, "SELECT reason FROM record_access WHERE what = 'evidence_pack'") == "court date"
    )


@pytest.mark.parametrize("name", ["P0000009999", "S1", "letter"])
def test_a_letter_that_was_never_printed_has_no_evidence(
    using: Collaborators, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError):
        make_evidence(using, name, tmp_path, NIGHT, by="dana", reason="court date")
    assert not list(tmp_path.glob("*.zip"))
