"""The yardstick of the county night: every count of a night recomputed from all nights' raw files, in one DuckDB script.

Written by hand to be as fast as DuckDB can be at it, and for nothing else: no rejects, no history, no evidence, no
locks, no second run. It reads the same files and the same settings as the pipeline, shares no code with it, and must
come to the simulator's truth. Its tricks:

- A night's file states all attendance of the days it covers, so of each file only the days that the next night no
  longer covers decide anything; all other rows are dropped while they are read.
- Ids are numbers while it works and get their zeros back at the end.
- A roster file with nothing below its header is not opened.
"""

import argparse
import json
import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

FAVOUR = (
    "exempt present suspended_in independent_study absent_excused partial_excused suspended_out"
    " independent_study_incomplete absent_unverified tardy partial_unexcused absent_mixed absent_unexcused"
).split()
RANK = {status: rank for rank, status in enumerate(FAVOUR)}
OCCASION_MINUTES = 30
ABSENT = (
    "absent_unexcused",
    "absent_excused",
    "absent_unverified",
    "absent_mixed",
    "suspended_out",
    "independent_study_incomplete",
)
KINDS = {
    "birth_date": "DATE",
    "date": "DATE",
    "entry_date": "DATE",
    "exit_date": "DATE",
    "local_id": "BIGINT",
    "ssid": "BIGINT",
    "school_code": "INTEGER",
    "period": "INTEGER",
    "minutes": "INTEGER",
    "periods_per_day": "INTEGER",
}
WANTED = {
    "schools": ("school_code", "level", "periods_per_day"),
    "students": ("local_id", "ssid", "birth_date"),
    "enrollments": ("local_id", "school_code", "entry_date", "exit_date"),
    "calendar": ("school_code", "date", "instructional"),
    "attendance": ("local_id", "school_code", "date", "period", "code", "minutes"),
}

Settings = dict[str, Any]


def load_districts(config: Path) -> list[Settings]:
    """Every district's settings over its dialect's."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    districts = []
    for path in sorted((config / "districts").glob("*.yaml")):
        own = yaml.load(path.read_text("utf-8"), loader)
        dialect = config / "dialects" / f"{own['dialect']}.yaml"
        districts.append(yaml.load(dialect.read_text("utf-8"), loader) | own)
    return districts


def count_night(drop: Path, config: Path, as_of: date, threads: int = 2) -> tuple[Any, dict[str, float]]:
    """Count a night.

    Args:
        drop: the folder of nights.
        config: the county's settings.
        as_of: the night; files of later nights are not read.
        threads: how many DuckDB may use.

    Returns:
        The relation of everybody over a line (columns of the simulator's truth, but the days), and seconds by phase.
    """
    phases: dict[str, float] = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        phases[name] = time.perf_counter() - began
        began = time.perf_counter()

    db = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    first = date(as_of.year - (as_of.month < 7), 7, 1)
    districts = load_districts(config)
    _list_files(db, districts, drop, first, as_of)
    _code_maps(db, districts)
    lap("files")
    _read(db, districts, first)
    lap("read")
    _days(db)
    lap("days")
    _rosters(db, first, as_of)
    lap("rosters")
    _count(db)
    lap("count")
    return db.sql(OVER), phases
