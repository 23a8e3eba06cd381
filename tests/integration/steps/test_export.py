"""What is handed out about a student, to whom, and what of it never is."""

import csv
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pact_etl.domain.access import Role
from pact_etl.domain.errors import UsageError
from pact_etl.steps.case import enter
from pact_etl.steps.export import export_log, export_student
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import NIGHT, approved_batch, one
from tests.integration.steps.test_case import CALL, SOON, code_of

pytestmark = pytest.mark.integration

PARENT = "oak-grove:G01"


@pytest.fixture
def released(using: Collaborators) -> Collaborators:
    """Two students, each with a letter out; the first has a second adult in another home."""
    with_letters = approved_batch(using, ["01", "02"])
    release_batch(using, with_letters)
    with using.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO guardian (district_id, local_id, first_name, last_name, street, city, state, zip,"
                " changed_by) SELECT district_id, 'G99', 'Elsewhere', 'Canaryhome', '9 Hidden Way', 'Galt', 'CA',"
                " '95632', changed_by"
                " FROM guardian WHERE local_id = 'G01'"
            )
        )
        connection.execute(
            text(
                "INSERT INTO guardianship (guardian_id, student_id, relation, lives_with, has_rights, restrained,"
                " contact_order, changed_by) SELECT g.id, r.student_id, 'father', false, true, false, 2, g.changed_by"
                " FROM guardian g, student_record r WHERE g.local_id = 'G99' AND r.local_id = '01'"
            )
        )
    return using


def export(using: Collaborators, out: Path, **changes: Any) -> zipfile.ZipFile:
    asked: dict[str, Any] = {
        "role": Role.PARENT,
        "requested_by": PARENT,
        "handled_by": "dana",
        "reason": "request of 20 November",
    }
    export_student(using, "oak-grove:01", out, NIGHT, **(asked | changes))
    [path] = out.glob("*.zip")
    return zipfile.ZipFile(path)


def test_a_parent_gets_the_childs_record_and_the_letter(
    released: Collaborators, tmp_path: Path
) -> None:
    package = export(released, tmp_path / "out")
    record = json.loads(package.read("record.json"))

    assert [row["local_id"] for row in record["records"]] == ["01"]
    assert {row["status"] for row in record["attendance"]} == {"absent_unexcused"}
    assert len(record["letters"]) == 1
    assert sum(name.startswith("letters/") for name in package.namelist()) == 1
    log = list(csv.DictReader(io.StringIO(package.read("disclosures.csv").decode())))
    assert {row["recipient"] for row in log} == {"district_attorney", "print_vendor", "household"}


def test_a_parent_learns_nothing_of_the_other_home_or_of_other_children(
    released: Collaborators, tmp_path: Path
) -> None:
    package = export(released, tmp_path / "out")
    everything = b"".join(package.read(n) for n in package.namelist() if not n.endswith(".pdf"))

    assert b"12 Oak St" in everything
    for secret in (b"Canaryhome", b"Elsewhere", b"Hidden Way", b"G99", b"G02", b"tasks"):
        assert secret not in everything


def test_the_case_is_part_of_the_record_and_who_worked_on_it_is_not(
    released: Collaborators, tmp_path: Path
) -> None:
    enter(released, code_of(released), replace(CALL, entered_by="Canaryclerk"), SOON)

    own = export(released, tmp_path / "own").read("record.json")
    custodian = export(
        released, tmp_path / "all", role=Role.CUSTODIAN, requested_by="county counsel"
    ).read("record.json")

    record = json.loads(own)
    assert len(record["cases"]) == 1
    assert [row["kind"] for row in record["case_entries"]] == ["contact"]
    assert (b"Canaryclerk" in own, b"Canaryclerk" in custodian) == (False, True)


def test_the_custodian_sees_all_adults(released: Collaborators, tmp_path: Path) -> None:
    package = export(released, tmp_path / "out", role=Role.CUSTODIAN, requested_by="county counsel")

    assert b"Hidden Way" in package.read("record.json")


def test_a_protected_familys_record_is_left_to_a_person(
    released: Collaborators, tmp_path: Path
) -> None:
    with released.engine.begin() as connection:
        connection.execute(text("UPDATE guardian SET safe_at_home = '5555' WHERE local_id = 'G99'"))

    with pytest.raises(UsageError, match="by hand"):
        export(released, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert export(released, tmp_path / "own", requested_by="oak-grove:G99").namelist()


@pytest.mark.parametrize(
    "change", ["has_rights = false", "restrained = true", "ended_by = changed_by"]
)
def test_an_adult_without_rights_gets_nothing(
    released: Collaborators, tmp_path: Path, change: str
) -> None:
    with released.engine.begin() as connection:
        connection.execute(text(f"UPDATE guardianship SET {change}"))

    with pytest.raises(UsageError, match="no right"):
        export(released, tmp_path / "out")
    assert one(released, "SELECT count(*) FROM record_access") == 0


def test_another_childs_parent_gets_nothing(released: Collaborators, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such adult of this student"):
        export(released, tmp_path / "out", requested_by="oak-grove:G02")


def test_from_the_eighteenth_birthday_on_the_record_is_the_students_own(
    released: Collaborators, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="not of age"):
        export(released, tmp_path / "out", role=Role.STUDENT, requested_by="the student")
    with released.engine.begin() as connection:
        connection.execute(
            text("UPDATE student_record SET birth_date = :b"), {"b": date(2008, 9, 1)}
        )

    with pytest.raises(UsageError, match="of age"):
        export(released, tmp_path / "out")
    own = export(released, tmp_path / "out", role=Role.STUDENT, requested_by="the student")
    assert json.loads(own.read("record.json"))["letters"] == []


def test_the_zip_proves_itself_and_is_the_same_the_second_time(
    released: Collaborators, tmp_path: Path
) -> None:
    export(released, tmp_path / "a").extractall(tmp_path / "unpacked")
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"],
        cwd=tmp_path / "unpacked",
        capture_output=True,
        check=True,
    )
    export(released, tmp_path / "b")

    assert b"OK" in checked.stdout
    [first], [second] = (list((tmp_path / name).glob("*.zip")) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o077 == 0


def test_every_export_is_noted_and_the_note_cannot_be_changed(
    released: Collaborators, tmp_path: Path
) -> None:
    export(released, tmp_path / "out")

    assert one(released, "SELECT handled_by FROM record_access") == "dana"
    with released.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM record_access"))


def test_the_whole_log_is_for_custodians_and_auditors(
    released: Collaborators, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"requested_by": PARENT, "handled_by": "dana", "reason": "audit"}

    with pytest.raises(UsageError, match="custodian"):
        export_log(released, tmp_path / "log.csv", NIGHT, role=Role.PARENT, **asked)
    result = export_log(released, tmp_path / "log.csv", NIGHT, role=Role.AUDITOR, **asked)
    own = export_log(
        released, tmp_path / "own.csv", NIGHT, role=Role.PARENT, student="oak-grove:01", **asked
    )

    assert result.counts["entries"] == 6
    assert own.counts["entries"] == 3
