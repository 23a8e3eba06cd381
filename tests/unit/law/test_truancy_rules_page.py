"""The page for principals says what the law file and the county's settings say, and nothing else in numbers."""

import re
import runpy
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.policies import COUNTY, POLICY, STATUTES, amended, clearing

SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "truancy_rules.py"))
TEXT = SCRIPT["PAGE"].read_text(encoding="utf-8")
AS_OF = SCRIPT["written_for"](TEXT)


def test_the_page_is_up_to_date() -> None:
    assert SCRIPT["page"](TEXT, STATUTES, COUNTY, AS_OF) == TEXT, "run scripts/truancy_rules.py"


def test_a_change_of_law_changes_the_page() -> None:
    changed = amended({"truant": {"from": AS_OF, "occasions": 4, "more_than_minutes": 20}})

    page = SCRIPT["page"](TEXT, changed, COUNTY, AS_OF)

    assert "4 full days or occasions in one school year" in page
    assert "20 minutes" in page


def test_a_change_of_county_policy_changes_the_page() -> None:
    changed = replace(COUNTY, mailing=replace(COUNTY.mailing, cooldown_weeks=11))

    assert "the next: 11 weeks" in SCRIPT["page"](TEXT, STATUTES, changed, AS_OF)


def test_another_clearing_window_is_on_the_page() -> None:
    changed = replace(COUNTY, counting=[clearing(POLICY, 4).counting])

    page = SCRIPT["page"](TEXT, STATUTES, changed, AS_OF)

    assert "to clear an absence before it counts? | 4 |" in page


def test_every_section_of_the_law_is_on_the_page() -> None:
    assert all(section.citation in TEXT for section in STATUTES.sections.values())


def test_the_text_around_the_tables_has_no_numbers_but_those_of_sections() -> None:
    prose = re.sub(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", "", TEXT, flags=re.DOTALL)

    assert re.findall(r"\d[\d.]*", prose) == ["601.3"]


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="one place for lines"):
        SCRIPT["page"](TEXT.replace("<!-- begin lines -->", ""), STATUTES, COUNTY, AS_OF)
