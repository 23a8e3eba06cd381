"""The county's own settings: what it has agreed with its print vendor."""

from datetime import date
from typing import Any

import pytest
import yaml

from pact_etl.districts.county import county_of
from pact_etl.domain.errors import SettingsError
from tests.conftest import ROOT

DAY = date(2026, 11, 6)
LIMITS = {
    "from": date(2026, 7, 1),
    "pieces": 500,
    "pages": 2000,
    "bytes": 40_000_000,
    "why": "ours",
}


@pytest.fixture
def content() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "config" / "county.yaml").read_text("utf-8"))
    return loaded


def test_the_limits_of_a_package_are_the_countys_with_a_day_and_a_reason(
    content: dict[str, Any],
) -> None:
    content["vendor"]["package_limits"] = [LIMITS]

    vendor = county_of(content, "county.yaml").vendor

    found = vendor.limits_on(DAY)
    assert found is not None
    assert (found.pieces, found.pages, found.bytes, found.why) == (500, 2000, 40_000_000, "ours")
    assert vendor.limits_on(date(2026, 6, 30)) is None


def test_a_county_that_has_agreed_on_nothing_sends_one_package(content: dict[str, Any]) -> None:
    del content["vendor"]["package_limits"]

    assert county_of(content, "county.yaml").vendor.limits_on(DAY) is None


def test_limits_without_a_reason_are_refused_by_name(content: dict[str, Any]) -> None:
    content["vendor"]["package_limits"] = [{k: v for k, v in LIMITS.items() if k != "why"}]

    with pytest.raises(SettingsError, match=r"county\.yaml: vendor\.package_limits.*why"):
        county_of(content, "county.yaml")
