"""Kept pages of the two APIs: torn JSON, depth, wrong types, contradictions."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused, swap
from tests.hostile.speakers import Files, Speaker
from tests.hostile.structured import (
    EVENTS,
    GOOD_EVENTS,
    aeries_api,
    aeries_day,
    aeries_files,
    aeries_pages,
    api_event,
    api_files,
    api_rows,
    edfi_api,
)

FAMILY = "json"
PAGES = f"{EVENTS}.json-seq"
EMPTY, ENCODING, MALFORMED, TRUNCATED = (
    refused(reason, PAGES)
    for reason in (
        Reason.FILE_EMPTY,
        Reason.ENCODING_INVALID,
        Reason.FILE_MALFORMED,
        Reason.FILE_TRUNCATED,
    )
)
ANY_MALFORMED = refused(Reason.FILE_MALFORMED)
GONE = ("102",)


def seq(*pages: bytes) -> bytes:
    return b"".join(b"\x1e" + page + b"\n" for page in pages)


GOOD = seq(json.dumps(api_rows()[EVENTS]).encode())
LIST = GOOD[1:-1]
ITEMS = [json.dumps(api_event(*e)).encode() for e in GOOD_EVENTS]


def with_item(item: bytes) -> bytes:
    """The good events with another second one."""
    return seq(b"[" + b",".join([ITEMS[0], item, ITEMS[2]]) + b"]")


def changed(old: bytes, new: bytes) -> bytes:
    return with_item(swap(ITEMS[1], old, new))


BYTES: dict[str, tuple[bytes, Refused | Loaded]] = {
    "pages without a separator": (LIST + b"\n", MALFORMED),
    "a page of nothing": (seq(b""), EMPTY),
    "a page of blanks": (seq(b"  \n "), EMPTY),
    "a page of nothing between others": (seq(LIST, b""), EMPTY),
    "a separator at the end": (GOOD + b"\x1e", TRUNCATED),
    "a page without its end": (GOOD[:-1], TRUNCATED),
    "a page cut in the middle": (GOOD[:200], TRUNCATED),
    "a page cut in the middle whose line ends": (GOOD[:200] + b"\n", MALFORMED),
    "two texts in one page": (seq(LIST + LIST), MALFORMED),
    "a web page": (seq(b"<html>502</html>"), MALFORMED),
    "a page of a number": (seq(b"7"), MALFORMED),
    "a page of nothing at all": (seq(b"null"), MALFORMED),
    "a page of a text": (seq(b'"x"'), MALFORMED),
    "a list of lists": (seq(b"[[]]"), MALFORMED),
    "a list of numbers": (seq(b"[1, 2]"), MALFORMED),
    "an object and a number": (seq(LIST[:-1] + b", 7]"), MALFORMED),
    "an object instead of a list": (seq(*ITEMS), loaded()),
    "a comma too many": (seq(LIST[:-1] + b",]"), MALFORMED),
    "a comment": (seq(b"/* x */" + LIST), MALFORMED),
    "single quotes": (seq(swap(LIST, b'"', b"'")), MALFORMED),
    "not a number": (changed(b'"eventDate"', b'"eventDuration": NaN, "eventDate"'), MALFORMED),
    "no end of a number": (
        changed(b'"eventDate"', b'"eventDuration": -Infinity, "eventDate"'),
        MALFORMED,
    ),
    "a number of five thousand digits": (changed(b"3400001", b"3" * 5000), MALFORMED),
    "an enormous exponent": (
        changed(b'"eventDate"', b'"eventDuration": 1e999999999, "eventDate"'),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a byte that is no UTF-8": (changed(b"102", b"1\xff2"), ENCODING),
    "UTF-16": (seq(LIST.decode().encode("utf-16")), ENCODING),
    "a byte order mark": (seq(b"\xef\xbb\xbf" + LIST), loaded()),
    "a zero": (changed(b'"102"', b'"1\x002"'), MALFORMED),
    "an escaped zero": (changed(b'"102"', b'"1\\u00002"'), ENCODING),
    "an escaped backslash before u0000": (
        changed(b'"102"', b'"1\\\\u00002"'),
        loaded(without=GONE, attendance__invalid_id=1),
    ),
    "half of an escaped pair": (changed(b'"102"', b'"1\\ud8002"'), ENCODING),
    "a pair the wrong way round": (changed(b'"102"', b'"\\udc00\\ud800"'), ENCODING),
    "an escaped pair": (
        changed(b'"102"', b'"\\ud83d\\ude00"'),
        loaded(without=GONE, attendance__invalid_id=1),
    ),
    "a bad escape": (changed(b'"102"', b'"\\x102"'), MALFORMED),
    "a line break in a text": (changed(b'"102"', b'"1\n02"'), MALFORMED),
    "a separator in a text": (changed(b'"102"', b'"1\x1e02"'), MALFORMED),
    "a name twice in one object": (
        changed(b'"studentUniqueId": "102"', b'"studentUniqueId": "102", "studentUniqueId": "103"'),
        MALFORMED,
    ),
    "a list a hundred deep": (changed(b'"102"', b"[" * 100 + b"]" * 100), MALFORMED),
    "a hundred thousand lists in each other": (seq(b"[" * 100_000 + b"]" * 100_000), MALFORMED),
    "a million open brackets": (seq(b"[" * 1_000_000), MALFORMED),
    "ten thousand objects in each other": (
        seq(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        MALFORMED,
    ),
    "an id of ten million signs": (
        changed(b'"102"', b'"' + b"1" * 10_000_000 + b'"'),
        loaded(without=GONE, attendance__invalid_id=1),
    ),
    "a category of ten million signs": (
        changed(b"#Excused Absence", b"#" + b"x" * 10_000_000),
        loaded(without=GONE, attendance__invalid_value=1),
    ),
    "a hundred thousand unknown names": (
        with_item(ITEMS[1][:-1] + b"".join(b', "x%d": %d' % (n, n) for n in range(100_000)) + b"}"),
        loaded(),
    ),
}


def _bytes() -> Iterator[Case]:
    for name, (content, end) in BYTES.items():
        yield Case(
            family=FAMILY,
            name=f"ed-fi: {name}",
            speaker=edfi_api,
            make=lambda content=content: edfi_api().files | {PAGES: content},  # type: ignore[misc]
            end=end,
        )


def event(**more: Any) -> dict[str, list[dict[str, Any]]]:
    """The good rows with the second event changed."""
    rows = api_rows()
    rows[EVENTS][1] |= more
    return rows


def bare(name: str) -> dict[str, list[dict[str, Any]]]:
    rows = api_rows()
    del rows[EVENTS][1][name]
    return rows


def row_of(resource: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    rows = api_rows()
    rows[resource][1] |= more
    return rows


MISSING = loaded(without=GONE, attendance__missing_field=1)
BAD_DATE = loaded(without=GONE, attendance__invalid_date=1)
UNKNOWN = loaded(without=GONE, attendance__unknown_code=1)
NO_STUDENT = loaded(
    without=GONE,
    students__missing_field=1,
    enrollments__unknown_student=1,
    guardians__unknown_student=1,
    attendance__unknown_student=1,
)
SHAPES: dict[str, tuple[Callable[[], dict[str, list[dict[str, Any]]]], Refused | Loaded]] = {
    "no student": (lambda: bare("studentReference"), MISSING),
    "a student that is nothing": (lambda: event(studentReference=None), MISSING),
    "a student that is a text": (lambda: event(studentReference="102"), ANY_MALFORMED),
    "a student that is a list": (
        lambda: event(studentReference=[{"studentUniqueId": "102"}]),
        ANY_MALFORMED,
    ),
    "a student whose id is an object": (
        lambda: event(studentReference={"studentUniqueId": {"a": 1}}),
        ANY_MALFORMED,
    ),
    "a student whose id is a number": (
        lambda: event(studentReference={"studentUniqueId": 102}),
        loaded(),
    ),
    "a student whose id is a fraction": (
        lambda: event(studentReference={"studentUniqueId": 102.0}),
        loaded(without=GONE, attendance__id_mangled=1),
    ),
    "a student whose id is true": (
        lambda: event(studentReference={"studentUniqueId": True}),
        loaded(without=GONE, attendance__unknown_student=1),
    ),
    "no school": (lambda: bare("schoolReference"), MISSING),
    "a school that is negative": (
        lambda: event(schoolReference={"schoolId": -3400001}),
        loaded(without=GONE, attendance__invalid_id=1),
    ),
    "a school that is zero": (
        lambda: event(schoolReference={"schoolId": 0}),
        loaded(without=GONE, attendance__unknown_school=1),
    ),
    "no date": (lambda: bare("eventDate"), MISSING),
    "a date that is a number": (lambda: event(eventDate=20261119), BAD_DATE),
    "a date with a time": (lambda: event(eventDate="2026-11-19T08:00:00"), BAD_DATE),
    "a date with a midnight": (lambda: event(eventDate="2026-11-19T00:00:00"), loaded()),
    "a date with a midnight somewhere else": (
        lambda: event(eventDate="2026-11-19T00:00:00-08:00"),
        BAD_DATE,
    ),
    "a date that is a list": (lambda: event(eventDate=["2026-11-19"]), ANY_MALFORMED),
    "no category": (lambda: bare("attendanceEventCategoryDescriptor"), MISSING),
    "a category without a namespace": (
        lambda: event(attendanceEventCategoryDescriptor="Excused Absence"),
        loaded(),
    ),
    "a category of a namespace alone": (
        lambda: event(attendanceEventCategoryDescriptor="uri://ed-fi.org/X#"),
        MISSING,
    ),
    "a category that is a list": (
        lambda: event(attendanceEventCategoryDescriptor=["x"]),
        ANY_MALFORMED,
    ),
    "a duration of less than nothing": (lambda: event(eventDuration=-1), UNKNOWN),
    "a duration of more than a day": (lambda: event(eventDuration=2), UNKNOWN),
    "a duration that is a text": (lambda: event(eventDuration="whole"), UNKNOWN),
    "minutes of less than nothing": (
        lambda: event(schoolAttendanceDuration=-5),
        loaded(without=GONE, attendance__invalid_value=1),
    ),
    "minutes of more than a day": (
        lambda: event(schoolAttendanceDuration=1441),
        loaded(without=GONE, attendance__invalid_value=1),
    ),
    "minutes that are an object": (lambda: event(schoolAttendanceDuration={}), ANY_MALFORMED),
    "an id that stands twice": (
        lambda: event(id=api_rows()[EVENTS][0]["id"]),
        # Of two rows with one id the later one counts: the first was read again after a change.
        loaded(without=("101",), rows=2),
    ),
    "a name that is a number": (lambda: row_of("students", firstName=7), loaded()),
    "a name that is an object": (lambda: row_of("students", firstName={"x": 1}), ANY_MALFORMED),
    "a name that is nothing": (lambda: row_of("students", lastSurname=None), NO_STUDENT),
    "a name of blanks": (lambda: row_of("students", lastSurname=" \t "), NO_STUDENT),
    "addresses that are an object": (lambda: row_of("contacts", addresses={"a": 1}), ANY_MALFORMED),
    "addresses that are texts": (
        lambda: row_of("contacts", addresses=["1 Main St"]),
        ANY_MALFORMED,
    ),
    "addresses that are nothing": (lambda: row_of("contacts", addresses=None), loaded()),
    "addresses without anything": (lambda: row_of("contacts", addresses=[{}]), loaded()),
    "languages that are nothing": (
        lambda: row_of("contacts", languages=[{"uses": None}]),
        loaded(),
    ),
    "events of a calendar that are nothing": (
        lambda: row_of("calendarDates", calendarEvents=None),
        loaded(),
    ),
    "an entry that is nothing": (
        lambda: row_of("studentSchoolAssociations", entryDate=None),
        loaded(without=GONE, enrollments__missing_field=1, attendance__outside_enrollment=1),
    ),
    "grades that are a text": (
        lambda: {**api_rows(), "schools": [api_rows()["schools"][0] | {"gradeLevels": "9"}]},
        ANY_MALFORMED,
    ),
}


def _shapes() -> Iterator[Case]:
    for name, (rows, end) in SHAPES.items():
        yield Case(
            family=FAMILY,
            name=f"ed-fi: {name}",
            speaker=edfi_api,
            make=lambda rows=rows: api_files(rows()),  # type: ignore[misc]
            end=end,
        )


def page(resource: str, found: Any) -> Callable[[], Files]:
    return lambda: aeries_files(aeries_pages() | {resource: found})


def day(
    number: Any = 102, when: Any = "2026-11-19", code: Any = "E", **more: Any
) -> Callable[[], Files]:
    entry = aeries_day(number, when, code)
    entry["AttendanceDays"][0] |= more
    pages = aeries_pages()["attendance"]
    return page("attendance", [pages[0], entry, pages[2]])


def entry_of(resource: str, **more: Any) -> Callable[[], Files]:
    pages = aeries_pages()[resource]
    return page(resource, [pages[0], pages[1] | more, *pages[2:]])


AERIES: dict[str, tuple[Callable[[], Files], Refused | Loaded]] = {
    "a page of nothing": (page("attendance", b""), refused(Reason.FILE_EMPTY)),
    "a torn page": (page("attendance", b'[{"StudentID": 1'), ANY_MALFORMED),
    "a web page": (page("attendance", b"<html>"), ANY_MALFORMED),
    "a page of a text": (page("attendance", b'"error"'), ANY_MALFORMED),
    "deep lists": (page("attendance", b"[" * 70 + b"]" * 70), ANY_MALFORMED),
    "more elements than were received": (
        page("attendance", b"[" + b",".join([b"{}"] * 3) + b"]"),
        refused(Reason.FILE_TRUNCATED),
    ),
    "fewer elements than were received": (
        lambda: aeries_api().files | {"attendance.json-seq": seq(b"[]")},
        refused(Reason.FILE_TRUNCATED),
    ),
    "a file that is missing": (
        lambda: {n: c for n, c in aeries_api().files.items() if n != "attendance.json-seq"},
        refused(Reason.FILE_MISSING, "attendance.json-seq"),
    ),
    "no list of what was read": (
        lambda: {n: c for n, c in aeries_api().files.items() if n != "pull.json"},
        refused(Reason.FILE_MISSING, "pull.json"),
    ),
    "a torn list of what was read": (
        lambda: aeries_api().files | {"pull.json": b'{"as_of": '},
        refused(Reason.FILE_MALFORMED, "pull.json"),
    ),
    "a list of what was read that is a list": (
        lambda: aeries_api().files | {"pull.json": b"[]"},
        refused(Reason.FILE_MALFORMED, "pull.json"),
    ),
    "a night that is none": (
        lambda: (
            aeries_api().files
            | {
                "pull.json": swap(
                    aeries_api().files["pull.json"],
                    b'"as_of":"2026-11-20"',
                    b'"as_of":"2027-02-29"',
                )
            }
        ),
        refused(Reason.FILE_MALFORMED, "pull.json"),
    ),
    "a name twice in one object": (
        page("attendance", b'[{"StudentID": 101, "StudentID": 102, "AttendanceDays": []}]'),
        ANY_MALFORMED,
    ),
    "a student that is nothing": (day(number=None), MISSING),
    "a student that is an object": (day(number={}), ANY_MALFORMED),
    "a student that is a fraction": (
        day(number="102.0"),
        loaded(without=GONE, attendance__id_mangled=1),
    ),
    "a student that is negative": (
        day(number=-102),
        loaded(without=GONE, attendance__invalid_id=1),
    ),
    "a student nobody knows": (
        day(number=999),
        loaded(without=GONE, attendance__unknown_student=1),
    ),
    "days that are an object": (
        page("attendance", [{"StudentID": 101, "AttendanceDays": {}}]),
        ANY_MALFORMED,
    ),
    "days that are nothing": (
        page("attendance", [{"StudentID": 101, "AttendanceDays": None}]),
        loaded(without=("101", "102", "103"), rows=0),
    ),
    "classes that are texts": (day(Classes=["1"]), ANY_MALFORMED),
    "a code that is a list": (day(code=["E"]), ANY_MALFORMED),
    "a code that is a number": (day(code=7), UNKNOWN),
    "a code that is true": (day(code=True), UNKNOWN),
    "a code that is blank": (day(code="  "), loaded(without=GONE, rows=2)),
    "a date that is nothing": (day(CalendarDate=None), MISSING),
    "a date with a time": (day(CalendarDate="2026-11-19T08:30:00"), BAD_DATE),
    "a date in the first year": (day(when="0001-01-01"), BAD_DATE),
    "a date in the last year": (day(when="9999-12-31"), BAD_DATE),
    "a date that is a number": (day(CalendarDate=1795046400), BAD_DATE),
    "a name that is an object": (entry_of("students", LastName={}), ANY_MALFORMED),
    "a name of ten million signs": (
        entry_of("students", LastName="x" * 10_000_000),
        loaded(
            without=GONE,
            students__invalid_value=1,
            enrollments__unknown_student=1,
            guardians__unknown_student=1,
            attendance__unknown_student=1,
        ),
    ),
    "an entry that is nothing": (
        entry_of("enrollments", EnterDate=None),
        loaded(without=GONE, enrollments__missing_field=1, attendance__outside_enrollment=1),
    ),
    "a leave before the entry": (
        entry_of("enrollments", LeaveDate="2026-08-01T00:00:00"),
        loaded(without=GONE, enrollments__invalid_date=1, attendance__outside_enrollment=1),
    ),
    "a holiday nobody explained": (
        lambda: aeries_files(
            aeries_pages()
            | {
                "calendar": [
                    day | {"HolidayCode": "Z"}
                    if day["CalendarDate"].startswith("2026-11-19")
                    else day
                    for day in aeries_pages()["calendar"]
                ]
            }
        ),
        loaded(without=GONE, calendar__invalid_value=1, attendance__no_school_that_day=1),
    ),
    "a student with two records": (
        lambda: aeries_files(
            aeries_pages()
            | {
                "students": [
                    *aeries_pages()["students"],
                    aeries_pages()["students"][1] | {"FirstName": "Eve"},
                ]
            }
        ),
        loaded(),
    ),
}


def _aeries() -> Iterator[Case]:
    for name, (make, end) in AERIES.items():
        yield Case(family=FAMILY, name=f"aeries: {name}", speaker=aeries_api, make=make, end=end)


def _manifests() -> Iterator[Case]:
    good = edfi_api().files["pull.json"]
    missing, bad = refused(Reason.FILE_MISSING), refused(Reason.FILE_MALFORMED, "pull.json")
    speaker: Callable[[], Speaker] = edfi_api
    ends: dict[str, tuple[Files, Refused | Loaded]] = {
        "no list of what was read": (
            {n: c for n, c in edfi_api().files.items() if n != "pull.json"},
            missing,
        ),
        "a file that is missing": (
            {n: c for n, c in edfi_api().files.items() if n != PAGES},
            refused(Reason.FILE_MISSING, PAGES),
        ),
        "a list of what was read that is empty": (edfi_api().files | {"pull.json": b"{}"}, bad),
        "a list of what was read that is a number": (edfi_api().files | {"pull.json": b"7"}, bad),
        "a year that begins never": (
            edfi_api().files | {"pull.json": swap(good, b'"2026-07-01"', b'"2026-02-30"')},
            bad,
        ),
        "a year that begins at the end of time": (
            edfi_api().files | {"pull.json": swap(good, b'"2026-07-01"', b'"99999-07-01"')},
            bad,
        ),
    }
    for name, (files, end) in ends.items():
        yield Case(
            family=FAMILY,
            name=f"ed-fi: {name}",
            speaker=speaker,
            make=lambda files=files: files,  # type: ignore[misc]
            end=end,
        )


CASES = [*_bytes(), *_shapes(), *_aeries(), *_manifests()]
