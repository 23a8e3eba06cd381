"""The suites and the page about them agree; nothing of this needs the library that runs them."""

from pathlib import Path

import pytest

from pact_etl.domain.reasons import Reason
from pact_etl.validation import Gates
from pact_etl.validation.columns import TABLES
from pact_etl.validation.gates import SUMMARY, load_suite
from pact_etl.validation.wording import WORDING

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "expectations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_every_figure_that_a_suite_judges_is_on_the_page(table):
    suite = load_suite(ROOT / "expectations", table)

    assert suite.expectations
    for expectation in suite.looking_at(SUMMARY):
        assert f"`{expectation['kwargs']['column']}`" in PAGE


def test_every_limit_of_the_county_is_on_the_page():
    unexplained = {"school_day_min_history", "min_students_for_shares"}  # said where they are used

    assert all(f"`{n}`" in PAGE for n in set(Gates.__dataclass_fields__) - unexplained)


def test_every_reason_that_a_row_can_have_is_on_the_page_and_has_words():
    words = {reason.value for reason in WORDING}
    rows = [r for r in Reason if r.value in PAGE]

    assert all(word.endswith((".", "?")) for word in WORDING.values())
    assert {r.value for r in rows} <= words
