"""Write a simulated county: for each night what every district would have sent, and what is true.

OUT/<as_of>/<district>/<files of its dialect>
OUT/truth/<as_of>.csv, OUT/truth/protected.csv, OUT/faults.json
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator.calendars import day_index
from pact_etl.simulator.county import County, build_county, protected
from pact_etl.simulator.drop import Exporter, make_exporter
from pact_etl.simulator.faults import AppliedFault, Fault
from pact_etl.simulator.sabotage import Damage, Scene, damage_files, damage_rows
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.truth import truth_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was written: by district, counts of schools, students, contacts, marks of the year, nights and rows."""

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

    The county depends on the districts, the scale and the seed alone; `first` and `last` only choose which nights are
    written. A district's first night holds the year to date.

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
        raise UsageError(f"from {first} to {last} is not within one school year")
    if not districts or scale <= 0 or seed < 0:
        raise UsageError("a county needs districts, a scale above 0 and a seed of at least 0")
    county = build_county(districts, year=year, scale=scale, seed=seed)
    exporters = [make_exporter(county, district) for district in county.districts]
    range_ = day_index(year, first), day_index(year, last)
    wanted = _placed(faults, exporters, range_, seed)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    protected(county).to_csv(out / "truth" / "protected.csv", index=False, lineterminator="\n")
    counts = {e.district.settings.slug: _sizes(e) for e in exporters}
    is_full = dict.fromkeys(counts, True)
    applied: list[AppliedFault] = []
    total = range_[1] - range_[0] + 1
    for done, night in enumerate(range(range_[0], range_[1] + 1), start=1):
        as_of = year.first + timedelta(days=night)
        for exporter in exporters:
            slug = exporter.district.settings.slug
            if not exporter.district.calendar.open[:, night].any():
                continue
            names = wanted.get((slug, night), [])
            rows, hit = _write_night(
                out, exporter, night, as_of, names, is_full=is_full[slug], seed=seed
            )
            applied += hit
            counts[slug]["nights"] += 1
            counts[slug]["rows"] += rows
            # After a first night that went wrong, the second one holds the year to date again.
            is_full[slug] = is_full[slug] and bool(names)
        truth_on(county, night).to_csv(
            out / "truth" / f"{as_of}.csv", index=False, lineterminator="\n"
        )
        if progress is not None:
            progress(done, total)
    faults_json = json.dumps([asdict(fault) for fault in applied], indent=2) + "\n"
    (out / "faults.json").write_text(faults_json, encoding="utf-8")
    return Summary(nights=total, districts=counts, faults=len(applied))


def _write_night(
    out: Path,
    exporter: Exporter,
    night: int,
    as_of: date,
    names: Sequence[str],
    *,
    is_full: bool,
    seed: int,
) -> tuple[int, list[AppliedFault]]:
    settings = exporter.district.settings
    tables = exporter.tables(night, is_full=is_full)
    damages: dict[str, Damage] = {}
    scenes = {
        name: Scene(
            exporter=exporter,
            night=night,
            rng=stream(seed, "fault", name, settings.slug, str(night)),
        )
        for name in names
    }
    for name, scene in scenes.items():
        tables, damage = damage_rows(name, tables, scene)
        damages |= {name: damage} if damage else {}
    files = exporter.files(tables)
    for name, scene in scenes.items():
        files, damage = damage_files(name, files, scene)
        damages |= {name: damage} if damage else {}
    folder = out / settings.path.format(as_of=as_of.isoformat(), slug=settings.slug)
    if files:
        folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    applied = [
        AppliedFault(
            name=name, district=settings.slug, date=as_of.isoformat(), school=d.school, rows=d.rows
        )
        for name, d in damages.items()
    ]
    return sum(len(rows) for rows in tables.values()), applied


def _placed(
    faults: Sequence[Fault], exporters: Sequence[Exporter], range_: tuple[int, int], seed: int
) -> dict[tuple[str, int], list[str]]:
    """Which faults strike which district on which night."""
    by_slug = {e.district.settings.slug: e for e in exporters}
    placed: dict[tuple[str, int], list[str]] = {}
    for number, fault in enumerate(faults):
        slug = fault.district or _seeded_choice(fault, number, exporters, range_, seed)
        if slug not in by_slug:
            raise UsageError(f"fault {fault.name}: no district {slug!r}")
        calendar, year = by_slug[slug].district.calendar, by_slug[slug].county.year
        nights = calendar.nights[(calendar.nights >= range_[0]) & (calendar.nights <= range_[1])]
        if fault.night is None:
            night = int(nights[-1]) if len(nights) else -1
        else:
            night = day_index(year, fault.night)
        if night not in nights:
            raise UsageError(f"fault {fault.name}: {slug} sends nothing on that night")
        placed.setdefault((slug, night), []).append(fault.name)
    return placed


def _seeded_choice(
    fault: Fault, number: int, exporters: Sequence[Exporter], range_: tuple[int, int], seed: int
) -> str:
    """One of the districts that send on the fault's night."""
    night = range_[1] if fault.night is None else day_index(exporters[0].county.year, fault.night)
    sending = [e for e in exporters if 0 <= night < e.district.calendar.open.shape[1]]
    sending = [e for e in sending if e.district.calendar.open[:, night].any()] or list(exporters)
    choice = int(stream(seed, "fault", fault.name, str(number)).integers(len(sending)))
    return sending[choice].district.settings.slug


def _sizes(exporter: Exporter) -> dict[str, int]:
    district = exporter.district
    return {
        "schools": len(district.schools.codes),
        "students": len(district.roster),
        "contacts": len(district.contacts.record),
        "instructional_days": int(np.max(district.calendar.taught)),
        "marks": len(district.marks),
        "nights": 0,
        "rows": 0,
    }
