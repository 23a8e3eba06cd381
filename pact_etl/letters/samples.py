"""Letters to invented families: as most are, and one with names as long and students as many as are plausible."""

from dataclasses import replace
from datetime import date, time, timedelta

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Missed,
    Recipient,
    RecordOffice,
    Sender,
    StudentRecord,
)
from pact_etl.domain.letter_kind import LetterKind

MOST_STUDENTS = 5

SAMPLE_SENDER = Sender(
    office="Sacramento County District Attorney",
    program="PACT",
    return_lines=("District Attorney, PACT", "901 G Street", "Sacramento CA 95814"),
    phone="(916) 555-0100",
    email="pact@da.example",
    signatory_name="Alex Rivera",
    signatory_title="Deputy District Attorney",
    website="da.example/pact",
)
SAMPLE_DISTRICT = Sender(
    office="Attendance Office",
    program="Elk Grove Unified",
    return_lines=("Elk Grove Unified", "1 Example Street", "Elk Grove CA 95624"),
    phone="(916) 555-0134",
    email="attendance@egusd.example",
    signatory_name="Attendance Office",
    signatory_title="Elk Grove Unified",
)
"""On the letterhead of what a district sends itself."""

_FIRST_DAY = date(2026, 8, 13)
_AS_OF = date(2026, 11, 20)
_YEARS_END = date(2027, 5, 20)

_OFFICE = RecordOffice(
    name="Attendance Office", phone="(916) 555-0134", email="attendance@egusd.example"
)
_STUDENT = StudentRecord(
    first_name="Maria",
    last_name="Lopez",
    grade="03",
    school_name="Florin Elementary",
    district_name="Elk Grove Unified",
    office=_OFFICE,
    entry_date=_FIRST_DAY,
    enrolled_days=60,
    present_days=48,
    unexcused_days=tuple(_FIRST_DAY + timedelta(days=n) for n in (5, 19, 28, 47, 61, 62, 82, 97)),
    occasions_partial=(date(2026, 8, 27), date(2026, 9, 24)),
    excused_days_count=3,
    unverified_count=1,
)
_BROTHER = replace(_STUDENT, first_name="Diego", grade="01")
_COUNTED = {
    Missed.DAYS: _STUDENT,
    Missed.LATE: replace(
        _STUDENT,
        present_days=56,
        unexcused_days=(),
        occasions_partial=_STUDENT.unexcused_days[:6],
        counts_late=True,
    ),
    Missed.BOTH: replace(_STUDENT, counts_late=True),
}
_MEETING = MeetingInvitation(
    date=date(2026, 12, 10),
    starts=time(18, 0),
    ends=time(19, 30),
    place="Luther Burbank High School",
    street="3500 Florin Road",
    city="Sacramento CA 95823",
    rooms={"eng": "Cafeteria"},
    parking={"eng": "Free, in the front lot"},
    childcare={"eng": "Free, for ages 3 to 12"},
    interpreter={"eng": "Tell us if you need an interpreter. It is free."},
)


def sample_letter(
    kind: LetterKind,
    language: str,
    watermark: str | None = None,
    missed: Missed = Missed.DAYS,
) -> Letter:
    """A letter about one student, with its English text behind it."""
    return Letter(
        piece_id="P0000000001",
        language=language,
        recipient=Recipient(
            name="Jane Doe", lines=("JANE DOE", "101 MAIN ST APT 4", "SACRAMENTO CA 95814")
        ),
        meeting=_MEETING if kind.names_meeting else None,
        students=(_COUNTED[missed],),
        as_of=_AS_OF,
        dispute_by=date(2026, 12, 4),
        watermark=watermark,
        kind=kind,
        earlier_letter=date(2026, 10, 23),
        still_invited=(_BROTHER,) if kind is LetterKind.DISREGARD_PART else (),
    )


def longest_letter(kind: LetterKind, language: str, watermark: str | None = None) -> Letter:
    """A letter that must fit its pages: five students, a whole year of days, both counts, long names and notes."""
    usual = sample_letter(kind, language, watermark)
    students = tuple(_long_record(number) for number in range(1, MOST_STUDENTS + 1))
    wrong = 2 if kind is LetterKind.DISREGARD_PART else MOST_STUDENTS
    return replace(
        usual,
        piece_id="P0000000002",
        recipient=Recipient(
            name="Maximiliano-Alejandro Hernández-Gutiérrez de los Santos",
            lines=(
                "MAXIMILIANO-ALEJANDRO HERNÁNDEZ-GUTIÉRREZ DE LOS S",
                "UNIT 12345 BLDG 77",
                "12345 NORTHEAST MARTIN LUTHER KING JR BLVD",
                "RANCHO CORDOVA CA 95742-1234",
            ),
        ),
        students=students[:wrong],
        still_invited=students[wrong:],
        as_of=_YEARS_END,
        meeting=usual.meeting
        and replace(
            usual.meeting,
            place="Sacramento County Office of Education, David P. Meaney Education Center",
            street="10474 Mather Boulevard",
            city="Rancho Cordova",
            rooms={"eng": "Board Room and Rooms 120 to 124, first floor"},
            parking={
                "eng": "Free in lots A and B, enter from Mather Boulevard; bus 74 stops at the door"
            },
            interpreter={
                "eng": "Spanish, Russian, Hmong, Vietnamese and Farsi; call us for any other one"
            },
        ),
    )


def _long_record(number: int) -> StudentRecord:
    weekdays = [
        day
        for n in range((_YEARS_END - _FIRST_DAY).days + 1)
        if (day := _FIRST_DAY + timedelta(days=n)).weekday() < 5
    ]
    return StudentRecord(
        first_name=f"Maximiliano-Alejandro {number}",
        last_name="Hernández-Gutiérrez de los Santos",
        grade="TK",
        school_name="Sacramento New Technology Early College Preparatory High School",
        district_name="Twin Rivers Unified School District",
        office=RecordOffice(
            name=f"Student Services and Attendance Improvement Office {number}",
            phone="(916) 555-0134 ext. 4321",
            email="attendance.improvement@twin-rivers-unified.example",
        ),
        entry_date=_FIRST_DAY,
        enrolled_days=180,
        present_days=80,
        unexcused_days=tuple(weekdays[1::3]),
        occasions_partial=tuple(weekdays[2::6]),
        excused_days_count=2,
        unverified_count=1,
        counts_late=True,
    )
