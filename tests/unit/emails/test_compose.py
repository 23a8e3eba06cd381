"""The words of an email: what must stand in it, and what must not."""

import re
from datetime import date, time
from string import Template

import pytest

from pact_etl.domain.county import Meeting
from pact_etl.domain.letter import Sender
from pact_etl.emails.compose import (
    MEETING_REMINDER,
    TEMPLATES,
    UNSUBSCRIBE_TAG,
    compose_reminder,
    languages_of,
)
from pact_etl.emails.dates import LANGUAGES, clock, long_date, short_date

MEETING = Meeting(
    slug="pact-2027-01-12",
    date=date(2027, 1, 12),
    starts=time(18, 0),
    ends=time(20, 30),
    place="Community Room <A & B>",
    street="100 Example St",
    city="Sacramento CA 95814",
    rooms={"eng": "Second floor", "spa": "Segundo piso"},
    parking={"eng": "Parking is free.", "spa": "El estacionamiento es gratis."},
    interpreter={"eng": "Tell us if you need an interpreter."},
)
SENDER = Sender(
    office="Example County Office",
    program="Example Program",
    return_lines=("Example Program", "1 Main St", "Sacramento CA 95814"),
    phone="(916) 555-0100",
    email="office@county.example",
    signatory_name="The Team",
    signatory_title="Office",
)
BOTH = pytest.mark.parametrize("language", ["eng", "spa"])


def test_every_language_has_a_text_an_html_and_date_words() -> None:
    folder = TEMPLATES / MEETING_REMINDER

    assert languages_of() == LANGUAGES == {"eng", "spa"}
    assert {path.stem for path in folder.glob("*.html")} == LANGUAGES


def test_every_template_uses_the_same_values() -> None:
    used = {
        path.name: set(Template(path.read_text(encoding="utf-8")).get_identifiers())
        for path in (TEMPLATES / MEETING_REMINDER).iterdir()
    }

    assert len({frozenset(names) for names in used.values()}) == 1


@BOTH
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_reminder_says_when_where_whom_to_call_who_sends_it_and_how_to_opt_out(
    language: str, form: str
) -> None:
    email = compose_reminder(MEETING, SENDER, language)
    body = getattr(email, form)

    assert long_date(MEETING.date, language) in body
    assert "6:00 p.m." in body
    assert "8:30 p.m." in body
    for expected in ("100 Example St", "(916) 555-0100", "1 Main St", UNSUBSCRIBE_TAG):
        assert expected in body


@BOTH
def test_the_subject_names_the_day_and_never_what_the_meeting_is_about(language: str) -> None:
    subject = compose_reminder(MEETING, SENDER, language).subject

    assert short_date(MEETING.date, language) in subject
    assert len(subject) < 60
    assert not re.search(r"truan|ausent|absen|escuela|school|falta|PACT", subject, re.IGNORECASE)


def test_the_whole_english_text_reads_as_meant() -> None:
    assert compose_reminder(MEETING, SENDER, "eng").text == (
        "Hello,\n\n"
        "This is a reminder of the meeting that our letter invited you to.\n\n"
        "When:\nTuesday, January 12, 2027\n6:00 p.m. to 8:30 p.m.\n\n"
        "Where:\nCommunity Room <A & B>\nSecond floor\n100 Example St\nSacramento CA 95814\n\n"
        "Parking is free.\nTell us if you need an interpreter.\n\n"
        "Please call (916) 555-0100 to tell us that you are coming, to ask a question, or if the\n"
        "evening does not suit you. The call and the meeting cost nothing.\n\n"
        "Thank you.\n\n"
        "Example County Office\nExample Program\n1 Main St\nSacramento CA 95814\n\n"
        "This address was given to your school district. If you do not want reminders by\n"
        f"email, open this link: {UNSUBSCRIBE_TAG}\n"
        "You can also call the number above. You will still get our letters by mail.\n"
    )


def test_settings_cannot_break_out_of_the_html() -> None:
    html = compose_reminder(MEETING, SENDER, "eng").html

    assert "Community Room &lt;A &amp; B&gt;" in html


def test_a_note_without_a_translation_is_given_in_english() -> None:
    text = compose_reminder(MEETING, SENDER, "spa").text

    assert "El estacionamiento es gratis.\nTell us if you need an interpreter." in text


def test_a_meeting_without_notes_leaves_no_hole() -> None:
    bare = Meeting(
        slug="m",
        date=date(2027, 1, 12),
        starts=time(9, 5),
        ends=time(12, 0),
        place="Hall",
        street="1 A St",
        city="Sacramento",
    )

    assert "\n\n\n" not in compose_reminder(bare, SENDER, "eng").text


def test_a_language_without_a_template_gets_english() -> None:
    assert compose_reminder(MEETING, SENDER, "hmn") == compose_reminder(MEETING, SENDER, "eng")


def test_spanish_dates_are_lower_case_and_day_first() -> None:
    assert long_date(date(2026, 9, 2), "spa") == "miércoles 2 de septiembre de 2026"


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (time(0, 0), "12:00 a.m."),
        (time(9, 5), "9:05 a.m."),
        (time(12, 0), "12:00 p.m."),
        (time(23, 59), "11:59 p.m."),
    ],
)
def test_hours_are_written_on_the_twelve_hour_clock(hour: time, words: str) -> None:
    assert clock(hour) == words
