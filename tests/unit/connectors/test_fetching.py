import os
import time
from datetime import date
from pathlib import Path

import pytest

from pact_etl.connectors.files.fetching import fetch_files
from pact_etl.domain.district import FileLayout, Lookup
from pact_etl.domain.errors import Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

AS_OF = date(2026, 11, 20)


def put(path: Path, content: bytes = b"x", age: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def layouts(*names: str, required: bool = True) -> dict[str, FileLayout]:
    return {f"t{n}": FileLayout(name=x, columns={}, required=required) for n, x in enumerate(names)}


def fetched(drop: Path, district) -> list[str]:
    return [file.name for file in fetch_files(str(drop), district, AS_OF)]


def test_a_name_may_hold_the_night(make_district, tmp_path):
    put(tmp_path / "ATT_20261119.csv")
    put(tmp_path / "ATT_20261120.csv")
    district = make_district(path="", files=layouts("ATT_{as_of:%Y%m%d}.csv"))

    assert fetched(tmp_path, district) == ["ATT_20261120.csv"]


def test_the_path_may_hold_the_night_in_another_form(make_district, tmp_path):
    put(tmp_path / "test-unified" / "112026" / "ATT.csv")
    district = make_district(path="{slug}/{as_of:%m%d%y}", files=layouts("ATT.csv"))

    assert fetched(tmp_path, district) == ["ATT.csv"]


def test_of_several_matches_the_newest_counts_and_its_name_breaks_a_tie(make_district, tmp_path):
    put(tmp_path / "ATT_2.csv", age=100)
    put(tmp_path / "ATT_1.csv", age=50)
    district = make_district(path="", files=layouts("ATT_*.csv"))
    assert fetched(tmp_path, district) == ["ATT_1.csv"]

    for name in ("ATT_2.csv", "ATT_1.csv"):
        os.utime(tmp_path / name, (1, 1))
    assert fetched(tmp_path, district) == ["ATT_2.csv"]


def test_a_star_does_not_take_the_file_of_a_layout_that_names_it_better(make_district, tmp_path):
    put(tmp_path / "ATT_1.csv", age=100)
    put(tmp_path / "ATT_CODES.csv")
    district = make_district(path="", files=layouts("ATT_*.csv", "ATT_CODES.csv"))

    assert fetched(tmp_path, district) == ["ATT_1.csv", "ATT_CODES.csv"]


def test_a_missing_file_is_named_as_it_should_have_been_called(make_district, tmp_path):
    district = make_district(path="", files=layouts("ATT_{as_of:%Y%m%d}_*.csv"))

    with pytest.raises(SubmissionRefused) as refused:
        fetched(tmp_path, district)
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, "ATT_20261120_*.csv")


def test_a_missing_optional_file_is_not_missed(make_district, tmp_path):
    assert fetched(tmp_path, make_district(path="", files=layouts("A", "*B", required=False))) == []


def test_a_folder_that_is_not_there_has_no_files(make_district, tmp_path):
    with pytest.raises(SubmissionRefused):
        fetched(tmp_path, make_district(path="none", files=layouts("*.csv")))


def test_an_archive_of_several_tables_is_fetched_once_as_sent(make_district, tmp_path):
    put(tmp_path / "e.zip", b"PK...")
    lookup = Lookup(name="e.zip!codes.csv", keys={}, adds={})
    files = layouts("e.zip!a.csv", "e.zip!b.csv")
    files["t2"] = FileLayout(name="e.zip!c.csv", columns={}, lookups=[lookup])

    raw = fetch_files(str(tmp_path), make_district(path="", files=files), AS_OF)

    assert [(file.name, file.content) for file in raw] == [("e.zip", b"PK...")]


def test_a_lookups_file_is_fetched_beside_the_one_that_asks_it(make_district, tmp_path):
    put(tmp_path / "a.csv")
    put(tmp_path / "codes.csv")
    lookup = Lookup(name="codes.csv", keys={}, adds={})
    files = {"attendance": FileLayout(name="a.csv", columns={}, lookups=[lookup])}

    assert fetched(tmp_path, make_district(path="", files=files)) == ["a.csv", "codes.csv"]


def test_a_drop_folder_asks_nothing_of_a_files_age_unless_told(make_district, tmp_path):
    put(tmp_path / "a.csv")
    begun = time.monotonic()

    assert fetched(tmp_path, make_district(path="", files=layouts("a.csv")))
    assert time.monotonic() - begun < 2


def test_a_drop_folder_told_to_wait_reads_a_young_file_at_the_second_look(make_district, tmp_path):
    put(tmp_path / "a.csv")
    options = {"min_age_seconds": 60, "second_look_seconds": 1}
    begun = time.monotonic()

    assert fetched(tmp_path, make_district(path="", files=layouts("a.csv"), options=options))
    assert time.monotonic() - begun >= 1


def test_a_file_that_changes_between_two_looks_is_left_for_later(
    make_district, tmp_path, monkeypatch
):
    path = put(tmp_path / "a.csv")
    monkeypatch.setattr("time.sleep", lambda seconds: path.write_bytes(b"more"))
    district = make_district(path="", files=layouts("a.csv"), options={"min_age_seconds": 60})

    with pytest.raises(Retryable, match=r"a\.csv is still being written"):
        fetched(tmp_path, district)


def test_unfinished_names_are_never_read(make_district, tmp_path):
    for name in ("a.csv.part", "b.tmp", "c.filepart", ".d.csv"):
        put(tmp_path / name)

    for pattern in ("*", "a.csv.part", ".d.csv"):
        with pytest.raises(SubmissionRefused):
            fetched(tmp_path, make_district(path="", files=layouts(pattern)))


def test_all_files_together_are_bounded_before_one_is_read(make_district, tmp_path):
    put(tmp_path / "a.csv", bytes(600))
    put(tmp_path / "b.csv", bytes(600)).chmod(0)
    files = layouts("a.csv", "b.csv")

    with pytest.raises(SubmissionRefused) as refused:
        fetched(tmp_path, make_district(path="", files=files, options={"max_bytes": 1000}))
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_TOO_LARGE, "b.csv")


@pytest.mark.parametrize("value", ["many", -1])
def test_an_option_that_is_no_number_is_a_fault_of_the_settings(make_district, tmp_path, value):
    with pytest.raises(SettingsError, match="max_bytes"):
        fetched(tmp_path, make_district(path="", options={"max_bytes": value}))
