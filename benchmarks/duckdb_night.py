"""The yardstick of the county night: every count of a night recomputed from all nights' raw files, by DuckDB.

Written by hand to be as fast as DuckDB can be at exactly this, and for nothing else: no rejects, no history, no
evidence, no second run. It reads the same files and the same settings as the pipeline, shares no code with it, and must
come to the simulator's truth. Its tricks:

- A night's file states all attendance of the days it covers. So of each file only those days decide anything that the
  next night no longer covers; all other rows are dropped while they are read.
- Ids are numbers while it works and get their zeros back at the end.
- Roster files with nothing below their header are not opened.

Run alone: `python benchmarks/duckdb_night.py --drop DIR --config config --as-of DATE`.
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

Settings = dict[str, Any]
Row = tuple[Any, ...]

HEADER = (
    *("district", "local_id", "ssid", "U", "D", "occasions", "absent_days"),
    *("truant", "chronic_truant", "chronic_absentee"),
)
"""As in the simulator's truth, but for the list of days."""

STATUSES = (
    "exempt",
    "present",
    "suspended_in",
    "independent_study",
    "absent_excused",
    "partial_excused",
    "suspended_out",
    "independent_study_incomplete",
    "absent_unverified",
    "tardy",
    "partial_unexcused",
    "absent_mixed",
    "absent_unexcused",
)
"""From kindest to the family to hardest: of two statements about one day or period the smaller rank holds."""

RANK = {status: rank for rank, status in enumerate(STATUSES)}
SMALL_FILE = 400
COLUMNS = {
    "schools": {"school_code": "INTEGER", "level": "VARCHAR", "periods_per_day": "INTEGER"},
    "students": {"local_id": "BIGINT", "ssid": "BIGINT", "birth_date": "DATE"},
    "enrollments": {
        "local_id": "BIGINT",
        "school_code": "INTEGER",
        "entry_date": "DATE",
        "exit_date": "DATE",
    },
    "calendar": {"school_code": "INTEGER", "date": "DATE", "instructional": "VARCHAR"},
    "attendance": {
        "local_id": "BIGINT",
        "school_code": "INTEGER",
        "date": "DATE",
        "period": "INTEGER",
        "code": "VARCHAR",
        "minutes": "INTEGER",
    },
}

TABLES = """
CREATE TABLE file (path VARCHAR, district INTEGER, night DATE, decides_to DATE, kind VARCHAR);
CREATE TABLE district (district INTEGER, slug VARCHAR, id_digits INTEGER, exit_shift INTEGER, last_day DATE);
CREATE TABLE code (district INTEGER, code VARCHAR, from_day DATE, to_day DATE, rank TINYINT);
CREATE TABLE stated (student BIGINT, school INTEGER, date DATE, period INTEGER, rank TINYINT, minutes INTEGER);
CREATE TABLE stated_period AS FROM stated;
CREATE TABLE school_row (school INTEGER, level VARCHAR, periods INTEGER, night DATE);
CREATE TABLE student_row (student BIGINT, ssid BIGINT, birth DATE, night DATE);
CREATE TABLE enrollment_row (student BIGINT, school INTEGER, entry_date DATE, exit_date DATE, night DATE);
CREATE TABLE calendar_row (school INTEGER, date DATE, is_taught BOOLEAN, night DATE);
"""

STUDENT = "f.district * 100000000000 + local_id"
READ = {
    "schools": "INSERT INTO school_row SELECT school_code, level, periods_per_day, f.night {from_}",
    "students": f"INSERT INTO student_row SELECT {STUDENT}, ssid, birth_date, f.night {{from_}}",
    "enrollments": f"INSERT INTO enrollment_row SELECT {STUDENT}, school_code, entry_date,"
    " COALESCE(exit_date - d.exit_shift, DATE '9999-01-01'), f.night {from_} JOIN district d USING (district)",
    "calendar": "INSERT INTO calendar_row SELECT school_code, date, instructional IN ({yes}), f.night {from_}",
    "attendance": f"""
        INSERT INTO {{target}} SELECT {STUDENT}, school_code, date, {{period}},
          CASE WHEN c.rank = {RANK["tardy"]} AND {{minutes}} > 30 THEN {RANK["partial_unexcused"]}
               WHEN c.rank = {RANK["partial_unexcused"]} AND {{minutes}} <= 30 THEN {RANK["tardy"]}
               ELSE c.rank END, {{minutes}}
        {{from_}} JOIN code c ON c.district = f.district AND c.code = {{code}} AND date BETWEEN from_day AND to_day
        WHERE date <= f.decides_to""",
}

# Whole-day rows: the kindest statement about a day holds.
MARKS_OF_DAYS = """
CREATE TABLE mark AS SELECT student, school, date, min(rank) AS rank FROM stated GROUP BY ALL
"""

# Period rows: the kindest statement about a period holds, then the day by the written rule. Ranks that count nowhere
# are left NULL.
MARKS_OF_PERIODS = f"""
INSERT INTO mark
WITH period AS (
  SELECT student, school, date, period, min(rank * 4096 + 2048 - COALESCE(minutes, -1)) AS packed
  FROM stated_period GROUP BY ALL
), timed AS (
  SELECT student, school, date, p.packed // 4096 AS rank, 2048 - p.packed % 4096 AS stated, s.periods,
         CASE WHEN stated > 0 THEN stated ELSE s.period_minutes END AS minutes,
         p.period BETWEEN 1 AND s.periods AS inside,
         rank = {RANK["absent_unexcused"]} AS unexcused,
         rank = {RANK["absent_unverified"]} AS unverified,
         rank IN ({RANK["absent_excused"]}, {RANK["suspended_out"]}, {RANK["independent_study_incomplete"]})
           AS reasoned,
         rank IN ({RANK["tardy"]}, {RANK["partial_unexcused"]}, {RANK["absent_mixed"]}) AS late
  FROM period p JOIN school s USING (school)
), day AS (
  SELECT student, school, date, any_value(periods) AS periods,
         count(*) FILTER (inside AND (unexcused OR unverified OR reasoned)) AS missed,
         count(*) FILTER (inside AND (unverified OR reasoned)) AS missed_otherwise,
         COALESCE(sum(minutes) FILTER (unexcused), 0) AS unexcused_minutes,
         count(*) FILTER (unverified) AS unverified,
         min(rank) FILTER (reasoned) AS kindest,
         COALESCE(max(CASE WHEN stated <= 0 AND rank > {RANK["tardy"]} THEN 31 ELSE stated END) FILTER (late), 0)
           AS latest
  FROM timed GROUP BY ALL
)
SELECT student, school, date,
       CASE WHEN missed >= periods THEN
              CASE WHEN missed_otherwise = 0 THEN {RANK["absent_unexcused"]}
                   WHEN unexcused_minutes > 30 THEN {RANK["absent_mixed"]}
                   WHEN unverified > 0 THEN {RANK["absent_unverified"]}
                   ELSE kindest END
            WHEN unexcused_minutes > 30 OR latest > 30 THEN {RANK["partial_unexcused"]} END AS rank
FROM day
"""

ROSTER = """
CREATE TABLE school AS
WITH latest AS (
  SELECT school, arg_max(GREATEST(periods, 1), night) AS periods, arg_max(level, night) AS level
  FROM school_row GROUP BY school
)
SELECT school, periods, CASE level WHEN 'middle' THEN 300 WHEN 'high' THEN 360 ELSE 280 END // periods AS period_minutes
FROM latest;

CREATE TABLE person AS
WITH latest AS (
  SELECT student, arg_max(ssid, night) AS ssid, arg_max(birth, night) AS birth FROM student_row GROUP BY student
)
SELECT student, ssid,
       date_trunc('month', birth) + INTERVAL 6 YEAR + to_days(CAST(day(birth) - 1 AS INTEGER)) AS bound_from,
       date_trunc('month', birth) + INTERVAL 18 YEAR + to_days(CAST(day(birth) - 1 AS INTEGER)) AS bound_to
FROM latest;

CREATE TABLE span AS
WITH latest AS (
  SELECT student, school, entry_date, arg_max(exit_date, night) AS exit_date
  FROM enrollment_row GROUP BY student, school, entry_date
)
SELECT student, school, entry_date,
       LEAST(exit_date, COALESCE(lead(entry_date) OVER (PARTITION BY student ORDER BY entry_date) - 1, exit_date))
         AS exit_date
FROM latest;

CREATE TABLE calendar AS
WITH latest AS (SELECT school, date, arg_max(is_taught, night) AS is_taught FROM calendar_row GROUP BY school, date),
     every AS (SELECT school, CAST(unnest(generate_series($first, $last, INTERVAL 1 DAY)) AS DATE) AS date FROM school)
SELECT school, date, COALESCE(is_taught, false) AS is_taught,
       count(*) FILTER (is_taught) OVER (PARTITION BY school ORDER BY date) AS number
FROM every LEFT JOIN latest USING (school, date);
"""

COUNT = f"""
CREATE TABLE tally AS
WITH enrolled AS (
  SELECT s.student, CAST(sum(GREATEST(b.number - COALESCE(a.number, 0), 0)) AS INTEGER) AS enrolled_days
  FROM span s JOIN district d ON d.district = s.student // 100000000000
  JOIN calendar b ON b.school = s.school AND b.date = LEAST(s.exit_date, d.last_day)
  LEFT JOIN calendar a ON a.school = s.school AND a.date = GREATEST(s.entry_date, $first) - 1
  WHERE s.entry_date <= s.exit_date AND s.entry_date <= d.last_day
  GROUP BY s.student
), counted AS (
  SELECT m.student,
         count(*) FILTER (of_age AND m.rank = {RANK["absent_unexcused"]}) AS unexcused_days,
         count(*) FILTER (of_age AND m.rank >= {RANK["partial_unexcused"]}) AS occasions,
         count(*) FILTER (m.rank <> {RANK["partial_unexcused"]}) AS absent_days
  FROM (SELECT m.student, m.rank, m.date >= p.bound_from AND m.date < p.bound_to AS of_age
        FROM mark m
        JOIN span s ON s.student = m.student AND s.school = m.school AND m.date BETWEEN s.entry_date AND s.exit_date
        JOIN calendar c ON c.school = m.school AND c.date = m.date AND c.is_taught
        JOIN person p ON p.student = m.student
        WHERE m.rank IN ({", ".join(str(RANK[s]) for s in STATUSES if s.startswith("absent"))},
                         {RANK["suspended_out"]}, {RANK["independent_study_incomplete"]}, {RANK["partial_unexcused"]})
  ) m GROUP BY m.student
)
SELECT student, enrolled_days, COALESCE(unexcused_days, 0) AS unexcused_days, COALESCE(occasions, 0) AS occasions,
       COALESCE(absent_days, 0) AS absent_days,
       occasions >= 3 AS is_truant,
       10 * unexcused_days >= enrolled_days AND unexcused_days >= 3 AND enrolled_days >= 20 AS is_chronic_truant,
       10 * absent_days >= enrolled_days AND enrolled_days >= 20 AS is_chronic_absentee
FROM enrolled LEFT JOIN counted USING (student)
"""

OVER = """
SELECT d.slug, lpad(CAST(t.student % 100000000000 AS VARCHAR), d.id_digits, '0'), p.ssid,
       unexcused_days, enrolled_days, occasions, absent_days,
       CAST(is_truant AS INTEGER), CAST(is_chronic_truant AS INTEGER), CAST(is_chronic_absentee AS INTEGER)
FROM tally t JOIN person p USING (student) JOIN district d ON d.district = t.student // 100000000000
WHERE is_truant OR is_chronic_truant OR is_chronic_absentee
ORDER BY ALL
"""


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
        for night, following in zip(sent, [*sent[1:], date.max], strict=True):
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
        paths = db.execute(
            "SELECT path FROM file WHERE kind = ? AND district IN (SELECT unnest(?)) ORDER BY path",
            [table, numbers],
        ).fetchall()
        if paths:
            db.execute(_statement(settings, table), {"paths": [path for (path,) in paths]})


def _statement(settings: Settings, table: str) -> str:
    columns = settings["files"][table]["columns"]
    names, types = {}, {}
    for canonical, headers in columns.items():
        joined = [headers] if isinstance(headers, str) else headers
        kind = COLUMNS[table].get(canonical, "VARCHAR")
        types |= {header: kind for header in joined}
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
    if options.out:
        with options.out.open("w", newline="") as stream:
            csv.writer(stream).writerows([HEADER, *over])
    print(json.dumps({"phases": phases, "over": len(over)}))


if __name__ == "__main__":
    main()
