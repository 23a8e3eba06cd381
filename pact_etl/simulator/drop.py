"""What one district sends on one night: which rows, before they become bytes.

The first drop of a district holds the whole school year to date, later ones the attendance of the
last `covers_days` calendar days and the roster rows that changed in them, so that a lost night
heals.
"""

from dataclasses import dataclass

import pyarrow as pa

from pact_etl.simulator.attendance_rows import AttendanceRows, make_attendance_rows
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.families import ALWAYS
from pact_etl.simulator.rendering import render
from pact_etl.simulator.roster_tables import ROSTER_TABLES, RosterTables

ATTENDANCE = "attendance"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exporter:
    """One district's nightly export."""

    county: County
    district: SimulatedDistrict
    roster: RosterTables
    attendance: AttendanceRows

    @property
    def slug(self) -> str:
        """The district's."""
        return self.district.settings.slug

    def sends_on(self, night: int) -> bool:
        """Whether any school of the district taught on the day."""
        return bool(self.district.calendar.open[:, night].any())

    def tables(self, night: int, *, is_full: bool) -> dict[str, pa.Table]:
        """The canonical tables of a night, by name.

        Args:
            night: day index; a night on which the district sends.
            is_full: the whole year to date instead of the last days.
        """
        since = night - self.district.settings.attendance.covers_days + 1
        oldest = ALWAYS if is_full else since
        tables = {name: self.roster.on(name, night, oldest) for name in ROSTER_TABLES}
        tables[ATTENDANCE] = self.attendance.between(0 if is_full else since, night)
        return tables

    def files(self, tables: dict[str, pa.Table]) -> dict[str, bytes]:
        """The bytes of each file, by file name."""
        settings = self.district.settings
        return {
            layout.name: render(tables[table], layout, settings)
            for table, layout in settings.files.items()
            if table in tables  # no simulated district keeps a ladder
        }


def make_exporter(county: County, district: SimulatedDistrict) -> Exporter:
    """An exporter for one district of a county."""
    return Exporter(
        county=county,
        district=district,
        roster=RosterTables(county=county, district=district),
        attendance=make_attendance_rows(county, district),
    )
