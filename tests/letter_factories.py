"""Letters of invented families, as plain as a test can have them."""

from dataclasses import replace
from datetime import date, time, timedelta

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Recipient,
    RecordOffice,
    StudentRecord,
)
from pact_etl.letters.samples import SAMPLE_SENDER

FIRST_DAY = date(2026, 8, 13)
AS_OF = date(2026, 11, 20)
SENDER = SAMPLE_SENDER

MEETING = MeetingInvitation(
    date=date(2026, 12, 10),
    starts=time(18, 0),
    ends=time(19, 30),
    place="Luther Burbank High School",
    street="3500 Florin Road",
    city="Sacramento",
    rooms={"eng": "Cafeteria", "spa": "Cafetería"},
    parking={"eng": "Free, in the front lot", "spa": "Gratis, en el lote del frente"},
    childcare={"eng": "Free, for ages 3 to 12", "spa": "Gratis, de 3 a 12 años"},
    interpreter={"eng": "Spanish and Hmong", "spa": "Español y hmong"},
)


def schooldays(first: date = FIRST_DAY, last: date = AS_OF) -> list[date]:
    """Every weekday of a span."""
    return [
        first + timedelta(days=n)
        for n in range((last - first).days + 1)
        if (first + timedelta(days=n)).weekday() < 5
    ]


def student_record(**overrides: object) -> StudentRecord:
    """Nine unexcused days out of sixty, two occasions."""
    days = schooldays()
    record = StudentRecord(
        first_name="Maria",
        last_name="Lopez",
        grade="03",
        school_name="Florin Elementary",
        district_name="Elk Grove Unified",
        office=RecordOffice(
            name="Attendance Office", phone="(916) 555-0134", email="attendance@egusd.example"
        ),
        entry_date=FIRST_DAY,
        enrolled_days=60,
        present_days=48,
        unexcused_days=tuple(days[3:57:6]),
        occasions_partial=(days[10], days[30]),
        excused_days_count=2,
        unverified_count=1,
    )
    return replace(record, **overrides)  # type: ignore[arg-type]


def letter(number: int = 1, **overrides: object) -> Letter:
    """A letter about one student in English."""
    plain = Letter(
        piece_id=f"P{number:010d}",
        language="eng",
        recipient=Recipient(
            name="Jane Doe",
            lines=("JANE DOE", f"{100 + number} MAIN ST APT 4", "SACRAMENTO CA 95814"),
        ),
        meeting=MEETING,
        students=(student_record(),),
        as_of=AS_OF,
        dispute_by=date(2026, 12, 4),
    )
    return replace(plain, **overrides)  # type: ignore[arg-type]
