"""A small invented district as canonical tables, drawn by seed and changed night by night; and a record of pulls."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.protocol import Parsed
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District

Row = dict[str, str]

CD_CODE = "3467314"
CERTIFICATE = "0123456789abcdef0123456789abcdef"
YEAR_START = date(2026, 7, 1)
FIRST_DAY = date(2026, 8, 10)
NIGHT = date(2026, 11, 20)
ENTERED = datetime(2026, 11, 20, 17, 30)  # noqa: DTZ001 - the source's own clock
CODES = "AUKIMXTVWSHNR"
PERIOD_SCHOOL = "3"

_DISTRICT = """
slug: blue-oak-unified
name: Blue Oak Unified
cd_code: "{cd_code}"
level: unified
status: testing
sis: Aeries
enrollment: 5000
dialect: aeries_api
url: {url}
id_digits: 7
office: {{name: Office, phone: "(916) 555-0100", email: office@oak.example}}
options:
  concurrency: 4
  unaccompanied_programs: "L1"
  support_pending_programs: "L2"
  do_not_send_programs: "L3"
{options}
"""


def make_district(folder: Path, url: str, cd_code: str = CD_CODE, **options: str | int) -> District:
    """The district's settings over the dialect as it is published."""
    own = "\n".join(f'  {name}: "{value}"' for name, value in options.items())
    path = folder / "blue-oak-unified.yaml"
    path.write_text(_DISTRICT.format(cd_code=cd_code, url=url, options=own), encoding="utf-8")
    dialects = Path(__file__).resolve().parents[3] / "config" / "dialects"
    return load_district(path, dialects)


def school_days(first: date = FIRST_DAY, last: date = NIGHT) -> list[str]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day.isoformat() for day in days if day.weekday() < 5]


@dataclass
class SmallDistrict:
    """Two daily schools and one with six periods; tables as dictionaries, so that a night's change is one line."""

    random: random.Random
    students: dict[str, Row] = field(default_factory=dict)
    enrollments: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    guardians: dict[tuple[str, str], Row] = field(default_factory=dict)
    attendance: dict[tuple[str, str, str, str], str] = field(default_factory=dict)

    def schools(self) -> list[Row]:
        return [
            _school("1", "Blue Oak Elementary", "elementary", "1"),
            _school("2", "Valley Oak Middle", "middle", "1"),
            _school(PERIOD_SCHOOL, "Live Oak High", "high", "6"),
        ]

    def calendar(self) -> list[Row]:
        return [
            {"school_code": school["school_code"], "date": day, "instructional": taught}
            for school in self.schools()
            for day in school_days()
            for taught in ["false" if day == "2026-11-11" else "true"]
        ]

    def tables(self) -> dict[str, pd.DataFrame]:
        marks = [
            {"local_id": s, "school_code": c, "date": d, "period": p, "code": code, "minutes": ""}
            for (s, c, d, p), code in self.attendance.items()
        ]
        rows = {
            "schools": self.schools(),
            "students": list(self.students.values()),
            "enrollments": list(self.enrollments.values()),
            "guardians": list(self.guardians.values()),
            "calendar": self.calendar(),
            "attendance": marks,
        }
        return {
            table: pd.DataFrame(found, columns=list(COLUMNS[table]), dtype="str").fillna("")
            for table, found in rows.items()
        }

    def add_student(self) -> str:
        draw, student = self.random, f"{len(self.students) + 101:07d}"
        self.students[student] = {
            "local_id": student,
            "ssid": str(9_000_000_000 + len(self.students)),
            "first_name": draw.choice(["Ana", "Bo", "Chue", "Đình"]),
            "last_name": draw.choice(["O’Neil", "Vang", "Núñez"]),
            "birth_date": f"20{draw.randint(10, 20)}-03-0{draw.randint(1, 9)}",
            "home_language": draw.choice(["eng", "spa", "hmn", "rus", "prs", ""]),
            "foster": draw.choice(["true", "false", "false"]),
            "homeless": draw.choice(["true", "false", "false"]),
            "unaccompanied": draw.choice(["true", "false", "false"]),
            "support_pending": draw.choice(["true", "false", "false"]),
            "do_not_send": draw.choice(["true", "false", "false"]),
            "deceased": draw.choice(["true", "false", "false"]),
        }
        self.enroll(student, draw.choice("123"), FIRST_DAY.isoformat())
        for place in range(1, draw.randint(1, 3) + 1):
            self.add_guardian(student, place)
        return student

    def enroll(self, student: str, school: str, entry: str) -> None:
        grade = {"1": self.random.choice(["TK", "KN", "3"]), "2": "7", "3": "11"}[school]
        self.enrollments[student, school, entry] = {
            "local_id": student,
            "school_code": school,
            "grade": grade,
            "entry_date": entry,
            "exit_date": "",
        }

    def add_guardian(self, student: str, place: int) -> None:
        draw = self.random
        self.guardians[student, f"{student}-{place}"] = {
            "local_id": student,
            "guardian_id": f"{student}-{place}",
            "first_name": draw.choice(["Eva", "Mai"]),
            "last_name": draw.choice(["Vang", "Núñez"]),
            "relation": draw.choice(["10", "11", "42"]),
            "lives_with": draw.choice(["Y", "N", ""]),
            "has_rights": draw.choice(["Y", "N", ""]),
            "restrained": draw.choice(["true", "false", "false"]),
            "contact_order": str(place),
            "language": draw.choice(["eng", "spa", ""]),
            "street": f"{draw.randint(1, 999)} Oak Ave Apt {place}",
            "unit": "",
            "city": "Galt",
            "state": "CA",
            "zip": draw.choice(["95632", "95632-0012"]),
            "email": "mai@oak.example",
            "phone": "9165550123",
            "safe_at_home": "",
        }

    def mark(self, student: str, day: str) -> None:
        """State a code, another code, or no code any more, for a day or for one period of it."""
        spans = [span for key, span in self.enrollments.items() if key[0] == student]
        school = self.random.choice(spans)["school_code"]
        period = self.random.choice("123456") if school == PERIOD_SCHOOL else ""
        key = student, school, day, period
        if key in self.attendance and self.random.random() < 0.5:
            del self.attendance[key]
        else:
            self.attendance[key] = self.random.choice(CODES)

    def change(self, since: str) -> None:
        """One thing that happens in an office; attendance only from a day on."""
        draw, student = self.random, self.random.choice(sorted(self.students))
        days = [day for day in school_days() if day >= since]
        what = draw.randint(0, 7)
        if what == 0:
            self.add_student()
        elif what == 1:
            self.students[student]["first_name"] += "a"
        elif what == 2:
            flag = draw.choice(["foster", "unaccompanied", "support_pending", "deceased"])
            self.students[student][flag] = draw.choice(["true", "false"])
        elif what == 3:
            self.add_guardian(student, draw.randint(1, 4))
        elif what == 4:
            self.guardians = {k: r for k, r in self.guardians.items() if k != (student, k[1])}
        elif what == 5:
            key = draw.choice([key for key in self.enrollments if key[0] == student])
            self.enrollments[key]["exit_date"] = days[0]
            self.enroll(student, draw.choice("123"), days[-1])
        else:
            for _ in range(5):
                self.mark(student, draw.choice(days))


def _school(code: str, name: str, level: str, periods: str) -> Row:
    return {
        "school_code": code,
        "name": name,
        "level": level,
        "periods_per_day": periods,
        "phone": "9165550100",
    }


def small_district(seed: int, students: int = 12, marks: int = 120) -> SmallDistrict:
    draw = random.Random(seed)
    district = SmallDistrict(random=draw)
    for _ in range(students):
        district.add_student()
    for _ in range(marks):
        district.mark(draw.choice(sorted(district.students)), draw.choice(school_days()))
    return district


@dataclass
class Record:
    """What recording pulls one after the other comes to, by what each says of its own silence."""

    rows: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)

    def apply(self, parsed: Parsed) -> None:
        scope = parsed.scope
        assert scope.window is not None
        first, last = (day.isoformat() for day in scope.window)
        spans = {s.local_id: (s.first.isoformat(), s.last.isoformat()) for s in scope.student_days}
        for table in parsed.tables:
            columns = list(COLUMNS[table.table])
            held = self.rows.get(table.table, {})
            if table.table == "attendance":
                held = {
                    key: row
                    for key, row in held.items()
                    if not first <= key[2] <= last
                    and not (key[0] in spans and spans[key[0]][0] <= key[2] <= spans[key[0]][1])
                }
                key_of = [0, 1, 2, 3, 4]
            elif table.table in {"schools", "calendar"}:
                key_of = [0, 1]
            else:
                stated = set(held) if scope.whole_roster else set()
                held = {
                    key: row
                    for key, row in held.items()
                    if key not in stated and key[0] not in scope.rosters_of
                }
                key_of = [0, 1, 3] if table.table == "enrollments" else [0, 1]
            for row in table.frame[columns].itertuples(index=False, name=None):
                key = tuple(row[n] for n in key_of)
                held[key] = row
            self.rows[table.table] = held

    def frames(self) -> dict[str, list[tuple[str, ...]]]:
        return {table: sorted(held.values()) for table, held in self.rows.items()}
