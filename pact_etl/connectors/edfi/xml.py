"""The connector "edfi_xml": Ed-Fi bulk interchange files, data standard 2.2 to 5.2.

A layout names files only (`columns: {}`); besides the canonical tables it may name `demographics`, a Student
interchange of the old layout or a StudentEducationOrganizationAssociation one, for home languages and protected
circumstances, and `programs`, a StudentProgram interchange, for homeless programs and evaluations.

Options:
    calendar_shift_days: added to every calendar date, for a sample whose calendar is of another year.
    default_language: home language of students for whom none is stated; without it, none is assumed.
    default_entry_date, first_grade_birth_year: see `xml_default_enrollments`.
    <flag>_characteristics, <flag>_indicators, deceased_exits, not_charter: as in `api`.
"""

from collections.abc import Sequence

from pact_etl.connectors.canonical import Row, text_frame
from pact_etl.connectors.edfi.protections import words_of
from pact_etl.connectors.edfi.xml_default_enrollments import default_enrollments
from pact_etl.connectors.edfi.xml_people import read_guardians, read_languages, read_students
from pact_etl.connectors.edfi.xml_protections import read_flags
from pact_etl.connectors.edfi.xml_schools import (
    read_attendance,
    read_calendar,
    read_enrollments,
    read_schools,
)
from pact_etl.connectors.files.fetching import fetch_files
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason


class EdfiXml:
    """Ed-Fi bulk XML."""

    def __init__(self, drop: str) -> None:
        """Name the folder or URL under which districts' files arrive."""
        self._drop = drop

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`."""
        return Pulled(files=fetch_files(self._drop, district, pull.as_of))

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`."""
        named = _by_table(district, files)
        options = district.options
        language = str(options.get("default_language", ""))
        words = words_of(options)
        schools = read_schools(named["schools"], words)
        attendance = read_attendance(named["attendance"])
        newest = max((str(row["date"]) for row in attendance), default="")
        said = named.get("demographics", named["students"])
        flags = read_flags(said, named.get("enrollments"), named.get("programs"), words, newest)
        students = read_students(named["students"], read_languages(said), flags, language)
        rows: dict[str, list[Row]] = {"schools": schools.rows, "students": students}
        if "enrollments" in named:
            rows["enrollments"] = read_enrollments(named["enrollments"])
        elif "default_entry_date" in options:
            rows["enrollments"] = default_enrollments(students, attendance, schools.grades, options)
        language_of = {str(row["local_id"]): str(row["home_language"]) for row in students}
        rows["guardians"] = read_guardians(named["guardians"], language_of)
        rows["calendar"] = read_calendar(
            named["calendar"], int(options.get("calendar_shift_days", 0))
        )
        rows["attendance"] = attendance
        tables = [
            RawTable(table=table, file=_file_of(district, table), frame=text_frame(table, found))
            for table, found in rows.items()
        ]
        return Parsed(tables=tables)


def _by_table(district: District, files: Sequence[RawFile]) -> dict[str, RawFile]:
    by_name = {file.name: file for file in files}
    named = {}
    for table, layout in district.files.items():
        if layout.name in by_name:
            named[table] = by_name[layout.name]
        elif layout.required:
            raise SubmissionRefused(Reason.FILE_MISSING, file=layout.name)
    for table in ("schools", "students", "guardians", "calendar", "attendance"):
        if table not in named:
            raise SubmissionRefused(Reason.FILE_MISSING, detail=f"no file laid out for {table}")
    return named


def _file_of(district: District, table: str) -> str:
    # Enrollments that follow from an option stand in no file of their own; the students' is where they come from.
    return district.files[table if table in district.files else "students"].name
