"""The statutes as dated data: the day before and the day of each change."""

from datetime import date
from pathlib import Path

import pytest

from pact_etl.domain.errors import SettingsError
from pact_etl.law import load_statutes


def test_no_letter_may_mention_the_repealed_misdemeanor_from_2026_on() -> None:
    statutes = load_statutes()

    assert statutes.entry("parent_misdemeanor", date(2025, 12, 31))["may_be_mentioned"]
    assert not statutes.entry("parent_misdemeanor", date(2026, 1, 1))["may_be_mentioned"]


def test_the_first_notice_has_seven_items_since_july_2025() -> None:
    statutes = load_statutes()

    assert statutes.entry("first_notice_content", date(2025, 7, 1))["items"] == 7
    with pytest.raises(SettingsError, match="no entry in force"):
        statutes.entry("first_notice_content", date(2025, 6, 30))


def test_every_statute_carries_a_citation() -> None:
    assert all(section["citation"] for section in load_statutes().sections.values())


def test_a_statute_without_a_citation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    path.write_text("truant: {entries: [{from: 2020-01-01, occasions: 3}]}")

    with pytest.raises(SettingsError, match="citation"):
        load_statutes(path)


def test_the_law_names_the_newest_entry_as_its_version() -> None:
    assert load_statutes().on(date(2026, 11, 20)).version == "california:2011-01-01"
