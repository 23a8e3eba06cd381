"""What the fake Aeries holds: canonical raw tables by student and school, and when each student's record last changed.

Loaded once a night with the rosters whole and attendance for a window of days; outside the window it keeps what it has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import pandas as pd

Row = dict[str, str]
Days = dict[str, list[tuple[str, str]]]
"""Codes by ISO date: pairs of period (blank for the whole day) and code."""

_ROSTER_AREAS = {"student": "students", "enrollment": "enrollments", "contact": "guardians"}
PROGRAM_FLAGS = ("foster", "homeless", "unaccompanied", "support_pending", "do_not_send")
"""Flags of a student that Aeries keeps as participations in programs."""
AREAS = ("student", "contact", "program", "test", "class", "enrollment")
"""The vendor's areas of `StudentDataChanges`; attendance is none of them."""


class AeriesState:
    """Rows by student and school; not for several threads at once."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.schools: dict[str, Row] = {}
        self.calendar: dict[str, list[Row]] = {}
        self.students: dict[str, Row] = {}
        self.enrollments: dict[str, list[Row]] = {}
        self.guardians: dict[str, list[Row]] = {}
        self.attendance: dict[str, dict[str, Days]] = defaultdict(dict)
        self.changed: dict[str, dict[str, datetime]] = {area: {} for area in AREAS}
        self.last_school: dict[str, str] = {}
        self.at_school: dict[str, list[str]] = {}

    def load(
        self, tables: Mapping[str, pd.DataFrame], window: tuple[date, date], at: datetime
    ) -> None:
        """Take a night's tables and remember whose record they change.

        Args:
            tables: canonical tables as text; schools, students, enrollments, guardians and calendar whole.
            window: first and last day that the attendance table states in full.
            at: when the entries were made, by the source's own clock.
        """
        rows = {name: _rows(frame) for name, frame in tables.items()}
        self.schools = {row["school_code"]: row for row in rows["schools"]}
        self.calendar = _grouped(rows["calendar"], "school_code")
        before = {area: self._area(area) for area in (*_ROSTER_AREAS, "program")}
        self.students = {row["local_id"]: row for row in rows["students"]}
        self.enrollments = _grouped(rows["enrollments"], "local_id")
        self.guardians = _grouped(rows["guardians"], "local_id")
        for area, old in before.items():
            new = self._area(area)
            for student in old.keys() | new.keys():
                if old.get(student) != new.get(student):
                    self.changed[area][student] = at
        self._place_students()
        self._take_attendance(rows["attendance"], window)

    def _area(self, area: str) -> dict[str, object]:
        """What one list of changes watches, by student."""
        if area == "program":
            marked = {
                s: tuple(r.get(flag) for flag in PROGRAM_FLAGS) for s, r in self.students.items()
            }
            return {s: flags for s, flags in marked.items() if any(map(is_yes, flags))}
        return dict(getattr(self, _ROSTER_AREAS[area]))

    def _place_students(self) -> None:
        """A student has a record at every school with an enrollment of theirs."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for student, spans in self.enrollments.items():
            self.last_school[student] = max(spans, key=lambda span: span["entry_date"])[
                "school_code"
            ]
            for span in spans:
                if student in self.students:
                    found[span["school_code"]][student] = None
        self.at_school = {school: list(students) for school, students in found.items()}

    def _take_attendance(self, rows: Iterable[Row], window: tuple[date, date]) -> None:
        first, last = (day.isoformat() for day in window)
        for students in self.attendance.values():
            for days in students.values():
                for day in [d for d in days if first <= d <= last]:
                    del days[day]
        for row in rows:
            if first <= row["date"] <= last:
                days = self.attendance[row["school_code"]].setdefault(row["local_id"], {})
                days.setdefault(row["date"], []).append((row.get("period", ""), row["code"]))


def is_yes(flag: str | None) -> bool:
    """Whether a canonical flag says yes."""
    return (flag or "").lower() in {"y", "yes", "1", "true"}


def _rows(frame: pd.DataFrame) -> list[Row]:
    columns = [c for c in frame.columns if c != "row"]
    texts = [frame[c].fillna("").astype("str").tolist() for c in columns]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*texts, strict=True)]


def _grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[column]].append(row)
    return dict(grouped)
