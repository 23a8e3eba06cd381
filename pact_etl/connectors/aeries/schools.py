"""Schools of an Aeries: which of them are read, whether they are the district's, and their rows and calendars.

Fields as in the vendor's "School-related end points" (support.aeries.com, article 14000113682, of 12 December 2025).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pact_etl.connectors.aeries.manifest import Placed, placed, read_manifest
from pact_etl.connectors.aeries.options import AeriesOptions, options_of
from pact_etl.connectors.aeries.reading import day, is_set, listed, text
from pact_etl.connectors.canonical import Row
from pact_etl.connectors.json_pages import Object
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

SCHOOLS = "schools.json-seq"
_DAILY = "daily"


def read_schools(schools: Iterable[Object], options: AeriesOptions) -> list[str]:
    """Codes of the schools that this district's attendance is read from, in the source's order."""
    return [text(school, "SchoolCode") for school in schools if _is_read(school, options)]


def prove_district(schools: Sequence[Object], cd_code: str, options: AeriesOptions) -> None:
    """Refuse a source whose schools are not this district's. The API says of nothing else whose it is.

    Schools prove it, not students, so an Aeries without a student is proven too. Where no school that is read states a
    district (charters may not), the others may: closed and unreported schools are still the district's own.

    Raises:
        SubmissionRefused: FILE_EMPTY, there is no school to read; WRONG_DISTRICT, a school that is read states another
            county and district, or no school states this one.
    """
    read = [school for school in schools if _is_read(school, options)]
    if not read:
        raise SubmissionRefused(
            Reason.FILE_EMPTY, file=SCHOOLS, detail=f"{len(schools)} schools, none of them read"
        )
    stated = {_cd_code(school) for school in read} - {""}
    stated = stated or {_cd_code(school) for school in schools} - {""}
    if stated != {cd_code}:
        # These codes are public: whoever mixed up two certificates sees which one this is.
        codes = sorted(code for code in stated if len(code) == len(cd_code) and code.isdecimal())
        found = ", ".join(codes) or "none"
        raise SubmissionRefused(
            Reason.WRONG_DISTRICT, file=SCHOOLS, detail=f"schools of {found}, not of {cd_code}"
        )


def positive_schools(district: District, files: Sequence[RawFile]) -> list[str]:
    """Codes of read schools that report attendance positively, where a day without a code need not be a day present.

    Raises:
        SubmissionRefused: the kept files cannot be read.
    """
    by_name = {file.name: file for file in files}
    options = options_of(district)
    schools = [school for _, _, school in placed(by_name, read_manifest(by_name), "schools")]
    return [
        text(school, "SchoolCode")
        for school in schools
        if _is_read(school, options) and text(school, "AttendanceReporting").lower() == "positive"
    ]


def school_rows(
    schools: Iterable[tuple[int, Object]], calendar: Iterable[Placed], options: AeriesOptions
) -> list[Row]:
    """One row per school that is read.

    Raises:
        SubmissionRefused: MISSING_FIELD, a school takes attendance by period and nothing says how many periods it has;
            taking it for one would make a whole day's absence of a single missed period.
    """
    patterns = _patterns(calendar, options)
    rows: list[Row] = []
    for place, school in schools:
        if not _is_read(school, options):
            continue
        code = text(school, "SchoolCode")
        rows.append(
            {
                "school_code": code,
                "name": text(school, "Name"),
                "level": _level(text(school, "HighGradeLevel")),
                "periods_per_day": _periods(school, code, patterns, options),
                "phone": text(school, "PhoneNumber"),
                "row": place,
            }
        )
    return rows


def calendar_rows(calendar: Iterable[Placed], options: AeriesOptions) -> list[Row]:
    """One row per school and day of the common calendar, and one per day that a track states of itself."""
    rows: list[Row] = []
    for place, school, entry in calendar:
        stated = [("", text(entry, "HolidayCode"))]
        stated += [
            (text(own, "TrackCode"), text(own, "HolidayCode"))
            for own in listed(entry, "TrackHolidays")
            if text(own, "TrackCode")
        ]
        rows += [
            {
                "school_code": school,
                "track": track,
                "date": day(entry, "CalendarDate"),
                "instructional": _taught(code, options),
                "row": place,
            }
            for track, code in stated
        ]
    return rows


def _taught(code: str, options: AeriesOptions) -> str:
    if not code or code in options.school_day_codes:
        return "true"
    # An unknown code is handed on: validation sets the day aside by name, and nobody has guessed.
    return "false" if code in options.closed_codes else code


def _is_read(school: Object, options: AeriesOptions) -> bool:
    return (
        text(school, "SchoolCode") not in options.skip_schools
        and (options.inactive_schools or not text(school, "InactiveStatusCode"))
        and (options.unreported_schools or not is_set(school, "DoNotReport"))
    )


def _cd_code(school: Object) -> str:
    county, district = text(school, "StateCountyID"), text(school, "StateDistrictID")
    return county.zfill(2) + district.zfill(5) if county or district else ""


def _level(top: str) -> str:
    """From the highest grade taught, as for Ed-Fi schools; what is no number above 6 is elementary."""
    grade = int(top) if top.isascii() and top.isdigit() and len(top) <= 2 else 0
    return "high" if grade >= 9 else "middle" if grade in {7, 8} else "elementary"


def _patterns(calendar: Iterable[Placed], options: AeriesOptions) -> Mapping[str, Counter[str]]:
    """How often each highest period stands in a school's PeriodBlockPattern on days taught."""
    found: dict[str, Counter[str]] = {}
    for _, school, entry in calendar:
        periods = [c for c in text(entry, "PeriodBlockPattern") if c in "123456789"]
        holiday = text(entry, "HolidayCode")
        if periods and (not holiday or holiday in options.school_day_codes):
            found.setdefault(school, Counter())[max(periods)] += 1
    return found


def _periods(
    school: Object, code: str, patterns: Mapping[str, Counter[str]], options: AeriesOptions
) -> str:
    if code in options.periods:
        return options.periods[code]
    if text(school, "AttendanceType").lower() == _DAILY:
        return "1"
    if code in patterns:
        # The highest period of most days, not their number: a school that meets in blocks then has too many periods,
        # and a student is never taken to have missed them all.
        return max(patterns[code].items(), key=lambda item: (item[1], item[0]))[0]
    raise SubmissionRefused(
        Reason.MISSING_FIELD,
        file=SCHOOLS,
        field="periods_per_day",
        detail="a school with period attendance needs the option periods",
    )
