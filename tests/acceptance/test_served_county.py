"""Districts as they really are: over SFTP, Ed-Fi and Aeries servers, with everything going wrong at random.

At the end the findings are the truth, student by student, though nights were lost, files broken and servers refused.
The whole county over a month: python -m tests.acceptance.test_served_county 13 2026-10-05 2026-11-04 0.02
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.school_year import school_year_of
from pact_etl.settings import Settings
from pact_etl.simulator import FAULTS, Fault
from pact_etl.simulator.calendars import day_index, make_calendar
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.night import take_in
from pact_etl.steps.reread import reread
from pact_etl.store.calendars import unstated_days
from pact_etl.wiring import Collaborators, build
from tests.acceptance.served_county import ServedCounty, served_county
from tests.conftest import ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.integration]

SLUGS = sorted(path.stem for path in (ROOT / "config" / "districts").glob("*.yaml"))
SMALL = [
    *("arcohe-union-elementary", "center-joint-unified", "galt-joint-union-high"),
    *("elverta-joint-elementary", "river-delta-joint-unified", "robla-elementary"),
]
FRIDAY = 4
CALM = 2  # last nights on which nothing goes wrong, so that everything can have healed
LINES = {
    "truant": "truant",
    "chronic_truant_candidate": "chronic_truant",
    "chronic_absentee": "chronic_absentee",
}


def run_county(county: ServedCounty, using: Collaborators, nights: list[date]) -> Counter[str]:
    """Every night; how often each status or reason was seen."""
    seen: Counter[str] = Counter()
    for place, night in enumerate(nights):
        county.begin_night(night, may_refuse=0 < place < len(nights) - CALM)
        for report in take_in(using, night, list(using.districts)).values():
            seen[report["status"]] += 1
            seen.update(report["reasons"].keys())
        if night.weekday() == FRIDAY:
            for one in county.fed:
                one.stumble(county.dice, may_refuse=False)
                seen["drift"] += reread(using, one.district.slug, night).counts.get("drift", 0)
        evaluate(using, night)
    return seen


def schedule(slugs: list[str], nights: list[date], seed: int) -> list[Fault]:
    """A fault of the menu for most of the file districts' nights on which they keep school."""
    dice = random.Random(seed)
    year = school_year_of(nights[0])
    return [
        Fault(name=dice.choice(sorted(FAULTS)), district=slug, night=night)
        for slug in slugs
        for night in nights[1:-CALM]
        if make_calendar(year, 50, slug=slug, seed=seed).open[:, day_index(year, night)].all()
        and dice.random() < 0.8
    ]


def weekdays(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def findings(engine: Engine) -> dict[str, set[tuple[str, str]]]:
    query = """SELECT f.rule, d.slug, r.local_id FROM finding f JOIN district d ON d.id = f.district_id
               JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id
               WHERE f.ended_as_of IS NULL"""
    found: dict[str, set[tuple[str, str]]] = {rule: set() for rule in LINES}
    with engine.connect() as connection:
        for rule, slug, local_id in connection.execute(text(query)):
            found[rule].add((slug, local_id))
    return found


def gaps(using: Collaborators, night: date) -> dict[str, int]:
    """Schooldays by district that no delivery spoke of: too many nights were lost in a row."""
    with using.engine.connect() as connection:
        districts = connection.execute(text("SELECT slug, id FROM district ORDER BY slug")).all()
        year = using.year_of(night)
        found = {slug: len(unstated_days(connection, id_, year, night)) for slug, id_ in districts}
    return {slug: days for slug, days in found.items() if days}


def truth(county: ServedCounty, night: date) -> dict[str, set[tuple[str, str]]]:
    rows = pd.read_csv(county.drop / "truth" / f"{night}.csv", dtype=str)
    over = {rule: rows[rows[column] == "1"] for rule, column in LINES.items()}
    return {
        rule: set(zip(frame["district"], frame["local_id"], strict=True))
        for rule, frame in over.items()
    }


def settings_of(county: ServedCounty, folder: Path, database: str | None) -> Settings:
    return Settings(
        var=folder / "var",
        config=county.config,
        credentials_folder=county.credentials,
        drop_url=str(county.drop),
        database_url=database,
    )


def test_the_findings_are_the_truth_whatever_went_wrong_on_the_way(
    tmp_path: Path, fresh_database: Callable[..., str], migrated: str
) -> None:
    nights = weekdays(date(2026, 10, 26), date(2026, 11, 4))
    by_files = [slug for n, slug in enumerate(SMALL) if n % 3 == 2]
    with served_county(
        tmp_path,
        SMALL,
        scale=0.01,
        seed=5,
        first=nights[0],
        last=nights[-1],
        faults=schedule(by_files, nights, seed=5),
    ) as county:
        url = fresh_database("pact", migrated)
        using = build(settings_of(county, tmp_path, url))
        seen = run_county(county, using, nights)

        assert gaps(using, nights[-1]) == {}
        assert findings(using.engine) == truth(county, nights[-1])
        assert seen["failed"] > 0, "no server refused a night"
        assert seen["held"] + seen["late"] > 0, "no file was broken"
        drift = [reread(using, one.district.slug, nights[-1]) for one in county.fed]
        assert [result.counts["drift"] for result in drift] == [0] * len(county.fed)
        using.close()


def main() -> None:
    """A county of any size by hand: COUNT FIRST LAST SCALE; says what it saw and what differs."""
    count, scale = int(sys.argv[1]), float(sys.argv[4])
    nights = weekdays(*(date.fromisoformat(word) for word in sys.argv[2:4]))
    slugs = SLUGS[:count]
    faults = schedule([slug for n, slug in enumerate(slugs) if n % 3 == 2], nights, seed=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        served_county(
            Path(folder),
            slugs,
            scale=scale,
            seed=1,
            first=nights[0],
            last=nights[-1],
            faults=faults,
        ) as county,
    ):
        using = build(settings_of(county, Path(folder), None))
        seen = run_county(county, using, nights)
        found, expected = findings(using.engine), truth(county, nights[-1])
        sys.stdout.write(f"{len(faults)} faults; seen {dict(seen)}\n")
        sys.stdout.write(f"days that nobody delivered: {gaps(using, nights[-1])}\n")
        for rule in LINES:
            missing, extra = expected[rule] - found[rule], found[rule] - expected[rule]
            differing = dict(Counter(slug for slug, _ in missing | extra))
            sys.stdout.write(
                f"{rule}: {len(found[rule])}, missing {len(missing)}, extra {len(extra)} {differing}\n"
            )
        using.close()


if __name__ == "__main__":
    main()
