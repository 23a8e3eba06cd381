"""Every field that our fake Aeries sends is one of the vendor's.

Source of the names: herooftimeandspace/aeries-sis-sdk-python @ 7dc1ab36, contracts/normalized/aeries_api_contract.json
and contracts/raw/{school,student,attendance}_endpoints.html: the vendor's pages of 2025-26, noted down on 23 November
2026. Of students and contacts, whose lists are long, the names that a connector could want are noted.
"""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from pact_etl.simulator.servers.aeries_answers import AeriesAnswers
from pact_etl.simulator.servers.aeries_state import AREAS, AeriesState

SYSTEM = """AeriesVersion DatabaseYear AvailableDatabaseYears LocalTimeZoneName CurrentDateTime"""
SCHOOL = """Address AddressCity AddressState AddressZipCode AddressZipExt AttendancePeriod AttendanceReporting
    AttendanceType DoNotReport HighGradeLevel InactiveStatusCode LowGradeLevel Name PhoneNumber PrincipalEmailAddress
    PrincipalName ScheduleBasis ScheduleType SchoolCode SessionType StateCountyID StateDistrictID StateSchoolID Tracks
    RegionCode StateCharterNumber CharterStatusCode SchoolCategoryCode"""
CALENDAR = """ABDay AttendanceMonth AttendanceMonthLocked CalendarDate CalendarDayNumber HolidayCode PeriodBlockPattern
    SchoolCode TotalApportionment TotalEnrollment TrackHolidays TrackHolidays.HolidayCode TrackHolidays.TrackCode
    TrackHolidays.TrackNumber"""
ABSENCE_CODE = """Abbreviation AbsenceCode CountOnReportCard CountsForADA IncludeInParentNotifications IncludeOnLetters
    IncludeOnReports IsPartialDayTruant IsSuspension SchoolCode Title TypeCode TypeDescription IsTemporarilyNotEnrolled
    IndependentStudyCode ColorCode"""
STUDENT = """AddressVerified AttendanceProgramCodePrimary Birthdate CorrespondenceLanguageCode DistrictEnterDate
    FamilyKey FirstName FirstNameAlias Gender Grade HighSchedulingPeriod HomeLanguageCode HomePhone InactiveStatusCode
    LanguageFluencyCode LastName LastNameAlias LowSchedulingPeriod MailingAddress MailingAddressCity MailingAddressState
    MailingAddressZipCode MailingAddressZipExt MiddleName NotificationPreferenceCode OldStudentID ParentEmailAddress
    ParentGuardianName ResidenceAddress ResidenceAddressCity ResidenceAddressState ResidenceAddressZipCode
    ResidenceAddressZipExt SchoolCode SchoolEnterDate SchoolLeaveDate StateStudentID StudentEmailAddress StudentID
    StudentNumber Track"""
ENROLLMENT = """StudentID InterIntraDistrictStateCode NonpublicSchoolStateCode NextSchoolCode ReportingSchoolCode
    SchoolCode StudentNumber AcademicYear Track AttendanceProgramCode AttendanceProgramCodeAdditional1
    AttendanceProgramCodeAdditional2 Grade ElementaryTeacherNumber ElementaryTeacherName EnterDate LeaveDate
    ExitReasonCode InterIntraDistrictTransferCode"""
CONTACT = """AccessToPortal Address AddressCity AddressState AddressZipCode AddressZipExt AddressTypeCode
    AttendanceNotification CellPhone Comments ContactOrder CorrespondenceLanguageCode EducationalRightsHolder
    EmailAddress FirstName HomePhone LastName LivesWithStudentIndicator MailingName MailTagCode MiddleName NamePrefix
    NameSuffix NotificationPreferenceCode PortalAccountID PrimaryContact RedFlag RelationshipToStudentCode RecordType
    SchoolCode SequenceNumber StudentID WorkPhone WorkPhoneExt"""
PROGRAM = """StudentID ProgramCode ProgramDescription EligibilityStartDate EligibilityEndDate ParticipationStartDate
    ParticipationEndDate ExtendedProperties"""
ATTENDANCE = """StudentID AttendanceDays AttendanceDays.CalendarDate AttendanceDays.AllDayAttendanceCode
    AttendanceDays.Classes AttendanceDays.Classes.SectionNumber AttendanceDays.Classes.Period
    AttendanceDays.Classes.AttendanceCode"""
CHANGE = """StudentID SchoolCode StudentNumber"""

CLOCK = datetime(2026, 11, 20, 21, 30)  # noqa: DTZ001 - the source's own clock


@pytest.fixture(scope="module")
def answers() -> AeriesAnswers:
    """One student of a school with six periods and a track, with everything a student can have."""
    day = {"school_code": "3", "date": "2026-09-01"}
    mark = {"local_id": "101", **day, "code": "U", "minutes": ""}
    student = {"local_id": "101", "ssid": "9000000001", "birth_date": "2010-01-01", "foster": "Y"}
    span = {"local_id": "101", "school_code": "3", "grade": "11", "entry_date": "2026-08-10"}
    tables = {
        "schools": [{"school_code": "3", "name": "S", "level": "high", "periods_per_day": "6"}],
        "students": [student | {"first_name": "Bo", "last_name": "Vang", "homeless": "Y"}],
        "enrollments": [span | {"exit_date": ""}],
        "guardians": [{"local_id": "101", "guardian_id": "7", "has_rights": "Y", "zip": "95632-1"}],
        "calendar": [
            day | {"instructional": "true", "track": ""},
            day | {"instructional": "false", "track": "A"},
        ],
        "attendance": [mark | {"period": "1"}, mark | {"period": ""}],
    }
    state = AeriesState()
    frames = {name: pd.DataFrame(rows, dtype="str") for name, rows in tables.items()}
    state.load(frames, (date(2026, 7, 1), date(2026, 11, 20)), CLOCK)
    return AeriesAnswers(state=state, cd_code="3467314", year=2026)


def names(found: Any, above: str = "") -> set[str]:
    """Every field with the fields it stands in."""
    if isinstance(found, list):
        return {name for inner in found for name in names(inner, above)}
    if not isinstance(found, dict):
        return set()
    own = {f"{above}{name}" for name in found}
    return own.union(*(names(inner, f"{above}{name}.") for name, inner in found.items()))


@pytest.mark.parametrize(
    ("path", "contract"),
    [
        ("systeminfo", SYSTEM),
        ("schools", SCHOOL),
        ("schools/3", SCHOOL),
        ("schools/3/calendar", CALENDAR),
        ("schools/3/AbsenceCodes", ABSENCE_CODE),
        ("schools/3/absencecodes/U", ABSENCE_CODE),
        ("schools/3/students", STUDENT),
        ("schools/3/students/101", STUDENT),
        ("schools/3/students/0/programs", PROGRAM),
        ("schools/3/contacts", CONTACT),
        ("schools/0/contacts/101", CONTACT),
        ("enrollment/101", ENROLLMENT),
        ("enrollment/0/year/2026", ENROLLMENT),
        ("schools/3/enrollment/0/year/2026", ENROLLMENT),
        ("schools/3/attendance", ATTENDANCE),
        ("schools/3/attendance/101", ATTENDANCE),
        ("StudentDataChanges/contact/2026/11/20/0/0", CHANGE),
    ],
)
def test_every_field_the_fake_sends_is_the_vendors(
    answers: AeriesAnswers, path: str, contract: str
) -> None:
    found = names(answers.to(path, {}, CLOCK))

    assert found
    assert found <= set(contract.split())


def test_the_fake_knows_the_vendors_lists_of_changes_and_no_other(answers: AeriesAnswers) -> None:
    """`DataArea`, valid values, of the same page: attendance is not among them."""
    assert set(AREAS) == {"student", "contact", "program", "test", "class", "enrollment"}
    assert answers.to("StudentDataChanges/attendance/2026/11/20/0/0", {}, CLOCK) is None


@pytest.mark.parametrize("path", ["schools/9/students", "schools/9/attendance", "grades", ""])
def test_what_is_not_there_is_not_found(answers: AeriesAnswers, path: str) -> None:
    assert answers.to(path, {}, CLOCK) is None


def test_attendance_is_of_the_days_asked_for_and_dates_are_midnights(
    answers: AeriesAnswers,
) -> None:
    inside = answers.to("schools/3/attendance", {"StartDate": "20260901"}, CLOCK)
    outside = answers.to("schools/3/attendance", {"EndDate": "20260831"}, CLOCK)

    assert outside == []
    assert isinstance(inside, list)
    assert inside[0]["AttendanceDays"][0]["CalendarDate"] == "2026-09-01T00:00:00"
