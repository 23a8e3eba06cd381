"""Who is enrolled where and when, as each district's SIS comes to know it.

Days are indexes into the school year. A student known to a district is a *record* of it, with a
local id of its own; one student may be a record of two districts. How the careers come about is
in `careers.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.simulator.calendars import Calendar
from pact_etl.simulator.careers import make_careers
from pact_etl.simulator.families import NEVER, Families
from pact_etl.simulator.schools import Schools
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students

_DEFAULT_ID_DIGITS = 8

Days = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """Enrollment spans of one district, ordered by record and start.

    `last` is the last day of enrollment as the district states it in the end, `taken_over_on` the
    start of the record's next span. `known_on` and `exit_known_on` are the nights from which the
    SIS shows the entry and the exit. `follows` is the row of the district's calendar that counts for the span.
    """

    record: npt.NDArray[np.int32]
    school: npt.NDArray[np.int16]
    follows: npt.NDArray[np.int16]
    start: Days
    last: Days
    taken_over_on: Days
    known_on: Days
    exit_known_on: Days

    def last_said_on(self, night: int) -> Days:
        """The last day that counts for each span, by what the SIS says on a night.

        Args:
            night: day index; an exit that is not known yet is none.
        """
        said = np.where(self.exit_known_on <= night, self.last, np.int16(NEVER))
        return np.asarray(np.minimum(said, self.taken_over_on - np.int16(1)), dtype=np.int16)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roster:
    """The records of one district, and their spans."""

    student: npt.NDArray[np.int64]
    local_id: "pd.Series[str]"
    known_on: Days
    spans: Spans

    def __len__(self) -> int:
        """How many records."""
        return len(self.student)


def make_rosters(
    districts: Sequence[District],
    schools: Sequence[Schools],
    calendars: Sequence[Calendar],
    families: Families,
    students: Students,
    *,
    seed: int,
) -> list[Roster]:
    """Every district's roster, over the whole school year."""
    careers = make_careers(districts, schools, calendars, families, students, seed=seed)
    return [
        _roster(careers[careers["district"] == number], district, calendars[number], seed)
        for number, district in enumerate(districts)
    ]


def _roster(careers: pd.DataFrame, district: District, calendar: Calendar, seed: int) -> Roster:
    careers = careers.sort_values(["student", "start"], kind="stable", ignore_index=True)
    student, record = np.unique(careers["student"].to_numpy(dtype=np.int64), return_inverse=True)
    days = {
        name: careers[name].to_numpy(dtype=np.int16)
        for name in ("start", "last", "known_on", "exit_known_on")
    }
    is_followed = np.append(record[1:] == record[:-1], False)
    next_start = np.append(days["start"][1:], np.int16(NEVER))
    taken_over_on = np.where(is_followed, next_start, np.int16(NEVER))
    first_span = np.unique(record, return_index=True)[1]
    school = careers["school"].to_numpy(dtype=np.int16)
    digits = district.id_digits or _DEFAULT_ID_DIGITS
    return Roster(
        student=student,
        local_id=_local_ids(len(student), digits, district.slug, seed),
        known_on=days["known_on"][first_span],
        spans=Spans(
            record=record.astype(np.int32),
            school=school,
            follows=_followed(school, record, calendar),
            taken_over_on=taken_over_on,
            **days,
        ),
    )


def _followed(
    school: npt.NDArray[np.int16], record: npt.NDArray[np.int64], calendar: Calendar
) -> npt.NDArray[np.int16]:
    """The calendar of each span: its school's, or that of one of the school's tracks, which take students in turns."""
    follows = school.copy()
    first_track = len(calendar.of_schools)
    for tracked in sorted({number for number, _ in calendar.tracks}):
        rows = [first_track + n for n, (at, _) in enumerate(calendar.tracks) if at == tracked]
        here = school == tracked
        follows[here] = np.array(rows, dtype=np.int16)[record[here] % len(rows)]
    return follows


def _local_ids(n: int, digits: int, slug: str, seed: int) -> "pd.Series[str]":
    """Ids of a fixed width, many of them with leading zeros."""
    rng = stream(seed, "local ids", slug)
    numbers = rng.choice(10**digits // 4, size=n, replace=False)
    return pd.Series(numbers).astype("str").str.zfill(digits)
