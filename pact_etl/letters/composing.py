"""One letter in one language: its clauses chosen and filled in, as the parts that the templates set in order."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from pact_etl.domain.letter import (
    Letter,
    MeetingInvitation,
    Missed,
    OwnText,
    Sender,
    StudentRecord,
)
from pact_etl.letters.inline import Run, Runs, filled
from pact_etl.letters.kinds import BY_OFFICES, FACTS, GREETING, MISSED, MORE, PARAGRAPHS, VARIANTS
from pact_etl.letters.languages import wording_of
from pact_etl.letters.speech import Speech

CROWDED_FROM = 3
CROWDED_DAYS = 60
"""Students on a letter, and days on a record, from which on lines stand closer."""


def compose(letter: Letter, code: str, sender: Sender) -> dict[str, Any]:
    """What the letter says in one of its languages.

    Returns:
        `code`, the first page (`first`) and a page for each student where the kind carries records (`records`).
    """
    speech = _speech(code, sender.own_words)
    students = letter.students if letter.kind.carries_record else ()
    return {
        "code": code,
        "first": _first_page(letter, code, sender, speech),
        "records": [_record(letter, student, speech) for student in students],
    }


@cache
def _speech(code: str, own_words: tuple[OwnText, ...]) -> Speech:
    return Speech(wording_of(code, own_words))


def _first_page(letter: Letter, code: str, sender: Sender, speech: Speech) -> dict[str, Any]:
    values = _values(letter, sender, speech)
    clauses = speech.wording.kinds[letter.kind]
    title = filled(clauses["title"], values)
    return {
        "title": "".join(run.text for run in title),
        "crowded": len(letter.students) >= CROWDED_FROM,
        "notice": _notice(letter, sender) if letter.notice_in else None,
        "parts": [
            {"facts": _facts(letter.meeting, code, speech)}
            if paragraph == (FACTS,) and letter.meeting is not None
            else {"runs": _paragraph(paragraph, letter, sender, speech, values)}
            for paragraph in PARAGRAPHS[letter.kind]
        ],
    }


def _notice(letter: Letter, sender: Sender) -> dict[str, Any]:
    """The paragraph in a language that nobody has vetted a whole letter in."""
    speech = _speech(letter.notice_in, sender.own_words)
    values = {"phone": speech.verbatim(sender.phone)}
    return {"code": letter.notice_in, "runs": filled(speech.wording.language.notice, values)}


def _paragraph(
    names: tuple[str, ...],
    letter: Letter,
    sender: Sender,
    speech: Speech,
    values: dict[str, Runs],
) -> Runs:
    clauses = [_clause(name, letter, sender, speech) for name in names]
    return filled(speech.wording.language.between_sentences.join(filter(None, clauses)), values)


def _clause(name: str, letter: Letter, sender: Sender, speech: Speech) -> str:
    labels = speech.wording.letter
    if name == GREETING:
        return labels.greeting if letter.recipient.name else labels.greeting_unnamed
    if name == MORE:
        return labels.more if sender.website else ""
    if name == MISSED:
        return speech.wording.missed.sentence([student.missed for student in letter.students])
    forms = VARIANTS.get(name)
    if forms is None:
        return speech.wording.kinds[letter.kind][name]
    offices = {student.office for student in letter.students}
    one = len(offices if forms == BY_OFFICES else letter.students) == 1
    return speech.wording.kinds[letter.kind][name + (forms[0] if one else forms[1])]


def _values(letter: Letter, sender: Sender, speech: Speech) -> dict[str, Runs]:
    first, office = letter.students[0], letter.students[0].office
    values = {
        "addressee": speech.name(letter.recipient.name),
        "address": speech.name(", ".join(letter.recipient.lines[1:])),
        "as_of": _plain(speech.long_date(letter.as_of)),
        "dispute_by": _plain(speech.long_date(letter.dispute_by)),
        "office": speech.name(office.name),
        "office_phone": speech.verbatim(office.phone),
        "phone": speech.verbatim(sender.phone),
        "email": speech.verbatim(sender.email),
        "program": speech.name(sender.program),
        "website": speech.verbatim(sender.website) if speech.is_rtl else _plain(sender.website),
    }
    if letter.meeting is not None:
        values["meeting_date"] = _plain(speech.long_date(letter.meeting.date))
    if letter.earlier_letter is not None:
        values["earlier_letter"] = _plain(speech.long_date(letter.earlier_letter))
    names = short_names(letter, letter.students)
    values |= _counted(names[0], first, speech)
    each = speech.wording.missed.each_of([student.missed for student in letter.students])
    values["students"] = speech.listed(
        [
            (name, filled(said, _counted(name, student, speech)))
            for name, said, student in zip(names, each, letter.students, strict=True)
        ]
    )
    # A statute wants the minor's name, and a first name alone is not it.
    named = [_whole_name(s) for s in letter.students] if letter.kind.is_served else names
    others = short_names(letter, letter.still_invited)
    for key, those in (("names", named), ("others", others)):
        values[key] = speech.listed([(name, speech.name(name)) for name in those])
    return values


def _counted(name: str, student: StudentRecord, speech: Speech) -> dict[str, Runs]:
    return {
        "name": speech.name(name),
        "missed": speech.number(len(student.unexcused_days)),
        "late": speech.number(len(student.occasions_partial)),
        "enrolled": speech.number(student.enrolled_days),
    }


def short_names(letter: Letter, those: Sequence[StudentRecord]) -> list[str]:
    """First names of some whom a letter names, and whole names where two whom it names share the first one."""
    times = Counter(student.first_name for student in (*letter.students, *letter.still_invited))
    return [
        student.first_name
        if student.first_name and times[student.first_name] == 1
        else _whole_name(student)
        for student in those
    ]


def _whole_name(student: StudentRecord) -> str:
    return f"{student.first_name} {student.last_name}".strip()


def _facts(meeting: MeetingInvitation, code: str, speech: Speech) -> list[tuple[str, list[Runs]]]:
    labels = speech.wording.letter
    street = ", ".join(part for part in (meeting.street, meeting.city) if part)
    rows = [
        (labels.date, [_plain(speech.long_date(meeting.date))]),
        (labels.time, [speech.time_span(meeting.starts, meeting.ends)]),
        (labels.place, [_place(meeting, code, speech), speech.name(street)]),
        (labels.parking, [speech.note(dict(meeting.parking), code)]),
        (labels.childcare, [speech.note(dict(meeting.childcare), code)]),
        (labels.interpreter, [speech.note(dict(meeting.interpreter), code)]),
    ]
    return [(label, lines) for label, lines in rows if any(lines)]


def _place(meeting: MeetingInvitation, code: str, speech: Speech) -> Runs:
    """The house and the room; both as one where the room has its English name only."""
    room = speech.note(dict(meeting.rooms), code)
    if room and room[0].lang:
        return speech.name(f"{meeting.place}, {room[0].text}")
    comma = (Run(speech.wording.language.between_names),) if room else ()
    return (*speech.name(meeting.place), *comma, *room)


def _record(letter: Letter, student: StudentRecord, speech: Speech) -> dict[str, Any]:
    labels = speech.wording.record
    dispute_by = {"dispute_by": _plain(speech.long_date(letter.dispute_by))}
    office = student.office
    return {
        "crowded": len(student.unexcused_days) + len(student.occasions_partial) >= CROWDED_DAYS,
        "name": speech.name(_whole_name(student)),
        "identity": [
            (labels.school, speech.name(student.school_name)),
            (labels.district, speech.name(student.district_name)),
            (labels.grade, _plain(speech.grade(student.grade))),
            (labels.entry, _plain(speech.long_date(student.entry_date))),
            (labels.as_of, _plain(speech.long_date(letter.as_of))),
        ],
        "counts": [
            (labels.enrolled, student.enrolled_days, False),
            (labels.present, student.present_days, False),
            (labels.unexcused, len(student.unexcused_days), student.missed is not Missed.LATE),
            (labels.partial, len(student.occasions_partial), student.missed is not Missed.DAYS),
            (labels.excused, student.excused_days_count, False),
            (labels.unverified, student.unverified_count, False),
        ],
        "unexcused_dates": speech.days(student.unexcused_days),
        "partial_dates": speech.days(student.occasions_partial),
        "entry_date": as_numbers(student.entry_date),
        "as_of": as_numbers(letter.as_of),
        "unexcused_days": [as_numbers(day) for day in student.unexcused_days],
        "occasions_partial": [as_numbers(day) for day in student.occasions_partial],
        "mistake": filled(labels.mistake, dispute_by),
        "office": [
            speech.name(office.name),
            speech.verbatim(office.phone),
            speech.verbatim(office.email),
        ],
    }


def as_numbers(day: date) -> tuple[int, int, int]:
    """A day as the templates compute with it."""
    return (day.year, day.month, day.day)


def _plain(text: str) -> Runs:
    return (Run(text),)
