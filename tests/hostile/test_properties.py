"""What holds for any input, however dirty: drawn, not written down."""

from collections import Counter
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.school_year import school_year_of
from pact_etl.validation import Gates, Reference, Validated, examine_submission
from pact_etl.validation.cells import EARLIEST, LATEST, READERS
from pact_etl.validation.columns import TABLES, Column, Kind
from tests.hostile.speakers import NIGHT, good_rows, own_district, plain, text_of
from tests.policies import LIMITS
from tests.small_district import Table, raw

DISTRICT = own_district("plain")
DAILY_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d")


def read(kind: Kind, texts: list[str], **district: Any) -> Any:
    column = Column(kind=kind, default=False if kind is Kind.FLAG else None)
    stripped = pd.Series(texts, dtype="str").str.strip()
    return READERS[kind](stripped, "x", column, own_district("x", **district))


@given(st.lists(st.dates(), min_size=1), st.sampled_from(DAILY_FORMATS))
def test_a_written_date_is_read_as_itself_or_set_aside_for_its_century(
    days: list[date], date_format: str
) -> None:
    texts = [day.strftime(date_format.replace("%Y", f"{day.year:04d}")) for day in days]

    found = read(Kind.DATE, texts, date_format=date_format).values

    for day, stamp in zip(days, found, strict=True):
        if EARLIEST.date() <= day <= LATEST.date():
            assert stamp.date() == day
        else:
            assert pd.isna(stamp)


def test_a_date_without_separators_has_all_its_digits() -> None:
    texts = ["20261101", "2026111", "202611", "2026-11-01", "020261101"]

    found = read(Kind.DATE, texts, date_format="%Y%m%d").values

    assert found.isna().tolist() == [False, True, True, True, True]


looks_like_dates = st.from_regex(r"[-+0-9/:. TZW]{0,12}", fullmatch=True) | st.text(max_size=12)


@settings(max_examples=200)
@given(st.lists(looks_like_dates, min_size=1, max_size=20))
@example(["today", "now", "NaT", "-2026-11-20", "２０２６-11-20", "0219-01-01"])
def test_whatever_is_read_as_a_date_says_year_month_and_day_in_so_many_digits(
    texts: list[str],
) -> None:
    found = read(Kind.DATE, [t.replace("\0", "") for t in texts])

    for text, stamp in zip(texts, found.values, strict=True):
        if not pd.isna(stamp):
            parts = text.replace("\0", "").strip().split("-")
            assert all(part.isascii() and part.isdigit() for part in parts)
            assert [int(part) for part in parts] == [stamp.year, stamp.month, stamp.day]


@settings(max_examples=200)
@given(st.sampled_from(list(Kind)), st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_every_cell_is_a_value_nothing_or_a_fault_and_never_two_of_them(
    kind: Kind, texts: list[str]
) -> None:
    clean = [t.replace("\0", "") for t in texts]

    found = read(kind, clean)

    faults = found.empty.astype(int) + sum(mask.astype(int) for mask in found.bad.values())
    assert faults.max() <= 1
    if kind is not Kind.FLAG:
        assert (found.values.isna().to_numpy() == (faults == 1)).all()


@given(st.lists(st.text(max_size=34), min_size=1, max_size=20))
def test_an_id_that_is_taken_is_taken_as_it_was_written(texts: list[str]) -> None:
    clean = [t.replace("\0", "") for t in texts]

    for written, taken in zip(clean, read(Kind.LOCAL_ID, clean).values, strict=True):
        assert pd.isna(taken) or (taken == written.strip() and taken.isascii())


POOL: dict[str, list[str]] = {
    "local_id": ["101", "102", "103", "104", "", "1.0E+02", "=1", "102 "],
    "school_code": ["3400001", "3400002", "", "x", "3.4E+06"],
    "date": [
        "2026-11-18",
        "2026-11-19",
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
        "today",
        "",
        "9999-12-31",
    ],
    "code": ["U", "E", "T", "L", "P", "Z", "", "=1+1"],
    "minutes": ["", "5", "31", "-1", "x"],
    "period": ["", "1", "2"],
    "birth_date": ["2012-03-04", "2027-01-01", "x", ""],
    "entry_date": ["2026-08-12", "2026-11-19", "", "x"],
    "exit_date": ["", "2026-11-18", "2026-08-01", "x"],
    "grade": ["09", "k", "13", ""],
    "instructional": ["Y", "N", "", "maybe"],
    "level": ["high", "none", ""],
    "periods_per_day": ["1", "6", "", "x"],
    "has_rights": ["Y", "N", "", "maybe"],
    "guardian_id": ["9", "8", "", "="],
    "ssid": ["", "1000000110", "1.0E+09", "x"],
}
OTHERS = ["", "Ana", "\u202e", "=1+1"]


def dirty_rows(table: str) -> st.SearchStrategy[list[dict[str, str]]]:
    cells = {c: st.sampled_from(POOL.get(c, OTHERS)) for c in TABLES[table].columns}
    return st.lists(st.fixed_dictionaries(cells), max_size=12)


def judged(tables: list[Any]) -> Validated:
    result = examine_submission(
        district=DISTRICT,
        as_of=NIGHT,
        year=school_year_of(NIGHT),
        tables=tables,
        reference=Reference(),
        gates=Gates(),
        suites=None,
        limits=LIMITS,
    )
    return result.validated


def assert_accounted(found: Validated, tables: list[Any]) -> None:
    """Every row that came is in one place: recorded, a mark's, simply present, or set aside once with a reason."""
    aside = found.quarantined
    assert not aside.duplicated(["table", "row"]).any()
    assert aside["reason"].notna().all()
    counts = Counter(aside["table"])
    for table in tables:
        came = len(table.frame)
        assert found.received[table.table] == came
        if table.table == "attendance":
            stands = int(found.marks["rows"].sum()) + found.present_rows
        else:
            stands = len(getattr(found, table.table))
        assert stands + counts[table.table] == came, table.table
        assert set(aside.loc[aside["table"] == table.table, "row"]) <= set(table.frame["row"])


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({table: dirty_rows(table) for table in TABLES}))
def test_the_books_of_any_dirty_night_add_up(night: dict[str, list[dict[str, str]]]) -> None:
    tables: list[Table] = [raw(name, rows) for name, rows in night.items()]

    assert_accounted(judged(tables), tables)


@settings(max_examples=25, deadline=None)
@given(dirty_rows("attendance"))
def test_dirty_attendance_against_a_good_roster_adds_up_too(rows: list[dict[str, str]]) -> None:
    night = good_rows() | {"attendance": rows}
    tables = [raw(name, found) for name, found in night.items()]

    found = judged(tables)

    assert_accounted(found, tables)
    known = {("101", "3400001"), ("102", "3400001"), ("103", "3400001")}
    assert set(zip(found.marks["local_id"], found.marks["school_code"], strict=True)) <= known
    assert found.marks["date"].between(pd.Timestamp("2026-11-02"), pd.Timestamp(NIGHT)).all()


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.binary(max_size=4), st.integers(0, 8)),
        min_size=1,
        max_size=6,
    )
)
def test_a_file_with_any_bytes_changed_is_refused_or_adds_up(
    changes: list[tuple[int, bytes, int]],
) -> None:
    content = bytearray(plain().of("attendance"))
    for at, new, cut in changes:
        at %= len(content) + 1
        content[at : at + cut] = new
    files = [
        RawFile(name=n, content=c)
        for n, c in plain().with_file("attendance", bytes(content)).items()
    ]
    try:
        parsed = CsvFiles("unused").parse(DISTRICT, files)
    except SubmissionRefused:
        return

    assert_accounted(judged(parsed.tables), parsed.tables)


@given(st.lists(st.lists(st.text(max_size=8), min_size=6, max_size=6), max_size=8))
def test_any_cells_that_are_written_by_the_rules_are_read_as_they_were(
    rows: list[list[str]],
) -> None:
    columns = list(plain().district.files["attendance"].columns)
    clean = [
        {c: cell.translate({0: "", 10: " ", 13: " "}) for c, cell in zip(columns, row, strict=True)}
        for row in rows
    ]
    full = [row for row in clean if any(cell.strip() for cell in row.values())]
    files = plain().with_file("attendance", text_of("attendance", full).encode("utf-8", "ignore"))

    parsed = CsvFiles("unused").parse(
        DISTRICT, [RawFile(name=n, content=c) for n, c in files.items()]
    )

    frame = next(t.frame for t in parsed.tables if t.table == "attendance")
    assert frame[columns].to_dict("records") == full
