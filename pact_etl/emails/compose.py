"""The words of an email: a meeting and a language in, subject, text and HTML out. Pure.

A reminder goes to an address that anybody in a household may read. So it names no student, no
school and no number, and its subject does not say what the meeting is about. Templates are
`templates/<kind>/<language>.txt` (its first line is the subject) and `<language>.html`.
"""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from pact_etl.domain.county import Meeting
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import COMPANION_LANGUAGE, Sender
from pact_etl.emails.dates import clock, long_date, short_date
from pact_etl.emails.protocol import EmailText

TEMPLATES = Path(__file__).with_name("templates")
MEETING_REMINDER = "meeting_reminder"
UNSUBSCRIBE_TAG = "<%asm_group_unsubscribe_raw_url%>"
"""The provider puts the recipient's own link out of the unsubscribe group here."""

_SUBJECT = "Subject: "


def languages_of(kind: str = MEETING_REMINDER) -> frozenset[str]:
    """The languages that an email of this kind is written in."""
    return frozenset(path.stem for path in (TEMPLATES / kind).glob("*.txt"))


def compose_reminder(meeting: Meeting, sender: Sender, language: str) -> EmailText:
    """The reminder of one meeting.

    Args:
        meeting: the evening.
        sender: the office on the letterhead, with its postal address and telephone.
        language: ISO 639-3 code. A language that is not one of `languages_of()` gets English, as
            its letter carries English too: a reminder in English is better than none.

    Raises:
        SettingsError: a template asks for a value that there is not, or has no subject.
    """
    if language not in languages_of():
        language = COMPANION_LANGUAGE
    values = _values(meeting, sender, language)
    plain = _fill(f"{language}.txt", values | {"unsubscribe": UNSUBSCRIBE_TAG})
    subject, _, text = plain.partition("\n")
    if not subject.startswith(_SUBJECT):
        raise SettingsError(f"{MEETING_REMINDER}/{language}.txt: the first line is not the subject")
    in_html = {name: _as_html(value) for name, value in values.items()}
    return EmailText(
        subject=subject.removeprefix(_SUBJECT).strip(),
        text=_without_gaps(text),
        html=_fill(f"{language}.html", in_html | {"unsubscribe": UNSUBSCRIBE_TAG}),
    )


def _values(meeting: Meeting, sender: Sender, language: str) -> dict[str, str]:
    room = _note(meeting.rooms, language)
    notes = (meeting.parking, meeting.childcare, meeting.interpreter)
    return {
        "short_date": short_date(meeting.date, language),
        "date": long_date(meeting.date, language),
        "starts": clock(meeting.starts),
        "ends": clock(meeting.ends),
        "place": _lines([meeting.place, room, meeting.street, meeting.city]),
        "notes": _lines([_note(note, language) for note in notes]),
        "phone": sender.phone,
        "office": sender.office,
        "postal_address": _lines(list(sender.return_lines)),
    }


def _note(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts.get(COMPANION_LANGUAGE, ""))


def _lines(texts: list[str]) -> str:
    return "\n".join(text for text in texts if text)


def _without_gaps(text: str) -> str:
    """A meeting without notes leaves no hole in the page."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _as_html(value: str) -> str:
    return escape(value).replace("\n", "<br>\n")


def _fill(name: str, values: Mapping[str, str]) -> str:
    try:
        return _template(name).substitute(values)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{MEETING_REMINDER}/{name}: {error}") from None


@cache
def _template(name: str) -> Template:
    return Template((TEMPLATES / MEETING_REMINDER / name).read_text(encoding="utf-8"))
