"""What is true on a night: who is over which line, from what the SISs say, correctly read.

Counts are whole numbers per district and student, never pooled over districts. Made from the
county itself, not from the files, so that reading the files can be checked against it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pact_etl.domain.attendance import Status
from pact_etl.simulator.calendars import dates_of
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.marks import DayMarks, codes
from pact_etl.simulator.students import Students

TRUANT_OCCASIONS: Final = 3
MINIMUM_UNEXCUSED_DAYS: Final = 3
MINIMUM_ENROLLED_DAYS: Final = 20
CLEARING_SCHOOLDAYS: Final = 3
_DAYS_PER_RECORD: Final = (
    512  # more than a year has, so that record and day are one number in order
)
_UNEXCUSED = codes(Status.ABSENT_UNEXCUSED)
_OCCASIONS = codes(Status.ABSENT_UNEXCUSED, Status.PARTIAL_UNEXCUSED, Status.ABSENT_MIXED)
_ABSENT = codes(
    Status.ABSENT_UNEXCUSED,
    Status.ABSENT_EXCUSED,
    Status.ABSENT_UNVERIFIED,
    Status.ABSENT_MIXED,
    Status.SUSPENDED_OUT,
)

Counts = npt.NDArray[np.int64]


def truth_on(county: County, night: int) -> pd.DataFrame:
    """Everybody over any line on a night.

    Args:
        county: the county.
        night: day index of the school year.
    """
    dates = dates_of(county.year)
    parts = [
        _district_truth(district, county.students, dates, night) for district in county.districts
    ]
    return pd.concat(parts, ignore_index=True)


def enrolled_days(district: SimulatedDistrict, night: int) -> Counts:
    """By record: instructional days on which the student is enrolled, through the night's day."""
    spans, taught = district.roster.spans, district.calendar.taught
    last = np.minimum(spans.last_said_on(night), night)
    here = np.flatnonzero(last >= spans.start)
    follows, start = spans.follows[here], spans.start[here]
    # No district teaches on 1 July, so the day before a start is never before the year.
    days = taught[follows, last[here]].astype(np.int64) - taught[follows, start - 1]
    records = len(district.roster)
    return np.bincount(spans.record[here], weights=days, minlength=records).astype(np.int64)


def _district_truth(
    district: SimulatedDistrict, students: Students, dates: npt.NDArray[np.datetime64], night: int
) -> pd.DataFrame:
    roster, marks = district.roster, district.marks
    past = marks.between(0, night)
    said = marks.said_on(night, past)
    record, day = said.record, said.day
    is_unexcused, is_occasion = (
        marks_of[_is_cleared(district, said.record[marks_of], said.day[marks_of], night)]
        for marks_of in _of_age(said, roster.student, students)
    )
    n = len(roster)
    enrolled = enrolled_days(district, night)
    unexcused = np.bincount(record[is_unexcused], minlength=n)
    occasions = np.bincount(record[is_occasion], minlength=n)
    absent = np.bincount(record[np.isin(said.status, _ABSENT)], minlength=n)
    truant = occasions >= TRUANT_OCCASIONS
    long_enough = enrolled >= MINIMUM_ENROLLED_DAYS
    chronic_truant = (
        (10 * unexcused >= enrolled) & (unexcused >= MINIMUM_UNEXCUSED_DAYS) & long_enough
    )
    chronic_absentee = (10 * absent >= enrolled) & long_enough
    over = np.flatnonzero(truant | chronic_truant | chronic_absentee)
    return pd.DataFrame(
        {
            "district": district.settings.slug,
            "local_id": roster.local_id.iloc[over].to_numpy(),
            "ssid": students.details["ssid"].iloc[roster.student[over]].to_numpy(),
            "U": unexcused[over],
            "D": enrolled[over],
            "occasions": occasions[over],
            "absent_days": absent[over],
            "truant": truant[over].astype(np.int8),
            "chronic_truant": chronic_truant[over].astype(np.int8),
            "chronic_absentee": chronic_absentee[over].astype(np.int8),
            "unexcused_days": _joined_days(record[is_unexcused], dates[day[is_unexcused]], over, n),
        }
    )


def _of_age(
    said: DayMarks, student: npt.NDArray[np.int64], students: Students
) -> tuple[Counts, Counts]:
    """Which marks are a full day unexcused, and which an occasion, of students aged 6 to 17."""
    candidates = np.flatnonzero(np.isin(said.status, _OCCASIONS))
    who, day = student[said.record[candidates]], said.day[candidates]
    covered = (students.sixth_birthday[who] <= day) & (day < students.eighteenth_birthday[who])
    occasions = candidates[covered]
    return occasions[np.isin(said.status[occasions], _UNEXCUSED)], occasions


def _is_cleared(
    district: SimulatedDistrict,
    record: npt.NDArray[np.int32],
    day: npt.NDArray[np.int16],
    night: int,
) -> npt.NDArray[np.bool_]:
    """Whether the calendar that held for a record on a day has taught enough days since then."""
    spans, taught = district.roster.spans, district.calendar.taught
    begins = spans.record.astype(np.int64) * _DAYS_PER_RECORD + spans.start
    wanted = record.astype(np.int64) * _DAYS_PER_RECORD + day
    follows = spans.follows[np.searchsorted(begins, wanted, side="right") - 1]
    since = taught[follows, night] - taught[follows, day]
    return np.asarray(since >= CLEARING_SCHOOLDAYS)


def _joined_days(
    record: npt.NDArray[np.int32], dates: npt.NDArray[np.datetime64], over: Counts, records: int
) -> "pd.Series[str]":
    """For each record that is over a line: its days as one text, joined by semicolons, in order."""
    wanted = np.zeros(records, dtype=np.bool_)
    wanted[over] = True
    keep = wanted[record]
    record, dates = record[keep], dates[keep]
    order = np.argsort(record, kind="stable")
    days = pa.array(dates[order].astype("M8[D]")).cast(pa.string())
    counts = np.bincount(record, minlength=records)[over]
    lists = pa.ListArray.from_arrays(
        pa.array(np.append(0, np.cumsum(counts)), type=pa.int32()), days
    )
    return pd.Series(pc.binary_join(lists, ";").to_pandas(), dtype="str")
