"""An explanation as one screen: what may be read out to a family first, what is for staff alone below it."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from pact_etl.cli.reports import out
from pact_etl.domain.plain_words import VERDICT, meaning_of

MOST_DAYS = 12


def print_why(report: Mapping[str, Any]) -> None:
    """One student's explanation."""
    for line in lines(report):
        out.print(line, markup=False)


def lines(report: Mapping[str, Any]) -> list[str]:
    """The screen, line by line; the student is told by our number alone."""
    said = [
        f"{report['student']}, as known on the night of {report['as_of']}",
        VERDICT[report["verdict"]],
    ]
    for slug, one in report["districts"].items():
        said += ["", *_district(slug, one)]
    return [*said, "", "For staff, not to be read out", *_staff(report)]


def _district(slug: str, one: Mapping[str, Any]) -> list[str]:
    said = [
        f"{slug}: {one['U']} of {one['D']} schooldays missed whole without excuse"
        f" (newest data: {one['newest_data'] or 'none'})"
    ]
    for span in one["enrollments"]:
        until = f" until {span['exit_date']}" if span["exit_date"] else ""
        said.append(f"  enrolled at {span['school']} from {span['entry_date']}{until}")
    said.append(f"  counted: {_days(one['counted_days'])}")
    by_words = sorted(one["uncounted_days"], key=lambda day: (day["words"], day["code"] or ""))
    for (words, code), days in groupby(by_words, key=lambda day: (day["words"], day["code"])):
        named = f" ({code})" if code else ""
        said.append(f"  not counted, {words}{named}: {_days(day['date'] for day in days)}")
    said += [
        f"  not here yet, {gap['words']}: {_days(gap['days'])}"
        for gap in one["gaps"]
        if gap["days"] and gap["reason"] == "district_late"
    ]
    said += [f"  would change it: {turn['words']}" for turn in one["would_change"]]
    return said


def _staff(report: Mapping[str, Any]) -> Iterable[str]:
    yield f"  policy {report['policy_version']}, school year {report['school_year']}"
    if not report["is_newest_night"]:
        yield "  a past night: of home and family only the holds recorded then are known"
    for slug, one in report["districts"].items():
        yield f"  {slug}: over {', '.join(one['over']) or 'no line'}"
        yield from (f"  {slug}: not passed: {_gate(g)}" for g in one["gates"] if not g["passed"])
        if one["first_notice"]:
            yield f"  {slug}: {_first_notice(one['first_notice'])}"
        for night in one["nights_lost"]:
            reason = f", {night['reason']}" if night["reason"] else ""
            yield f"  {slug}: night of {night['night']}: {night['status']}{reason}"
        for school in one["held_schools"]:
            codes = f" ({', '.join(school['codes'])})" if school["codes"] else ""
            yield f"  {school['school']} held since {school['since']}: {school['words']}{codes}"
        for gap in one["gaps"]:
            days = _days(gap["days"]) if gap["days"] else "any day"
            yield f"  {slug}: the record lacks {days}: {gap['reason']}; helps: {gap['remedy'] or '-'}"
    yield from (f"  not passed: {_gate(gate)}" for gate in report["gates"] if not gate["passed"])
    for hold in report["holds"]:
        helps = f"; helps: {hold['remedy']}" if hold["remedy"] else ""
        yield f"  held since {hold['since']}: {hold['words']}; {hold['owner']} by {hold['due_on']}{helps}"
    for question in report["questions"]:
        yield f"  open question about {question['student']}: {question['doubt']} since {question['opened_on']}"
    for letter in report["letters"]:
        yield f"  invitation {letter['invitation']}{_after(letter['reason'])}{_piece(letter)}"


def _first_notice(notice: Mapping[str, Any]) -> str:
    reason = f" ({notice['reason']})" if notice["reason"] else ""
    return f"first notice {notice['state']}{reason}, told to the district on {notice['told_on']}"


def _gate(gate: Mapping[str, Any]) -> str:
    words = meaning_of(gate["reason"]) if gate["reason"] else ""
    return f"{gate['gate']}: asks {gate['asks']}, saw {gate['saw']}" + (
        f" ({words})" if words else ""
    )


def _after(reason: str | None) -> str:
    return f" ({meaning_of(reason)})" if reason else ""


def _piece(letter: Mapping[str, Any]) -> str:
    if not letter["piece"]:
        return ""
    mailed = f", mailed {letter['mailed_on']}" if letter["mailed_on"] else ""
    sent = f" in {letter['package']}" if letter["package"] else ""
    return (
        f", letter {letter['piece']} {letter['letter']}{sent}, meeting {letter['meeting']}{mailed}"
    )


def _days(days: Iterable[str]) -> str:
    """Days as people write them, the newest where there are very many."""
    told = [date.fromisoformat(day) for day in days]
    shown = [f"{day:%b} {day.day}" for day in told[-MOST_DAYS:]]
    more = f"{len(told) - MOST_DAYS} earlier, " if len(told) > MOST_DAYS else ""
    return more + (", ".join(shown) or "none")
