from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.connectors.files.file_patterns import (
    is_unfinished,
    matches,
    name_on,
    pattern_of,
    split_member,
)
from pact_etl.domain.errors import SettingsError

AS_OF = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("ATT.csv", "ATT.csv"),
        ("ATT_{as_of:%Y%m%d}.csv", "ATT_20261103.csv"),
        ("ATT_{as_of}.csv", "ATT_2026-11-03.csv"),
        ("{slug}-{as_of:%m-%d-%y}.txt", "old-mill-11-03-26.txt"),
        ("{as_of:%A}/ATT.csv", "Tuesday/ATT.csv"),
        ("ATT_*.csv", "ATT_*.csv"),
    ],
)
def test_a_name_holds_the_night_in_any_form(pattern, name):
    assert name_on(pattern, AS_OF, "old-mill") == name


@pytest.mark.parametrize("pattern", ["{date}.csv", "{as_of.csv", "as_of}.csv", "{}", "{as_of!r}"])
def test_braces_that_mean_nothing_are_a_fault_of_the_settings(pattern):
    with pytest.raises(SettingsError):
        name_on(pattern, AS_OF, "old-mill")


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_kept_file_is_known_again_by_the_pattern_that_fetched_it(day):
    for form in ("%Y%m%d", "%m-%d-%y", "%Y-%j", "%d%b%Y", "%A", "%m.%d.%Y"):
        pattern = f"ATT_{{as_of:{form}}}_*.csv"
        assert matches(pattern, name_on(pattern, day, "x").replace("*", "0215"))


@pytest.mark.parametrize(
    "name", ["ATT_2026113.csv", "ATT_20261103.csv.part", "xATT_20261103.csv", "ATT_2026110a.csv"]
)
def test_other_names_do_not_match(name):
    assert not matches("ATT_{as_of:%Y%m%d}.csv", name)


def test_signs_of_regular_expressions_mean_themselves():
    assert matches("a+(1).csv", "a+(1).csv")
    assert not matches("a.csv", "axcsv")


def test_a_file_belongs_to_the_pattern_that_fixes_most_of_its_name():
    patterns = ["ATT_*.csv", "ATT_SUM_*.csv", "*"]

    assert pattern_of("ATT_SUM_1.csv", patterns) == "ATT_SUM_*.csv"
    assert pattern_of("ATT_1.csv", patterns) == "ATT_*.csv"
    assert pattern_of("x", patterns) == "*"
    assert pattern_of("x", patterns[:2]) is None


def test_a_star_stays_in_its_folder():
    assert not matches("*.csv", "../x.csv")


def test_a_name_inside_an_archive_is_told_from_its_archive():
    assert split_member("a.zip!out/b.csv") == ("a.zip", "out/b.csv")
    assert split_member("a.csv") == ("a.csv", None)


def test_names_of_uploads_under_way_are_known():
    assert all(map(is_unfinished, ("a.part", "a.csv.TMP", "a.filepart", ".a.csv.Xy12")))
    assert not is_unfinished("part.csv")
