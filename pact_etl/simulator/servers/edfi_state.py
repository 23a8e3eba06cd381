"""What our fake of an Ed-Fi ODS holds: rows in the order of an internal number, change versions, lists of changes.

Behaves as the real one does where it matters to a reader: every write takes the next change version; a row keeps its
number and id for life; a row of the same key made anew gets new ones; a student's new id shows in the rows that refer
to them without touching their versions.
"""

import hashlib
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from pact_etl.simulator.servers.edfi_objects import Kind, Object, kinds
from pact_etl.simulator.servers.edfi_rows import Row, rows_of

Key = tuple[str, ...]
Filters = tuple[tuple[str, str], ...]

EVENTS = "studentSchoolAttendanceEvents"
_AS_IS = "as_is"
_CATEGORY = "attendanceEventCategoryDescriptor"


@dataclass(slots=True)
class Held:
    """One row: its internal number, its id, the version of its last write, its flat row."""

    number: int
    id: str
    version: int
    row: Row


@dataclass(slots=True)
class Resource:
    """One resource's rows by key, and what happened to them."""

    kind: Kind
    rows: dict[Key, Held] = field(default_factory=dict)
    deletes: list[Object] = field(default_factory=list)
    key_changes: list[Object] = field(default_factory=list)


class OdsState:
    """All resources of one district. Not for several threads at once: the server holds a lock."""

    def __init__(self, agency: int, *, is_old: bool) -> None:
        """Begin with the district and nothing else."""
        self.version = 0
        self._agency = agency
        self._is_old = is_old
        self._numbers = 0
        self._found: dict[tuple[str, Filters, int, int], list[Held]] = {}
        self._index: dict[tuple[str, str], dict[str, list[Held]]] = {}
        self.resources = {
            name: Resource(kind) for name, kind in kinds(agency, is_old=is_old).items()
        }
        row = {"localEducationAgencyId": str(agency), "name": "District"}
        self._put(self.resources["localEducationAgencies"], (str(agency),), row)

    def load(self, tables: Mapping[str, pd.DataFrame], window: tuple[date, date]) -> None:
        """Become what the tables say; attendance outside the window stays as it is."""
        first, last = (day.isoformat() for day in window)
        everything = dict(rows_of(tables, self._agency, is_old=self._is_old))
        self._rename_students(everything["students"])
        for name, rows in everything.items():
            resource = self.resources[name]
            wanted = {tuple(row[k] for k in resource.kind.keys): row for row in rows}
            gone = [
                key
                for key, held in resource.rows.items()
                if key not in wanted and (name != EVENTS or first <= held.row["eventDate"] <= last)
            ]
            if name == EVENTS:
                gone = self._recategorize(resource, gone, wanted)
            for key in gone:
                self.delete(name, key)
            for key, row in wanted.items():
                held = resource.rows.get(key)
                if held is None or held.row != row:
                    self._put(resource, key, row)
        self._forget()

    def hold(self, name: str, objects: Iterable[Object]) -> None:
        """Hold JSON objects of another origin as they are, instead of rows that are made into objects."""
        resource = self.resources[name]
        resource.kind = replace(resource.kind, shape=lambda row: json.loads(row[_AS_IS]))
        for one in objects:
            key = tuple(_leaf(one, field) for field in resource.kind.keys)
            row = dict(zip(resource.kind.keys, key, strict=True))
            self._put(resource, key, row | {_AS_IS: json.dumps(one)})
        self._forget()

    def delete(self, name: str, key: Key) -> None:
        """Take a row away."""
        resource = self.resources[name]
        held = resource.rows.pop(key)
        resource.deletes.append(
            {
                "id": held.id,
                "changeVersion": self._next(),
                "keyValues": dict(zip(resource.kind.keys, key, strict=True)),
            }
        )
        self._forget()

    def touch(self, name: str, key: Key) -> None:
        """Write a row as it is."""
        self._put(self.resources[name], key, self.resources[name].rows[key].row)
        self._forget()

    def select(self, name: str, filters: Filters, first: int, last: int) -> list[Held]:
        """Rows of these key values and change versions, in the order of their numbers."""
        question = (name, filters, first, last)
        if question not in self._found:
            if len(self._found) > 500:  # a bound for memory, not for truth
                self._found.clear()
            rows = self._narrowed(name, filters)
            self._found[question] = [h for h in rows if first <= h.version <= last]
        return self._found[question]

    def shape(self, name: str, held: Held) -> Object:
        """A row as its JSON object."""
        body = self.resources[name].kind.shape(held.row)
        etag, modified = str(held.version), "2026-01-15T09:30:00Z"
        return {"id": held.id, **body, "_etag": etag, "_lastModifiedDate": modified}

    def _narrowed(self, name: str, filters: Filters) -> list[Held]:
        """By an index of the first key, or a day's answers would cost a walk over the year each."""
        if not filters:
            return sorted(self.resources[name].rows.values(), key=lambda held: held.number)
        (key, value), *others = filters
        if (name, key) not in self._index:
            index: dict[str, list[Held]] = defaultdict(list)
            for held in self._narrowed(name, ()):
                index[held.row.get(key, "")].append(held)
            self._index[name, key] = index
        rows = self._index[name, key].get(value, [])
        return [h for h in rows if all(h.row.get(k, "") == v for k, v in others)]

    def _forget(self) -> None:
        """Answers and indexes hold for one state only."""
        self._found.clear()
        self._index.clear()

    def _put(self, resource: Resource, key: Key, row: Row) -> None:
        held = resource.rows.get(key)
        if held is None:
            self._numbers += 1
            text = f"{resource.kind.name}/{self._numbers}".encode()
            fresh = hashlib.sha256(text).hexdigest()[:32]
            resource.rows[key] = Held(self._numbers, fresh, self._next(), row)
        else:
            held.version, held.row = self._next(), row

    def _rekey(self, resource: Resource, old: Key, new: Key, row: Row) -> None:
        held = resource.rows.pop(old)
        held.version, held.row = self._next(), row
        resource.rows[new] = held
        names = resource.kind.keys
        resource.key_changes.append(
            {
                "id": held.id,
                "changeVersion": held.version,
                "oldKeyValues": dict(zip(names, old, strict=True)),
                "newKeyValues": dict(zip(names, new, strict=True)),
            }
        )

    def _recategorize(
        self, resource: Resource, gone: list[Key], wanted: Mapping[Key, Row]
    ) -> list[Key]:
        """An event of a day whose category alone is another is the same event with another key."""
        fresh = defaultdict(list)
        for key in wanted:
            if key not in resource.rows:
                fresh[key[:3]].append(key)
        left = []
        for key in gone:
            if len(fresh[key[:3]]) == 1:
                (new,) = fresh.pop(key[:3])
                self._rekey(resource, key, new, wanted[new])
            else:
                left.append(key)
        return left

    def _rename_students(self, wanted: Iterable[Row]) -> None:
        """A student who is there under another id, all else alike, was renamed; so were their rows, silently."""
        students = self.resources["students"]
        by_id = {row["studentUniqueId"]: row for row in wanted}
        gone = {_person(h.row): key[0] for key, h in students.rows.items() if key[0] not in by_id}
        renames = {
            gone[_person(row)]: new
            for new, row in by_id.items()
            if (new,) not in students.rows and _person(row) in gone
        }
        for old, new in renames.items():
            self._rekey(students, (old,), (new,), by_id[new])
        for name, resource in self.resources.items():
            if name != "students" and "studentUniqueId" in resource.kind.keys:
                _follow(resource, renames)

    def _next(self) -> int:
        self.version += 1
        return self.version


def after(rows: list[Held], number: int) -> int:
    """Where the rows with this internal number or a higher one begin."""
    return bisect_left(rows, number, key=lambda held: held.number)


def _leaf(one: Object, name: str) -> str:
    """The value of a key field, in the object itself or in one of its references."""
    inner = [found for found in one.values() if isinstance(found, dict)]
    return next((str(level[name]) for level in (one, *inner) if name in level), "")


def _person(row: Row) -> tuple[str, ...]:
    return row["first_name"], row["last_name"], row["birth_date"], row.get("ssid", "")


def _follow(resource: Resource, renames: Mapping[str, str]) -> None:
    place = resource.kind.keys.index("studentUniqueId")
    affected = [key for key in resource.rows if key[place] in renames]
    for key in affected:
        held = resource.rows.pop(key)
        new = renames[key[place]]
        held.row = {
            k: new if k in {"studentUniqueId", "local_id"} else v for k, v in held.row.items()
        }
        resource.rows[(*key[:place], new, *key[place + 1 :])] = held
