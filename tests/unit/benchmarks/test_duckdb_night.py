from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.agreement import over_lines_in_file
from benchmarks.duckdb_night import HEADER, count_night, write_rows
from pact_etl.districts import load_districts
from pact_etl.settings import ROOT
from pact_etl.simulator import simulate

CONFIG = ROOT / "config"
FIRST, LAST = date(2027, 1, 4), date(2027, 1, 20)


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every district and dialect; the first night holds the year to date, the later ones heal and correct it."""
    out = tmp_path_factory.mktemp("drop")
    districts = list(load_districts(CONFIG).values())
    simulate(out, districts, scale=0.004, seed=7, first=FIRST, last=LAST)
    return out


@pytest.mark.parametrize("nights_before_the_last", [0, 5, 9])
def test_the_yardstick_counts_what_is_true(
    drop: Path, tmp_path: Path, nights_before_the_last: int
) -> None:
    as_of = LAST - timedelta(days=nights_before_the_last)
    rows, _ = count_night(drop, CONFIG, as_of)
    truth = (drop / "truth" / f"{as_of}.csv").read_text(encoding="utf-8").splitlines()
    counted = {",".join(str(cell) for cell in row) for row in rows}
    expected = {line.rsplit(",", 1)[0] for line in truth[1:]}
    assert counted == expected
    assert len(expected) > 20


def test_its_list_agrees_with_the_simulators(drop: Path, tmp_path: Path) -> None:
    rows, _ = count_night(drop, CONFIG, LAST)
    write_rows(tmp_path / "over.csv", rows)
    truth = over_lines_in_file(drop / "truth" / f"{LAST}.csv")
    assert over_lines_in_file(tmp_path / "over.csv") == truth
    write_rows(tmp_path / "short.csv", rows[1:])
    assert over_lines_in_file(tmp_path / "short.csv") != truth


def test_its_columns_are_those_of_the_truth(drop: Path) -> None:
    header = (drop / "truth" / f"{LAST}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",")[:-1] == list(HEADER)
