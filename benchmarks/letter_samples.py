"""Invented letters to set: households of one to three students, every fourth in Spanish. Nobody in them exists."""

from datetime import date, time, timedelta

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Recipient,
    RecordOffice,
    Sender,
    StudentRecord,
)

SENDER = Sender(
    office="Sample County District Attorney",
    program="Partners Against Chronic Truancy",
    return_lines=(
        "Partners Against Chronic Truancy",
        "District Attorney's Office",
        "1 Sample St",
        "Sampleton CA 95800",
    ),
    phone="(916) 555-0100",
    email="pact@sample.example",
    signatory_name="The PACT Team",
    signatory_title="Office of the District Attorney",
    website="sample.example/pact",
)
_MEETING = MeetingInvitation(
    date=date(2026, 12, 3),
    starts=time(18),
    ends=time(20),
    place="Sample Hall, Community Room",
    street="1 Sample St",
    city="Sampleton CA 95800",
    parking={"eng": "Parking is free.", "spa": "El estacionamiento es gratis."},
    childcare={"eng": "We have free child care.", "spa": "Hay cuidado de niños gratis."},
    interpreter={
        "eng": "Tell us if you need an interpreter.",
        "spa": "Avísenos si necesita un intérprete.",
    },
)
_FIRST_DAY, _AS_OF = date(2026, 8, 10), date(2026, 11, 6)
_FIRST_NAMES = (
    "Ana",
    "Ben",
    "Chai",
    "Dara",
    "Élise",
    "Finn",
    "Grace",
    "Hugo",
    "Inés",
    "Jun",
    "Kai",
)
_LAST_NAMES = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elder",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Ivy",
    "Juniper",
    "Nuñez",
)
_SCHOOLDAYS = [
    _FIRST_DAY + timedelta(days=n)
    for n in range((_AS_OF - _FIRST_DAY).days)
    if (_FIRST_DAY + timedelta(days=n)).weekday() < 5
]


def sample_letters(count: int) -> list[Letter]:
    """That many letters, no two alike; the same count gives the same letters."""
    return [_letter(number) for number in range(count)]


def _letter(number: int) -> Letter:
    last_name = _LAST_NAMES[number % len(_LAST_NAMES)]
    students = tuple(
        _student(number, child, last_name)
        for child in range(1 + (number % 5 == 1) + (number % 15 == 1))
    )
    adult = f"{_FIRST_NAMES[number % 7]} {last_name}"
    street = f"{100 + number} {_LAST_NAMES[number % 9]} Ave Apt {1 + number % 40}"
    return Letter(
        piece_id=f"P{number:010d}",
        language="spa" if number % 4 == 3 else "eng",
        recipient=Recipient(
            name=adult, lines=(adult, street, f"Sampleton CA {95800 + number % 100}")
        ),
        meeting=_MEETING,
        students=students,
        as_of=_AS_OF,
        dispute_by=date(2026, 11, 30),
    )


def _student(number: int, child: int, last_name: str) -> StudentRecord:
    missed = _SCHOOLDAYS[(number + child) % 4 :: 4 + number % 3]
    partial = _SCHOOLDAYS[(number + child) % 4 + 1 :: 15]
    return StudentRecord(
        first_name=_FIRST_NAMES[(number + 3 * child) % len(_FIRST_NAMES)],
        last_name=last_name,
        grade=f"{1 + (number + child) % 12:02d}",
        school_name=f"{_LAST_NAMES[(number + 4) % len(_LAST_NAMES)]} Elementary School",
        district_name="Sample Unified School District",
        office=RecordOffice(
            name="Attendance Office", phone="(916) 555-0134", email="attendance@sample.example"
        ),
        entry_date=_FIRST_DAY,
        enrolled_days=len(_SCHOOLDAYS),
        present_days=len(_SCHOOLDAYS) - len(missed) - 2,
        unexcused_days=tuple(missed),
        occasions_partial=tuple(day for day in partial if day not in missed),
        excused_days_count=2,
        unverified_count=number % 2,
    )
