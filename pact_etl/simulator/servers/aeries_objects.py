"""Canonical rows as the objects of Aeries API v5, with the vendor's field names and habits.

Names from the contract captured in herooftimeandspace/aeries-sis-sdk-python (`contracts/`, vendor pages of 2025-26).
Knows nothing of HTTP, nor of which rows are asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pact_etl.simulator.servers.aeries_state import Days, Row, is_yes

Object = dict[str, object]

LANGUAGES = {"eng": "00", "spa": "01", "vie": "02", "yue": "03", "tgl": "05", "cmn": "07"} | {
    "lao": "10",
    "ara": "11",
    "fas": "16",
    "hin": "22",
    "hmn": "23",
    "pan": "28",
    "rus": "29",
    "urd": "35",
    "ukr": "38",
    "pus": "40",
}
"""The state's old codes; a language without one is sent as its ISO code, as districts with their own lists do."""

GRADES = {"PS": -2, "TK": -1, "KN": 0}
PROGRAMS = {
    "foster": ("190", "Foster Program"),
    "homeless": ("191", "Homeless Program"),
    "unaccompanied": ("L1", "On His or Her Own"),
    "support_pending": ("L2", "Student Success Team"),
    "do_not_send": ("L3", "No Letters"),
}
"""By flag of our tables, program code and title; those with a letter are local codes, as districts make them."""

DIED = "E130"
RED_FLAG_FIELD = "restrained"

_TOP = {"elementary": ("0", "6"), "middle": ("7", "8"), "high": ("9", "12")}
_OTHER_GRADE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceCode:
    """One entry of a school's absence codes; `type_code` as the vendor numbers them, 1 unverified to 9."""

    code: str
    title: str
    type_code: str
    is_partial_day_truant: bool = False
    is_suspension: bool = False
    independent_study: str = ""


TYPES = {
    "1": "Unverified Absence",
    "2": "Excused Absence",
    "3": "Unexcused Absence",
    "4": "Verified Not Absent",
    "5": "Tardy",
    "6": "Present",
    "8": "Verified Excused Tardy",
    "9": "Verified Unexcused Tardy",
}

CODES = (
    AbsenceCode(code="A", title="Unverified", type_code="1"),
    AbsenceCode(code="U", title="Unexcused", type_code="3"),
    AbsenceCode(code="K", title="Truant", type_code="3"),
    AbsenceCode(code="I", title="Illness", type_code="2"),
    AbsenceCode(code="M", title="Medical", type_code="2"),
    AbsenceCode(code="X", title="Excused", type_code="2"),
    AbsenceCode(code="T", title="Tardy", type_code="5"),
    AbsenceCode(code="V", title="Late 30+", type_code="9", is_partial_day_truant=True),
    AbsenceCode(code="W", title="Late Exc", type_code="8"),
    AbsenceCode(code="S", title="Suspension", type_code="2", is_suspension=True),
    AbsenceCode(code="H", title="InHouseSus", type_code="4", is_suspension=True),
    AbsenceCode(code="N", title="Ind Study", type_code="4", independent_study="C"),
    AbsenceCode(code="R", title="Ind St Inc", type_code="3", independent_study="I"),
)


def midnight(day: str) -> str | None:
    """A date as Aeries writes it; nothing is null."""
    return f"{day}T00:00:00" if day else None


def number(digits: str) -> int | str:
    """An id as a number, as Aeries has them."""
    return int(digits) if digits.isascii() and digits.isdigit() else digits


def school(row: Row, cd_code: str, tracks: int) -> Object:
    """School information."""
    low, high = _TOP.get(row.get("level", ""), _TOP["elementary"])
    is_period = row.get("periods_per_day", "1") not in {"", "1"}
    return {
        "SchoolCode": number(row["school_code"]),
        "Name": row.get("name", ""),
        "StateCountyID": cd_code[:2],
        "StateDistrictID": cd_code[2:],
        "StateSchoolID": row["school_code"].zfill(7),
        "LowGradeLevel": low,
        "HighGradeLevel": high,
        "AttendanceType": "Period" if is_period else "Daily",
        "AttendanceReporting": row.get("reporting") or "Negative",
        "AttendancePeriod": "2" if is_period else "0",
        "Tracks": tracks,
        "SessionType": "Regular",
        "InactiveStatusCode": row.get("inactive", ""),
        "DoNotReport": is_yes(row.get("do_not_report")),
        "PhoneNumber": row.get("phone", ""),
    }


def calendar(rows: Iterable[Row], periods: str) -> list[Object]:
    """A school's calendar; every tenth day taught is a minimum day, and a track may state any day otherwise."""
    found: list[Object] = []
    taught = 0
    common: list[Row] = []
    own: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row.get("track"):
            own[row["date"]][row["track"]] = "" if is_yes(row["instructional"]) else "@"
        else:
            common.append(row)
    for place, row in enumerate(sorted(common, key=lambda r: r["date"]), start=1):
        is_taught = is_yes(row["instructional"])
        taught += is_taught
        found.append(
            {
                "SchoolCode": number(row["school_code"]),
                "CalendarDate": midnight(row["date"]),
                "CalendarDayNumber": place,
                "HolidayCode": "#" if not is_taught else "%" if taught % 10 == 0 else "",
                "PeriodBlockPattern": _pattern(periods) if is_taught else "",
                "AttendanceMonth": 1 + place // 20,
                "AttendanceMonthLocked": False,
                "TrackHolidays": [
                    {"TrackCode": track, "HolidayCode": code}
                    for track, code in sorted(own[row["date"]].items())
                ],
            }
        )
    return found


def student(row: Row, school_code: str, spans: Sequence[Row]) -> Object:
    """A student's record at one school."""
    here = [span for span in spans if span["school_code"] == school_code]
    latest = max(here, key=lambda span: span["entry_date"], default=None)
    left = latest.get("exit_date", "") if latest else ""
    return {
        "StudentID": number(row["local_id"]),
        "SchoolCode": number(school_code),
        "StudentNumber": number(row["local_id"][-4:]),
        "StateStudentID": row.get("ssid", ""),
        "LastName": row.get("last_name", ""),
        "FirstName": row.get("first_name", ""),
        "LastNameAlias": "",
        "FirstNameAlias": "",
        "Grade": grade(latest["grade"]) if latest else None,
        "Birthdate": midnight(row.get("birth_date", "")),
        "ParentGuardianName": "",
        "HomeLanguageCode": language(row.get("home_language", "")),
        "CorrespondenceLanguageCode": "",
        "Track": latest.get("track", "") if latest else "",
        "SchoolEnterDate": midnight(latest["entry_date"]) if latest else None,
        "SchoolLeaveDate": midnight(left),
        "InactiveStatusCode": "I" if left else "",
        "MailingAddress": "",
        "MailingAddressCity": "",
        "MailingAddressState": "",
        "MailingAddressZipCode": "",
        "MailingAddressZipExt": "",
    }


def enrollment(row: Row, year: int, *, died: bool) -> Object:
    """One enrollment period."""
    return {
        "StudentID": number(row["local_id"]),
        "SchoolCode": number(row["school_code"]),
        "StudentNumber": number(row["local_id"][-4:]),
        "AcademicYear": str(year),
        "Track": row.get("track", ""),
        "Grade": grade(row["grade"]),
        "EnterDate": midnight(row["entry_date"]),
        "LeaveDate": midnight(row.get("exit_date", "")),
        "ExitReasonCode": DIED if died else "",
        "AttendanceProgramCode": "",
        "AttendanceProgramCodeAdditional1": "",
        "AttendanceProgramCodeAdditional2": "",
        "InterIntraDistrictTransferCode": "",
    }


def contacts(rows: Sequence[Row], school_code: str) -> list[Object]:
    """A student's contacts; the sequence number is the end of the guardian's id where that says one, else the place."""
    return [_contact(row, place, school_code) for place, row in enumerate(rows, start=1)]


def _contact(row: Row, place: int, school_code: str) -> Object:
    _, dash, own = row.get("guardian_id", "").partition(f"{row['local_id']}-")
    zip_code, _, extension = row.get("zip", "").partition("-")
    return {
        "StudentID": number(row["local_id"]),
        "SchoolCode": number(school_code),
        "SequenceNumber": int(own) if dash and own.isdigit() else place,
        "FirstName": row.get("first_name", ""),
        "LastName": row.get("last_name", ""),
        "MailingName": f"{row.get('first_name', '')} {row.get('last_name', '')}".strip(),
        "RelationshipToStudentCode": row.get("relation", ""),
        "LivesWithStudentIndicator": _indicator(row.get("lives_with", "")),
        "EducationalRightsHolder": _indicator(row.get("has_rights", "")),
        "RedFlag": is_yes(row.get(RED_FLAG_FIELD)),
        "ContactOrder": number(row.get("contact_order", "")),
        "MailTagCode": "",
        "AccessToPortal": "",
        "CorrespondenceLanguageCode": language(row.get("language", "")),
        "Address": f"{row.get('street', '')} {row.get('unit', '')}".strip(),
        "AddressCity": row.get("city", ""),
        "AddressState": row.get("state", ""),
        "AddressZipCode": zip_code,
        "AddressZipExt": extension,
        "EmailAddress": row.get("email", ""),
        "CellPhone": row.get("phone", ""),
        "HomePhone": "",
        "WorkPhone": "",
    }


def programs(row: Row) -> list[Object]:
    """A student's participations in programs that make letters wait."""
    return [
        {
            "StudentID": number(row["local_id"]),
            "ProgramCode": code,
            "ProgramDescription": title,
            "EligibilityStartDate": None,
            "EligibilityEndDate": None,
            "ParticipationStartDate": None,
            "ParticipationEndDate": None,
            "ExtendedProperties": [],
        }
        for flag, (code, title) in PROGRAMS.items()
        if is_yes(row.get(flag))
    ]


def attendance(local_id: str, days: Days, first: str, last: str) -> Object | None:
    """A student's days with a code between two dates; None where there is none."""
    found = [_day(day, days[day]) for day in sorted(days) if first <= day <= last]
    return {"StudentID": number(local_id), "AttendanceDays": found} if found else None


def absence_code(code: AbsenceCode, school_code: str) -> Object:
    """One absence code of a school."""
    return {
        "SchoolCode": number(school_code),
        "AbsenceCode": code.code,
        "Title": code.title,
        "Abbreviation": code.title[:3],
        "TypeCode": code.type_code,
        "TypeDescription": TYPES[code.type_code],
        "CountsForADA": code.type_code in {"4", "5", "6"},
        "IncludeOnLetters": code.type_code == "3",
        "IncludeInParentNotifications": code.type_code in {"1", "3"},
        "IsSuspension": code.is_suspension,
        "IsPartialDayTruant": code.is_partial_day_truant,
        "IsTemporarilyNotEnrolled": False,
        "IndependentStudyCode": code.independent_study,
    }


def grade(code: str) -> int:
    """A grade as Aeries numbers them."""
    return int(code) if code.isascii() and code.isdigit() else GRADES.get(code, _OTHER_GRADE)


def language(code: str) -> str:
    """A language as a California district has it."""
    return LANGUAGES.get(code, code)


def _day(day: str, stated: Sequence[tuple[str, str]]) -> Object:
    whole = [code for period, code in stated if not period]
    return {
        "CalendarDate": midnight(day),
        "AllDayAttendanceCode": whole[0] if whole else "",
        "Classes": [
            {"SectionNumber": 1000 * int(period), "Period": period, "AttendanceCode": code}
            for period, code in sorted(stated)
            if period
        ],
    }


def _indicator(flag: str) -> str:
    return ("Y" if is_yes(flag) else "N") if flag else ""


def _pattern(periods: str) -> str:
    count = int(periods) if periods.isascii() and periods.isdigit() else 1
    return "".join(str(n) for n in range(1, min(count, 9) + 1)) if count > 1 else ""
