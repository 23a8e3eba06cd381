"""What can be known to be unprintable before anything is set: cheap, and it names the piece.

The typesetter would refuse a whole slice for one character without a glyph, and could not say whose it was without
repeating the character.
"""

import unicodedata
from collections.abc import Iterable, Iterator

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import Letter, Sender, StudentRecord
from pact_etl.letters.coverage import printable, uncovered
from pact_etl.letters.languages import template_languages, written_languages

ADDRESS_LINES = 5
ADDRESS_LINE_LENGTH = 50
"""What fits the window; a line near the limit is set smaller, down to the 8 points a postal reader wants."""


def find_unprintable(letters: Iterable[Letter], sender: Sender) -> dict[str, str]:
    """A slug for every letter that cannot be set, by piece id, most basic fault first.

    Args:
        letters: the letters of a batch.
        sender: the letterhead.

    Raises:
        SettingsError: the letterhead itself cannot be set.
    """
    return Preflight(sender).faults_of(letters)


class Preflight:
    """The letters of one batch, looked at as they come; remembers their piece ids and nothing else."""

    def __init__(self, sender: Sender) -> None:
        """Look at the letterhead.

        Raises:
            SettingsError: it cannot be set.
        """
        head = (
            sender.office,
            sender.program,
            sender.signatory_name,
            sender.signatory_title,
            sender.website,
        )
        texts = (*head, sender.phone, sender.email, *sender.return_lines)
        if (fault := _text_fault(texts)) is not None:
            raise SettingsError(f"letterhead: {fault}")
        if len(sender.return_lines) > ADDRESS_LINES:
            raise SettingsError("letterhead: return_lines_too_many")
        self._seen: set[str] = set()

    def faults_of(self, letters: Iterable[Letter]) -> dict[str, str]:
        """A slug for every one of these that cannot be set, by piece id.

        A piece id that came before is the fault of whichever letter bears it: neither is known to be the right one.
        """
        faults: dict[str, str] = {}
        for letter in letters:
            if letter.piece_id in self._seen:
                faults[letter.piece_id] = "piece_id_repeated"
            elif (fault := _letter_fault(letter)) is not None:
                faults[letter.piece_id] = fault
            self._seen.add(letter.piece_id)
        return faults


def _letter_fault(letter: Letter) -> str | None:
    lines = letter.recipient.lines
    if not set(letter.languages) <= template_languages(letter.kind):
        return "language_without_template"
    if letter.notice_in and letter.notice_in not in written_languages():
        return "language_without_template"
    if not lines or not all(line.strip() for line in lines):
        return "address_missing"
    if len(lines) > ADDRESS_LINES:
        return "address_too_many_lines"
    if any(len(line) > ADDRESS_LINE_LENGTH for line in lines):
        return "address_line_too_long"
    return _text_fault(_texts(letter))


def _texts(letter: Letter) -> Iterator[str]:
    """Every text of a letter that comes from people or settings."""
    yield from (letter.recipient.name, *letter.recipient.lines, letter.watermark or "")
    if (meeting := letter.meeting) is not None:
        yield from (meeting.place, meeting.street, meeting.city, *meeting.notes())
    for student in (*letter.students, *letter.still_invited):
        yield from _student_texts(student)


def _student_texts(student: StudentRecord) -> tuple[str, ...]:
    office = student.office
    own = (
        student.first_name,
        student.last_name,
        student.grade,
        student.school_name,
        student.district_name,
    )
    return (*own, office.name, office.phone, office.email)


def _text_fault(texts: Iterable[str]) -> str | None:
    characters = set().union(*texts)
    if characters <= printable():
        return None
    if any(unicodedata.category(character).startswith("C") for character in characters):
        return "control_character"
    if uncovered(characters):
        return "character_without_glyph"
    return None
