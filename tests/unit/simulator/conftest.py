"""A tiny county of four districts, every dialect, written once for all tests."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from pact_etl.districts import load_districts
from pact_etl.domain.district import District
from pact_etl.simulator import Summary, simulate

CONFIG = Path(__file__).resolve().parents[3] / "config"
SIZES = {
    "river-delta-joint-unified": 60,
    "galt-joint-union-elementary": 60,
    "arcohe-union-elementary": 40,
    "twin-rivers-unified": 80,  # with a school on four tracks
}
SEED = 5


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a run wrote, and how it was asked for."""

    out: Path
    districts: dict[str, District]
    first: date
    last: date
    summary: Summary


@pytest.fixture(scope="session")
def all_districts() -> dict[str, District]:
    return load_districts(CONFIG)


@pytest.fixture(scope="session")
def tiny_districts(all_districts: dict[str, District]) -> dict[str, District]:
    return {slug: replace(all_districts[slug], enrollment=size) for slug, size in SIZES.items()}


@pytest.fixture(scope="session")
def written(
    tiny_districts: dict[str, District], tmp_path_factory: pytest.TempPathFactory
) -> Written:
    out = tmp_path_factory.mktemp("county")
    first, last = date(2026, 9, 8), date(2026, 10, 2)
    summary = simulate(
        out, list(tiny_districts.values()), scale=1, seed=SEED, first=first, last=last
    )
    return Written(out=out, districts=tiny_districts, first=first, last=last, summary=summary)
