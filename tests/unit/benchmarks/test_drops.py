from benchmarks.drops import SchoolDays
from pact_etl.settings import ROOT


def test_a_measured_day_is_an_ordinary_school_day_at_or_after_its_number() -> None:
    days = SchoolDays(config=ROOT / "config", seed=1)
    for number in (20, 100, 170):
        found = days.near(number)
        assert number <= found.number <= number + 10
        assert found.day.weekday() < 5
        assert found.before < found.day
