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
from pact_etl.simulator.drop import Exporter, make_exporter
from pact_etl.simulator.faults import AppliedFault, Fault, place_faults
from pact_etl.simulator.file_damage import FILE_FAULTS
from pact_etl.simulator.protected import protected
from pact_etl.simulator.sabotage import ROW_FAULTS, Damage, Scene
from pact_etl.simulator.seeds import stream
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


@dataclass(slots=True, kw_only=True, eq=False)
class _Writer:
    """Writes one district, night by night, and remembers what it has sent."""

    out: Path
    exporter: Exporter
    faults: dict[int, list[str]]
    seed: int
    counts: dict[str, int]
    is_full: bool = True
    before: int | None = None
    before_is_full: bool = True

    def write(self, night: int, as_of: date) -> list[AppliedFault]:
        """The files of one night; the faults that struck them."""
        names = self.faults.get(night, [])
        scenes = {name: self._scene(name, night) for name in names}
        damages: dict[str, Damage] = {}
        tables = self.exporter.tables(night, is_full=self.is_full)
        self.counts["nights"] += 1
        self.counts["rows"] += sum(rows.num_rows for rows in tables.values())
        for name in [name for name in ROW_FAULTS if name in scenes]:
            tables, damages[name] = ROW_FAULTS[name](tables, scenes[name])
        files = self.exporter.files(tables)
        for name in [name for name in FILE_FAULTS if name in scenes and files]:
            files, damages[name] = FILE_FAULTS[name](files, scenes[name])
        folder = self._folder(as_of)
        for file, content in files.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        self.before, self.before_is_full = night, self.is_full
        # After a first night that went wrong, the next one holds the year to date again.
        self.is_full = self.is_full and bool(names)
        return [
            AppliedFault(
                name=name,
                district=self.exporter.slug,
                date=as_of.isoformat(),
                school=damage.school,
                rows=damage.rows,
            )
            for name, damage in damages.items()
        ]

    def clear(self, as_of: date) -> None:
        """Take away what an earlier run left for a night; other files stay."""
        folder = self._folder(as_of)
        if not folder.exists():
            return
        for layout in self.exporter.district.settings.files.values():
            (folder / layout.name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()

    def _folder(self, as_of: date) -> Path:
        settings = self.exporter.district.settings
        return self.out / settings.path.format(as_of=as_of.isoformat(), slug=settings.slug)

    def _scene(self, name: str, night: int) -> Scene:
        return Scene(
            exporter=self.exporter,
            night=night,
            before=self.before,
            before_is_full=self.before_is_full,
            rng=stream(self.seed, "fault", name, self.exporter.slug, str(night)),
        )


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
        _Writer(
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
