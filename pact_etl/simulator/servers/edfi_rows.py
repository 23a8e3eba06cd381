"""A district's canonical tables as the flat rows that Ed-Fi keeps, by resource.

One row of `guardians` is a contact and its association with a student; one of `students` is a student and what the
district says of them; a youth on his or her own is in a homeless program, support that is pending is an evaluation
without an outcome. What Ed-Fi has no field for (do_not_send, safe_at_home, periods of a day) is not kept.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import pandas as pd

Row = dict[str, str]

_DIED = "Died or is permanently incapacitated"
_YES = frozenset({"y", "1", "true", "yes"})


def rows_of(
    tables: Mapping[str, pd.DataFrame], agency: int, *, is_old: bool
) -> Iterator[tuple[str, Iterable[Row]]]:
    """Each resource and its flat rows, keys under their Ed-Fi names, all of it text."""
    adult = "parent" if is_old else "contact"
    text = {name: _rows(frame) for name, frame in tables.items()}
    schools = text.get("schools", [])
    students = text.get("students", [])
    guardians = text.get("guardians", [])
    deceased = {r["local_id"] for r in students if is_yes(r.get("deceased", ""))}
    dates = [_dated(r) for r in _whole_calendars(text.get("calendar", []))]
    calendars = {(r["school_code"], r["school_code"]) for r in schools}
    calendars |= {(r["schoolId"], r["calendarCode"]) for r in dates}
    yield "schools", [r | {"schoolId": r["school_code"]} for r in schools]
    yield "classPeriods", _class_periods(schools)
    yield (
        "calendars",
        [{"schoolId": school, "calendarCode": code} for school, code in sorted(calendars)],
    )
    yield "calendarDates", dates
    yield "students", [r | {"studentUniqueId": r["local_id"]} for r in students]
    yield (
        "studentEducationOrganizationAssociations",
        [
            r | {"studentUniqueId": r["local_id"], "educationOrganizationId": str(agency)}
            for r in students
        ],
    )
    yield (
        "studentSchoolAssociations",
        [_enrolled(r, deceased) for r in text.get("enrollments", [])],
    )
    yield (
        "studentHomelessProgramAssociations",
        _in_program(students, "unaccompanied", "Homeless", agency),
    )
    yield (
        "studentSpecialEducationProgramEligibilityAssociations",
        _in_program(students, "support_pending", "Special Education", agency),
    )
    yield f"{adult}s", _adults(guardians, adult)
    yield (
        f"student{adult.capitalize()}Associations",
        [
            r | {"studentUniqueId": r["local_id"], f"{adult}UniqueId": r["guardian_id"]}
            for r in guardians
        ],
    )
    yield "studentSchoolAttendanceEvents", (_marked(r) for r in text.get("attendance", []))


def _rows(frame: pd.DataFrame) -> list[Row]:
    columns = [c for c in frame.columns if c != "row"]
    lists = [frame[c].astype("str").tolist() for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def _class_periods(schools: Iterable[Row]) -> list[Row]:
    return [
        {"schoolId": r["school_code"], "classPeriodName": f"{n + 1:02d}"}
        for r in schools
        for n in range(int(r.get("periods_per_day") or 0))
    ]


def _whole_calendars(rows: Iterable[Row]) -> list[Row]:
    """An ODS keeps all days of every calendar, where our tables state of a track only what differs."""
    common: dict[str, list[Row]] = {}
    own: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row.get("track"):
            own.setdefault((row["school_code"], row["track"]), {})[row["date"]] = row
        else:
            common.setdefault(row["school_code"], []).append(row)
    found = [row for of_school in common.values() for row in of_school]
    for (school, track), stated in own.items():
        days = {row["date"]: row | {"track": track} for row in common.get(school, [])}
        found += (days | stated).values()
    return found


def _dated(row: Row) -> Row:
    return {
        "schoolId": row["school_code"],
        "calendarCode": row.get("track")
        or row["school_code"],  # the common one has the school's code
        "date": row["date"],
        "instructional": row["instructional"],
    }


def _enrolled(row: Row, deceased: Collection[str]) -> Row:
    return row | {
        "studentUniqueId": row["local_id"],
        "schoolId": row["school_code"],
        "entryDate": row["entry_date"],
        "exitType": _DIED if row["local_id"] in deceased else "",
    }


def _in_program(students: Iterable[Row], flag: str, program: str, agency: int) -> list[Row]:
    return [
        {
            "studentUniqueId": r["local_id"],
            "educationOrganizationId": str(agency),
            "programName": program,
        }
        for r in students
        if is_yes(r.get(flag, ""))
    ]


def _adults(guardians: Iterable[Row], adult: str) -> list[Row]:
    """Each adult once. A language is the adult's own only where all their rows agree."""
    found: dict[str, Row] = {}
    for row in guardians:
        mine = {k: v for k, v in row.items() if k not in {"local_id", "relation"}}
        before = found.setdefault(row["guardian_id"], mine)
        if before["language"] != row["language"]:
            before["language"] = ""
    return [row | {f"{adult}UniqueId": row["guardian_id"]} for row in found.values()]


def _marked(row: Row) -> Row:
    category, _, duration = row["code"].partition(":")
    return {
        "studentUniqueId": row["local_id"],
        "schoolId": row["school_code"],
        "eventDate": row["date"],
        "attendanceEventCategoryDescriptor": descriptor_uri("AttendanceEventCategory", category),
        "duration": duration,
        "minutes": row.get("minutes", ""),
    }


def descriptor_uri(kind: str, value: str) -> str:
    """A value of one of Ed-Fi's lists, as an API names it."""
    return f"uri://ed-fi.org/{kind}Descriptor#{value}"


def is_yes(text: str) -> bool:
    """Whether a cell of a canonical table says so."""
    return text.strip().lower() in _YES
