"""Faults of rows: what is wrong in the tables of a night before they become files.

Faults of bytes are in `file_damage.py`, the menu in `faults.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pact_etl.domain.attendance import Status
from pact_etl.simulator.drop import ATTENDANCE, Exporter
from pact_etl.simulator.marks import DayMarks, code

Tables = dict[str, pa.Table]

_DUPLICATED, _UNKNOWN, _UNMAPPED = 0.05, 0.02, 0.3
_FEWEST_ROWS = 3
_SCIENTIFIC, _ZEROS_LOST = 0.15, 0.6
_UNMAPPED_CODE = "ZQ"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Where a fault happens: the exporter, the night, the night before, its own random stream.

    `before` is None where the district had sent nothing yet in the range; `before_is_full` tells
    whether that drop held the year to date.
    """

    exporter: Exporter
    night: int
    before: int | None
    before_is_full: bool
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What a fault did: how many rows it touched, and in which school where it was one."""

    rows: int
    school: str | None = None


def _duplicate_rows(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE]
    again = _some(rows.num_rows, _DUPLICATED, scene)
    places = np.sort(np.append(np.arange(rows.num_rows), again))
    return tables | {ATTENDANCE: rows.take(pa.array(places))}, Damage(rows=len(again))


def _unknown_code(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE]
    if not rows.num_rows:
        return tables, Damage(rows=0)
    counts = pc.value_counts(rows["school_code"]).to_pylist()
    school = max(counts, key=lambda entry: (entry["counts"], entry["values"]))["values"]
    own = np.flatnonzero(pc.equal(rows["school_code"], school).to_numpy())
    hit = own[_some(len(own), _UNMAPPED, scene)]
    raw = rows["code"].to_numpy().copy()
    # A code of several columns keeps its number of parts.
    raw[hit] = [":".join([_UNMAPPED_CODE] * (text.count(":") + 1)) for text in raw[hit]]
    tables = tables | {ATTENDANCE: _with(rows, "code", raw)}
    return tables, Damage(rows=len(hit), school=school)


def _ids_mangled(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE]
    ids = rows["local_id"].to_numpy()
    lot = scene.rng.random(len(ids))
    is_scientific = lot < _SCIENTIFIC
    loses_zeros = ~is_scientific & (lot < _SCIENTIFIC + _ZEROS_LOST)
    mangled = ids.copy()
    mangled[is_scientific] = [f"{int(text):.2E}" for text in ids[is_scientific]]
    mangled[loses_zeros] = [text.lstrip("0") for text in ids[loses_zeros]]
    tables = tables | {ATTENDANCE: _with(rows, "local_id", mangled)}
    return tables, Damage(rows=int((mangled != ids).sum()))


def _attendance_not_entered(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    """Every student of one school is absent without excuse on the day: nobody took attendance."""
    district, night = scene.exporter.district, scene.night
    spans = district.roster.spans
    here = (spans.start <= night) & (night <= spans.last_said_on(night))
    taught = district.calendar.open[spans.follows, night]
    school = int(scene.rng.choice(np.unique(spans.school[here & taught])))
    record = spans.record[here & (spans.school == school)]
    everybody = DayMarks(
        record=record,
        day=np.full(len(record), night, dtype=np.int16),
        school=np.full(len(record), school, dtype=np.int16),
        status=np.full(len(record), code(Status.ABSENT_UNEXCUSED), dtype=np.uint8),
        variant=np.zeros(len(record), dtype=np.uint16),
    )
    absent = scene.exporter.attendance.of(everybody)
    rows = tables[ATTENDANCE]
    school_code = district.schools.codes[school]
    is_told = pc.and_(
        pc.equal(rows["school_code"], school_code), pc.equal(rows["date"], absent["date"][0])
    )
    rows = pa.concat_tables([rows.filter(pc.invert(is_told)), absent])
    return tables | {ATTENDANCE: rows}, Damage(rows=absent.num_rows, school=school_code)


def _unknown_students(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE]
    known = set(scene.exporter.district.roster.local_id)
    digits = len(next(iter(known)))
    copied = rows.take(pa.array(_some(rows.num_rows, _UNKNOWN, scene)))
    strangers: list[str] = []
    number = 10**digits
    while len(strangers) < copied.num_rows:
        number -= 1
        if str(number) not in known:
            strangers.append(str(number))
    copied = _with(copied, "local_id", np.array(strangers, dtype=object))
    return tables | {ATTENDANCE: pa.concat_tables([rows, copied])}, Damage(rows=copied.num_rows)


ROW_FAULTS: Final[dict[str, Callable[[Tables, Scene], tuple[Tables, Damage]]]] = {
    "duplicate_rows": _duplicate_rows,
    "unknown_code": _unknown_code,
    "ids_mangled": _ids_mangled,
    "attendance_not_entered": _attendance_not_entered,
    "unknown_students": _unknown_students,
}
"""Each fault of rows, by its name on the menu."""


def _some(n: int, share: float, scene: Scene) -> npt.NDArray[np.int64]:
    """Some of n rows, at least a few where there are any."""
    wanted = min(n, max(_FEWEST_ROWS, round(n * share)))
    return np.sort(scene.rng.choice(n, size=wanted, replace=False)) if wanted else np.arange(0)


def _with(rows: pa.Table, column: str, values: npt.NDArray[np.object_]) -> pa.Table:
    place = rows.column_names.index(column)
    return rows.set_column(place, column, pa.array(values, pa.string()))
