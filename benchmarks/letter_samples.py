"""Invented letters to set: households of one to three students in every language there is. Nobody in them exists."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from random import Random

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Recipient,
    RecordOffice,
    Sender,
    StudentRecord,
)
from pact_etl.letters import template_languages
from pact_etl.simulator.languages import LANGUAGES

SENDER = Sender(
    office="Sample County District Attorney",
    program="PACT Family Meetings",
    return_lines=(
        "PACT Family Meetings",
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
_FIRST_DAY, AS_OF = date(2026, 8, 10), date(2026, 11, 6)
_FIRST_NAMES = tuple("Ana Ben Dara Élise Finn Grace Hugo Inés Jun Łucja Mỹ Noor Olena Pao".split())  # noqa: SIM905
_LAST_NAMES = tuple("Alder Birch Cedar Elder Fir Hazel Ivy Juniper Nuñez Đào Xiong Singh".split())  # noqa: SIM905
_TRACKING = "00270123456"
"""Barcode, service type and an invented mailer id; a serial number and a ZIP code follow."""

MIXES = ("county", "even")
"""As the county's families speak, two thirds of them English; and each language as often as every other."""
_CHILDREN = (1, 2, 3)
_CHILDREN_SHARES = (70, 22, 8)

_SCHOOLDAYS = [
    _FIRST_DAY + timedelta(days=n)
    for n in range((AS_OF - _FIRST_DAY).days)
    if (_FIRST_DAY + timedelta(days=n)).weekday() < 5
]


def sample_letters(count: int, mix: str = "county") -> Iterator[Letter]:
    """That many letters, no two alike, one after the other; the same arguments give the same letters.

    Args:
        count: how many.
        mix: one of `MIXES`.
    """
    codes = sorted(template_languages())
    shares = {language.code: language.share for language in LANGUAGES}
    weights = [shares[code] if mix == "county" else 1.0 for code in codes]
    for number in range(count):
        rng = Random(number)
        (code,) = rng.choices(codes, weights)
        yield _letter(number, code, rng)


def _letter(number: int, language: str, rng: Random) -> Letter:
    last_name = rng.choice(_LAST_NAMES)
    adult = f"{rng.choice(_FIRST_NAMES)} {last_name}"
    street = f"{100 + number} {rng.choice(_LAST_NAMES)} Ave Apt {1 + number % 40}"
    zip_code = f"{95800 + number % 100}"
    (children,) = rng.choices(_CHILDREN, _CHILDREN_SHARES)
    return Letter(
        piece_id=f"P{number:010d}",
        language=language,
        recipient=Recipient(name=adult, lines=(adult, street, f"Sampleton CA {zip_code}")),
        meeting=_MEETING,
        students=tuple(_student(last_name, rng) for _ in range(children)),
        as_of=AS_OF,
        dispute_by=date(2026, 11, 30),
        imb=f"{_TRACKING}{number:09d}{zip_code}",
    )


def _student(last_name: str, rng: Random) -> StudentRecord:
    unexcused = rng.randint(3, 18)
    missed = sorted(rng.sample(_SCHOOLDAYS, unexcused + rng.randint(0, 5)))
    partial = sorted(rng.sample(missed, len(missed) - unexcused))
    full = tuple(day for day in missed if day not in partial)
    return StudentRecord(
        first_name=rng.choice(_FIRST_NAMES),
        last_name=last_name,
        grade=f"{rng.randint(1, 12):02d}",
        school_name=f"{rng.choice(_LAST_NAMES)} Elementary School",
        district_name="Sample Unified School District",
        office=RecordOffice(
            name="Attendance Office", phone="(916) 555-0134", email="attendance@sample.example"
        ),
        entry_date=_FIRST_DAY,
        enrolled_days=len(_SCHOOLDAYS),
        present_days=len(_SCHOOLDAYS) - len(full) - 2,
        unexcused_days=full,
        occasions_partial=tuple(partial),
        excused_days_count=2,
        unverified_count=rng.randint(0, 1),
    )
