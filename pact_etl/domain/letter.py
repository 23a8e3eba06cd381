"""One envelope as values: who it is for, which meeting it is about, and which record it carries.

Everything a letter prints is here and nothing else, so that a letter can be set again years later from what was
stored. How it looks belongs to `pact_etl.letters`; who gets one is decided before this.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from pact_etl.domain.letter_kind import LetterKind

COMPANION_LANGUAGE = "eng"
"""A letter in another language also carries its English text: EC 48985(a) says English *and* that language."""

_PIECE_ID = re.compile(r"P[0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The adult the envelope is addressed to.

    Attributes:
        name: as greeted in the salutation; empty greets "Parent or Guardian".
        lines: the postal block in print order, the name's own line first (see `domain.address`).
    """

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOffice:
    """The school or district office that can correct a record."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingInvitation:
    """The evening the family is invited to. Times are local to the county.

    The notes are short texts by language code; a language without its own text prints the English one, and an
    empty note prints nothing.

    Attributes:
        rooms: where in the building, such as `{"eng": "Room 120, first floor"}`.
        parking: where to park and what it costs.
        childcare: who looks after children, from which age.
        interpreter: which interpreters are there, or how to ask for one.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    date: date
    starts: time
    ends: time
    place: str
    street: str
    city: str
    rooms: Mapping[str, str] = field(default_factory=dict)
    parking: Mapping[str, str] = field(default_factory=dict)
    childcare: Mapping[str, str] = field(default_factory=dict)
    interpreter: Mapping[str, str] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """Every note in every language."""
        for note in (self.rooms, self.parking, self.childcare, self.interpreter):
            yield from note.values()


class Missed(StrEnum):
    """Which count of days a letter says first: whole days missed, days late or away more than 30 minutes, or both."""

    DAYS = "days"
    LATE = "late"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentRecord:
    """One student's attendance as known on the letter's `as_of`. Holds dates and counts, never a reason.

    Attributes:
        enrolled_days: schooldays from entry to `as_of`, both inclusive (D).
        unexcused_days: full days absent without valid excuse (U), ascending.
        occasions_partial: days late or away more than 30 minutes without valid excuse, ascending.
        counts_late: whether the line that the student is over counts those days too (see `truancy.counts_late`).
    """

    first_name: str
    last_name: str
    grade: str
    school_name: str
    district_name: str
    office: RecordOffice
    entry_date: date
    enrolled_days: int
    present_days: int
    unexcused_days: tuple[date, ...]
    occasions_partial: tuple[date, ...] = ()
    excused_days_count: int = 0
    unverified_count: int = 0
    counts_late: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether it says who the student is and nothing of attendance, for a letter without a record."""
        return self.enrolled_days == 0 and not self.unexcused_days and not self.occasions_partial

    def __post_init__(self) -> None:
        """Refuse a record whose counts contradict each other."""
        if self.is_bare:
            return
        if not 0 < self.counted_days <= self.enrolled_days:
            raise ValueError(
                "a student record needs days that count, and no more of them than enrolled days"
            )
        for days in (self.unexcused_days, self.occasions_partial):
            if list(days) != sorted(set(days)):
                raise ValueError("the days of a student record are distinct and ascending")
        if set(self.unexcused_days) & set(self.occasions_partial):
            raise ValueError("a day is missed as a whole or in part, not both")

    @property
    def counted_days(self) -> int:
        """Days that the line counts and the letter therefore names."""
        return len(self.unexcused_days) + (len(self.occasions_partial) if self.counts_late else 0)

    @property
    def missed(self) -> Missed:
        """What the letter says first; a line that counts whole days only has nothing to say of lateness."""
        if not self.counts_late or not self.occasions_partial:
            return Missed.DAYS
        return Missed.BOTH if self.unexcused_days else Missed.LATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One envelope: one recipient, at most one meeting, every student of the household.

    Attributes:
        piece_id: `P` and ten digits; printed on every sheet and known to the vendor by this alone.
        language: ISO 639-3 code of a language the letter has a template for.
        meeting: None for the kinds that are about no meeting.
        as_of: the school date the record stands for, printed as "record as of".
        dispute_by: last day to report a mistake: before the meeting, where there is one.
        imb: digits of the Intelligent Mail barcode over the address (see `domain.intelligent_mail`), or empty.
        watermark: a word across every page, for proofs.
        english_copy: whether a letter in another language carries its English text as well.
        kind: what the letter is for.
        earlier_letter: the day of the letter that this one follows or takes back; needed by the kinds that name it.
        still_invited: for whom a letter that takes another back in part lets the evening stand; bare records.
        notice_in: the family's language where the letter itself is English because nobody has vetted theirs; one
            paragraph in it says what this is and where help is. Empty for every other letter.
    """

    piece_id: str
    language: str
    recipient: Recipient
    meeting: MeetingInvitation | None
    students: tuple[StudentRecord, ...]
    as_of: date
    dispute_by: date
    imb: str = ""
    watermark: str | None = None
    english_copy: bool = True
    kind: LetterKind = LetterKind.PACT_INVITATION
    earlier_letter: date | None = None
    notice_in: str = ""
    still_invited: tuple[StudentRecord, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could never be printed."""
        if not _PIECE_ID.fullmatch(self.piece_id):
            raise ValueError("a piece id is the letter P and ten digits")
        if not self.students:
            raise ValueError("a letter needs at least one student")
        if self.kind.names_meeting != (self.meeting is not None):
            raise ValueError("a letter has a meeting exactly where its kind is about one")
        if self.kind.carries_record and any(student.is_bare for student in self.students):
            raise ValueError("a letter with a record needs each student's days")
        if self.kind.names_earlier_letter and self.earlier_letter is None:
            raise ValueError("a letter that follows another names its day")
        if (self.kind is LetterKind.DISREGARD_PART) != bool(self.still_invited):
            raise ValueError("a letter taken back in part stands for somebody, and no other does")

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the envelope in print order, the recipient's own first."""
        if self.language == COMPANION_LANGUAGE or not self.english_copy:
            return (self.language,)
        return (self.language, COMPANION_LANGUAGE)

    @property
    def page_count(self) -> int:
        """Pages of the envelope: for each language the letter and, with most kinds, one record page per student."""
        records = len(self.students) if self.kind.carries_record else 0
        return len(self.languages) * (1 + records)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText:
    """One text of a letter as the county words it, in place of the one that comes with the software.

    Attributes:
        language: ISO 639-3.
        section: of the language's file: a kind of letter, or what kinds share, such as `record`.
        name: of the text in its section.
    """

    language: str
    section: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The office on the letterhead: the county's of `config/county.yaml`, or a district's for its own notices.

    Attributes:
        office: letterhead name, such as "Sacramento County District Attorney".
        program: what the families know the program by; printed as it stands.
        return_lines: the return address as the envelope's upper window shows it, at most five short lines.
        website: where the program is described, printed as text; empty prints nothing.
        own_words: what its letters say in words of its own; read from `config/letters/`.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    office: str
    program: str
    return_lines: tuple[str, ...]
    phone: str
    email: str
    signatory_name: str
    signatory_title: str
    website: str = ""
    own_words: tuple[OwnText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPiece:
    """Where one letter stands in the PDF of its batch.

    Attributes:
        first_page: counted from 1.
        imb: digits of its Intelligent Mail barcode, or empty.
    """

    piece_id: str
    language: str
    first_page: int
    pages: int
    imb: str = ""

    @property
    def sheets(self) -> int:
        """Sheets of paper; letters are printed on one side, so that no record shows through a letter."""
        return self.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedBatch:
    """One PDF and what is on which page of it, in print order."""

    pdf: bytes
    pieces: tuple[RenderedPiece, ...]

    @property
    def pages(self) -> int:
        """Pages of the whole PDF."""
        return sum(piece.pages for piece in self.pieces)
