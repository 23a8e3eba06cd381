"""The same letters as HTML, for WeasyPrint: the same words, languages, fonts, zones, barcodes and calendars."""

from calendar import Calendar
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape
from typing import Any

from pact_etl.domain.intelligent_mail import bars
from pact_etl.domain.letter import Letter, Sender, StudentRecord
from pact_etl.letters.composing import compose
from pact_etl.letters.fonts import FAMILIES, FONTS
from pact_etl.letters.inline import Runs
from pact_etl.letters.languages import Wording, wording_of

_STYLE = """
@page { size: 8.5in 11in; margin: 0.6in 0.75in; }
body { font: 12pt "Noto Sans"; margin: 0; }
section { page-break-after: always; position: relative; height: 9.8in; }
.zone { position: absolute; left: -0.25in; width: 3.5in; height: 0.875in; font-size: 9pt; direction: ltr; }
.zone svg { display: block; }
.head { position: absolute; right: 0; top: 0; width: 2.9in; text-align: right; }
.body { padding-top: 2.775in; }
.record { font-size: 11pt; }
.facts { border-inline-start: 3pt solid; padding-inline-start: 10pt; }
.label { display: inline-block; font-weight: bold; }
.boxed { display: inline-block; direction: ltr; }
.count { display: inline-block; width: 34pt; text-align: end; margin-inline-end: 10pt; }
.months { display: flex; flex-wrap: wrap; }
table { font-size: 8pt; border-spacing: 0; margin-inline-end: 13pt; }
.full { background: #afafaf; outline: 1pt solid; }
.part { outline: 1pt solid; }
.box { border: 0.8pt solid; padding: 9pt; }
footer { position: absolute; bottom: 0; left: 0; font-size: 8pt; direction: ltr; }
"""
_REACH = {"F": (0.0, 10.44), "A": (0.0, 6.95), "D": (3.49, 10.44), "T": (3.49, 6.95)}
"""Where a bar begins and ends, in points from the barcode's upper edge."""


def letters_as_html(letters: Sequence[Letter], sender: Sender) -> str:
    """One document of all letters, every language of an envelope and every record on a page of its own."""
    faces = "".join(_faces())
    pages = "".join(page for letter in letters for page in _pages(letter, sender))
    style = f"<style>{faces}{_STYLE}</style>"
    return f"<html lang=en><title>PACT letters</title>{style}<body>{pages}</body></html>"


def _faces() -> Iterator[str]:
    for family in FAMILIES:
        for name, weight in (("Regular", 400), ("Bold", 700)):
            (path,) = FONTS.glob(f"{family.replace(' ', '')}-{name}.*")
            source = f'url("file://{path}")'
            yield f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: {source}; }}'


def _pages(letter: Letter, sender: Sender) -> Iterator[str]:
    number = 0
    for turn, code in enumerate(letter.languages):
        said, wording = compose(letter, code, sender), wording_of(code)
        number += 1
        yield _page(
            wording, _mark(letter, number), _first(letter, sender, wording, said["first"], turn)
        )
        for student, record in zip(letter.students, said["records"], strict=True):
            number += 1
            yield _page(wording, _mark(letter, number), _record(letter, student, wording, record))


def _page(wording: Wording, mark: str, content: str) -> str:
    language = wording.language
    fonts = ", ".join(
        f"'{family}'" for family in dict.fromkeys((FAMILIES[0], language.font, *FAMILIES))
    )
    return (
        f'<section lang="{language.tag}" dir={language.direction} style="font-family: {fonts}">'
        f"{content}{mark}</section>"
    )


def _mark(letter: Letter, number: int) -> str:
    return f"<footer lang=en>{letter.piece_id}, page {number} of {letter.page_count}</footer>"


def _first(
    letter: Letter, sender: Sender, wording: Wording, page: dict[str, Any], turn: int
) -> str:
    parts = "".join(
        _facts(wording, part["facts"]) if "facts" in part else f"<p>{_inline(part['runs'])}"
        for part in page["parts"]
    )
    own = f"{_barcode(bars(letter.imb))}{_lines(letter.recipient.lines)}" if not turn else ""
    copy = f"<br><b>{escape(wording.letter.copy_note)}</b>" if turn else ""
    return (
        f'<div class=zone style="top:-0.1in">{_lines(sender.return_lines)}</div>'
        f"<div class=head><b>{escape(sender.program)}</b><br>{escape(sender.office)}{copy}</div>"
        f'<div class=zone style="top:1.442in">{own}</div>'
        f"<div class=body><h1 style='font-size:15pt'>{escape(page['title'])}</h1>{parts}"
        f"<p><b>{escape(sender.signatory_name)}</b><br>{escape(sender.signatory_title)}</div>"
    )


def _facts(wording: Wording, rows: Iterable[tuple[str, list[Runs]]]) -> str:
    shown = (_labelled(wording, label, "<br>".join(map(_inline, lines))) for label, lines in rows)
    return f"<div class=facts>{''.join(shown)}</div>"


def _labelled(wording: Wording, label: str, value: str) -> str:
    width = wording.language.label_width
    return f'<div><span class=label style="width:{width}pt">{escape(label)}</span>{value}</div>'


def _record(
    letter: Letter, student: StudentRecord, wording: Wording, record: dict[str, Any]
) -> str:
    labels = wording.record
    identity = "".join(
        _labelled(wording, label, _inline(runs)) for label, runs in record["identity"]
    )
    counts = "".join(
        f"<div><span class=count>{number}</span>{_strong(escape(label), bold)}</div>"
        for label, number, bold in record["counts"]
    )
    office = "<br>".join(map(_inline, record["office"]))
    return (
        f"<div class=record><h2>{escape(labels.title)}</h2><p><b>{_inline(record['name'])}</b>{identity}"
        f"<h3>{escape(labels.summary_title)}</h3>{counts}"
        f"<h3>{escape(labels.unexcused_dates_title)}</h3><p>{escape(record['unexcused_dates'])}"
        f"<h3>{escape(labels.partial_dates_title)}</h3><p>{escape(record['partial_dates'])}"
        f"<p><span class=full>&emsp;</span> {escape(labels.legend_full)} "
        f"<span class=part>&emsp;</span> {escape(labels.legend_part)}"
        f"<div class=months>{''.join(_months(letter, student, wording))}</div>"
        f"<div class=box><h3>{escape(labels.mistake_title)}</h3><p>{_inline(record['mistake'])}<p>{office}</div>"
        f"<p>{escape(labels.no_reasons)}</div>"
    )


def _months(letter: Letter, student: StudentRecord, wording: Wording) -> Iterator[str]:
    language, year = wording.language, letter.as_of.year
    initials = "".join(f"<th>{escape(initial)}</th>" for initial in language.weekday_initials)
    for month in range(student.entry_date.month, letter.as_of.month + 1):
        title = language.month_title.format(month=language.months[month - 1], year=year)
        weeks = Calendar().monthdatescalendar(year, month)
        rows = "".join(
            f"<tr>{''.join(_cell(day, month, student) for day in week[:5])}</tr>" for week in weeks
        )
        head = f"<tr><th colspan=5>{escape(title)}</th></tr><tr>{initials}</tr>"
        yield f"<table>{head}{rows}</table>"


def _cell(day: date, month: int, student: StudentRecord) -> str:
    if day.month != month:
        return "<td></td>"
    look = "full" if day in student.unexcused_days else ""
    look = "part" if day in student.occasions_partial else look
    return f"<td class='{look}'>{day.day}</td>"


def _barcode(states: str) -> str:
    path = "".join(
        f"M{3.2727 * place:.2f} {top}h1.44V{bottom}h-1.44z"
        for place, state in enumerate(states)
        for top, bottom in [_REACH[state]]
    )
    return f'<svg width="215pt" height="10.44pt" viewBox="0 0 215 10.44"><path d="{path}"/></svg>'


def _inline(runs: Runs) -> str:
    return "".join(
        f"<span{' class=boxed' if run.boxed else ''}{f' lang={run.lang}' if run.lang else ''}>"
        f"{_strong(escape(run.text), run.bold)}</span>"
        if run.boxed or run.lang
        else _strong(escape(run.text), run.bold)
        for run in runs
    )


def _strong(text: str, bold: bool) -> str:
    return f"<b>{text}</b>" if bold else text


def _lines(lines: Sequence[str]) -> str:
    return "<br>".join(escape(line) for line in lines)
