"""Attendance rows of one district and night as a canonical table, in each of the three forms a dialect can have.

Raw codes come from the district's settings alone: whatever codes a district maps to a status are used for it.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District, Form
from pact_etl.domain.errors import SettingsError
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.marks import NO_MARK, STATUSES, code
from pact_etl.simulator.roster_tables import date_texts

PERIOD_MINUTES = {2: 165, 6: 55}
_LONGEST_TARDY = 30
_CONTENTS = ("record", "day", "school", "status", "variant")


def attendance_rows(
    county: County, district: SimulatedDistrict, first_day: int, night: int
) -> pd.DataFrame:
    """Every attendance row that the SIS holds on a night for a span of days.

    Args:
        county: the county.
        district: one of its districts.
        first_day: day index, inclusive.
        night: day index of the last day, and of the night on which it is asked.
    """
    part = district.marks.between(first_day, night)
    said = district.marks.said_on(night, part)
    marks = pd.DataFrame(
        {
            "record": district.marks.record[part],
            "day": district.marks.day[part],
            "school": district.marks.school[part],
            "status": said,
            "variant": district.marks.variant[part],
        }
    )
    marks = marks[said != NO_MARK]
    if district.settings.attendance.form is Form.POSITIVE:
        marks = _with_present(district, marks, first_day, night)
    return as_rows(county, district, marks)


def as_rows(county: County, district: SimulatedDistrict, marks: pd.DataFrame) -> pd.DataFrame:
    """Canonical rows for marks (`record`, `day`, `school`, `status`, `variant`), in the district's form."""
    if district.settings.attendance.form is Form.PERIODS:
        rows = _by_period(district, marks)
    else:
        rows = marks.assign(period="", minutes=_minutes_missed(marks))
    dates = np.datetime64(county.year.first, "D") + rows["day"].to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "local_id": district.roster.local_id.take(rows["record"].to_numpy()).to_numpy(),
            "school_code": pd.Series(district.schools.codes, dtype="str")
            .take(rows["school"].to_numpy())
            .to_numpy(),
            "date": date_texts(dates, district.settings).to_numpy(),
            "period": rows["period"].to_numpy(),
            "code": _raw_codes(district.settings, rows, dates),
            "minutes": rows["minutes"].to_numpy(),
        },
        dtype="str",
    )


def _with_present(
    district: SimulatedDistrict, marks: pd.DataFrame, first_day: int, night: int
) -> pd.DataFrame:
    """A row for every enrolled student and day taught, present where there is no mark."""
    spans, calendar = district.roster.spans, district.calendar
    nights = calendar.nights
    days = nights[(nights >= first_day) & (nights <= night)]
    enrolled = (days >= spans.start[:, None]) & (days <= spans.counted_last[:, None])
    span, column = np.nonzero(enrolled & calendar.open[spans.school][:, days])
    present = pd.DataFrame(
        {
            "record": spans.record[span],
            "day": days[column].astype(np.int16),
            "school": spans.school[span],
            "status": np.uint8(code(Status.PRESENT)),
            "variant": np.uint16(0),
        }
    )
    rows = pd.concat([marks, present], ignore_index=True)
    rows = rows.drop_duplicates(["record", "day"], keep="first")
    return rows.sort_values(["day", "record"], kind="stable", ignore_index=True)


def _by_period(district: SimulatedDistrict, marks: pd.DataFrame) -> pd.DataFrame:
    """One row per exceptional period."""
    periods = district.schools.periods[marks["school"].to_numpy()].astype(np.int64)
    status, variant = marks["status"].to_numpy(), marks["variant"].to_numpy().astype(np.int64)
    in_one_period = [Status.TARDY, Status.PARTIAL_UNEXCUSED, Status.PARTIAL_EXCUSED]
    is_single = np.isin(status, [code(one) for one in in_one_period])
    counts = np.where(is_single, 1, periods)
    source = np.repeat(np.arange(len(marks)), counts)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    period = np.where(is_single[source], variant[source] % periods[source], nth)
    told = status[source]
    unexcused = 1 + variant % np.maximum(periods - 1, 1)
    is_excused_part = (told == code(Status.ABSENT_MIXED)) & (nth >= unexcused[source])
    is_unexcused_part = np.isin(told, _codes(Status.ABSENT_MIXED, Status.PARTIAL_UNEXCUSED))
    told = np.where(is_unexcused_part, code(Status.ABSENT_UNEXCUSED), told)
    told = np.where(
        is_excused_part | (told == code(Status.PARTIAL_EXCUSED)), code(Status.ABSENT_EXCUSED), told
    )
    length = np.array([PERIOD_MINUTES[n] for n in district.schools.periods])[
        marks["school"].to_numpy()
    ]
    missed = np.where(
        told == code(Status.TARDY), 1 + variant[source] % _LONGEST_TARDY, length[source]
    )
    rows = marks[list(_CONTENTS)].iloc[source].reset_index(drop=True)
    return rows.assign(
        status=told.astype(np.uint8), period=_numbers(period + 1), minutes=_numbers(missed)
    )


def _codes(*statuses: Status) -> list[int]:
    return [code(status) for status in statuses]


def _minutes_missed(marks: pd.DataFrame) -> "pd.Series[str]":
    """Minutes of tardies and partial absences; a whole day has none."""
    status, variant = marks["status"].to_numpy(), marks["variant"].to_numpy().astype(np.int64)
    is_tardy = status == code(Status.TARDY)
    is_partial = np.isin(status, _codes(Status.PARTIAL_UNEXCUSED, Status.PARTIAL_EXCUSED))
    minutes = np.where(is_tardy, 1 + variant % _LONGEST_TARDY, 1 + _LONGEST_TARDY + variant % 150)
    return pd.Series(_numbers(minutes), index=marks.index, dtype="str").where(
        is_tardy | is_partial, ""
    )


def _numbers(values: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Small numbers as text."""
    top = int(values.max(initial=0)) + 1
    return np.array([str(n) for n in range(top)], dtype=object)[values]


def _raw_codes(
    settings: District, rows: pd.DataFrame, dates: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.object_]:
    """The raw code of each row: one of those that mean its status on its date, settled by its variant."""
    status, variant = rows["status"].to_numpy(), rows["variant"].to_numpy()
    begins = {entry.from_ for entry in settings.codes}
    begins |= {entry.to + timedelta(days=1) for entry in settings.codes if entry.to}
    epoch = np.searchsorted(np.array(sorted(begins), dtype="M8[D]"), dates, side="right")
    kinds, place = np.unique(epoch * len(STATUSES) + status, return_inverse=True)
    raw = np.empty(len(rows), dtype=object)
    for number in range(len(kinds)):
        here = np.flatnonzero(place == number)
        day = dates[here[0]].item()
        wanted = STATUSES[int(status[here[0]])]
        choices = _choices(
            settings,
            wanted,
            [e.code for e in settings.codes if e.status is wanted and e.covers(day)],
        )
        raw[here] = np.array(choices, dtype=object)[variant[here] % len(choices)]
    return raw


def _choices(settings: District, wanted: Status, found: Sequence[str]) -> Sequence[str]:
    if not found:
        raise SettingsError(f"{settings.slug}: no code means {wanted.value}")
    return found
