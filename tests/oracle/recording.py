"""A world of random histories into the record: the same staging and set-based statements as every night."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Engine

from tests.factories import district, record_submission, roster
from tests.oracle.histories import SCHOOLS, Student, World

SLUGS = {"north": "oak-north", "south": "oak-south"}
CD_CODES = {"north": "3400001", "south": "3400002"}


def record_night(
    engine: Engine, world: World, *, order: Sequence[str] = ("north", "south")
) -> None:
    """What each district delivers that night: roster, calendar and the year's attendance."""
    for name in order:
        record_district(engine, world, name)


def record_district(engine: Engine, world: World, name: str) -> None:
    as_of = world.delivered[name]
    days = (as_of - world.first).days + 1
    frames = _frames(world, name)
    one = district(SLUGS[name], cd_code=CD_CODES[name])
    record_submission(engine, as_of, frames, of=one, covers_days=days)


def local_id(student: Student) -> str:
    return f"{student.number:07d}"


def _frames(world: World, name: str) -> dict[str, pd.DataFrame]:
    here = [s for s in world.students if name in s.histories]
    ids = [local_id(s) for s in here]
    base = roster(ids, ssids={i: f"9{i:0>9}" for i in ids})
    enrollments = [
        (local_id(s), stay.school, "05", stay.first, stay.last)
        for s in here
        for stay in s.histories[name].stays
    ]
    marks = [
        (local_id(s), school, day, status, status, None, 2, 1)
        for s in here
        for (school, day), status in s.histories[name].marks.items()
    ]
    school = base["schools"].iloc[[0] * len(SCHOOLS[name])]
    return {
        "schools": school.assign(school_code=list(SCHOOLS[name])).reset_index(drop=True),
        "students": base["students"].assign(birth_date=_days([s.born for s in here])),
        "guardians": base["guardians"],
        "enrollments": _frame(base["enrollments"], enrollments),
        "calendar": _calendar(world, name),
        "marks": _frame(base["marks"], marks),
    }


def _calendar(world: World, name: str) -> pd.DataFrame:
    """Every date of the year, taught or not, so that a closure is told like a schoolday."""
    dates = [world.first + timedelta(days=n) for n in range(365)]
    rows = [(c, day, day in world.calendars[c]) for c in SCHOOLS[name] for day in dates]
    frame = pd.DataFrame(rows, columns=["school_code", "date", "instructional"])
    return frame.assign(date=_days(frame["date"]))


def _frame(like: pd.DataFrame, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=like.columns)
    dates = {c: _days(frame[c]) for c in frame.columns if c.endswith("date")}
    return frame.assign(**dates)


def _days(values: "Sequence[date | None] | pd.Series") -> pd.Series:
    return pd.Series(pd.to_datetime(pd.Series(list(values), dtype="object"))).astype(
        "datetime64[s]"
    )
