"""Attendance of an Aeries as a canonical frame.

A day stands there only if some code was entered. Where classes have codes, each is a row with its period; otherwise the
code of the whole day is one row without a period, which is right for a school that takes attendance once a day, and is
set aside by name (`missing_field`, period) for one that takes it by period: nothing says that every period is meant.
Vendor: "Attendance and Enrollment-related end points" (support.aeries.com, article 14000113684, of 7 May 2025).
"""

from collections.abc import Iterable, Iterator

import pandas as pd

from pact_etl.connectors.aeries.manifest import Placed
from pact_etl.connectors.aeries.reading import day, listed, student_id, text

_COLUMNS = ("local_id", "school_code", "date", "period", "code")

Cells = tuple[tuple[str, ...], int]


def attendance_frame(
    of_schools: Iterable[Placed],
    of_students: Iterable[Placed],
    own: frozenset[str],
    digits: int | None,
) -> pd.DataFrame:
    """One row per code entered; students who were read on their own are taken from there alone.

    Columns are filled as the answers are read, because a dictionary a row would take several times the memory.

    Args:
        of_schools: every student of a school, for the look-back.
        of_students: single students, whole year.
        own: those students.
        digits: length of the district's ids.
    """
    cells: tuple[list[str], ...] = tuple([] for _ in _COLUMNS)
    places: list[int] = []
    for stated, place in _stated(of_schools, of_students, own, digits):
        for column, cell in zip(cells, stated, strict=True):
            column.append(cell)
        places.append(place)
    columns = {c: pd.Series(v, dtype="str") for c, v in zip(_COLUMNS, cells, strict=True)}
    minutes = pd.Series("", index=range(len(places)), dtype="str")
    return pd.DataFrame(columns | {"minutes": minutes, "row": pd.Series(places, dtype="int64")})


def _stated(
    of_schools: Iterable[Placed],
    of_students: Iterable[Placed],
    own: frozenset[str],
    digits: int | None,
) -> Iterator[Cells]:
    for placed in of_students:
        yield from _rows(placed, student_id(placed[2], digits))
    for placed in of_schools:
        local_id = student_id(placed[2], digits)
        if local_id not in own:
            yield from _rows(placed, local_id)


def _rows(placed: Placed, local_id: str) -> Iterator[Cells]:
    place, school, element = placed
    for entry in listed(element, "AttendanceDays"):
        stated = [(text(c, "Period"), text(c, "AttendanceCode")) for c in listed(entry, "Classes")]
        stated = [(period, code) for period, code in stated if code]
        if not stated:
            stated = [("", text(entry, "AllDayAttendanceCode"))]
        date = day(entry, "CalendarDate")
        for period, code in stated:
            if code:
                yield (local_id, school, date, period, code), place
