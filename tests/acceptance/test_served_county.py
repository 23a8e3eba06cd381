"""Districts as they really are: over SFTP, Ed-Fi and Aeries servers, with everything going wrong at random.

At the end the findings are the truth, student by student, though nights were lost, files broken and servers refused;
where they are not, `pact why` says for that student what the record lacks.
The whole county over a month: python -m tests.acceptance.test_served_county 13 2026-10-05 2026-11-04 0.02 [SEED]
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
from sqlalchemy import text

from pact_etl.domain.school_year import school_year_of
from pact_etl.settings import Settings
from pact_etl.simulator import FAULTS, Fault
from pact_etl.simulator.calendars import day_index, make_calendar
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.night import take_in
from pact_etl.steps.reread import reread
from pact_etl.store.calendars import unstated_days
from pact_etl.wiring import Collaborators, build
from tests.acceptance.proof import prove
from tests.acceptance.served_county import ServedCounty, served_county
from tests.conftest import ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.integration]

SLUGS = sorted(path.stem for path in (ROOT / "config" / "districts").glob("*.yaml"))
SMALL = [
    *("arcohe-union-elementary", "center-joint-unified", "galt-joint-union-high"),
    *("elverta-joint-elementary", "river-delta-joint-unified", "robla-elementary"),
]
CUT_OFF = "galt-joint-union-high"
FRIDAY = 4
CALM = 2  # last nights on which nothing goes wrong, so that everything can have healed


def run_county(county: ServedCounty, using: Collaborators, nights: list[date]) -> Counter[str]:
    """Every night; how often each status or reason was seen."""
    seen: Counter[str] = Counter()
    for place, night in enumerate(nights):
        county.begin_night(night, may_lose=0 < place < len(nights) - CALM)
        for report in take_in(using, night, list(using.districts)).values():
            seen[report["status"]] += 1
            seen.update(report["reasons"].keys())
        if night.weekday() == FRIDAY:
            for one in county.fed:
                county.stumble(one.server, may_lose=False)
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


def gaps(using: Collaborators, night: date) -> dict[str, int]:
    """Schooldays by district that no delivery spoke of: too many nights were lost in a row."""
    with using.engine.connect() as connection:
        districts = connection.execute(text("SELECT slug, id FROM district ORDER BY slug")).all()
        year = using.year_of(night)
        found = {slug: len(unstated_days(connection, id_, year, night)) for slug, id_ in districts}
    return {slug: days for slug, days in found.items() if days}


def drift(county: ServedCounty, using: Collaborators, night: date) -> dict[str, int]:
    """By district of an API: what reading everything again still changes; its servers must be calm by now."""
    slugs = [one.district.slug for one in county.fed]
    return {slug: reread(using, slug, night).counts["drift"] for slug in slugs}


FLAGS = ("foster", "homeless", "support_pending", "unaccompanied")


def served(county: ServedCounty) -> list[str]:
    """Districts reached over an API."""
    return [one.district.slug for one in county.fed]


def careful(using: Collaborators) -> dict[str, set[tuple[str, str]]]:
    """By district, students of whom the record knows why to look first, with the flag."""
    query = "SELECT d.slug, r.* FROM student_record r JOIN district d ON d.id = r.district_id"
    with using.engine.connect() as connection:
        rows = list(connection.execute(text(query)).mappings())
    found: dict[str, set[tuple[str, str]]] = {slug: set() for slug in using.districts}
    for row in rows:
        found[row["slug"]] |= {(row["local_id"], flag) for flag in FLAGS if row[flag]}
    return found


def careful_in_truth(drop: Path) -> dict[str, set[tuple[str, str]]]:
    """The same of the county as it is, of students who are known to their district by now."""
    frame = pd.read_csv(drop / "truth" / "protected.csv", dtype="str")
    frame = frame[frame["kind"].isin(FLAGS)]
    found: dict[str, set[tuple[str, str]]] = {}
    for slug, local_id, kind in zip(
        frame["district"], frame["local_id"], frame["kind"], strict=True
    ):
        found.setdefault(slug, set()).add((local_id, kind))
    return found


def settings_of(county: ServedCounty, folder: Path, database: str | None) -> Settings:
    return Settings(
        var=folder / "var",
        config=county.config,
        credentials_folder=county.credentials,
        drop_url=str(county.drop),
        database_url=database,
    )


def test_the_findings_are_the_truth_or_why_says_what_the_record_lacks(
    tmp_path: Path, fresh_database: Callable[..., str], migrated: str
) -> None:
    nights = weekdays(date(2026, 10, 26), date(2026, 11, 4))
    by_files = [slug for n, slug in enumerate(SMALL) if n % 3 == 2]
    with served_county(
        tmp_path,
        SMALL,
        scale=0.03,
        seed=5,
        first=nights[0],
        last=nights[-1],
        faults=schedule([slug for slug in by_files if slug != CUT_OFF], nights, seed=5),
        reaches={CUT_OFF: 3},
        cut_off={CUT_OFF: nights[1:-CALM]},
    ) as county:
        url = fresh_database("pact", migrated)
        using = build(settings_of(county, tmp_path, url))
        seen = run_county(county, using, nights)
        proof = prove(using, county.drop, nights[-1])

        assert gaps(using, nights[-1]) == {CUT_OFF: 4}
        assert proof.unexplained == {}
        assert {slug for slug, _ in proof.counts_differ} == {CUT_OFF}
        assert {slug for slug, _ in proof.findings_differ} == {CUT_OFF}
        assert proof.causes["not_delivered"] > 0
        assert seen["failed"] > 0, "no server refused a night"
        assert seen["held"] + seen["late"] > 0, "no file was broken"
        assert set(drift(county, using, nights[-1]).values()) == {0}
        told, true = careful(using), careful_in_truth(county.drop)
        assert {slug: told[slug] for slug in served(county)} == {
            slug: true.get(slug, set()) for slug in served(county)
        }
        assert sum(len(flags) for flags in told.values()) > 0
        using.close()


def main() -> None:
    """A county of any size by hand: COUNT FIRST LAST SCALE [SEED]; says what it saw, what differs and why."""
    count, scale = int(sys.argv[1]), float(sys.argv[4])
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    nights = weekdays(*(date.fromisoformat(word) for word in sys.argv[2:4]))
    slugs = SLUGS[:count]
    faults = schedule([slug for n, slug in enumerate(slugs) if n % 3 == 2], nights, seed=seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        served_county(
            Path(folder),
            slugs,
            scale=scale,
            seed=seed,
            first=nights[0],
            last=nights[-1],
            faults=faults,
        ) as county,
    ):
        using = build(settings_of(county, Path(folder), None))
        seen = run_county(county, using, nights)
        proof = prove(using, county.drop, nights[-1])
        in_files = Counter(fault.name for fault in faults)
        sys.stdout.write(f"in files: {dict(in_files)}\non the way: {dict(county.troubles)}\n")
        sys.stdout.write(f"seen: {dict(seen)}\n")
        sys.stdout.write(f"days that nobody delivered: {gaps(using, nights[-1])}\n")
        sys.stdout.write(f"{proof.summary()}\n")
        sys.stdout.write(f"drift at the end: {drift(county, using, nights[-1])}\n")
        using.close()
    sys.exit(1 if proof.unexplained else 0)


if __name__ == "__main__":
    main()
