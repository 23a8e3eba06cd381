"""The same letters as HTML, for WeasyPrint: the same words in number and size, the same zones, the same calendars."""

from calendar import Calendar
from collections.abc import Sequence
from datetime import date
from html import escape

from pact_etl.domain.letter import Letter, Sender, StudentRecord
from pact_etl.letters.fonts import FONTS

_STYLE = f"""
@font-face {{ font-family: Letter; src: url("file://{FONTS}/NotoSans-Regular.ttf"); }}
@font-face {{ font-family: Letter; font-weight: bold; src: url("file://{FONTS}/NotoSans-Bold.ttf"); }}
@page {{ size: 8.5in 11in; margin: 0.6in 0.75in; }}
body {{ font: 12pt Letter; margin: 0; }}
section {{ page-break-after: always; position: relative; height: 9.8in; }}
.zone {{ position: absolute; left: -0.25in; width: 3.5in; height: 0.875in; font-size: 9pt; }}
.head {{ position: absolute; right: 0; top: 0; width: 2.9in; text-align: right; }}
.body {{ padding-top: 2.775in; }}
.facts {{ border-left: 3pt solid; padding-left: 10pt; }}
.facts b {{ display: inline-block; width: 100pt; }}
.months {{ display: flex; flex-wrap: wrap; }}
table {{ font-size: 8pt; border-spacing: 0; margin-right: 13pt; }}
.full {{ background: #afafaf; outline: 1pt solid; }}
.part {{ outline: 1pt solid; }}
.box {{ border: 0.8pt solid; padding: 9pt; }}
footer {{ position: absolute; bottom: 0; font-size: 8pt; }}
"""
_PARAGRAPHS = (
    "<b>What will happen?</b> You will hear from a deputy district attorney, a public defender, a judge and people "
    "from the schools. They will talk about why each school day counts and what the law says about going to school.",
    "<b>What help is there?</b> You can meet people who offer counseling, mentoring and parenting classes. School "
    "nurses will be there too. You can ask questions and talk with someone in private.",
    "<b>Is the record wrong?</b> An attendance record comes with this letter. If you see a mistake, call the office "
    "named on the record before the meeting.",
    "<b>This is an invitation.</b> It is not a court notice.",
)


def letters_as_html(letters: Sequence[Letter], sender: Sender) -> str:
    """One document of all letters, every language of an envelope and every record on a page of its own."""
    pages = []
    for letter in letters:
        number = 0
        for code in letter.languages:
            number += 1
            pages.append(_letter_page(letter, sender, code, _mark(letter, number)))
            for student in letter.students:
                number += 1
                pages.append(_record_page(letter, student, code, _mark(letter, number)))
    return f"<html lang=en><title>PACT letters</title><style>{_STYLE}</style><body>{''.join(pages)}</body></html>"


def _mark(letter: Letter, number: int) -> str:
    return f"<footer>{letter.piece_id}, page {number} of {letter.page_count}</footer>"


def _letter_page(letter: Letter, sender: Sender, code: str, mark: str) -> str:
    meeting = letter.meeting
    missed = " and ".join(
        f"{escape(s.first_name)} (<b>{len(s.unexcused_days)} of {s.enrolled_days} days</b>)"
        for s in letter.students
    )
    facts = {
        "Date": f"{meeting.date:%A, %B %d, %Y}",
        "Time": f"{meeting.starts:%I:%M} to {meeting.ends:%I:%M}",
        "Place": f"{meeting.place}, {meeting.street}, {meeting.city}",
        "Parking": meeting.parking[code],
        "Child care": meeting.childcare[code],
        "Interpreter": meeting.interpreter[code],
    }
    return (
        f'<section><div class=zone style="top:-0.1in">{_lines(sender.return_lines)}</div>'
        f"<div class=head><b>{sender.program}</b><br>{sender.office}</div>"
        f'<div class=zone style="top:1.442in">{_lines(letter.recipient.lines)}</div>'
        "<div class=body><h1 style='font-size:15pt'>You are invited: an evening about school attendance</h1>"
        f"<p>Dear {escape(letter.recipient.name)},<p>{missed} have missed school this school year with no excuse "
        "on file. You can help turn this around, and we would like to help you. Please come to a free family meeting."
        "<div class=facts>"
        + "".join(f"<div><b>{label}</b>{escape(value)}</div>" for label, value in facts.items())
        + f"</div>{''.join(f'<p>{text}' for text in _PARAGRAPHS)}"
        f"<p>Questions about the meeting? Call us at {sender.phone} or write to {sender.email}."
        f"<p><b>{sender.signatory_name}</b><br>{sender.signatory_title}</div>{mark}</section>"
    )


def _record_page(letter: Letter, student: StudentRecord, code: str, mark: str) -> str:
    counts = (
        (student.enrolled_days, "School days since enrolled"),
        (student.present_days, "Days at school"),
        (len(student.unexcused_days), "Full days missed with no excuse on file"),
        (
            len(student.occasions_partial),
            "Days late or away more than 30 minutes with no excuse on file",
        ),
        (student.excused_days_count, "Days missed with an excuse"),
        (student.unverified_count, "Days missed that the school is still checking"),
    )
    return (
        f"<section lang={code}><h2>Attendance record</h2>"
        f"<p><b>{escape(student.first_name)} {escape(student.last_name)}</b>"
        f"<div class=facts><div><b>School</b>{student.school_name}</div>"
        f"<div><b>District</b>{student.district_name}</div>"
        f"<div><b>Grade</b>{student.grade}</div><div><b>Enrolled since</b>{student.entry_date:%B %d, %Y}</div></div>"
        "<h3>School days counted</h3>"
        + "".join(f"<div>{number} {label}</div>" for number, label in counts)
        + f"<h3>Full days missed</h3><p>{_days(student.unexcused_days)}"
        f"<h3>Late or away</h3><p>{_days(student.occasions_partial)}"
        f"<div class=months>{''.join(_months(letter, student))}</div>"
        f"<div class=box><h3>Is something wrong?</h3><p>Please call or write to this office "
        f"by {letter.dispute_by:%B %d}."
        f"<p><b>{student.office.name}</b><br>{student.office.phone}<br>{student.office.email}</div>"
        f"<p>This record never shows why a student was away.{mark}</section>"
    )


def _months(letter: Letter, student: StudentRecord) -> list[str]:
    shown = []
    for month in range(student.entry_date.month, letter.as_of.month + 1):
        weeks = Calendar().monthdatescalendar(letter.as_of.year, month)
        rows = "".join(
            f"<tr>{''.join(_cell(day, month, student) for day in week[:5])}</tr>" for week in weeks
        )
        shown.append(
            f"<table><tr><th colspan=5>{date(letter.as_of.year, month, 1):%B %Y}</th></tr>{rows}</table>"
        )
    return shown


def _cell(day: date, month: int, student: StudentRecord) -> str:
    look = (
        "full"
        if day in student.unexcused_days
        else "part"
        if day in student.occasions_partial
        else "none"
    )
    return f"<td class={look}>{day.day if day.month == month else ''}</td>"


def _days(days: Sequence[date]) -> str:
    return ", ".join(f"{day:%B} {day.day}" for day in days) or "None"


def _lines(lines: Sequence[str]) -> str:
    return "<br>".join(escape(line) for line in lines)
