"""Every reason code the system gives, in one list: the stable words of reject files, receipts, holds and alerts.

A code is stored by value and never renamed. Wording for people lives in the documents that show it, not here.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a submission, a row, a school or a letter was set aside."""

    # A submission as a whole: nothing of it is recorded, the district is held or late.
    FILE_MISSING = "file_missing"
    FILE_EMPTY = "file_empty"
    FILE_TRUNCATED = "file_truncated"
    HEADER_CHANGED = "header_changed"
    ENCODING_INVALID = "encoding_invalid"
    FILE_MALFORMED = "file_malformed"
    SUPERSEDED = "superseded"
    STALE_FILE = "stale_file"
    IDS_MANGLED = "ids_mangled"
    TOO_FEW_ROWS = "too_few_rows"
    TOO_MANY_FAULTS = "too_many_faults"
    MASS_DELETION = "mass_deletion"
    FILE_TOO_LARGE = "file_too_large"
    TOTALS_DIFFER = "totals_differ"
    WRONG_DISTRICT = "wrong_district"
    EXPECTATION_FAILED = "expectation_failed"
    NOT_INSTRUCTIONAL_DAY = "not_instructional_day"

    # One row: it is quarantined, the rest of its file goes on.
    MISSING_FIELD = "missing_field"
    INVALID_ID = "invalid_id"
    ID_MANGLED = "id_mangled"
    INVALID_DATE = "invalid_date"
    INVALID_VALUE = "invalid_value"
    FUTURE_DATE = "future_date"
    OUTSIDE_SCHOOL_YEAR = "outside_school_year"
    DUPLICATE_ROW = "duplicate_row"
    UNKNOWN_STUDENT = "unknown_student"
    UNKNOWN_SCHOOL = "unknown_school"
    UNKNOWN_CODE = "unknown_code"
    NO_SCHOOL_THAT_DAY = "no_school_that_day"
    OUTSIDE_ENROLLMENT = "outside_enrollment"
    SCHOOL_DAY_OUTLIER = "school_day_outlier"
    DAY_INCOMPLETE = "day_incomplete"

    # One letter: it is held for a person, or withdrawn.
    SCHOOL_HELD_UNKNOWN_CODE = "school_held_unknown_code"
    SCHOOL_HELD_OUTLIER = "school_held_outlier"
    SAFE_AT_HOME = "safe_at_home"
    FOSTER_YOUTH = "foster_youth"
    HOMELESS_YOUTH = "homeless_youth"
    UNACCOMPANIED_YOUTH = "unaccompanied_youth"
    DECEASED = "deceased"
    SUPPORT_PENDING = "support_pending"
    MEDICAL_PATTERN = "medical_pattern"
    CHARTER_WITHOUT_AGREEMENT = "charter_without_agreement"
    OUT_OF_COUNTY = "out_of_county"
    OTHER_LETTER_RECENT = "other_letter_recent"
    NO_RIGHTS_HOLDER = "no_rights_holder"
    NO_ADDRESS = "no_address"
    ADDRESS_INVALID = "address_invalid"
    MAIL_RETURNED = "mail_returned"
    ELIGIBLE_STUDENT = "eligible_student"
    DO_NOT_SEND = "do_not_send"
    LANGUAGE_WITHOUT_TEMPLATE = "language_without_template"
    DISTRICT_TESTING = "district_testing"
    DISTRICT_LATE = "district_late"
    IDENTITY_UNCLEAR = "identity_unclear"
    VOLUME_JUMP = "volume_jump"
    NO_LEGAL_BASIS = "no_legal_basis"
    NOT_ENROLLED = "not_enrolled"
    COOLING_DOWN = "cooling_down"
    OUTSIDE_GRADE_SPAN = "outside_grade_span"
    NO_MEETING = "no_meeting"
    PAST_LAST_MAILING_DATE = "past_last_mailing_date"
    CORRECTED = "corrected"
    RATIO_FELL = "ratio_fell"
    APPROVAL_EXPIRED = "approval_expired"
    BATCH_REJECTED = "batch_rejected"
    LETTER_TAKEN_OUT = "letter_taken_out"
    RENDER_FAILED = "render_failed"

    # One letter that follows another: it waits for a person, or nothing calls for it any more.
    UNDONE_IN_PART = "undone_in_part"
    STANDS_AGAIN = "stands_again"
    EVENING_PAST = "evening_past"
    HOME_CHANGED = "home_changed"
    ATTENDEE_UNCLEAR = "attendee_unclear"
    NOT_CALLED_FOR = "not_called_for"

    # One letter that has left us: nothing can hold it any more, somebody has to act.
    MAILED_THEN_UNDONE = "mailed_then_undone"
    VOID_WAITS = "void_waits"
    LETTER_RETURNED = "letter_returned"
    LETTER_REFUSED = "letter_refused"
    HOME_WITHOUT_LETTER = "home_without_letter"

    # One notice that is served on persons (WIC 601.3): it waits for a person, or somebody has to act on it.
    RESTRAINED_ADULT = "restrained_adult"
    SERVED_NOTICE_UNDONE = "served_notice_undone"
    SERVED_TOO_LATE = "served_too_late"
    NOTICE_NOT_SERVED = "notice_not_served"


WITHDRAWALS = frozenset({Reason.CORRECTED, Reason.RATIO_FELL, Reason.APPROVAL_EXPIRED})
"""Why an invitation is taken back although nothing holds it."""

AFTER_MAILING = frozenset(
    {
        Reason.MAILED_THEN_UNDONE,
        Reason.VOID_WAITS,
        Reason.LETTER_RETURNED,
        Reason.LETTER_REFUSED,
        Reason.HOME_WITHOUT_LETTER,
    }
)
"""Why somebody must act on a letter that has left us. Each is somebody's work, by a date."""

FOLLOW_UP_HOLDS = frozenset(
    {
        Reason.UNDONE_IN_PART,
        Reason.STANDS_AGAIN,
        Reason.EVENING_PAST,
        Reason.HOME_CHANGED,
        Reason.ATTENDEE_UNCLEAR,
    }
)
"""Why a letter that follows another waits, beside what holds any letter. Each is somebody's work, by a date."""

SERVED_NOTICES = frozenset(
    {
        Reason.RESTRAINED_ADULT,
        Reason.SERVED_NOTICE_UNDONE,
        Reason.SERVED_TOO_LATE,
        Reason.NOTICE_NOT_SERVED,
    }
)
"""What is said of a notice that is served on persons, beside what holds any letter: somebody's work, by a date."""

_LETTERS = list(Reason)[list(Reason).index(Reason.SCHOOL_HELD_UNKNOWN_CODE) :]
HOLDS = (
    frozenset(_LETTERS)
    - WITHDRAWALS
    - AFTER_MAILING
    - FOLLOW_UP_HOLDS
    - SERVED_NOTICES
    - {Reason.DISTRICT_LATE, Reason.NOT_CALLED_FOR}
)  # those two are said of days, and of a letter that follows another
"""Why an invitation waits for a person, for better data or for its time. Each is somebody's work, by a date."""
