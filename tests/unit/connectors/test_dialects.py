"""One contract for every dialect of files: a night as its system exports it is fetched, parsed and judged."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pact_etl.cli.dialect_district import district_speaking
from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import Parsed
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.school_year import school_year_of
from pact_etl.settings import ROOT
from pact_etl.validation import Gates, Reference, Validated, validate_submission
from pact_etl.validation.columns import TABLES
from tests.policies import LIMITS
from tests.sources import pull

AS_OF = date(2026, 11, 20)
ABSENT = Status.ABSENT_UNEXCUSED.value


def lines(*rows: str, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as people read them, cells between bars, as a file has them."""
    cells = ([cell.strip() for cell in row.split("|")] for row in rows)
    return "".join(delimiter.join(row) + "\r\n" for row in cells).encode(encoding)


def powerschool(folder: Path, mode: str = "ATT_ModeDaily") -> None:
    files = {
        "schools.csv": lines(
            "school_number | name | level | schoolphone",
            "3400001 | Old Mill | high | (916) 555-0101",
        ),
        "students.csv": lines(
            "id | state_studentnumber | first_name | last_name | dob | primarylanguage | fostercare | "
            "homeless | do_not_mail",
            "101 | 1000000001 | Ana | Canary | 03/04/2012 | eng | 0 | 0 | 0",
            "102 | 1000000002 | Zoë | Canary | 03/05/2012 | spa | 0 | 0 | 0",
        ),
        "enrollments.csv": lines(
            "studentid | schoolid | grade_level | entrydate | exitdate | track",
            "101 | 3400001 | 9 | 08/12/2026 | 06/12/2027 | B",
            "102 | 3400001 | 9 | 08/12/2026 | 06/12/2027 | A",
        ),
        "contacts.csv": lines(
            "studentid | personid | firstname | lastname | relationshiptype | liveswith | iscustodial | courtorder | "
            "contactpriority | preferredlanguage | street | unit | city | state | postalcode | email | "
            "phone | safeathome",
            "101 | 9 | Bo | Canary | Father | 1 | 1 | 0 | 1 | eng | 1 Oak St | | Sacramento | CA | 95814 | | |",
        ),
        "calendar_day.csv": lines(
            "id | schoolid | date | insession | membershipvalue | type | a | b",
            "1 | 3400001 | 11/19/2026 | 1 | 1 | R | 1 | 1",
            "2 | 3400001 | 11/20/2026 | 1 | 1 | R | 1 | 0",
        ),
        "attendance.csv": lines(
            "id | studentid | schoolid | yearid | att_date | attendance_codeid | att_mode_code | "
            "calendar_dayid | att_comment",
            f'1 | 101 | 3400001 | 36 | 11/19/2026 | 71 | {mode} | 1 | "called, no answer"',
            f"2 | 102 | 3400001 | 36 | 11/20/2026 | 70 | {mode} | 2 |",
        ),
        "attendance_code.csv": lines(
            "id | schoolid | yearid | att_code | description | presence_status_cd | calculate_ada_yn",
            "70 | 3400001 | 36 | | Present | Present | 1",
            "71 | 3400001 | 36 | U | Unexcused | Absent | 0",
            "71 | 3400001 | 35 | E | Excused | Absent | 0",
        ),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    (folder / "powerschool_20261120.zip").write_bytes(stream.getvalue())


def infinite_campus(folder: Path) -> None:
    def write(name: str, *rows: str) -> None:
        content = lines(*rows, delimiter="\t", encoding="utf-8-sig")
        (folder / f"{name}_20261120.txt").write_bytes(content)

    write(
        "school",
        "school.number | school.name | school.type | periodsPerDay | school.phone",
        "3400001 | Old Mill | high | 2 | (916) 555-0101",
    )
    write(
        "student",
        "personID | student.stateID | student.firstName | student.lastName | student.birthdate | "
        "student.homePrimaryLanguage | fosterCare | homeless | doNotMail",
        "101 | 1000000001 | Ana | Canary | 03/04/2012 | eng | 0 | 0 | 0",
        "102 | 1000000002 | Zoë | Canary | 03/05/2012 | spa | 0 | 0 | 0",
    )
    write(
        "enrollment",
        "personID | calendarID | structureID | school.number | enrollment.grade | "
        "enrollment.startDate | enrollment.endDate",
        "101 | 55 | 66 | 3400001 | 09 | 08/12/2026 | ",
        "102 | 55 | 66 | 3400001 | 09 | 08/12/2026 | ",
    )
    write(
        "contact",
        "personID | contact.personID | contact.firstName | contact.lastName | "
        "contact.relationship | contact.household | "
        "contact.guardian | contact.restricted | contact.seq | contact.language | "
        "contact.addressLine1 | contact.apt | "
        "contact.city | contact.state | contact.zip | contact.email | contact.phone | contact.safeAtHome",
        "101 | 9 | Bo | Canary | Father | 1 | 1 | 0 | 1 | eng | 1 Oak St | | Sacramento | CA | 95814 |  |  | ",
    )
    write(
        "day",
        "school.number | day.date | day.instruction",
        "3400001 | 11/19/2026 | 1",
        "3400001 | 11/20/2026 | 1",
    )
    write(
        "attendance",
        "personID | school.number | attendance.date | attendance.period | status | excuse | presentMinutes",
        "101 | 3400001 | 11/19/2026 | 1 | Absent | Unexcused | 0",
        "101 | 3400001 | 11/19/2026 | 2 | Absent | Unexcused | 0",
        "102 | 3400001 | 11/20/2026 | 1 | Present | Unknown | 50",
    )


def synergy(folder: Path) -> None:
    def write(name: str, *rows: str) -> None:
        content = lines(*rows, encoding="cp1252")
        (folder / f"{name}_2026-11-20_0215.csv.gz").write_bytes(gzip.compress(content))

    write(
        "SCHOOL",
        "SchoolCode | SchoolName | SchoolType | PeriodCount | Phone",
        "3400001 | Old Mill | high | 2 | (916) 555-0101",
    )
    write(
        "STUDENT",
        "SISNumber | StateStudentNumber | FirstName | LastName | BirthDate | HomeLanguage | "
        "Foster | Homeless | DoNotMail",
        "101 | 1000000001 | Ana | Canary | 03/04/2012 | eng | N | N | N",
        "102 | 1000000002 | Zoë | Canary | 03/05/2012 | spa | N | N | N",
    )
    write(
        "ENROLLMENT",
        "SISNumber | SchoolCode | Grade | EnterDate | LeaveDate",
        "101 | 3400001 | 09 | 08/12/2026 | ",
        "102 | 3400001 | 09 | 08/12/2026 | ",
    )
    write(
        "PARENT",
        "SISNumber | ParentNumber | ParentFirstName | ParentLastName | RelationType | LivesWith | "
        "EducationalRights | "
        "ContactRestricted | OrderBy | Language | Address | Unit | City | State | ZipCode | "
        "Email | Phone | SafeAtHome",
        '101 | 9 | Bo | Canary | Father | Y | Y | N | 1 | eng | "1 Oak St, ""B""" |  | Sacramento | CA | 95814 | | |',
    )
    write(
        "CALENDAR",
        "SchoolCode | CalendarDate | SchoolDay",
        "3400001 | 11/19/2026 | Y",
        "3400001 | 11/20/2026 | Y",
    )
    write(
        "ABSENCE",
        "SISNumber | SchoolCode | AbsenceDate | Number | Name | Reason | Course | Staff",
        "101 | 3400001 | 11/19/2026 | 1 | Per 1 | Unexcused | Algebra | ",
        "101 | 3400001 | 11/19/2026 | 2 | Per 2 | Unexcused | English | ",
        "102 | 3400001 | 11/20/2026 | 2 | Per 2 | Activity | English | ",
    )


SAMPLES: dict[str, Callable[[Path], None]] = {
    "powerschool": powerschool,
    "infinite_campus": infinite_campus,
    "synergy": synergy,
}

Night = tuple[District, Parsed, Validated]


def judged(folder: Path, dialect: str) -> tuple[Parsed, Validated]:
    district = district_speaking(ROOT / "config", dialect, None)
    connector = CsvFiles(str(folder))
    parsed = connector.parse(district, connector.fetch(district, pull(AS_OF)).files)
    validated = validate_submission(
        district=district,
        as_of=AS_OF,
        year=school_year_of(AS_OF),
        tables=parsed.tables,
        reference=Reference(),
        gates=Gates(),
        limits=LIMITS,
        suites=None,
    )
    return parsed, validated


@pytest.fixture(params=SAMPLES)
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Night:
    SAMPLES[request.param](tmp_path)
    return district_speaking(ROOT / "config", request.param, None), *judged(tmp_path, request.param)


def test_every_canonical_table_is_there_with_canonical_columns_only(night: Night):
    _, parsed, _ = night

    needed = {name for name, table in TABLES.items() if not table.optional}
    assert {table.table for table in parsed.tables} == needed
    for table in parsed.tables:
        assert set(table.frame) - {"row"} <= set(TABLES[table.table].columns)


def test_every_column_that_a_table_must_have_is_mapped(night: Night):
    district, _, _ = night

    for table, layout in district.files.items():
        required = {name for name, column in TABLES[table].columns.items() if column.required}
        assert required <= set(layout.columns)


def test_no_row_of_the_sample_is_faulty(night: Night):
    _, parsed, validated = night

    assert validated.quarantined.empty
    assert validated.received == {table.table: len(table.frame) for table in parsed.tables}


def test_a_day_missed_without_excuse_is_one_mark(night: Night):
    _, _, validated = night
    marks = validated.marks
    day = marks[marks["local_id"] == "101"]

    assert day["status"].tolist() == [ABSENT]
    assert day["date"].dt.date.tolist() == [date(2026, 11, 19)]
    assert ABSENT not in marks.loc[marks["local_id"] == "102", "status"].tolist()


def test_names_come_through_the_dialects_characters(night: Night):
    _, _, validated = night

    assert validated.students["first_name"].tolist() == ["Ana", "Zoë"]


def test_the_last_day_of_an_exclusive_exit_is_the_day_before(tmp_path: Path):
    powerschool(tmp_path)
    _, validated = judged(tmp_path, "powerschool")

    assert validated.enrollments["exit_date"].dt.date.tolist() == [date(2027, 6, 11)] * 2


def test_powerschools_meeting_attendance_beside_daily_is_reported_and_not_counted(tmp_path: Path):
    powerschool(tmp_path, mode="ATT_ModeMeeting")
    _, validated = judged(tmp_path, "powerschool")

    aside = validated.quarantined
    assert aside["reason"].tolist() == ["unknown_code"] * 2
    assert validated.marks.empty


def test_a_powerschool_code_of_another_year_is_not_taken_for_this_years(tmp_path: Path):
    powerschool(tmp_path)
    parsed, _ = judged(tmp_path, "powerschool")

    attendance = next(t for t in parsed.tables if t.table == "attendance").frame
    assert attendance["code"].tolist() == ["ATT_ModeDaily:Absent:U", "ATT_ModeDaily:Present:"]


def test_last_nights_folder_is_not_tonights(tmp_path: Path):
    for name, write in SAMPLES.items():
        folder = tmp_path / name
        folder.mkdir()
        write(folder)
        district = district_speaking(ROOT / "config", name, None)
        with pytest.raises(SubmissionRefused, match="file_missing"):
            CsvFiles(str(folder)).fetch(district, pull(date(2026, 11, 21)))


def test_powerschools_tracks_come_as_calendars_of_their_own(tmp_path: Path):
    powerschool(tmp_path)
    _, validated = judged(tmp_path, "powerschool")

    calendar = validated.calendar
    own = calendar[calendar["track"].notna()]
    told = list(zip(own["track"], own["date"].dt.day, own["instructional"], strict=True))
    assert told == [("A", 19, True), ("A", 20, True), ("B", 19, True), ("B", 20, False)]
    assert validated.enrollments["track"].tolist() == ["B", "A"]
