"""The yardstick of the county night: every count of a night recomputed from all nights' raw files, by DuckDB.

Written by hand to be as fast as DuckDB can be at exactly this, and for nothing else: no rejects, no history, no
evidence, no second run. It reads the same files and the same settings as the pipeline, shares no code with it, and must
come to the simulator's truth. Its tricks:

- A night's file states all attendance of the days it covers. So of each file only those days decide anything that the
  next night no longer covers; all other rows are dropped while they are read.
- Ids are numbers while it works and get their zeros back at the end.
- Roster files with nothing below their header are not opened.

Run alone: `python -m benchmarks.duckdb_night --drop DIR --config config --as-of DATE`.
"""

import argparse
import csv
import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from benchmarks.duckdb_statements import (
    COUNT,
    MARKS_OF_DAYS,
    MARKS_OF_PERIODS,
    OVER,
    RANK,
    READ,
    ROSTER,
    TABLES,
)
from benchmarks.memory import own_peak_mb

Settings = dict[str, Any]
Row = tuple[Any, ...]

HEADER = (
    *("district", "local_id", "ssid", "U", "D", "occasions", "absent_days"),
    *("truant", "chronic_truant", "chronic_absentee"),
)
"""As in the simulator's truth, but for the list of days."""

SMALL_FILE = 400
COLUMNS = {
    "schools": ("school_code", "level", "periods_per_day"),
    "students": ("local_id", "ssid", "birth_date"),
    "enrollments": ("local_id", "school_code", "entry_date", "exit_date", "track"),
    "calendar": ("school_code", "track", "date", "instructional"),
    "attendance": ("local_id", "school_code", "date", "period", "code", "minutes"),
}
TYPES = {"local_id": "BIGINT", "ssid": "BIGINT"}
TYPES |= dict.fromkeys(("school_code", "periods_per_day", "period", "minutes"), "INTEGER")
TYPES |= dict.fromkeys(("birth_date", "entry_date", "exit_date", "date"), "DATE")


def count_night(
    drop: Path, config: Path, as_of: date, threads: int = 2
) -> tuple[list[Row], dict[str, float]]:
    """Count a night.

    Args:
        drop: the folder of nights.
        config: the county's settings.
        as_of: the night; files of later nights are not read.
        threads: how many DuckDB may use.

    Returns:
        Everybody over a line, one row each in the order of `HEADER`, and seconds by phase.
    """
    first = date(as_of.year - (as_of.month < 7), 7, 1)
    span = {"first": first, "last": first.replace(year=first.year + 1) - timedelta(days=1)}
    db = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    districts = load_districts(config)
    phases, began = {}, time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        phases[name], began = time.perf_counter() - began, time.perf_counter()

    db.execute(TABLES)
    list_files(db, districts, drop, first, as_of)
    lap("list files")
    for table in ("schools", "students", "enrollments", "calendar"):
        read_table(db, districts, table)
    for statement in ROSTER.split(";\n\n"):
        db.execute(statement, span if "$first" in statement else None)
    lap("rosters")
    read_table(db, districts, "attendance")
    lap("read attendance")
    db.execute(MARKS_OF_DAYS)
    db.execute(MARKS_OF_PERIODS)
    lap("days")
    db.execute(COUNT, {"first": first})
    over = db.execute(OVER).fetchall()
    lap("count")
    return over, phases


def load_districts(config: Path) -> list[Settings]:
    """Every district's settings over its dialect's."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    districts = []
    for path in sorted((config / "districts").glob("*.yaml")):
        own = yaml.load(path.read_text("utf-8"), loader)
        dialect = config / "dialects" / f"{own['dialect']}.yaml"
        districts.append(yaml.load(dialect.read_text("utf-8"), loader) | own)
    return districts


def list_files(
    db: duckdb.DuckDBPyConnection, districts: list[Settings], drop: Path, first: date, as_of: date
) -> None:
    """Which files there are, and through which day each attendance file has the last word."""
    nights = sorted(date.fromisoformat(p.name) for p in drop.iterdir() if p.name[:4].isdigit())
    nights = [night for night in nights if first <= night <= as_of]
    files: list[tuple[Any, ...]] = []
    codes: list[tuple[Any, ...]] = []
    for number, settings in enumerate(districts):
        folders = {
            n: drop / settings["path"].format(as_of=n, slug=settings["slug"]) for n in nights
        }
        sent = [
            n for n in nights if (folders[n] / settings["files"]["attendance"]["name"]).exists()
        ]
        covers = timedelta(days=settings["attendance"]["covers_days"])
        for night, following in zip(sent, [*sent, date.max][1:], strict=True):
            for table, layout in settings["files"].items():
                path = folders[night] / layout["name"]
                if table in COLUMNS and (table == "attendance" or _has_rows(path)):
                    files.append((str(path), number, night, following - covers, table))
        shift = 1 if settings["exit_day"] == "exclusive" else 0
        db.execute(
            "INSERT INTO district VALUES (?, ?, ?, ?, ?)",
            [number, settings["slug"], settings["id_digits"], shift, max(sent, default=first)],
        )
        codes += [
            (number, c["code"], c["from"], c.get("to", date.max), RANK[c["status"]])
            for c in settings["codes"]
        ]
    _insert(db, "file", files)
    _insert(db, "code", codes)


def read_table(db: duckdb.DuckDBPyConnection, districts: list[Settings], table: str) -> None:
    """One canonical table of every district; districts of one dialect are read together."""
    for dialect in sorted({settings["dialect"] for settings in districts}):
        settings = next(s for s in districts if s["dialect"] == dialect)
        numbers = [n for n, s in enumerate(districts) if s["dialect"] == dialect]
        found = db.execute(
            "SELECT path FROM file WHERE kind = ? AND district IN (SELECT unnest(?)) ORDER BY path",
            [table, numbers],
        ).fetchall()
        if found:
            headers = [_header(Path(path), settings) for (path,) in found]
            statement = _statement(settings, table, max(headers, key=len))
            db.execute(statement, {"paths": [path for (path,) in found]})


def _header(path: Path, settings: Settings) -> list[str]:
    """The names of a file's columns as it has them."""
    with path.open(encoding="latin-1") as opened:
        line = opened.readline().rstrip("\r\n")
    return [name.strip('"') for name in line.split(settings["delimiter"])]


def _statement(settings: Settings, table: str, header: list[str]) -> str:
    layout = settings["files"][table]
    # Columns that a file may leave out stand at its end, where a short row is filled up.
    names_of = {h: c for c, h in layout.get("optional", {}).items() if isinstance(h, str)}
    optional = {names_of[h]: h for h in header if h in names_of}
    columns = layout["columns"] | optional
    names: dict[str, str] = {}
    types: dict[str, str] = {}
    for canonical, headers in columns.items():
        joined = [headers] if isinstance(headers, str) else headers
        types |= dict.fromkeys(joined, TYPES.get(canonical, "VARCHAR"))
        names[canonical] = " || ':' || ".join(f'"{header}"' for header in joined)
    fields = ", ".join(f"'{header}': '{kind}'" for header, kind in types.items())
    selected = ", ".join(f"{names[c]} AS {c}" for c in COLUMNS[table] if c in names)
    quote = '"' if settings["delimiter"] == "," else ""
    newline = "\\r\\n" if settings["encoding"] == "cp1252" else "\\n"
    options = {
        "columns": f"{{{fields}}}",
        "auto_detect": "false",
        "header": "true",
        "filename": "true",
        "delim": f"'{settings['delimiter']}'",
        "quote": f"'{quote}'",
        "escape": f"'{quote}'",
        "new_line": f"'{newline}'",
        "dateformat": f"'{settings['date_format']}'",
        "null_padding": str(bool(optional)).lower(),
        "comment": f"'{(settings['trailer'] or '')[:1]}'",
    }
    # Letters beyond ASCII stand in names alone, which are not read: every dialect's encoding is as good as UTF-8 here.
    source = ", ".join(f"{name} = {value}" for name, value in options.items())
    from_ = f"FROM (SELECT {selected}, filename FROM read_csv($paths, {source})) x JOIN file f ON f.path = x.filename"
    form = settings["attendance"]["form"]
    yes = settings.get("values", {}).get("instructional", {"Y": True})
    return READ[table].format(
        from_=from_,
        target="stated_period" if form == "periods" else "stated",
        period="COALESCE(period, 1)" if "period" in names else "NULL",
        minutes="minutes" if "minutes" in names else "CAST(NULL AS INTEGER)",
        code="x.code",
        track="COALESCE(track, '')" if "track" in names else "''",
        yes=", ".join(f"'{word}'" for word, meaning in yes.items() if meaning),
    )


def _has_rows(path: Path) -> bool:
    """Whether anything but a header (and a trailer) stands in a file; only small ones are looked into."""
    if path.stat().st_size > SMALL_FILE:
        return True
    lines = path.read_bytes().splitlines()
    return sum(not line.startswith(b"#") for line in lines) > 1


def _insert(db: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Many rows at once; parameters one by one would take longer than the night."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = [f"c{number}" for number in range(len(columns))]
    lists = ", ".join(f"unnest(${name})" for name in names)
    db.execute(f"INSERT INTO {table} SELECT {lists}", dict(zip(names, columns, strict=True)))


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write what was counted, headed like the simulator's truth."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER, *rows])


def main() -> None:
    """Count one night and print how long it took, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--drop", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write everybody over a line as CSV")
    options = parser.parse_args()
    over, phases = count_night(options.drop, options.config, options.as_of, options.threads)
    done = time.perf_counter()
    told = {"phases": phases, "over": len(over), "peak_mb": own_peak_mb()}
    if options.out:
        write_rows(options.out, over)
    print(json.dumps(told | {"uncounted": time.perf_counter() - done}))


if __name__ == "__main__":
    main()
