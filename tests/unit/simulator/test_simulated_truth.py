import csv
from datetime import date, timedelta
from pathlib import Path

from pact_etl.domain.school_year import school_year_of
from tests.unit.simulator.conftest import Written
from tests.unit.simulator.slow_reader import SlowReader


def truth_of(out: Path, night: date) -> list[dict[str, str]]:
    with (out / "truth" / f"{night}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nights(written: Written) -> list[date]:
    return [
        written.first + timedelta(days=n) for n in range((written.last - written.first).days + 1)
    ]


def by_student(rows: list[dict[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (row["district"], row["local_id"]): {k: v for k, v in row.items() if k != "ssid"}
        for row in rows
    }


def test_counting_the_files_by_loops_gives_the_truth_on_every_night(written: Written) -> None:
    readers = {slug: SlowReader(district) for slug, district in written.districts.items()}
    over_a_line = 0
    for number, night in enumerate(nights(written)):
        for slug, reader in readers.items():
            folder = written.out / night.isoformat() / slug
            if folder.exists():
                reader.read_night(folder, night)
        if number % 3 and night != written.last:
            continue
        counted = [row for reader in readers.values() for row in reader.truth(night)]
        assert by_student(counted) == by_student(truth_of(written.out, night)), night
        over_a_line += len(counted)
    assert over_a_line > 50


def test_every_night_has_a_truth_file_and_school_days_alone_have_drops(written: Written) -> None:
    for night in nights(written):
        assert (written.out / "truth" / f"{night}.csv").exists()
        if night.weekday() >= 5:
            assert not (written.out / night.isoformat()).exists()


def test_the_truth_lists_unexcused_days_as_many_as_it_counts(written: Written) -> None:
    for row in truth_of(written.out, written.last):
        days = [day for day in row["unexcused_days"].split(";") if day]
        assert len(days) == int(row["U"])
        assert days == sorted(days)


def test_protected_students_are_listed_with_the_day_since_when(written: Written) -> None:
    path = written.out / "truth" / "protected.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"two_homes", "turns_18", "under_6"} <= {row["kind"] for row in rows}
    year = school_year_of(written.first)
    for row in rows:
        if row["since"]:
            assert year.first <= date.fromisoformat(row["since"]) <= year.last
