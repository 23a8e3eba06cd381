"""`pact district check` on the examples of its own documentation, and on what can be wrong with them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pact_etl.cli.district import commands
from pact_etl.settings import ROOT

DOCUMENT = (ROOT / "docs" / "district_file_format.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```csv file=(\S+)\n(.*?)```", DOCUMENT, re.DOTALL))


@pytest.fixture
def night(tmp_path: Path) -> Path:
    for name, text in EXAMPLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def check(*arguments: "str | Path") -> Result:
    return CliRunner().invoke(commands, ["check", *map(str, arguments)])


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def faults(*arguments: "str | Path") -> "list[tuple[str, int | None, str | None, str]]":
    found = json.loads(check("--json", *arguments).stdout)["faults"]
    return [(f["file"], f["row"], f["field"], f["reason"]) for f in found]


def test_the_examples_of_the_documentation_are_a_whole_night_without_fault(night: Path):
    result = check(night)

    assert result.exit_code == 0, result.output
    assert "No faults found" in result.stdout
    assert "night of 2026-11-20" in result.stdout


def test_every_documented_column_is_one_of_the_format(night: Path):
    assert json.loads(check("--json", night).stdout)["rows"] == {
        "schools": 1,
        "students": 2,
        "enrollments": 2,
        "guardians": 2,
        "calendar": 2,
        "attendance": 4,
        "ladder": 3,
    }


def test_every_documented_code_is_one_of_the_format():
    from pact_etl.cli.dialect_district import district_speaking

    documented = set(re.findall(r"`([A-Z]{1,2})`", DOCUMENT.split("### attendance.csv")[1])) - {
        "AM"
    }
    known = {m.code for m in district_speaking(ROOT / "config", "template_csv", None).codes}

    assert known <= documented


def test_a_faulty_row_is_named_by_file_row_field_and_reason(night: Path):
    change(night, "attendance.csv", "2026-11-20,T,12", "2026-11-20,ZZ,12")
    change(night, "students.csv", "2013-07-15", "15.07.2013")

    assert faults(night) == [
        ("attendance.csv", 3, "local_id", "unknown_student"),
        ("attendance.csv", 5, "local_id", "unknown_student"),
        ("enrollments.csv", 3, "local_id", "unknown_student"),
        ("guardians.csv", 3, "local_id", "unknown_student"),
        ("students.csv", 3, "birth_date", "invalid_date"),
    ]
    assert check(night).exit_code == 1


def test_a_code_that_nobody_explained_is_a_fault(night: Path):
    change(night, "attendance.csv", "2026-11-20,T,12", "2026-11-20,ZZ,12")

    assert faults(night) == [("attendance.csv", 5, "code", "unknown_code")]


def test_no_value_is_printed_unless_asked_for(night: Path):
    change(night, "students.csv", "2013-07-15", "canary")

    for arguments in (["--json", night], [night]):
        assert "canary" not in check(*arguments).output
        assert "canary" in check("--show-values", *arguments).stdout


def test_one_unusable_file_does_not_hide_what_is_wrong_in_the_next(night: Path):
    change(night, "students.csv", "#ROWS=2", "#ROWS=3")
    change(night, "calendar.csv", "instructional", "is_school")
    change(night, "attendance.csv", "2026-11-20,T,12", "2026-11-20,T,soon")

    assert faults(night) == [
        ("students.csv", None, None, "file_truncated"),
        ("calendar.csv", None, "instructional", "header_changed"),
        ("attendance.csv", 5, "minutes", "invalid_value"),
    ]


def test_a_whole_night_must_have_every_file(night: Path):
    (night / "guardians.csv").unlink()

    assert faults(night) == [("guardians.csv", None, None, "file_missing")]


def test_single_files_are_judged_without_the_others(night: Path):
    result = check(night / "attendance.csv", night / "schools.csv")

    assert result.exit_code == 0, result.output
    assert "students, enrollments, guardians, calendar" in result.stdout


def test_a_single_file_is_still_held_against_those_given(night: Path):
    change(night, "schools.csv", "3400001", "3400002")

    found = faults(night / "attendance.csv", night / "schools.csv")

    assert {reason for _, _, _, reason in found} == {"unknown_school"}


def test_roster_files_of_changes_only_are_not_held_against_attendance(night: Path):
    change(night, "students.csv", '004712,9000000002,Ben,"Sample, Jr.",2013-07-15,eng,N,N,N\n', "")
    change(night, "students.csv", "#ROWS=2", "#ROWS=1")

    assert faults(night)
    assert faults("--changes", night) == []


def test_a_mistyped_year_is_reported_and_not_taken_for_tonight(night: Path):
    many = "\n".join(f"{n:06d},3400001,2026-11-20,P," for n in range(200))
    text = "local_id,school_code,date,code,minutes\n"
    text += f"{many}\n004711,3400001,2026-11-20,P,\n004712,3400001,2062-11-20,P,\n#ROWS=202\n"
    (night / "attendance.csv").write_text(text)

    assert "night of 2026-11-20" in check(night / "attendance.csv").stdout
    assert ("attendance.csv", 203, "date", "future_date") in faults(night / "attendance.csv")


def test_ids_of_another_length_are_mangled_unless_said_otherwise(night: Path):
    change(night, "attendance.csv", "004711", "4711")

    assert {reason for *_, reason in faults(night / "attendance.csv")} == {"id_mangled"}
    assert check("--id-digits", "0", night / "attendance.csv").exit_code == 0


def test_files_of_another_dialect_can_be_checked(tmp_path: Path):
    (tmp_path / "ATT.csv").write_bytes(b"ID,SC,DT,AL\n0000001,3400001,2026-11-20,U\n")

    assert check("--dialect", "aeries_csv", tmp_path / "ATT.csv").exit_code == 0


def test_a_configured_districts_own_codes_are_used(tmp_path: Path):
    (tmp_path / "ATT.csv").write_bytes(b"ID,SC,DT,AL\n000001,3400001,2026-11-20,C\n")

    assert check("--district", "center-joint-unified", tmp_path / "ATT.csv").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.csv"],
        ["--dialect", "nonsense", "."],
        ["--district", "nowhere", "."],
        ["strange.csv"],
        [],
        ["--as-of", "yesterday", "."],
    ],
)
def test_wrong_use_ends_with_two(tmp_path: Path, arguments: list[str]):
    (tmp_path / "strange.csv").write_text("x\n")
    program = [sys.executable, "-m", "pact_etl.cli", "district", "check", *arguments]

    ended = subprocess.run(
        program, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )

    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


def test_nothing_is_connected_to_and_great_expectations_is_not_loaded(night: Path):
    code = (
        "import socket, sys\n"
        "def refuse(*arguments): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.socket.bind = refuse\n"
        "from pact_etl.cli.district import commands\n"
        f"commands(['check', {str(night)!r}], standalone_mode=False)\n"
        "bad = {'great_expectations', 'asyncssh'} & set(sys.modules)\n"
        "sys.exit(f'loaded {bad}' if bad else 0)"
    )

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)

    assert ended.returncode == 0, ended.stderr.decode()
