"""What one district sends on one night: which rows, before they become bytes.

The first drop of a district holds the whole school year to date, later ones the attendance of the last `covers_days`
calendar days and the roster rows that changed in them, so that a lost night heals.
"""

from dataclasses import dataclass

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.simulator.attendance_rows import attendance_rows
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.enrollments import ALWAYS
from pact_etl.simulator.rendering import render
from pact_etl.simulator.roster_tables import ROSTER_TABLES, RosterTables

ATTENDANCE = "attendance"


@dataclass(slots=True, kw_only=True, eq=False)
class Exporter:
    """One district's nightly export."""

    county: County
    district: SimulatedDistrict
    roster: RosterTables

    def tables(self, night: int, *, is_full: bool) -> dict[str, pd.DataFrame]:
        """The canonical tables of a night, by name.

        Args:
            night: day index; a night on which the district sends.
            is_full: the whole year to date instead of the last days.
        """
        since = night - self.district.settings.attendance.covers_days + 1
        tables = {
            name: self.roster.on(name, night, ALWAYS if is_full else since)
            for name in ROSTER_TABLES
        }
        first_day = 0 if is_full else since
        tables[ATTENDANCE] = attendance_rows(self.county, self.district, first_day, night)
        return tables

    def files(self, tables: dict[str, pd.DataFrame]) -> dict[str, bytes]:
        """The bytes of each file, by file name."""
        return render_tables(tables, self.district.settings)


def make_exporter(county: County, district: SimulatedDistrict) -> Exporter:
    """An exporter for one district of a county."""
    return Exporter(
        county=county, district=district, roster=RosterTables(county=county, district=district)
    )


def render_tables(tables: dict[str, pd.DataFrame], settings: District) -> dict[str, bytes]:
    """The bytes of each table's file, by file name."""
    return {
        layout.name: render(tables[table], layout, settings)
        for table, layout in settings.files.items()
    }
