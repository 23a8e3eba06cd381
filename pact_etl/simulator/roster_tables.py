"""The roster files of one district as canonical tables: all text, cut by night.

Each table is made once and kept, with the nights on which each row holds. A row is sent when it
is new or changed within the days that a nightly file covers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pact_etl.simulator import texts
from pact_etl.simulator.calendars import dates_of
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.families import ALWAYS, NEVER
from pact_etl.simulator.guardian_rows import guardian_rows
from pact_etl.simulator.schools import GRADES

_SHOWN = ["shown_from", "shown_to"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RosterTables:
    """A district's roster files over the year."""

    county: County
    district: SimulatedDistrict
    _made: dict[str, tuple[pa.Table, npt.NDArray[np.int16]]] = field(default_factory=dict)

    def on(self, table: str, night: int, since: int) -> pa.Table:
        """The rows of one table that the SIS holds on a night and that changed lately.

        Args:
            table: one of `ROSTER_TABLES`.
            night: day index.
            since: rows that have not changed since this day are left out; `ALWAYS` asks for all.
        """
        if table not in self._made:
            rows = ROSTER_TABLES[table](self.county, self.district)
            shown = rows[_SHOWN].to_numpy(dtype=np.int16)
            content = pa.Table.from_pandas(rows.drop(columns=_SHOWN), preserve_index=False)
            self._made[table] = content, shown
        content, shown = self._made[table]
        here = (shown[:, 0] <= night) & (night < shown[:, 1]) & (shown[:, 0] >= since)
        return content if here.all() else content.take(pa.array(np.flatnonzero(here)))


def _school_rows(_: County, district: SimulatedDistrict) -> pd.DataFrame:
    schools = district.schools
    rows = pd.DataFrame(
        {
            "school_code": schools.codes,
            "name": schools.names,
            "level": schools.levels,
            "periods_per_day": schools.periods.astype(str),
            "phone": schools.phones,
        },
        dtype="str",
    )
    return rows.assign(shown_from=ALWAYS, shown_to=NEVER)


def _student_rows(county: County, district: SimulatedDistrict) -> pd.DataFrame:
    roster, students, settings = district.roster, county.students, district.settings
    own = roster.student
    rows = students.details.take(own).reset_index(drop=True)
    rows["local_id"] = roster.local_id
    rows["birth_date"] = texts.dates(students.birth[own], settings)
    rows["foster"] = texts.flags("foster", students.is_foster[own], settings)
    rows["homeless"] = texts.flags("homeless", students.is_homeless[own], settings)
    for name, flags in (
        ("unaccompanied", students.is_unaccompanied[own]),
        ("support_pending", students.support_pending[own]),
    ):
        rows[name] = texts.flags(name, flags, settings)
    rows["do_not_send"] = texts.flags("do_not_send", students.do_not_send[own], settings)
    return rows.assign(shown_from=roster.known_on, shown_to=NEVER)


def _enrollment_rows(county: County, district: SimulatedDistrict) -> pd.DataFrame:
    spans, settings = district.roster.spans, district.settings
    dates = dates_of(county.year)
    grade = county.students.grade[district.roster.student[spans.record]]
    rows = pd.DataFrame(
        {
            "local_id": district.roster.local_id.take(spans.record).to_numpy(),
            "school_code": texts.chosen(district.schools.codes, spans.school),
            "grade": texts.chosen(GRADES, grade),
            "entry_date": texts.dates(dates[spans.start], settings),
            "exit_date": "",
            "track": _tracks(district)[spans.follows],
            "shown_from": spans.known_on,
            "shown_to": spans.exit_known_on,
        }
    )
    left = np.flatnonzero(spans.exit_known_on < NEVER)
    exits = dates[spans.last[left] + (1 if settings.exit_day == "exclusive" else 0)]
    closed = rows.take(left).assign(
        exit_date=texts.dates(exits, settings).to_numpy(),
        shown_from=spans.exit_known_on[left],
        shown_to=NEVER,
    )
    return pd.concat([rows, closed], ignore_index=True).astype({"exit_date": "str", "track": "str"})


def _calendar_rows(county: County, district: SimulatedDistrict) -> pd.DataFrame:
    """Weekdays from the first to the last day of instruction.

    One school closes on the day; a storm that closes all of them is announced the night before,
    because a district without a school day sends nothing.
    """
    calendar, settings = district.calendar, district.settings
    dates = dates_of(county.year)
    days = np.flatnonzero(calendar.planned)
    shown = np.arange(days[0], days[-1] + 1)
    shown = shown[np.is_busday(dates[shown])]
    many = len(district.schools.codes)
    planned = np.tile(calendar.planned[shown], many)
    is_closed = planned & ~calendar.of_schools[:, shown].ravel()
    day = np.tile(shown, many)
    nights = calendar.nights
    night_before = nights[np.searchsorted(nights, day) - 1]
    announced = np.where(np.isin(day, nights), day, night_before)
    rows = pd.DataFrame(
        {
            "school_code": np.repeat(np.array(district.schools.codes, dtype=object), len(shown)),
            "track": "",
            "date": texts.dates(dates[day], settings),
            "instructional": texts.flags("instructional", planned, settings),
            "shown_from": ALWAYS,
            "shown_to": np.where(is_closed, announced, NEVER),
        }
    )
    closures = rows[is_closed].assign(
        instructional=texts.flags("instructional", np.zeros(1, dtype=np.bool_), settings)[0],
        shown_from=announced[is_closed],
        shown_to=NEVER,
    )
    vacations = _vacation_rows(county, district)
    every = pd.concat([rows, closures, vacations], ignore_index=True)
    return every.astype(
        {"school_code": "str", "track": "str", "date": "str", "instructional": "str"}
    )


def _vacation_rows(county: County, district: SimulatedDistrict) -> pd.DataFrame:
    """The days on which a track is off and its school is not; a track states no others of itself."""
    calendar, settings = district.calendar, district.settings
    schools = np.array([school for school, _ in calendar.tracks], dtype=np.int64)
    own = calendar.open[len(calendar.of_schools) :]
    track, day = np.nonzero(calendar.of_schools[schools] & ~own)
    flag = texts.flags("instructional", np.zeros(1, dtype=np.bool_), settings)[0]
    names = np.array([name for _, name in calendar.tracks], dtype=object)
    return pd.DataFrame(
        {
            "school_code": np.array(district.schools.codes, dtype=object)[schools[track]],
            "track": names[track],
            "date": texts.dates(dates_of(county.year)[day], settings),
            "instructional": flag,
            "shown_from": ALWAYS,
            "shown_to": NEVER,
        }
    )


def _tracks(district: SimulatedDistrict) -> "np.typing.NDArray[np.object_]":
    """By row of the calendar, the name of its track."""
    calendar = district.calendar
    names = [""] * len(calendar.of_schools) + [name for _, name in calendar.tracks]
    return np.array(names, dtype=object)


ROSTER_TABLES: dict[str, Callable[[County, SimulatedDistrict], pd.DataFrame]] = {
    "schools": _school_rows,
    "students": _student_rows,
    "enrollments": _enrollment_rows,
    "guardians": guardian_rows,
    "calendar": _calendar_rows,
}
"""How each canonical table is made."""
