"""Which objects the fake Aeries answers a path with. Paths as in the vendor's pages; `0` for a student means all.

Where the vendor's pages contradict each other on a student's record (is the named school ignored?), the stricter
reading is served: only a record of the named school. Contacts of a named student ignore the school, as documented.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pact_etl.simulator.servers import aeries_objects as objects
from pact_etl.simulator.servers.aeries_objects import AbsenceCode, Object
from pact_etl.simulator.servers.aeries_state import AREAS, AeriesState, Days, is_yes

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AeriesAnswers:
    """Answers of one district's Aeries in one school year.

    Attributes:
        state: what it holds.
        cd_code: the county and district code of its schools.
        year: the year its school year begins in.
        codes: absence codes of every school.
    """

    state: AeriesState
    cd_code: str
    year: int
    codes: Sequence[AbsenceCode] = objects.CODES

    def to(self, path: str, query: Query, clock: datetime) -> object | None:
        """What a path below `/api/v5/` is answered with; None where there is nothing of that name."""
        for pattern, answer in _ROUTES:
            found = re.fullmatch(pattern, path, re.IGNORECASE)
            if found:
                return answer(self, found, query, clock)
        return None

    def system(self, found: re.Match[str], query: Query, clock: datetime) -> object:
        """The installation, and what its clock shows."""
        year = f"{self.year}-{self.year + 1}"
        return {
            "AeriesVersion": "9.25.10.1",
            "DatabaseYear": year,
            "AvailableDatabaseYears": [year],
            "LocalTimeZoneName": "(UTC-08:00) Pacific Time (US & Canada)",
            "CurrentDateTime": f"{clock:%Y-%m-%dT%H:%M:%S}.0000000-08:00",
        }

    def schools(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """One school or all."""
        code = found["school"]
        if code and code not in self.state.schools:
            return None
        listed = [
            objects.school(row, self.cd_code, self._tracks(row["school_code"]))
            for row in self.state.schools.values()
        ]
        return next((s for s in listed if str(s["SchoolCode"]) == code), None) if code else listed

    def _tracks(self, code: str) -> int:
        tracks = {row.get("track", "") for row in self.state.calendar.get(code, [])}
        return len(tracks - {""})

    def calendar(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """A school's calendar."""
        code = found["school"]
        if code not in self.state.schools:
            return None
        periods = self.state.schools[code].get("periods_per_day", "")
        return objects.calendar(self.state.calendar.get(code, []), periods)

    def absence_codes(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """A school's absence codes, all or one."""
        if found["school"] not in self.state.schools:
            return None
        return [
            objects.absence_code(code, found["school"])
            for code in self.codes
            if found["code"] in {None, code.code}
        ]

    def students(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Records of a school, all or one student's."""
        code, state = found["school"], self.state
        if code not in state.schools:
            return None
        return [
            objects.student(state.students[s], code, state.enrollments.get(s, []))
            for s in self._asked(found, state.at_school.get(code, []))
        ]

    def programs(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Program participations of a school's students, all or one's."""
        code = found["school"]
        if code not in self.state.schools:
            return None
        asked = self._asked(found, self.state.at_school.get(code, []))
        return [entry for s in asked for entry in objects.programs(self.state.students[s])]

    def contacts(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Contacts of a school's students; of a named student whatever the school."""
        code, state = found["school"], self.state
        if found["student"]:
            asked = self._asked(found, list(state.guardians))
        elif code in state.schools:
            asked = state.at_school.get(code, [])
        else:
            return None
        return [
            contact for s in asked for contact in objects.contacts(state.guardians.get(s, []), code)
        ]

    def enrollments(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Enrollments of the school year, of all students or one, of all schools or one."""
        code = found.groupdict().get("school")
        if code and code not in self.state.schools:
            return None
        if found["year"] not in {None, str(self.year)}:
            return []
        if code and found["student"] == "0":
            asked: Iterable[str] = self.state.at_school.get(code, [])
        else:
            asked = self._asked(found, list(self.state.enrollments))
        return [
            objects.enrollment(row, self.year, died=self._died(s))
            for s in asked
            for row in self.state.enrollments.get(s, [])
            if code in {None, row["school_code"]}
        ]

    def _died(self, student: str) -> bool:
        return is_yes(self.state.students.get(student, {}).get("deceased"))

    def attendance(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Days with a code, of a school's students or one of them."""
        code = found["school"]
        if code not in self.state.schools:
            return None
        first, last = _iso(query, "StartDate", "0000"), _iso(query, "EndDate", "9999")
        held: Mapping[str, Days] = self.state.attendance.get(code, {})
        stated = (
            objects.attendance(s, held[s], first, last) for s in self._asked(found, list(held))
        )
        return [entry for entry in stated if entry]

    def changes(self, found: re.Match[str], query: Query, clock: datetime) -> object | None:
        """Students whose record in one area changed since a time."""
        area = found["area"].lower()
        if area not in AREAS:
            return None
        since = datetime(*map(int, found["when"].split("/")))  # type: ignore[arg-type]  # noqa: DTZ001 - five parts; the source's own clock
        listed: list[Object] = []
        for student, at in self.state.changed[area].items():
            if at >= since:
                school = self.state.last_school.get(student, "0")
                listed.append(
                    {
                        "StudentID": objects.number(student),
                        "SchoolCode": objects.number(school),
                        "StudentNumber": objects.number(student[-4:]),
                    }
                )
        return listed

    def _asked(self, found: re.Match[str], all_of_them: Sequence[str]) -> Sequence[str]:
        """The named student if there, as its id is held (with zeros that a number has lost); else all."""
        student = found["student"]
        if student in {None, "0"}:
            return all_of_them
        return [s for s in all_of_them if s == student or s.lstrip("0") == student]


def _iso(query: Query, name: str, default: str) -> str:
    digits = query.get(name, "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if digits else default


_SCHOOL = r"schools/(?P<school>[0-9]+)"
_STUDENT = r"(?:/(?P<student>[0-9]+))?"
_YEAR = r"(?:/year/(?P<year>[0-9]{4}))?"
_Answer = Callable[[AeriesAnswers, re.Match[str], Query, datetime], object | None]
_ROUTES: tuple[tuple[str, _Answer], ...] = (
    (r"systeminfo", AeriesAnswers.system),
    (r"schools(?:/(?P<school>[0-9]+))?", AeriesAnswers.schools),
    (rf"{_SCHOOL}/calendar", AeriesAnswers.calendar),
    (rf"{_SCHOOL}/AbsenceCodes(?:/(?P<code>.))?", AeriesAnswers.absence_codes),
    (rf"{_SCHOOL}/students{_STUDENT}", AeriesAnswers.students),
    (rf"{_SCHOOL}/students/(?P<student>[0-9]+)/programs", AeriesAnswers.programs),
    (rf"{_SCHOOL}/contacts{_STUDENT}", AeriesAnswers.contacts),
    (rf"{_SCHOOL}/enrollment/(?P<student>[0-9]+){_YEAR}", AeriesAnswers.enrollments),
    (rf"enrollment/(?P<student>[0-9]+){_YEAR}", AeriesAnswers.enrollments),
    (rf"{_SCHOOL}/attendance{_STUDENT}", AeriesAnswers.attendance),
    (
        r"StudentDataChanges/(?P<area>[a-z]+)/(?P<when>[0-9]{4}(?:/[0-9]{1,2}){4})",
        AeriesAnswers.changes,
    ),
)
