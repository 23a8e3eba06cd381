"""What every code of an explanation means, in words that can be read aloud to a family. The one place of this wording.

Codes of days, holds, gaps and changes; no name, no number and no code of the district's own stands in a sentence.
What a reason means to a district's data office is worded beside the reject files.
"""

from collections.abc import Mapping

from pact_etl.domain.attendance import Status
from pact_etl.domain.gaps import DayReason
from pact_etl.domain.outlook import Change
from pact_etl.domain.reasons import Reason

STATUS: Mapping[str, str] = {
    Status.TARDY: "late by thirty minutes or less",
    Status.PARTIAL_UNEXCUSED: "part of the day missed without excuse",
    Status.PARTIAL_EXCUSED: "part of the day missed with an excuse",
    Status.ABSENT_UNEXCUSED: "the whole day missed without excuse",
    Status.ABSENT_EXCUSED: "excused",
    Status.ABSENT_UNVERIFIED: "not yet cleared by the school",
    Status.ABSENT_MIXED: "the whole day missed, part of it with an excuse",
    Status.SUSPENDED_OUT: "suspended",
    Status.SUSPENDED_IN: "in school",
    Status.INDEPENDENT_STUDY: "independent study",
    Status.INDEPENDENT_STUDY_INCOMPLETE: "independent study, not completed",
    Status.EXEMPT: "exempt",
}
"""Of a mark that is no full day without excuse."""

MEANING: Mapping[str, str] = {
    DayReason.NOT_FULL_DAY_UNEXCUSED: "not a whole day without excuse",
    DayReason.AGE: "outside the ages to which truancy law applies",
    DayReason.IN_CLEARING_WINDOW: "the family can still tell the school why; the day does not count yet",
    DayReason.WEEKEND_CLASS: "a class on a weekend is no schoolday",
    DayReason.NOT_DELIVERED: "the district never told us of this day, so it counts as present",
    DayReason.SCHOOL_SILENT: "the school's rows were missing for this day, so it counts as present",
    DayReason.CHANGES_LOST: "the day was told, but nights that would have told of changes to it are lost",
    DayReason.ROWS_UNREADABLE: "rows of this school and day do not say whose they are",
    Reason.DISTRICT_LATE: "the district has not told us of this day yet",
    Reason.UNKNOWN_CODE: "the school used a code that nobody has explained to us",
    Reason.SCHOOL_DAY_OUTLIER: "nearly the whole school was reported absent that day, so none of it is believed",
    Reason.DAY_INCOMPLETE: "another row of the day could not be read, so the day waits as a whole",
    Reason.OUTSIDE_ENROLLMENT: "the student was not enrolled at that school that day",
    Reason.NO_SCHOOL_THAT_DAY: "there was no school that day",
    Reason.DUPLICATE_ROW: "the same statement was sent twice; one of them is used",
    Reason.UNKNOWN_STUDENT: "the row came before the student was known",
    Reason.UNKNOWN_SCHOOL: "the row names a school that was never sent",
    Reason.SCHOOL_HELD_UNKNOWN_CODE: "letters of the school wait: it used a code that nobody has explained",
    Reason.SCHOOL_HELD_OUTLIER: "letters of the school wait: on one day nearly everybody was reported absent",
    Reason.SAFE_AT_HOME: "the address may be a protected one",
    Reason.FOSTER_YOUTH: "foster youth go through the foster liaison",
    Reason.HOMELESS_YOUTH: "students without a home go through the liaison",
    Reason.UNACCOMPANIED_YOUTH: "students who are on their own go through the liaison",
    Reason.DECEASED: "the record says that the student has died",
    Reason.SUPPORT_PENDING: "the school is looking into what support the student needs",
    Reason.MEDICAL_PATTERN: "many of the days missed are excused, so the school's health office looks first",
    Reason.CHARTER_WITHOUT_AGREEMENT: "the charter school has not agreed to take part",
    Reason.OUT_OF_COUNTY: "the family may live outside the county",
    Reason.OTHER_LETTER_RECENT: "the district wrote to the family only a few days ago",
    Reason.NO_RIGHTS_HOLDER: "no adult who may receive the letter is on record",
    Reason.NO_ADDRESS: "there is no address on record",
    Reason.ADDRESS_INVALID: "mail cannot go to the address on record",
    Reason.MAIL_RETURNED: "an earlier letter to the address on record came back",
    Reason.ELIGIBLE_STUDENT: "the student is eighteen, so the parents' rights have passed over",
    Reason.DO_NOT_SEND: "the district asks us not to write",
    Reason.LANGUAGE_WITHOUT_TEMPLATE: "there is no letter in the family's language yet",
    Reason.DISTRICT_TESTING: "the district is still trying the program out; none of its letters leave",
    Reason.IDENTITY_UNCLEAR: "it is not settled whether two records are the same child",
    Reason.NO_LEGAL_BASIS: "no written agreement lets this district's records reach everybody who sees a letter",
    Reason.COOLING_DOWN: "another letter about the student left only a few weeks ago",
    Reason.OUTSIDE_GRADE_SPAN: "the program does not invite students of this grade",
    Reason.VOLUME_JUMP: "the district had far more new cases than usual that night",
    Reason.NOT_ENROLLED: "the student is not enrolled there any more",
    Reason.NO_MEETING: "no meeting is far enough ahead to be invited to",
    Reason.PAST_LAST_MAILING_DATE: "the last mailing date of the school year is past",
    Reason.BATCH_REJECTED: "the letters of that night were not approved",
    Reason.LETTER_TAKEN_OUT: "a person took the letter out of its batch",
    Reason.RENDER_FAILED: "the letter could not be set",
    Reason.UNDONE_IN_PART: "the letter is wrong for one child, and whether it stands for another is not settled",
    Reason.STANDS_AGAIN: "the letter was taken for wrong, and then the days came back",
    Reason.EVENING_PAST: "the evening of the letter that is to be taken back is long over",
    Reason.HOME_CHANGED: "the family is not where the earlier letter went any more",
    Reason.ATTENDEE_UNCLEAR: "two homes were invited, and nobody entered which of them came",
    Reason.NOT_CALLED_FOR: "what the letter was to answer to is no longer so",
    Reason.MAILED_THEN_UNDONE: "a correction took days away after the letter had left",
    Reason.VOID_WAITS: "a correction undid the letter and so many others at once that a person looks first",
    Reason.LETTER_REFUSED: "the print vendor could not print the letter",
    Reason.HOME_WITHOUT_LETTER: "one home of the student has its letter, and the other one's did not leave",
    Reason.LETTER_RETURNED: "the post office brought the letter back",
    Reason.RESTRAINED_ADULT: "an order of a court keeps one of the adults away",
    Reason.SERVED_NOTICE_UNDONE: "the notice of a meeting was issued, and what it rests on is no longer so",
    Reason.SERVED_TOO_LATE: "the notice of a meeting was served after the last day for it",
    Reason.NOTICE_NOT_SERVED: "the last day to serve the notice of a meeting is over, and nobody entered that it was",
    Reason.APPROVAL_EXPIRED: "nobody approved the letters of that night in time",
    Reason.CORRECTED: "a correction took days away",
    Reason.RATIO_FELL: "days attended since brought the share down",
    "already_invited": "there is one invitation for each student and school year",
}

REMEDY: Mapping[str, str] = {
    DayReason.NOT_DELIVERED: "the district sends one file that reaches back to the day",
    DayReason.CHANGES_LOST: "the district sends one file that reaches back to the day",
    DayReason.SCHOOL_SILENT: "the district sends the school's rows for the day",
    DayReason.ROWS_UNREADABLE: "the district sends the day again with readable ids",
    Reason.DISTRICT_LATE: "the district's next delivery",
    Reason.UNKNOWN_CODE: "the district explains the code",
    Reason.SCHOOL_DAY_OUTLIER: "the district sends the day again as it was",
    Reason.OUTSIDE_ENROLLMENT: "the district corrects the enrollment or the day",
    Reason.SCHOOL_HELD_UNKNOWN_CODE: "the district explains the code",
    Reason.SCHOOL_HELD_OUTLIER: "the district sends the day again as it was",
    Reason.SAFE_AT_HOME: "a person sends it by confidential mail",
    Reason.FOSTER_YOUTH: "the foster liaison decides",
    Reason.HOMELESS_YOUTH: "the liaison decides",
    Reason.UNACCOMPANIED_YOUTH: "the liaison decides",
    Reason.DECEASED: "the district corrects the record, if it is wrong",
    Reason.SUPPORT_PENDING: "the school says what came of it",
    Reason.MEDICAL_PATTERN: "the school's health office looks, and a person says so",
    Reason.CHARTER_WITHOUT_AGREEMENT: "an agreement with the school",
    Reason.OUT_OF_COUNTY: "a person says that we may write there",
    Reason.OTHER_LETTER_RECENT: "the pause between two letters passes",
    Reason.NO_RIGHTS_HOLDER: "the district names an adult with rights",
    Reason.NO_ADDRESS: "the district sends an address",
    Reason.ADDRESS_INVALID: "the district sends an address that mail can reach",
    Reason.MAIL_RETURNED: "the district sends the family's new address, or a person finds that the old one is right",
    Reason.LANGUAGE_WITHOUT_TEMPLATE: "a letter in the family's language",
    Reason.DISTRICT_TESTING: "the county makes the district active",
    Reason.IDENTITY_UNCLEAR: "a person says whether the records are one child",
    Reason.NO_LEGAL_BASIS: "county counsel writes the agreement down",
    Reason.COOLING_DOWN: "the pause between two letters passes",
    Reason.VOLUME_JUMP: "a person confirms that the number is right",
    Reason.NOT_ENROLLED: "a new enrollment",
    Reason.NO_MEETING: "the county names a later meeting",
    Reason.PAST_LAST_MAILING_DATE: "the next school year",
    Reason.BATCH_REJECTED: "a person decides again",
    Reason.LETTER_TAKEN_OUT: "a person decides again",
    Reason.UNDONE_IN_PART: "a person calls the family",
    Reason.STANDS_AGAIN: "a person decides what the family is told",
    Reason.EVENING_PAST: "a person calls the family or writes to it by hand",
    Reason.HOME_CHANGED: "a person reaches the family that has the letter",
    Reason.ATTENDEE_UNCLEAR: "a person thanks who came",
    Reason.VOID_WAITS: "a person says whether the district's correction is right",
    Reason.MAILED_THEN_UNDONE: "somebody tells the family, and says so",
    Reason.LETTER_RETURNED: "the district sends a new address, or the family is reached by telephone",
    Reason.RESTRAINED_ADULT: "a person decides, and serves it by hand if at all",
    Reason.SERVED_NOTICE_UNDONE: "a person calls the meeting off, or sets it anew",
    Reason.SERVED_TOO_LATE: "a person sets the meeting anew, with a notice of its own",
    Reason.NOTICE_NOT_SERVED: "a person enters the service, or sets the meeting anew",
    Reason.LETTER_REFUSED: "a person has the letter made again, or the family is reached by telephone",
    Reason.HOME_WITHOUT_LETTER: "a person decides whether the other home is told, and how",
}
"""What would lift a reason; where nothing is said, nothing of ours would."""

VERDICT: Mapping[str, str] = {
    "invited": "An invitation has been written; staff can see below how far it has come.",
    "not_over": "No invitation: the record is below the line.",
    "held": "No invitation yet: the record is over the line, and a person must look first.",
    "to_be_invited": "No invitation yet: the record is over the line, and the next planning writes one.",
}

CHANGES: Mapping[Change, str] = {
    Change.DAYS_STAY_UNCLEARED: "{days} of the days that the family can still explain stay without excuse",
    Change.MORE_DAYS_MISSED: "the next {days} schooldays, all missed without excuse",
    Change.MORE_DAYS_UNEXCUSED: "{days} past days found to be without excuse",
    Change.ENROLLED_DAYS_AT_MOST: "schooldays since enrollment (D) of {days} or fewer, by a corrected enrollment",
    Change.FEWER_DAYS_UNEXCUSED: "{days} of the counted days excused or corrected",
    Change.MORE_DAYS_ATTENDED: "the next {days} schooldays, all attended",
}


def meaning_of(reason: str, status: str = "") -> str:
    """A reason in words; that of a mark is told by its status."""
    if reason == DayReason.NOT_FULL_DAY_UNEXCUSED:
        return STATUS.get(status, MEANING[reason])
    return MEANING.get(reason, "the row could not be used")
