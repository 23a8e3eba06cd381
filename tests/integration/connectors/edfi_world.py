"""A small district that changes from night to night, as canonical raw tables."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from pact_etl.connectors.canonical import text_frame

AGENCY = 3467000
YEAR_START = date(2025, 8, 1)
NIGHTS = (date(2025, 10, 1), date(2025, 10, 2))
DAYS = [date(2025, 9, 1) + timedelta(days=n) for n in range(31)]


@dataclass
class World:
    """Students by id, adults by id, who belongs to whom, and marks by student and day."""

    students: dict = field(default_factory=dict)
    entries: dict = field(default_factory=dict)
    adults: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)

    def add_student(self, local_id, adult_id):
        self.students[local_id] = {
            "first_name": f"First{local_id}",
            "last_name": "Last",
            "birth_date": "2014-05-06",
            "home_language": "spa",
            "foster": "N",
            "homeless": "N",
            "unaccompanied": "N",
            "deceased": "N",
            "support_pending": "N",
        }
        self.entries[local_id] = {
            "school_code": "34670001" if int(local_id) % 2 else "34670002",
            "grade": "05",
            "entry_date": "2025-08-15",
            "exit_date": "",
        }
        self.adults.setdefault(adult_id, {"last_name": f"Adult{adult_id}", "zip": "95814"})
        self.links[local_id, adult_id] = "Mother"

    def mark(self, local_id, day, code):
        self.marks[local_id, day] = code
        if not code:
            del self.marks[local_id, day]

    def turn(self, local_id, flag):
        flags = self.students.get(local_id, {})
        if flags:
            flags[flag] = "N" if flags[flag] == "Y" else "Y"
            flags["homeless"] = flags["unaccompanied"]

    def drop_student(self, local_id):
        self.students.pop(local_id, None)
        self.entries.pop(local_id, None)
        self.links = {k: v for k, v in self.links.items() if k[0] != local_id}
        self.marks = {k: v for k, v in self.marks.items() if k[0] != local_id}

    def rename(self, old, new):
        if old in self.students and new not in self.students:
            self.students[new] = self.students.pop(old)
            self.entries[new] = self.entries.pop(old)
            for held in (self.links, self.marks):
                for key in [k for k in held if k[0] == old]:
                    held[new, key[1]] = held.pop(key)

    def tables(self):
        linked = [(s, a, r) for (s, a), r in self.links.items()]
        rows = {
            "schools": [
                {"school_code": code, "name": f"School {code}", "level": "elementary"}
                | {"periods_per_day": "1", "phone": "9165550100", "charter": "N"}
                for code in ("34670001", "34670002")
            ],
            "students": [{"local_id": i} | s for i, s in self.students.items()],
            "enrollments": [{"local_id": i} | e for i, e in self.entries.items()],
            "guardians": [
                {"local_id": s, "guardian_id": a, "relation": r, "lives_with": "Y"}
                | {"has_rights": "Y", "restrained": "N", "contact_order": "1", "language": "spa"}
                | {"street": "1 Main St", "city": "Sacramento", "state": "CA"}
                | self.adults[a]
                for s, a, r in linked
            ],
            "calendar": [
                {"school_code": code, "date": day.isoformat(), "instructional": "Y"}
                for code in ("34670001", "34670002")
                for day in DAYS
            ],
            "attendance": [
                {"local_id": i, "school_code": self.entries[i]["school_code"]}
                | {"date": day.isoformat(), "code": code}
                for (i, day), code in self.marks.items()
            ],
        }
        return {
            name: text_frame(name, [row | {"row": n} for n, row in enumerate(found, 1)])
            for name, found in rows.items()
        }


def small_world(size=12):
    """Siblings share an adult; every student was absent on some days."""
    world = World()
    for n in range(1, size + 1):
        world.add_student(str(1000 + n), str(500 + n // 2))
        for day in DAYS[n % 5 :: 5]:
            world.marks[str(1000 + n), day] = "Unexcused Absence"
    return world
