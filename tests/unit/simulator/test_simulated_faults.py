import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.simulator import FAULTS, Fault, simulate
from tests.unit.simulator.conftest import SEED, Written
from tests.unit.simulator.slow_reader import SlowReader

AERIES, PERIODS, TEMPLATE = (
    "river-delta-joint-unified",
    "galt-joint-union-elementary",
    "arcohe-union-elementary",
)
NIGHTS = {
    "file_missing": (AERIES, date(2026, 9, 15)),
    "district_missing": (PERIODS, date(2026, 9, 15)),
    "file_truncated": (TEMPLATE, date(2026, 9, 15)),
    "file_empty": (AERIES, date(2026, 9, 17)),
    "duplicate_rows": (TEMPLATE, date(2026, 9, 17)),
    "unknown_code": (PERIODS, date(2026, 9, 17)),
    "header_renamed": (AERIES, date(2026, 9, 23)),
    "ids_mangled": (TEMPLATE, date(2026, 9, 22)),
    "wrong_encoding": (PERIODS, date(2026, 9, 23)),
    "stale_file": (AERIES, date(2026, 9, 29)),
    "attendance_not_entered": (PERIODS, date(2026, 9, 29)),
    "unknown_students": (TEMPLATE, date(2026, 9, 29)),
}


@dataclass(frozen=True, kw_only=True)
class Struck:
    """A county with every fault in it, beside the same county without."""

    clean: Written
    out: Path
    listed: dict[str, dict[str, object]]

    def folders(self, fault: str) -> tuple[Path, Path]:
        slug, night = NIGHTS[fault]
        return self.out / str(night) / slug, self.clean.out / str(night) / slug

    def district(self, fault: str) -> District:
        return self.clean.districts[NIGHTS[fault][0]]

    def attendance(self, fault: str) -> tuple[bytes, bytes]:
        name = self.district(fault).files["attendance"].name
        struck, clean = self.folders(fault)
        return (struck / name).read_bytes(), (clean / name).read_bytes()

    def rows(self, fault: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        reader = SlowReader(self.district(fault))
        struck, clean = (reader.read_file(f, "attendance") for f in self.folders(fault))
        return struck, clean


@pytest.fixture(scope="module")
def struck(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Struck:
    out = tmp_path_factory.mktemp("struck")
    asked = [f"{name}:{slug}:{night}" for name, (slug, night) in NIGHTS.items()]
    simulate(
        out,
        list(written.districts.values()),
        scale=1,
        seed=SEED,
        first=written.first,
        last=date(2026, 10, 1),
        faults=[Fault.parse(text) for text in asked],
    )
    listed = json.loads((out / "faults.json").read_text(encoding="utf-8"))
    return Struck(clean=written, out=out, listed={entry["name"]: entry for entry in listed})


def test_the_menu_is_what_these_tests_try() -> None:
    assert set(NIGHTS) == set(FAULTS)


def test_every_applied_fault_is_listed_with_what_it_touched(struck: Struck) -> None:
    assert set(struck.listed) == set(FAULTS)
    for name, entry in struck.listed.items():
        assert (entry["district"], entry["date"]) == (NIGHTS[name][0], str(NIGHTS[name][1]))
        assert entry["rows"]


def test_a_fault_touches_only_its_own_district_and_night(struck: Struck) -> None:
    touched = {(str(night), slug) for slug, night in NIGHTS.values()}
    compared = 0
    for path in sorted(struck.out.glob("20*/*/*")):
        night, slug = path.parts[-3:-1]
        if (night, slug) not in touched:
            clean = struck.clean.out / night / slug / path.name
            assert path.read_bytes() == clean.read_bytes(), path
            compared += 1
    assert compared > 100


def test_faults_leave_the_truth_alone(struck: Struck) -> None:
    night = "2026-09-29.csv"
    truth = (struck.out / "truth" / night).read_bytes()
    assert truth == (struck.clean.out / "truth" / night).read_bytes()


def test_a_missing_file_is_not_there(struck: Struck) -> None:
    folder, clean = struck.folders("file_missing")
    names = {path.name for path in clean.iterdir()}
    assert {path.name for path in folder.iterdir()} == names - {"ATT.csv"}


def test_a_missing_district_sends_nothing(struck: Struck) -> None:
    assert not struck.folders("district_missing")[0].exists()


def test_a_truncated_file_ends_inside_a_row(struck: Struck) -> None:
    content, clean = struck.attendance("file_truncated")
    assert clean.startswith(content)
    assert not content.endswith(b"\n")
    assert clean[len(content) : len(content) + 1] not in (b"\n", b"\r")


def test_an_empty_file_has_no_bytes(struck: Struck) -> None:
    assert struck.attendance("file_empty")[0] == b""


def test_duplicate_rows_repeat_rows_word_for_word(struck: Struck) -> None:
    rows, clean = struck.rows("duplicate_rows")
    assert len(rows) - len(clean) == struck.listed["duplicate_rows"]["rows"]
    assert {tuple(row.values()) for row in rows} == {tuple(row.values()) for row in clean}


def test_an_unknown_code_stands_in_some_rows_of_one_school(struck: Struck) -> None:
    rows, clean = struck.rows("unknown_code")
    district, night = struck.district("unknown_code"), NIGHTS["unknown_code"][1]
    strange = [row for row in rows if district.status_of(row["code"], night) is None]
    assert len(strange) == struck.listed["unknown_code"]["rows"]
    assert {row["school_code"] for row in strange} == {struck.listed["unknown_code"]["school"]}
    assert len(rows) == len(clean)


def test_a_renamed_header_changes_only_the_header(struck: Struck) -> None:
    content, clean = struck.attendance("header_renamed")
    assert content.partition(b"\n")[2] == clean.partition(b"\n")[2]
    assert b'"ID_PERM"' in content.partition(b"\n")[0]


def test_mangled_ids_lose_zeros_or_become_scientific(struck: Struck) -> None:
    rows, clean = struck.rows("ids_mangled")
    pairs = [(row["local_id"], was["local_id"]) for row, was in zip(rows, clean, strict=True)]
    scientific = [now for now, was in pairs if "E+" in now]
    shortened = [now for now, was in pairs if now != was and "E+" not in now]
    assert scientific
    assert shortened
    assert all(len(now) < struck.district("ids_mangled").id_digits for now in shortened)


def test_a_wrong_encoding_is_utf16_under_another_name(struck: Struck) -> None:
    content, clean = struck.attendance("wrong_encoding")
    encoding = struck.district("wrong_encoding").encoding
    assert content.startswith(b"\xff\xfe")
    assert content.decode("utf-16") == clean.decode(encoding)


def test_a_stale_drop_is_the_night_before_again(struck: Struck) -> None:
    folder, _ = struck.folders("stale_file")
    before = struck.clean.out / "2026-09-28" / AERIES
    for path in before.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()


def test_attendance_not_entered_makes_a_whole_school_absent_that_day(struck: Struck) -> None:
    rows, _ = struck.rows("attendance_not_entered")
    entry = struck.listed["attendance_not_entered"]
    tonight = [r for r in rows if r["date"] == "09/29/2026" and r["school_code"] == entry["school"]]
    assert {row["code"] for row in tonight} == {"A:U"}
    periods = 2 if len({row["period"] for row in tonight}) == 2 else 6
    assert len(tonight) == periods * len({row["local_id"] for row in tonight})
    assert len({row["local_id"] for row in tonight}) > 10


def test_unknown_students_are_in_no_roster(struck: Struck) -> None:
    rows, clean = struck.rows("unknown_students")
    strangers = {row["local_id"] for row in rows} - {row["local_id"] for row in clean}
    assert len(strangers) == struck.listed["unknown_students"]["rows"]
    assert all(len(text) == 6 for text in strangers)


def test_after_a_first_night_gone_wrong_the_next_one_is_whole(
    written: Written, tmp_path: Path
) -> None:
    fault = Fault(name="district_missing", district=AERIES, night=written.first)
    second = date(2026, 9, 9)
    districts = list(written.districts.values())
    simulate(
        tmp_path,
        districts,
        scale=1,
        seed=SEED,
        first=written.first,
        last=second,
        faults=[fault],
    )
    with (tmp_path / str(second) / AERIES / "STU.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) >= 50


def test_a_later_run_leaves_nothing_of_an_earlier_one(written: Written, tmp_path: Path) -> None:
    districts = list(written.districts.values())
    first, last = date(2026, 9, 28), date(2026, 9, 29)
    simulate(tmp_path, districts, scale=1, seed=SEED, first=first, last=last)
    lost = Fault(name="district_missing", district=AERIES)
    simulate(tmp_path, districts, scale=1, seed=SEED, first=first, last=last, faults=[lost])
    assert (tmp_path / str(first) / AERIES).exists()
    assert not (tmp_path / str(last) / AERIES).exists()


def test_every_fault_at_once_on_one_night_leaves_nothing(written: Written, tmp_path: Path) -> None:
    night = date(2026, 9, 29)
    summary = simulate(
        tmp_path,
        list(written.districts.values()),
        scale=1,
        seed=SEED,
        first=date(2026, 9, 28),
        last=night,
        faults=[Fault(name=name, district=PERIODS) for name in FAULTS],
    )
    assert summary.faults == len(FAULTS)
    assert not (tmp_path / str(night) / PERIODS).exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file_missing", Fault(name="file_missing")),
        ("stale_file:a-b", Fault(name="stale_file", district="a-b")),
        (
            "file_empty:a-b:2026-09-01",
            Fault(name="file_empty", district="a-b", night=date(2026, 9, 1)),
        ),
        ("file_empty::2026-09-01", Fault(name="file_empty", night=date(2026, 9, 1))),
    ],
)
def test_a_fault_is_read_from_its_name_district_and_date(text: str, expected: Fault) -> None:
    assert Fault.parse(text) == expected


@pytest.mark.parametrize("text", ["", "earthquake", "file_empty:a-b:tomorrow"])
def test_a_fault_that_is_not_on_the_menu_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Fault.parse(text)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(name="file_empty", district="nowhere-unified"),
        Fault(name="file_empty", district=AERIES, night=date(2026, 9, 12)),
    ],
)
def test_a_fault_that_cannot_strike_is_refused(
    fault: Fault, written: Written, tmp_path: Path
) -> None:
    districts = list(written.districts.values())
    first, last = date(2026, 9, 11), date(2026, 9, 14)
    with pytest.raises(UsageError):
        simulate(tmp_path, districts, scale=1, seed=1, first=first, last=last, faults=[fault])
