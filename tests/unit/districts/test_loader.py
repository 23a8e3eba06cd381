"""A district's own file over its dialect's."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pact_etl.districts.loader import load_district
from pact_etl.districts.reading import read_mapping
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError
from pact_etl.settings import ROOT

OWN = read_mapping(ROOT / "config" / "districts" / "elverta-joint-elementary.yaml")


def loaded(folder: Path, own: dict[str, Any]) -> District:
    path = folder / f"{OWN['slug']}.yaml"
    path.write_text(yaml.safe_dump(OWN | own), encoding="utf-8")
    return load_district(path, ROOT / "config" / "dialects")


def test_a_column_that_is_null_is_removed_and_its_neighbours_stay(tmp_path: Path):
    whole = loaded(tmp_path, {}).files["attendance"]
    less = loaded(tmp_path, {"files": {"attendance": {"columns": {"minutes": None}}}})

    assert set(whole.columns) - set(less.files["attendance"].columns) == {"minutes"}
    assert less.files["attendance"].name == whole.name


def test_a_whole_file_that_is_null_is_removed(tmp_path: Path):
    assert "guardians" not in loaded(tmp_path, {"files": {"guardians": None}}).files


def test_a_setting_that_is_null_is_at_its_default(tmp_path: Path):
    district = loaded(tmp_path, {"id_digits": None, "trailer": None})

    assert (district.id_digits, district.trailer, district.delimiter) == (None, None, ",")


def test_nothing_is_removed_that_the_dialect_does_not_have(tmp_path: Path):
    with pytest.raises(SettingsError, match="files\\.attendance\\.columns\\.minuts"):
        loaded(tmp_path, {"files": {"attendance": {"columns": {"minuts": None}}}})


def test_a_setting_that_must_be_there_cannot_be_removed(tmp_path: Path):
    with pytest.raises(SettingsError, match="date_format"):
        loaded(tmp_path, {"date_format": None})


LETTERHEAD = {"return_lines": ["A", "B"], "signatory_name": "C", "signatory_title": "D"}
RULE = {"from": "2026-08-01", "set_for_district": True, "why": "a test"}


def test_a_district_that_has_its_first_notices_set_signs_them_itself(tmp_path: Path):
    district = loaded(tmp_path, {"letterhead": LETTERHEAD, "first_notices": [RULE]})

    assert district.first_notices_since(date(2026, 9, 1)) == date(2026, 8, 1)
    assert district.first_notices_on(date(2026, 7, 31)) is None
    sender = district.sender
    assert (sender.program, sender.office) == (OWN["name"], OWN["office"]["name"])
    assert (sender.phone, sender.return_lines) == (OWN["office"]["phone"], ("A", "B"))


def test_first_notices_without_a_letterhead_are_refused(tmp_path: Path):
    with pytest.raises(SettingsError, match="first notices need a letterhead"):
        loaded(tmp_path, {"first_notices": [RULE]})
