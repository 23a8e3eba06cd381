"""The connector "aeries_api": Aeries API v5.

`url` is the address before `/api`, the secret is `certificate`; options stand in `options`.

A full read asks each school for students, contacts, enrollments of the year, calendar, absence codes, programs and the
year's attendance. A delta asks `StudentDataChanges` since the cursor; of each student named there it reads the roster
and the whole year's attendance again, and of every school the look-back (`covers_days`).

What Aeries cannot tell, and what is done about it:

- The vendor's list of changes knows student, contact, program, test, class and enrollment, but NOT attendance. A mark
  entered or cleared before the look-back shows only in the next full read, unless the student's record changed too.
  So the dialect looks back 45 days, and `attendance: year` reads the year every night, for as many requests
  (one a school and slice) and more bytes.
- Block schedules: `periods_per_day` is one number a school; see `aeries_api_schools`.
- Contacts have no id across students and no field for Safe at Home; rights are unknown where nobody has stated them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import httpx

from pact_etl.connectors.aeries.attendance import attendance_frame
from pact_etl.connectors.aeries.manifest import Manifest, Placed, placed, read_manifest
from pact_etl.connectors.aeries.night import (
    changes_since,
    read_everything,
    single_students,
    the_look_back,
)
from pact_etl.connectors.aeries.options import AeriesOptions, options_of
from pact_etl.connectors.aeries.people import enrollment_rows, guardian_rows, slim, student_rows
from pact_etl.connectors.aeries.reading import text
from pact_etl.connectors.aeries.requests import AeriesAnswers, Ask, certificate_headers
from pact_etl.connectors.aeries.schools import (
    calendar_rows,
    prove_district,
    read_schools,
    school_rows,
)
from pact_etl.connectors.canonical import Row, text_frame
from pact_etl.connectors.http_source import HttpSource, Patience
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope, StudentSpan

_CURSOR = "changed_since"
_MINUTE = "%Y-%m-%dT%H:%M"


class AeriesApi:
    """Aeries API v5."""

    def __init__(
        self,
        credentials: Callable[[str], Mapping[str, str]],
        *,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take what finds a district's secrets; the rest is for tests (see `HttpSource`)."""
        self._credentials = credentials
        self._patience = patience
        self._transport = transport
        self._sleep = sleep

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`."""
        options = options_of(district)
        with self._source(district, options) as source:
            year = f"{pull.year_start.year}-{pull.year_start.year + 1}"
            answers = AeriesAnswers(source, year, options.concurrency)
            now = _source_time(answers.elements([Ask(resource="system", path="systeminfo")]), year)
            schools = answers.elements([Ask(resource="schools", path="schools")])
            prove_district(schools, district.cd_code, options)
            codes = read_schools(schools, options)
            since = _since(pull)
            touched = None if since is None else changes_since(answers, since, options)
            if touched is None:
                window = pull.year_start, pull.as_of
                read_everything(answers, codes, window, options)
            else:
                window = _window(district, pull, options)
                answers.ask(the_look_back(codes, window, options))
                single_students(answers, touched, frozenset(codes), pull, options)
            manifest = Manifest(
                as_of=pull.as_of,
                window=window,
                year_start=pull.year_start,
                students=None if touched is None else tuple(sorted(touched)),
                pages=answers.pages(),
                cursor=(now - timedelta(minutes=options.overlap_minutes)).strftime(_MINUTE),
            )
        files = [*answers.files(), manifest.file()]
        return Pulled(files=files, cursor={_CURSOR: manifest.cursor})

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`."""
        options, digits = options_of(district), district.id_digits
        by_name = {file.name: file for file in files}
        manifest = read_manifest(by_name)

        def of(resource: str) -> Iterator[Placed]:
            return placed(by_name, manifest, resource)

        as_of = manifest.as_of.isoformat()
        schools, calendar, students = (
            list(of("schools")),
            list(of("calendar")),
            slim(of("students")),
        )
        single = frozenset(_padded(student, digits) for student in manifest.students or ())
        with _named("schools"):
            read = frozenset(read_schools((school for _, _, school in schools), options))
        readers: dict[str, Callable[[], list[Row]]] = {
            "schools": lambda: school_rows(((p, s) for p, _, s in schools), calendar, options),
            "students": lambda: student_rows(
                students, of("programs"), of("enrollments"), options, digits, as_of
            ),
            "enrollments": lambda: enrollment_rows(of("enrollments"), read, options, digits),
            "guardians": lambda: guardian_rows(of("contacts"), students, options, digits),
            "calendar": lambda: calendar_rows(calendar, options),
        }
        tables = []
        for table, rows in readers.items():
            with _named(table):
                frame = text_frame(table, rows())
            tables.append(RawTable(table=table, file=_FILES[table], frame=frame))
        with _named("attendance"):
            frame = attendance_frame(of("attendance"), of("attendance_of_students"), single, digits)
        tables.append(RawTable(table="attendance", file=_FILES["attendance"], frame=frame))
        return Parsed(tables=tables, scope=_scope(manifest, single))

    def _source(self, district: District, options: AeriesOptions) -> HttpSource:
        certificate = self._credentials(district.slug).get("certificate", "")
        if not certificate:
            raise SettingsError(f"{district.slug}: credentials lack certificate")
        if not district.url:
            raise SettingsError(f"{district.slug}: url is missing")
        headers = certificate_headers(certificate)
        return HttpSource(
            district.url,
            name=district.slug,
            headers=lambda refused: headers,
            patience=self._patience,
            connections=options.concurrency,
            transport=self._transport,
            sleep=self._sleep,
        )


_FILES = {
    "schools": "schools.json-seq",
    "students": "students.json-seq",
    "enrollments": "enrollments.json-seq",
    "guardians": "contacts.json-seq",
    "calendar": "calendar.json-seq",
    "attendance": "attendance.json-seq",
}


@contextmanager
def _named(table: str) -> Iterator[None]:
    """Say in which file a value stood that cannot be one."""
    try:
        yield
    except SubmissionRefused as refused:
        raise SubmissionRefused(
            refused.reason,
            file=refused.file or _FILES[table],
            field=refused.field,
            detail=refused.detail,
        ) from None


def _scope(manifest: Manifest, single: frozenset[str]) -> Scope:
    if manifest.students is None:
        return Scope(window=manifest.window, whole_roster=True)
    return Scope(
        window=manifest.window,
        student_days=tuple(
            StudentSpan(student, manifest.year_start, manifest.as_of) for student in sorted(single)
        ),
        rosters_of=single,
    )


def _window(district: District, pull: Pull, options: AeriesOptions) -> tuple[date, date]:
    back = timedelta(days=district.attendance.covers_days - 1)
    first = pull.year_start if options.whole_year else max(pull.year_start, pull.as_of - back)
    return first, pull.as_of


def _since(pull: Pull) -> datetime | None:
    """The time in the cursor; None where there is none, or none of this school year: everything is read then."""
    try:
        since = datetime.strptime(str((pull.since or {})[_CURSOR]), _MINUTE)  # noqa: DTZ007 - the source's own clock
    except (KeyError, ValueError):
        return None
    return since if since.date() >= pull.year_start else None


def _source_time(found: list[dict[str, object]], year: str) -> datetime:
    """What the source's clock shows, which `StudentDataChanges` is asked by; and proof that it answers for the year.

    Raises:
        SubmissionRefused: OUTSIDE_SCHOOL_YEAR, it answers for another one; FILE_MALFORMED, it shows no time.
    """
    name = "system.json-seq"
    info = found[0] if found else {}
    if text(info, "DatabaseYear") != year:
        raise SubmissionRefused(
            Reason.OUTSIDE_SCHOOL_YEAR, file=name, detail=f"asked for {year}, another came"
        )
    try:
        return datetime.strptime(text(info, "CurrentDateTime")[:16], _MINUTE)  # noqa: DTZ007
    except ValueError:
        raise SubmissionRefused(
            Reason.FILE_MALFORMED, file=name, field="CurrentDateTime", detail="no time"
        ) from None


def _padded(student: str, digits: int | None) -> str:
    return student.zfill(digits) if digits and student.isascii() and student.isdigit() else student
