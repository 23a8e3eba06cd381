"""Whole tables: repeats, orphans, statements that contradict each other, rows in any order."""

from collections.abc import Callable, Iterator

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused
from tests.hostile.speakers import Files, Row, good_rows, mark, plain, text_of, whole

FAMILY = "tables"

Change = Callable[[dict[str, list[Row]]], object]
ALL = ("101", "102", "103")


def night(name: str, change: Change, end: Refused | Loaded) -> Case:
    """The good night changed, in a district whose rosters hold everybody, so that a missing row ends something."""

    def make() -> Files:
        rows = good_rows()
        change(rows)
        return {f"{t}.csv": text_of(t, found).encode() for t, found in rows.items()}

    return Case(family=FAMILY, name=name, speaker=whole, make=make, end=end)


def att(*rows: Row) -> Change:
    return lambda tables: tables["attendance"].extend(rows)


def more(table: str, place: int, **changes: str) -> Change:
    """Another row like one that is there."""
    return lambda tables: tables[table].append(tables[table][place] | changes)


def only(table: str, *places: int) -> Change:
    return lambda tables: tables.update({table: [tables[table][n] for n in places]})


def both(*changes: Change) -> Change:
    return lambda tables: [change(tables) for change in changes]


def same(tables: dict[str, list[Row]]) -> None:
    """Every student has the first one's id."""
    for row in tables["students"]:
        row["local_id"] = "101"


def _cases() -> Iterator[Case]:
    yield night(
        "a row a thousand times",
        att(*[mark("102", "2026-11-19", "E")] * 1000),
        loaded(rows=1003, attendance__duplicate_row=1000),
    )
    yield night(
        "two codes for one day: the kinder holds",
        att(mark("102", "2026-11-19", "U")),
        loaded(rows=4),
    )
    yield night(
        "present and absent on one day",
        att(mark("102", "2026-11-19", "P")),
        loaded(rows=4, without=("102",)),
    )
    yield night(
        "all codes for one day",
        att(*(mark("101", "2026-11-18", code) for code in "UETLP")),
        loaded(rows=8, without=("101",), attendance__duplicate_row=1),
    )
    yield night(
        "a known and an unknown code for one day",
        att(mark("102", "2026-11-19", "Z")),
        loaded(rows=4, without=("102",), attendance__unknown_code=1, attendance__day_incomplete=1),
    )
    yield night(
        "a hundred unknown codes",
        att(*(mark("101", "2026-11-17", f"Z{n}") for n in range(100))),
        loaded(rows=103, attendance__unknown_code=100),
    )
    yield night(
        "one day at two schools",
        both(
            more("schools", 0, school_code="3400002"),
            att(mark("102", "2026-11-19", "U", school_code="3400002")),
        ),
        loaded(rows=4, attendance__no_school_that_day=1),
    )
    yield night(
        "two spans that overlap",
        more("enrollments", 1, entry_date="2026-10-01", exit_date="2026-12-01"),
        loaded(),
    )
    yield night(
        "one span with two ends: the later row counts",
        more("enrollments", 1, exit_date="2026-10-01"),
        loaded(without=("102",), enrollments__duplicate_row=1, attendance__outside_enrollment=1),
    )
    yield night(
        "a span at a school nobody knows",
        more("enrollments", 1, school_code="3400009"),
        loaded(enrollments__unknown_school=1),
    )
    yield night(
        "a student twice: the later row counts",
        more("students", 1, first_name="Eve"),
        loaded(students__duplicate_row=1),
    )
    yield night(
        "every student with one id",
        same,
        loaded(
            without=("102", "103"),
            students__duplicate_row=2,
            enrollments__unknown_student=2,
            guardians__unknown_student=2,
            attendance__unknown_student=2,
        ),
    )
    yield night(
        "two students with one statewide id",
        more("students", 0, local_id="104"),
        loaded(),
    )
    yield night(
        "a guardian of nobody",
        more("guardians", 0, local_id="999"),
        loaded(guardians__unknown_student=1),
    )
    yield night(
        "a guardian twice with other rights",
        more("guardians", 0, has_rights="N"),
        loaded(guardians__duplicate_row=1),
    )
    yield night(
        "a guardian who is two people",
        more("guardians", 0, local_id="102", last_name="Other"),
        loaded(),
    )
    yield night(
        "a day taught and not taught: the later row counts",
        more("calendar", 13, instructional="N"),
        loaded(without=("102",), calendar__duplicate_row=1, attendance__no_school_that_day=1),
    )
    yield night(
        "a calendar of a school nobody knows",
        more("calendar", 0, school_code="3400009"),
        loaded(calendar__unknown_school=1),
    )
    yield night(
        "a school twice with another level",
        more("schools", 0, level="elementary"),
        loaded(schools__duplicate_row=1),
    )
    yield night(
        "no students",
        only("students"),
        loaded(
            without=ALL,
            enrollments__unknown_student=3,
            guardians__unknown_student=3,
            attendance__unknown_student=3,
        ),
    )
    yield night(
        "no schools",
        only("schools"),
        loaded(
            without=ALL,
            enrollments__unknown_school=3,
            calendar__unknown_school=15,
            attendance__unknown_school=3,
        ),
    )
    yield night(
        "no enrollments",
        only("enrollments"),
        loaded(without=ALL, attendance__outside_enrollment=3),
    )
    yield night(
        "no calendar", only("calendar"), loaded(without=ALL, attendance__no_school_that_day=3)
    )
    yield night("no guardians", only("guardians"), loaded())
    yield night(
        "the rows upside down",
        lambda tables: [rows.reverse() for rows in tables.values()],
        loaded(),
    )
    yield night(
        "a row of every fault at once: the most basic is named",
        att(mark("1.0E+02", "today", "=Z", school_code="", minutes="-1")),
        loaded(rows=4, attendance__missing_field=1),
    )
    yield night(
        "attendance of a whole other district",
        att(*(mark(f"9{n:05d}", "2026-11-19", "U") for n in range(500))),
        loaded(rows=503, attendance__unknown_student=500),
    )


def _swapped() -> Iterator[Case]:
    """Files under each other's names."""
    files = plain().files
    yield Case(
        family=FAMILY,
        name="attendance under the name of the calendar",
        speaker=plain,
        make=lambda: files | {"calendar.csv": files["attendance.csv"]},
        end=refused(Reason.HEADER_CHANGED, "calendar.csv"),
    )
    yield Case(
        family=FAMILY,
        name="students under the name of enrollments",
        speaker=plain,
        make=lambda: files | {"enrollments.csv": files["students.csv"]},
        end=refused(Reason.HEADER_CHANGED, "enrollments.csv"),
    )
    yield Case(
        family=FAMILY,
        name="two columns under each other's titles",
        speaker=plain,
        make=lambda: plain().with_file(
            "attendance",
            files["attendance.csv"].replace(b"local_id,school_code", b"school_code,local_id", 1),
        ),
        end=loaded(without=ALL, attendance__unknown_student=3),
    )


CASES = [*_cases(), *_swapped()]
