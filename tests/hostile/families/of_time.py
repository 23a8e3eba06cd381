"""Nights at the edges of the calendar: clocks that change, leap days, school years, and days nobody lived."""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.hostile.cases import Case, Loaded, loaded
from tests.hostile.speakers import SCHOOL, Files, Row, good_rows, mark, plain, text_of

FAMILY = "time"

NIGHTS = {
    "the night clocks go back": date(2026, 11, 1),
    "the night clocks go forward": date(2027, 3, 14),
    "the day after clocks go back": date(2026, 11, 2),
    "the day after clocks go forward": date(2027, 3, 15),
    "a leap day": date(2028, 2, 29),
    "the day before a leap day": date(2028, 2, 28),
    "the first of March of a common year": date(2027, 3, 1),
    "New Year's Eve": date(2026, 12, 31),
    "New Year": date(2027, 1, 1),
    "the first day of a school year": date(2026, 7, 1),
    "the last day of a school year": date(2027, 6, 30),
    "a night far ahead": date(2199, 6, 30),
}


def night_of(as_of: date, *marks: Row, taught: tuple[date, ...] = ()) -> Files:
    """One marked student, and a calendar of the days that are given."""
    rows = good_rows()
    year = as_of.year if as_of.month >= 7 else as_of.year - 1
    for row in rows["enrollments"]:
        row["entry_date"] = f"{year:04d}-07-01"
    for row in rows["students"]:
        row["birth_date"] = f"{max(year - 12, 1900):04d}-03-04"
    rows["calendar"] = [
        {"school_code": SCHOOL, "date": d.isoformat(), "instructional": "Y"} for d in taught
    ]
    rows["attendance"] = list(marks)
    return {f"{t}.csv": text_of(t, found).encode() for t, found in rows.items()}


def case(name: str, as_of: date, files: Files, end: Loaded) -> Case:
    return Case(family=FAMILY, name=name, speaker=plain, make=lambda: files, end=end, as_of=as_of)


NOBODY = ("101", "102", "103")


def _nights() -> Iterator[Case]:
    for name, as_of in NIGHTS.items():
        day = as_of.isoformat()
        yield case(
            f"{name}: a mark of that day",
            as_of,
            night_of(as_of, mark("101", day, "U"), taught=(as_of,)),
            loaded(without=NOBODY, rows=1, also={("101", as_of): "absent_unexcused"}),
        )
        after = (as_of + timedelta(days=1)).isoformat()
        yield case(
            f"{name}: a mark of the day after",
            as_of,
            night_of(as_of, mark("101", after, "U"), taught=(as_of,)),
            loaded(without=NOBODY, rows=1, attendance__future_date=1),
        )


def _edges() -> Iterator[Case]:
    first, last = date(2026, 7, 1), date(2027, 6, 30)
    yield case(
        "the day before the school year",
        first,
        night_of(first, mark("101", "2026-06-30", "U"), taught=(first,)),
        loaded(without=NOBODY, rows=1, attendance__outside_school_year=1),
    )
    yield case(
        "a calendar of two school years",
        last,
        night_of(last, mark("101", "2027-06-30", "U"), taught=(last, date(2027, 7, 1))),
        loaded(
            without=NOBODY,
            rows=1,
            calendar__outside_school_year=1,
            also={("101", last): "absent_unexcused"},
        ),
    )
    for text in ("2026-02-29", "2027-02-29", "2100-02-29", "1900-02-29"):
        yield case(
            f"{text}, a day that was not",
            date(2027, 3, 1),
            night_of(date(2027, 3, 1), mark("101", text, "U"), taught=(date(2027, 3, 1),)),
            loaded(without=NOBODY, rows=1, attendance__invalid_date=1),
        )
    leap = date(2028, 2, 29)
    yield case(
        "a birthday on a leap day",
        leap,
        {
            **night_of(leap, mark("101", "2028-02-29", "U"), taught=(leap,)),
            "students.csv": text_of(
                "students", [row | {"birth_date": "2016-02-29"} for row in good_rows()["students"]]
            ).encode(),
        },
        loaded(without=NOBODY, rows=1, also={("101", leap): "absent_unexcused"}),
    )
    for text, as_of in (
        ("2026-11-01T01:30:00-07:00", date(2026, 11, 1)),
        ("2026-11-01T01:30:00-08:00", date(2026, 11, 1)),
        ("2026-11-01T08:59:59Z", date(2026, 11, 1)),
        ("2027-03-14T02:30:00", date(2027, 3, 14)),
        ("2027-03-14T10:00:00Z", date(2027, 3, 14)),
    ):
        yield case(
            f"an instant instead of a day: {text}",
            as_of,
            night_of(as_of, mark("101", text, "U"), taught=(as_of,)),
            loaded(without=NOBODY, rows=1, attendance__invalid_date=1),
        )


CASES = [*_nights(), *_edges()]
