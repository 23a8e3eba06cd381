"""Apply faults: some to the rows of a night before they become files, the others to the files' bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import Form
from pact_etl.simulator.attendance_rows import as_rows
from pact_etl.simulator.drop import ATTENDANCE, Exporter
from pact_etl.simulator.marks import code

Tables = dict[str, pd.DataFrame]
Files = dict[str, bytes]

_CUT_AT = 0.6
_DUPLICATED, _UNKNOWN = 0.05, 0.02
_FEWEST_ROWS = 3
_ZEROS_LOST, _SCIENTIFIC = 0.6, 0.15
_UNMAPPED = "ZQ"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Where a fault happens: the district's exporter, the night, and the fault's own random stream."""

    exporter: Exporter
    night: int
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What a fault did: how many rows it touched, and in which school where it was one."""

    rows: int
    school: str | None = None


def damage_rows(name: str, tables: Tables, scene: Scene) -> tuple[Tables, Damage | None]:
    """The tables with a fault of rows in them; no damage where the fault is one of bytes."""
    if name not in _OF_ROWS:
        return tables, None
    return _OF_ROWS[name](tables, scene)


def damage_files(name: str, files: Files, scene: Scene) -> tuple[Files, Damage | None]:
    """The files with a fault of bytes in them; no damage where the fault is one of rows."""
    if name not in _OF_FILES:
        return files, None
    return _OF_FILES[name](files, scene)


def _duplicate_rows(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE]
    again = _some(len(rows), _DUPLICATED, scene)
    doubled = rows.iloc[np.sort(np.append(np.arange(len(rows)), again))]
    return tables | {ATTENDANCE: doubled}, Damage(rows=len(again))


def _unknown_code(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    rows = tables[ATTENDANCE].reset_index(drop=True)
    school = _busiest_school(rows)
    own = np.flatnonzero(rows["school_code"] == school)
    hit = own[_some(len(own), 0.3, scene)]
    raw = rows["code"].to_numpy(dtype=object)
    raw[hit] = [":".join([_UNMAPPED[0]] * text.count(":") + [_UNMAPPED]) for text in raw[hit]]
    return tables | {ATTENDANCE: rows.assign(code=raw)}, Damage(rows=len(hit), school=school)


def _ids_mangled(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    touched = 0
    for name in (ATTENDANCE, "students"):
        rows = tables[name]
        ids = rows["local_id"].to_numpy(dtype=object)
        lot = scene.rng.random(len(ids))
        is_scientific = lot < _SCIENTIFIC
        loses_zeros = ~is_scientific & (lot < _SCIENTIFIC + _ZEROS_LOST)
        mangled = ids.copy()
        mangled[is_scientific] = [f"{int(text):.2E}" for text in ids[is_scientific]]
        mangled[loses_zeros] = [text.lstrip("0") for text in ids[loses_zeros]]
        touched += int((mangled != ids).sum())
        tables = tables | {name: rows.assign(local_id=mangled)}
    return tables, Damage(rows=touched)


def _attendance_not_entered(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    """Every student enrolled at one school is absent without excuse on the day: nobody took attendance there."""
    district, night = scene.exporter.district, scene.night
    spans = district.roster.spans
    open_schools = np.flatnonzero(district.calendar.open[:, night])
    school = int(scene.rng.choice(open_schools))
    own = (spans.school == school) & (spans.start <= night) & (night <= spans.counted_last)
    record = np.unique(spans.record[own])
    marks = pd.DataFrame(
        {
            "record": record,
            "day": np.int16(night),
            "school": np.int16(school),
            "status": np.uint8(code(Status.ABSENT_UNEXCUSED)),
            "variant": np.uint16(0),
        }
    )
    absent = as_rows(scene.exporter.county, district, marks)
    rows = tables[ATTENDANCE]
    if len(absent):
        told = (rows["school_code"] == absent["school_code"].iloc[0]) & (
            rows["date"] == absent["date"].iloc[0]
        )
        rows = pd.concat([rows[~told], absent], ignore_index=True)
    return tables | {ATTENDANCE: rows}, Damage(
        rows=len(absent), school=district.schools.codes[school]
    )


def _unknown_students(tables: Tables, scene: Scene) -> tuple[Tables, Damage]:
    district = scene.exporter.district
    rows = tables[ATTENDANCE]
    copied = rows.iloc[_some(len(rows), _UNKNOWN, scene)]
    known = set(district.roster.local_id)
    digits = len(next(iter(known)))
    candidates = (f"{10**digits - 1 - n:0{digits}d}" for n in range(10**digits))
    strangers = [
        text
        for text, _ in zip(
            (c for c in candidates if c not in known), range(len(copied)), strict=False
        )
    ]
    return tables | {ATTENDANCE: pd.concat([rows, copied.assign(local_id=strangers)])}, Damage(
        rows=len(copied)
    )


def _file_missing(files: Files, scene: Scene) -> tuple[Files, Damage]:
    return {name: content for name, content in files.items() if name != _file(scene)}, Damage(
        rows=0
    )


def _district_missing(files: Files, scene: Scene) -> tuple[Files, Damage]:
    return {}, Damage(rows=0)


def _file_truncated(files: Files, scene: Scene) -> tuple[Files, Damage]:
    content = files[_file(scene)]
    cut = max(int(len(content) * _CUT_AT), 2)
    while content[cut - 1 : cut] in b"\r\n" or content[cut : cut + 1] in b"\r\n":
        cut -= 1
    lost = content.count(b"\n") - content[:cut].count(b"\n")
    return files | {_file(scene): content[:cut]}, Damage(rows=lost)


def _file_empty(files: Files, scene: Scene) -> tuple[Files, Damage]:
    return files | {_file(scene): b""}, Damage(rows=files[_file(scene)].count(b"\n"))


def _header_renamed(files: Files, scene: Scene) -> tuple[Files, Damage]:
    settings = scene.exporter.district.settings
    header, newline, rest = files[_file(scene)].partition(b"\n")
    words = header.decode(settings.encoding)
    old = str(settings.files[ATTENDANCE].columns["local_id"])
    renamed = words.replace(old, f"{old}_PERM", 1).encode(settings.encoding)
    return files | {_file(scene): renamed + newline + rest}, Damage(rows=1)


def _wrong_encoding(files: Files, scene: Scene) -> tuple[Files, Damage]:
    text = files[_file(scene)].decode(scene.exporter.district.settings.encoding)
    return files | {_file(scene): text.encode("utf-16")}, Damage(rows=text.count("\n"))


def _stale_file(files: Files, scene: Scene) -> tuple[Files, Damage]:
    nights = scene.exporter.district.calendar.nights
    before = nights[nights < scene.night]
    if not len(before):
        return files, Damage(rows=0)
    tables = scene.exporter.tables(int(before[-1]), is_full=len(before) == 1)
    return scene.exporter.files(tables), Damage(rows=len(tables[ATTENDANCE]))


_OF_ROWS: Final[dict[str, Callable[[Tables, Scene], tuple[Tables, Damage]]]] = {
    "duplicate_rows": _duplicate_rows,
    "unknown_code": _unknown_code,
    "ids_mangled": _ids_mangled,
    "attendance_not_entered": _attendance_not_entered,
    "unknown_students": _unknown_students,
}
_OF_FILES: Final[dict[str, Callable[[Files, Scene], tuple[Files, Damage]]]] = {
    "file_missing": _file_missing,
    "district_missing": _district_missing,
    "file_truncated": _file_truncated,
    "file_empty": _file_empty,
    "header_renamed": _header_renamed,
    "wrong_encoding": _wrong_encoding,
    "stale_file": _stale_file,
}


def _file(scene: Scene) -> str:
    return scene.exporter.district.settings.files[ATTENDANCE].name


def _some(n: int, share: float, scene: Scene) -> "np.typing.NDArray[np.int64]":
    """Some of n rows, at least a few where there are any."""
    wanted = min(n, max(_FEWEST_ROWS, round(n * share)))
    return (
        np.sort(scene.rng.choice(n, size=wanted, replace=False))
        if wanted
        else np.zeros(0, dtype=np.int64)
    )


def _busiest_school(rows: pd.DataFrame) -> str | None:
    return None if rows.empty else str(rows["school_code"].value_counts().sort_index().idxmax())
