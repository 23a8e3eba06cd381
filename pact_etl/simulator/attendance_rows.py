"""Attendance rows of one district and night as a canonical table, in the form of its dialect.

Raw codes come from the district's settings alone: whichever codes a district maps to a status are
used for it. How marks become periods is in `period_rows.py`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District, Form
from pact_etl.domain.errors import SettingsError
from pact_etl.simulator import texts
from pact_etl.simulator.calendars import dates_of
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.marks import LONGEST_TARDY, NO_MARK, STATUSES, DayMarks, code, codes
from pact_etl.simulator.period_rows import NONE, Told, by_period

_LONGEST_PARTIAL = 180
_ROW = 1_000  # more than the days of a year, so that record * _ROW + day is one number per both


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttendanceRows:
    """Makes one district's attendance rows; holds the texts that it looks up for every row."""

    district: SimulatedDistrict
    dates: npt.NDArray[np.datetime64]
    local_ids: pa.Array
    school_codes: pa.Array
    date_texts: pa.Array
    numbers: pa.Array

    def between(self, first_day: int, night: int) -> pa.Table:
        """Every row that the SIS holds on a night.

        Args:
            first_day: day index of the first day wanted.
            night: day index of the last day wanted, and of the night on which it is asked.
        """
        part = self.district.marks.between(first_day, night)
        marks = self.district.marks.said_on(night, part)
        marks = marks.take(np.flatnonzero(marks.status != NO_MARK))
        if self.district.settings.attendance.form is Form.POSITIVE:
            marks = self._with_present(marks, first_day, night)
        return self.of(marks)

    def of(self, marks: DayMarks) -> pa.Table:
        """Rows for marks, whatever the county says."""
        if self.district.settings.attendance.form is Form.PERIODS:
            told = by_period(marks, self.district.schools.periods)
        else:
            told = _by_day(marks)
        marks = told.marks
        raw, places = _raw_codes(self.district.settings, marks, self.dates)
        return pa.table(
            {
                "local_id": self.local_ids.take(pa.array(marks.record)),
                "school_code": self.school_codes.take(pa.array(marks.school)),
                "date": self.date_texts.take(pa.array(marks.day)),
                "period": self.numbers.take(pa.array(told.period)),
                "code": pa.array(raw, pa.string()).take(pa.array(places)),
                "minutes": self.numbers.take(pa.array(told.minutes)),
            }
        )

    def _with_present(self, marks: DayMarks, first_day: int, night: int) -> DayMarks:
        """A mark for every enrolled student and day taught, present where there is no other."""
        spans, calendar = self.district.roster.spans, self.district.calendar
        days = np.arange(max(first_day, 0), night + 1)
        enrolled = (days >= spans.start[:, None]) & (days <= spans.last_said_on(night)[:, None])
        span, column = np.nonzero(enrolled & calendar.open[spans.follows][:, days])
        record, day = spans.record[span], days[column].astype(np.int16)
        key = record.astype(np.int64) * _ROW + day
        absent = np.isin(key, marks.record.astype(np.int64) * _ROW + marks.day)
        quiet = np.flatnonzero(~absent)
        both = DayMarks(
            record=np.append(marks.record, record[quiet]),
            day=np.append(marks.day, day[quiet]),
            school=np.append(marks.school, spans.school[span][quiet]),
            status=np.append(marks.status, np.full(len(quiet), code(Status.PRESENT), np.uint8)),
            variant=np.append(marks.variant, np.zeros(len(quiet), np.uint16)),
        )
        return both.take(np.lexsort((both.record, both.day)))


def make_attendance_rows(county: County, district: SimulatedDistrict) -> AttendanceRows:
    """The maker for one district of a county."""
    dates = dates_of(county.year)
    return AttendanceRows(
        district=district,
        dates=dates,
        local_ids=pa.array(district.roster.local_id.to_numpy(dtype=object), pa.string()),
        school_codes=pa.array(district.schools.codes, pa.string()),
        date_texts=pa.array(texts.dates(dates, district.settings).to_numpy(dtype=object)),
        numbers=pa.array(["", *(str(number) for number in range(1, 500))]),
    )


def _by_day(marks: DayMarks) -> Told:
    """One row per mark; minutes for tardies and partial absences only."""
    variant = marks.variant.astype(np.int64)
    is_tardy = marks.status == code(Status.TARDY)
    is_partial = np.isin(marks.status, codes(Status.PARTIAL_UNEXCUSED, Status.PARTIAL_EXCUSED))
    minutes = np.select(
        [is_tardy, is_partial],
        [1 + variant % LONGEST_TARDY, 1 + LONGEST_TARDY + variant % _LONGEST_PARTIAL],
        NONE,
    )
    return Told(marks=marks, period=np.full(len(variant), NONE), minutes=minutes)


def _raw_codes(
    settings: District, marks: DayMarks, dates: npt.NDArray[np.datetime64]
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Raw codes, and which of them each mark has: one of its status and date, by its variant."""
    begins = {entry.from_ for entry in settings.codes}
    begins |= {entry.to + timedelta(days=1) for entry in settings.codes if entry.to}
    epochs = np.searchsorted(np.array(sorted(begins), dtype="M8[D]"), dates, side="right")
    kind = epochs[marks.day] * len(STATUSES) + marks.status
    raw: list[str] = []
    places = np.zeros(len(kind), dtype=np.int64)
    for number in np.unique(kind):
        here = np.flatnonzero(kind == number)
        choices = _choices(
            settings, int(marks.status[here[0]]), dates[marks.day[here[0]]].astype(date)
        )
        places[here] = len(raw) + marks.variant[here] % len(choices)
        raw += choices
    return raw, places


def _choices(settings: District, status: int, day: date) -> list[str]:
    wanted = STATUSES[status]
    found = [e.code for e in settings.codes if e.status is wanted and e.covers(day)]
    if not found:
        raise SettingsError(f"{settings.slug}: no code means {wanted.value}")
    return found
