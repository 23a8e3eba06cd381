"""Kept Ed-Fi API resources as canonical raw tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

import pandas as pd

from pact_etl.connectors.canonical import Row, text_frame
from pact_etl.connectors.edfi.api_changes import DEMOGRAPHICS, ENROLLMENTS, EVENTS, STUDENTS
from pact_etl.connectors.edfi.api_fields import text
from pact_etl.connectors.edfi.api_manifest import Manifest
from pact_etl.connectors.edfi.api_people import (
    enrollment_row,
    guardian_row,
    language_of,
    person_row,
    state_id,
    student_of,
    student_row,
)
from pact_etl.connectors.edfi.api_protections import flags_of_students
from pact_etl.connectors.edfi.api_pull import CALENDAR_DATES, CLASS_PERIODS, SCHOOLS
from pact_etl.connectors.edfi.api_schools import (
    agency_of,
    attendance_row,
    calendar_rows,
    is_before,
    school_rows,
)
from pact_etl.connectors.edfi.protections import words_of
from pact_etl.connectors.json_pages import SUFFIX, Object, elements
from pact_etl.connectors.protocol import RawFile, RawTable
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

_SLICE = 50_000  # rows held as Python objects at once


class Kept:
    """The files of one pull, by resource."""

    def __init__(self, files: Iterable[RawFile], manifest: Manifest) -> None:
        """Take the files.

        Raises:
            SubmissionRefused: FILE_MISSING, one that the pull kept is not there.
        """
        self._files = {file.name: file for file in files}
        self._manifest = manifest
        for resource in manifest.resources:
            if resource + SUFFIX not in self._files:
                raise SubmissionRefused(Reason.FILE_MISSING, file=resource + SUFFIX)

    def one_of(self, *resources: str) -> str:
        """The resource of these names that was kept; the first where none was."""
        kept = (r for r in resources if r in self._manifest.resources)
        return next(kept, resources[0])

    def has(self, resource: str) -> bool:
        """Whether the pull kept a resource at all, however few its rows."""
        return resource in self._manifest.resources

    def rows(self, resource: str) -> Iterator[tuple[int, Object]]:
        """Place and row; of a row that stands more than once, the one that was read last."""
        counts = self._manifest.resources.get(resource)
        if counts is None:
            return
        file = self._files[resource + SUFFIX]
        if counts.elements == counts.received:
            yield from elements(file)
            return
        last = {text(element, "id"): place for place, element in elements(file)}
        for place, element in elements(file):
            if last[text(element, "id")] == place:
                yield place, element


def canonical_tables(
    kept: Kept, manifest: Manifest, options: Mapping[str, str | int]
) -> list[RawTable]:
    """Every canonical table.

    Raises:
        SubmissionRefused: a file cannot be read.
    """
    contacts = kept.one_of("contacts", "parents")
    links = kept.one_of("studentContactAssociations", "studentParentAssociations")
    first_day = manifest.year_start.isoformat()
    spoken, state_ids = _said_of_students(kept, str(options.get("ssid_system", "")))
    words = words_of(options)
    flags = flags_of_students(kept.rows, kept.has, words, manifest.scope)
    default = str(options.get("default_language", ""))
    languages: dict[
        str, str
    ] = {}  # filled while the students are read, which is before the guardians
    people = {str(row["guardian_id"]): row for row in map(person_row, _bare(kept.rows(contacts)))}

    def student(element: Object) -> Row:
        row = student_row(element, spoken, flags, state_ids, default)
        languages[str(row["local_id"])] = str(row["home_language"])
        return row

    ours = (
        (place, school)
        for place, school in kept.rows(SCHOOLS)
        if agency_of(school) in {"", manifest.agency}
    )
    rows: list[tuple[str, str, Iterable[Row]]] = [
        ("schools", SCHOOLS, school_rows(ours, kept.rows(CLASS_PERIODS), words)),
        ("students", STUDENTS, _each(kept.rows(STUDENTS), student)),
        ("enrollments", ENROLLMENTS, _each(kept.rows(ENROLLMENTS), enrollment_row)),
        (
            "guardians",
            links,
            _each(kept.rows(links), lambda link: guardian_row(link, people, languages)),
        ),
        ("calendar", CALENDAR_DATES, calendar_rows(kept.rows(CALENDAR_DATES), first_day)),
        (
            "attendance",
            EVENTS,
            (
                row
                for row in _each(kept.rows(EVENTS), attendance_row)
                if not is_before(str(row["date"]), first_day)
            ),
        ),
    ]
    return [
        RawTable(table=table, file=resource + SUFFIX, frame=_frame(table, found))
        for table, resource, found in rows
    ]


def _frame(table: str, rows: Iterable[Row]) -> pd.DataFrame:
    left = iter(rows)
    slices = [text_frame(table, list(islice(left, _SLICE)))]
    while part := list(islice(left, _SLICE)):
        slices.append(text_frame(table, part))
    return slices[0] if len(slices) == 1 else pd.concat(slices, ignore_index=True)


def _each(rows: Iterable[tuple[int, Object]], read: Callable[[Object], Row]) -> Iterator[Row]:
    return (read(element) | {"row": place} for place, element in rows)


def _bare(rows: Iterable[tuple[int, Object]]) -> Iterator[Object]:
    return (element for _, element in rows)


def _said_of_students(kept: Kept, system: str) -> tuple[dict[str, str], dict[str, str]]:
    """Home languages and state ids; of two organizations that say something, the first one's."""
    languages: dict[str, str] = {}
    state_ids: dict[str, str] = {}
    for element in _bare(kept.rows(DEMOGRAPHICS)):
        student = student_of(element)
        languages[student] = languages.get(student, "") or language_of(element)
        state_ids[student] = state_ids.get(student, "") or state_id(element, system)
    return languages, state_ids
