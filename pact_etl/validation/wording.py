"""What a reason means and what the district can do, in one sentence each, for reject files and receipts."""

from collections.abc import Mapping

from pact_etl.domain.reasons import Reason

WORDING: Mapping[Reason, str] = {
    Reason.FILE_MISSING: "A file that belongs to every delivery was not there. Please send the whole set.",
    Reason.FILE_EMPTY: "The file has no content or no header line. Please export it again.",
    Reason.FILE_TRUNCATED: "The file ends in the middle or has fewer rows than it says. Please send it again.",
    Reason.HEADER_CHANGED: "A column is missing, renamed or there twice. Please restore it or tell us its new name.",
    Reason.ENCODING_INVALID: "The file is not in the agreed character set. Please export it as before.",
    Reason.FILE_MALFORMED: "Rows do not have the columns that the header names. Please check quotes and separators.",
    Reason.SUPERSEDED: "A later delivery was already taken over; this one was not needed.",
    Reason.STALE_FILE: "The attendance file is the same as on an earlier night. Please send tonight's.",
    Reason.IDS_MANGLED: "Ids were rewritten by a spreadsheet program. Please send the export without opening it there.",
    Reason.TOO_FEW_ROWS: "Rows that every schoolday has are not there. Please check what was exported.",
    Reason.TOO_MANY_FAULTS: "Too many rows are faulty to believe the others. The reject file shows which.",
    Reason.MASS_DELETION: "Most of the absences sent before are missing now. Please check for a filter.",
    Reason.FILE_TOO_LARGE: "A file is far larger than a night's can be. Please check what was exported.",
    Reason.TOTALS_DIFFER: "Your system counted other rows than it delivered. We shall ask it again.",
    Reason.WRONG_DISTRICT: "The data, or the account it was read with, belongs to another district.",
    Reason.EXPECTATION_FAILED: "The file as a whole is far outside what is possible. Please call us.",
    Reason.MISSING_FIELD: "A cell that must have a value is empty.",
    Reason.INVALID_ID: "An id has characters that ids do not have.",
    Reason.ID_MANGLED: "An id was rewritten by a spreadsheet program or lost its leading zeros.",
    Reason.INVALID_DATE: "A date is not in the agreed format, is no date, or ends before it begins.",
    Reason.INVALID_VALUE: "A value is none of those agreed for this column.",
    Reason.FUTURE_DATE: "The date lies after the day of the delivery.",
    Reason.OUTSIDE_SCHOOL_YEAR: "The date lies outside this school year.",
    Reason.DUPLICATE_ROW: "The same statement stands in another row; that one counts.",
    Reason.UNKNOWN_STUDENT: "No student of this id was ever sent.",
    Reason.UNKNOWN_SCHOOL: "No school of this code was ever sent.",
    Reason.UNKNOWN_CODE: "Nobody has told us what this code means. Letters of the school wait until you do.",
    Reason.NO_SCHOOL_THAT_DAY: "The school's calendar has no instruction on this date.",
    Reason.OUTSIDE_ENROLLMENT: "The student was not enrolled at this school on this date.",
    Reason.SCHOOL_DAY_OUTLIER: "Nearly the whole school is absent on this date. Was attendance entered?",
    Reason.DAY_INCOMPLETE: "This row is right, but another one of the same student and date was set aside.",
}
"""Only the reasons that a submission, a row or a school-day can have; those of letters are worded by their pages."""
