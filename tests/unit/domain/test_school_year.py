from datetime import date

from pact_etl.domain.school_year import school_year_of


def test_a_school_year_turns_on_the_first_of_july() -> None:
    assert school_year_of(date(2026, 6, 30)).name == "2025-26"
    assert school_year_of(date(2026, 7, 1)).name == "2026-27"


def test_the_century_turns_without_losing_its_zeros() -> None:
    assert school_year_of(date(2099, 8, 1)).name == "2099-00"
