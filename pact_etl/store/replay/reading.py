"""What was known on which night of a school year: one district's record with every version of it, as columns.

Marks and enrollments are read with the nights on which they were believed. Calendars, birth dates, home languages and
who belongs to whom are kept as they are now only.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.copying import copy_out

Ints = npt.NDArray[np.int64]

NIGHTS = "SELECT DISTINCT as_of FROM evaluation WHERE as_of BETWEEN :first AND :last ORDER BY as_of"

DISTRICTS = "SELECT id, slug FROM district ORDER BY slug"

# A submission speaks for its own night. One that arrived after those of a later night, as a reading anew does, cannot
# have been known before that night.
KNOWN_FROM = """
SELECT id, district_id, status, as_of,
       CASE WHEN as_of < :first THEN as_of
            ELSE GREATEST(as_of, max(as_of) FILTER (WHERE as_of BETWEEN :first AND :last) OVER (ORDER BY id))
       END AS known
FROM submission ORDER BY id
"""

# Believed marks are found by district and date, closed ones by the submissions that closed them.
_MARK = "m.student_id, m.school_id, m.date - CAST(%(first)s AS date) AS day, m.status, m.recorded_from, m.recorded_to"
MARKS = f"""
SELECT {_MARK} FROM mark m
WHERE m.recorded_to IS NULL AND m.district_id = %(d)s AND m.date BETWEEN %(first)s AND %(last)s
  AND m.status = ANY(%(statuses)s)
UNION ALL
SELECT {_MARK} FROM mark m JOIN submission s ON s.id = m.recorded_to AND s.district_id = %(d)s
WHERE m.recorded_to IS NOT NULL AND m.date BETWEEN %(first)s AND %(last)s AND m.status = ANY(%(statuses)s)
"""

ENROLLMENTS = """
SELECT e.id, e.student_id, e.school_id, COALESCE(k.track, '') AS track, e.grade,
       e.entry_date - CAST(%(first)s AS date) AS entry,
       COALESCE(e.exit_date - CAST(%(first)s AS date), 100000) AS exit, e.recorded_from, e.recorded_to
FROM enrollment e LEFT JOIN calendar_track k ON k.school_id = e.school_id AND k.track = e.track
WHERE e.district_id = %(d)s
"""

CALENDARS = """
SELECT c.school_id, c.track, c.date - CAST(%(first)s AS date) AS day, c.is_instructional, c.day_number,
       c.weekend_day_number
FROM calendar_day c JOIN school s ON s.id = c.school_id
WHERE s.district_id = %(d)s AND c.date BETWEEN %(first)s AND %(last)s
"""

BIRTHS = """
SELECT student_id, min(birth_date) - DATE '1970-01-01' AS born, min(home_language) AS language
FROM student_record WHERE district_id = %(d)s GROUP BY student_id
"""

# How many days of the calendars changed their meaning, or were told, by a submission of a later night of the year.
RETOLD = """
SELECT count(*) FROM calendar_day c JOIN submission s ON s.id = c.changed_by
WHERE c.date BETWEEN :first AND :last
  AND s.as_of > (SELECT min(o.as_of) FROM submission o WHERE o.district_id = s.district_id AND o.status = 'recorded'
                   AND o.as_of >= :first)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """The evaluated nights of a school year in order, and from which of them on a submission was known.

    Attributes:
        year: the school year.
        dates: of the nights.
        submissions: `id`, `district_id`, `status`, `as_of` and `night`: the place of the first night that knew it,
            the number of nights where none did.
    """

    year: SchoolYear
    dates: tuple[date, ...]
    submissions: pd.DataFrame

    def knew(self, submissions: "pd.Series[int]") -> Ints:
        """The first night that knew each of some submissions; where none is named, the number of nights."""
        known = self.submissions["night"].to_numpy()
        places = (
            self.submissions["id"].to_numpy().searchsorted(submissions.fillna(-1).astype("int64"))
        )
        missing = submissions.isna().to_numpy()
        return np.where(missing, len(self.dates), known[np.where(missing, 0, places)]).astype(
            "int64"
        )

    def from_day(self, days: Ints) -> Ints:
        """The first night on or after each of some days of the school year."""
        return self.days().searchsorted(days).astype("int64")

    def days(self) -> Ints:
        """The nights as days of the school year; its first day is 0."""
        return np.array([(night - self.year.first).days for night in self.dates], dtype="int64")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDistrict:
    """One district's record of one school year.

    Attributes:
        district_id: its number.
        students: `student_id` ascending, `born` in days since 1970, `language`.
        marks: `student_id`, `school_id`, `day`, `status`, and the nights `start` to `end`, exclusive, that believed it.
        enrollments: `id`, `student_id`, `calendar` (-1 where there is none), `school_id`, `grade`, `entry` and `exit`
            (days of the year, inclusive), `start`, `end`.
        taught: by calendar and day, whether it was a schoolday.
        weekdays: by calendar and day, schooldays from Monday to Friday through the day; -1 where the day is not known.
        weekends: the same of Saturdays and Sundays, 0 where not known.
        last_day: by night, the last day whose attendance was submitted; -1 before there was any.
    """

    district_id: int
    students: pd.DataFrame
    marks: pd.DataFrame
    enrollments: pd.DataFrame
    taught: npt.NDArray[np.bool_]
    weekdays: Ints
    weekends: Ints
    last_day: Ints


def districts_of(connection: Connection) -> dict[int, str]:
    """District id to slug."""
    return {int(row.id): row.slug for row in connection.execute(text(DISTRICTS))}


def evaluated_nights(connection: Connection, year: SchoolYear, last: date) -> Nights:
    """The nights of a school year that were evaluated, through a date."""
    span = {"first": year.first, "last": min(last, year.last)}
    dates = tuple(connection.execute(text(NIGHTS), span).scalars())
    keys = {"first": year.first, "last": year.last}
    rows = connection.execute(text(KNOWN_FROM), keys).all()
    frame = pd.DataFrame(rows, columns=["id", "district_id", "status", "as_of", "known"])
    known = [(day - year.first).days for day in frame.pop("known")]
    nights = Nights(year=year, dates=dates, submissions=frame)
    return Nights(
        year=year,
        dates=dates,
        submissions=frame.assign(night=nights.from_day(np.array(known, dtype="int64"))),
    )


def calendar_days_retold(connection: Connection, year: SchoolYear, last: date) -> int:
    """Days of calendars, through a date, that nights before may have known otherwise."""
    return int(connection.execute(text(RETOLD), {"first": year.first, "last": last}).scalar_one())


def read_district(
    connection: Connection, district_id: int, nights: Nights, statuses: Collection[str]
) -> KnownDistrict:
    """One district's record.

    Args:
        connection: any; nothing is written.
        district_id: whose.
        nights: of the school year.
        statuses: only marks of these.
    """
    year = nights.year
    keys = {"d": district_id, "first": year.first, "last": year.last}
    number, name = pa.int64(), pa.string()
    recorded = {"recorded_from": number, "recorded_to": number}
    marks = copy_out(
        connection,
        MARKS,
        {
            "student_id": number,
            "school_id": number,
            "day": pa.int32(),
            "status": pa.dictionary(pa.int32(), name),
        }
        | recorded,
        **keys | {"statuses": sorted(statuses)},
    )
    enrollments = copy_out(
        connection,
        ENROLLMENTS,
        dict.fromkeys(("id", "student_id", "school_id", "entry", "exit"), number)
        | {"track": name, "grade": name}
        | recorded,
        d=district_id,
        first=year.first,
    )
    calendars = copy_out(
        connection,
        CALENDARS,
        dict.fromkeys(("school_id", "day", "day_number", "weekend_day_number"), number)
        | {"track": name, "is_instructional": pa.bool_()},
        **keys,
    )
    births = copy_out(
        connection, BIRTHS, {"student_id": number, "born": number, "language": name}, d=district_id
    )
    marked = births["student_id"].isin(marks["student_id"].unique())
    students = births[marked].sort_values("student_id", ignore_index=True)
    whole = (year.last - year.first) // timedelta(days=1) + 1
    taught, weekdays, weekends, index = _calendars(calendars, whole)
    own = index.get_indexer(pd.MultiIndex.from_frame(enrollments[["school_id", "track"]]))
    return KnownDistrict(
        district_id=district_id,
        students=students,
        marks=_believed(marks, nights, students),
        enrollments=_believed(enrollments.assign(calendar=own), nights, students),
        taught=taught,
        weekdays=weekdays,
        weekends=weekends,
        last_day=_last_days(nights, district_id),
    )


def _believed(frame: pd.DataFrame, nights: Nights, students: pd.DataFrame) -> pd.DataFrame:
    """With `start` and `end` in the place of submissions, of known students only."""
    start, end = nights.knew(frame["recorded_from"]), nights.knew(frame["recorded_to"])
    known = frame.drop(columns=["recorded_from", "recorded_to"]).assign(start=start, end=end)
    return known[known["student_id"].isin(students["student_id"])].reset_index(drop=True)


def _calendars(
    rows: pd.DataFrame, days: int
) -> tuple[npt.NDArray[np.bool_], Ints, Ints, pd.MultiIndex]:
    """Tables by calendar and day, and which calendar is whose; the last row, -1, is of who has none."""
    index = pd.MultiIndex.from_frame(rows[["school_id", "track"]].drop_duplicates())
    place = index.get_indexer(pd.MultiIndex.from_frame(rows[["school_id", "track"]]))
    taught = np.zeros((len(index) + 1, days), dtype=bool)
    weekdays = np.full((len(index) + 1, days), -1, dtype="int64")
    weekends = np.zeros((len(index) + 1, days), dtype="int64")
    day = rows["day"].to_numpy()
    taught[place, day] = rows["is_instructional"]
    weekdays[place, day] = rows["day_number"]
    weekends[place, day] = rows["weekend_day_number"]
    return taught, weekdays, weekends, index


def _last_days(nights: Nights, district_id: int) -> Ints:
    """By night, the newest day that a recorded submission spoke of."""
    own = nights.submissions
    own = own[(own["district_id"] == district_id) & (own["status"] == "recorded")]
    last = np.full(len(nights.dates) + 1, -1, dtype="int64")
    days = np.array([(day - nights.year.first).days for day in own["as_of"]], dtype="int64")
    in_year = days >= 0
    np.maximum.at(last, own["night"].to_numpy(dtype="int64")[in_year], days[in_year])
    return np.maximum.accumulate(last[:-1])
