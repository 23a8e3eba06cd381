"""A few invented letters for the vendor to try its line on: one page count and language after the other."""

from datetime import date, time, timedelta

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Recipient,
    RecordOffice,
    StudentRecord,
)

PEOPLE = (
    ("Ana", "Example", "eng", ("Rosa",)),
    ("Ben", "Sample", "spa", ("Luis",)),
    ("Cora", "Specimen", "eng", ("Dan", "Eve")),
    ("Dora", "Muster", "spa", ("Fay", "Gus", "Hal")),
)
FIRST_PIECE = 9_999_990_000
"""Far from any real letter's number."""


def sample_letters(as_of: date, watermark: str, number: int = 1) -> list[Letter]:
    """Letters of 2, 4, 3 and 8 pages about children who do not exist.

    Args:
        as_of: the school date they stand for.
        watermark: across every page.
        number: of the package they are for; no piece id comes twice.
    """
    before = FIRST_PIECE + len(PEOPLE) * (number - 1)
    evening = as_of + timedelta(days=30)
    meeting = MeetingInvitation(
        date=evening,
        starts=time(18),
        ends=time(19, 30),
        place="Example School",
        street="1 Example Street",
        city="Sacramento",
    )
    return [
        Letter(
            piece_id=f"P{before + place:010d}",
            language=language,
            recipient=Recipient(
                name=f"{first} {last}",
                lines=(f"{first} {last}".upper(), "1 EXAMPLE ST", "SACRAMENTO CA 95814"),
            ),
            meeting=meeting,
            students=tuple(_record(child, last, as_of) for child in children),
            as_of=as_of,
            dispute_by=evening - timedelta(days=7),
            watermark=watermark,
        )
        for place, (first, last, language, children) in enumerate(PEOPLE, start=1)
    ]


def _record(first: str, last: str, as_of: date) -> StudentRecord:
    return StudentRecord(
        first_name=first,
        last_name=last,
        grade="05",
        school_name="Example School",
        district_name="Example Unified",
        office=RecordOffice(
            name="Attendance office", phone="(916) 555-0100", email="office@school.example"
        ),
        entry_date=as_of - timedelta(days=90),
        enrolled_days=60,
        present_days=53,
        unexcused_days=tuple(as_of - timedelta(days=back) for back in range(27, 20, -1)),
    )
