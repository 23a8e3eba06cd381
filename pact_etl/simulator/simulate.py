"""Write a simulated county: for each night what every district would have sent, and the truth.

OUT/<as_of>/<district>/<files of its dialect>
OUT/truth/<as_of>.csv, OUT/truth/protected.csv, OUT/faults.json
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator.calendars import day_index
from pact_etl.simulator.county import SimulatedDistrict, build_county
from pact_etl.simulator.drop import make_exporter
from pact_etl.simulator.faults import AppliedFault, Fault, place_faults
from pact_etl.simulator.night_writer import NightWriter
from pact_etl.simulator.protected import protected
from pact_etl.simulator.truth import truth_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was written.

    `districts` has counts by slug: schools, students, contacts, instructional days and marks of
    the year; nights and rows as written.
    """

    nights: int
    districts: dict[str, dict[str, int]]
    faults: int


def simulate(
    out: Path,
    districts: Sequence[District],
    *,
    scale: float,
    seed: int,
    first: date,
    last: date,
    faults: Sequence[Fault] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Simulate a county and write some nights of it.

    The county depends on the districts, the scale and the seed alone; `first` and `last` only
    choose which nights are written. A district's first night holds the year to date.

    Args:
        out: folder to write below; made if needed.
        districts: who takes part.
        scale: 1 is the real number of students.
        seed: another seed is another county.
        first: first night, inclusive.
        last: last night, inclusive; of the same school year.
        faults: what shall be wrong, where and when.
        progress: called with nights done and nights in all.

    Raises:
        UsageError: the dates, the scale or a fault make no sense.
    """
    year = school_year_of(first)
    if not first <= last <= year.last:
        raise UsageError(f"from {first} to {last} is not a part of one school year")
    if not districts or scale <= 0 or seed < 0:
        raise UsageError("a county needs districts, a scale above 0 and a seed of at least 0")
    county = build_county(districts, year=year, scale=scale, seed=seed)
    nights = range(day_index(year, first), day_index(year, last) + 1)
    placed = place_faults(faults, county, nights, seed=seed)
    writers = [
        NightWriter(
            out=out,
            exporter=make_exporter(county, district),
            faults=placed.get(district.settings.slug, {}),
            seed=seed,
            counts=_sizes(district),
        )
        for district in county.districts
    ]
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    _write_csv(protected(county), truth / "protected.csv")
    applied: list[AppliedFault] = []
    for done, night in enumerate(nights, start=1):
        as_of = year.first + timedelta(days=night)
        for writer in writers:
            writer.clear(as_of)
            if writer.exporter.sends_on(night):
                applied += writer.write(night, as_of)
        _write_csv(truth_on(county, night), truth / f"{as_of}.csv")
        if progress is not None:
            progress(done, len(nights))
    listed = json.dumps([asdict(fault) for fault in applied], indent=2)
    (out / "faults.json").write_text(f"{listed}\n", encoding="utf-8")
    return Summary(
        nights=len(nights),
        districts={writer.exporter.slug: writer.counts for writer in writers},
        faults=len(applied),
    )


def _write_csv(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False, lineterminator="\n")


def _sizes(district: SimulatedDistrict) -> dict[str, int]:
    return {
        "schools": len(district.schools.codes),
        "students": len(district.roster),
        "contacts": len(district.contacts),
        "instructional_days": int(np.max(district.calendar.taught)),
        "marks": len(district.marks),
        "nights": 0,
        "rows": 0,
    }
