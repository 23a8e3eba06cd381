"""The page's plain words: what reasons mean to a reader who has never seen a reason code."""

from collections.abc import Mapping
from datetime import date

from pact_etl.domain.reasons import FOLLOW_UP_HOLDS, SERVED_NOTICES, Reason
from pact_etl.domain.routing import FAMILY_REASONS

ROWS: Mapping[str, str] = {
    Reason.MISSING_FIELD: "A cell that must have a value is empty",
    Reason.INVALID_ID: "An id has characters that ids do not have",
    Reason.ID_MANGLED: "A spreadsheet rewrote the id",
    Reason.INVALID_DATE: "A date cannot be read",
    Reason.INVALID_VALUE: "A value is none of those agreed",
    Reason.FUTURE_DATE: "The date lies after the delivery",
    Reason.OUTSIDE_SCHOOL_YEAR: "The date lies outside this school year",
    Reason.DUPLICATE_ROW: "The same row is there twice",
    Reason.UNKNOWN_STUDENT: "The student was never sent",
    Reason.UNKNOWN_SCHOOL: "The school was never sent",
    Reason.UNKNOWN_CODE: "Nobody has said what the code means",
    Reason.NO_SCHOOL_THAT_DAY: "The calendar has no school that day",
    Reason.OUTSIDE_ENROLLMENT: "The student was not enrolled there that day",
    Reason.SCHOOL_DAY_OUTLIER: "Nearly the whole school is absent that day",
    Reason.DAY_INCOMPLETE: "Another row of the student's day was set aside",
}
"""Why a row was set aside."""

FILES: Mapping[str, str] = {
    Reason.FILE_MISSING: "a file was not there",
    Reason.FILE_EMPTY: "a file was empty",
    Reason.FILE_TRUNCATED: "a file broke off",
    Reason.HEADER_CHANGED: "a column was renamed or missing",
    Reason.ENCODING_INVALID: "a file was in another character set",
    Reason.FILE_MALFORMED: "rows did not fit their header",
    Reason.STALE_FILE: "an earlier night's file came again",
    Reason.IDS_MANGLED: "a spreadsheet rewrote ids",
    Reason.TOO_FEW_ROWS: "rows of every schoolday were missing",
    Reason.TOO_MANY_FAULTS: "too many rows were faulty",
    Reason.MASS_DELETION: "most earlier absences had vanished",
    Reason.FILE_TOO_LARGE: "a file was far too large",
    Reason.TOTALS_DIFFER: "your system counted other rows than it sent",
    Reason.WRONG_DISTRICT: "the data was another district's",
    Reason.EXPECTATION_FAILED: "the file as a whole was not possible",
}
"""Why a whole delivery was refused."""

ADDRESS, CODE, OUTLIER, IDENTITY = "address", "code", "outlier", "identity"
PERSON, LANGUAGE, MEETING, VOLUME, LEFT, TESTING, OTHER = (
    "person",
    "language",
    "meeting",
    "volume",
    "left",
    "testing",
    "other",
)

KINDS: Mapping[str, str] = {
    Reason.NO_ADDRESS: ADDRESS,
    Reason.ADDRESS_INVALID: ADDRESS,
    Reason.MAIL_RETURNED: ADDRESS,
    Reason.LETTER_RETURNED: ADDRESS,
    Reason.SCHOOL_HELD_UNKNOWN_CODE: CODE,
    Reason.SCHOOL_HELD_OUTLIER: OUTLIER,
    Reason.IDENTITY_UNCLEAR: IDENTITY,
    **dict.fromkeys(FAMILY_REASONS, PERSON),
    Reason.LANGUAGE_WITHOUT_TEMPLATE: LANGUAGE,
    Reason.NO_MEETING: MEETING,
    Reason.PAST_LAST_MAILING_DATE: MEETING,
    Reason.VOLUME_JUMP: VOLUME,
    Reason.NOT_ENROLLED: LEFT,
    Reason.DISTRICT_TESTING: TESTING,
    Reason.BATCH_REJECTED: OTHER,
    Reason.LETTER_TAKEN_OUT: OTHER,
    Reason.CHARTER_WITHOUT_AGREEMENT: OTHER,
    Reason.OUT_OF_COUNTY: OTHER,
    Reason.OTHER_LETTER_RECENT: OTHER,
    Reason.NO_LEGAL_BASIS: OTHER,
    Reason.COOLING_DOWN: OTHER,
    Reason.OUTSIDE_GRADE_SPAN: OTHER,
    Reason.RENDER_FAILED: OTHER,
    Reason.MAILED_THEN_UNDONE: OTHER,
    Reason.VOID_WAITS: OTHER,
    Reason.LETTER_REFUSED: OTHER,
    Reason.HOME_WITHOUT_LETTER: OTHER,
    **dict.fromkeys(FOLLOW_UP_HOLDS | SERVED_NOTICES, OTHER),
}
"""Reason of a hold to the line it is counted in."""

LETTERS: Mapping[str, tuple[str, str]] = {
    ADDRESS: ("The address cannot be mailed to, or mail came back", "District"),
    CODE: ("The school sent a code nobody explained", "District"),
    OUTLIER: ("A day of the school looks as if attendance was not entered", "District"),
    IDENTITY: ("Two records may be one child", "District and county"),
    PERSON: ("A person must look first, for the family's sake", "Liaison and county"),
    LANGUAGE: ("There is no letter in the family's language yet", "County"),
    MEETING: ("No meeting evening is left to invite to", "County"),
    VOLUME: ("Far more new cases than usual came in one night", "District and county"),
    LEFT: ("No longer enrolled", "District"),
    TESTING: ("The district is still in its trial", "County"),
    OTHER: ("The county looks at it once more", "County"),
}
"""What a line says, and whose turn it is."""


def day(value: date) -> str:
    """Such as `Oct 6`."""
    return f"{value:%b} {value.day}"


def month(value: date) -> str:
    """Such as `October 2026`."""
    return f"{value:%B %Y}"


def percent(value: float | None) -> str:
    """Such as `5.2 %`; a dash where there is none."""
    return "–" if value is None else f"{value:.1f} %"


def number(value: int) -> str:
    """Such as `12,345`."""
    return f"{value:,}"


def tenths(value: float) -> str:
    """Such as `0.0` and `16.7`."""
    return f"{value:,.1f}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Such as `1 school` and `2 schools`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(items: list[str], most: int) -> str:
    """The first few of a list, and how many more there are."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")
