"""Write the tables of docs/truancy_rules.md out of the law file and the county's settings.

Usage: .venv/bin/python scripts/truancy_rules.py [--as-of DATE] [--config DIR]
The page says what is in force on the date; without one, on the date the page was last written for.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

from pact_etl.districts import load_county
from pact_etl.domain.county import County
from pact_etl.domain.policy import Choice, DaysThreshold, Schooldays
from pact_etl.law import Statutes, load_statutes

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "truancy_rules.md"
DATED = re.compile(r"In force on (\d{4}-\d{2}-\d{2})\.")
WRITTEN_FOR = date(2026, 11, 20)

SOURCES = {
    "statute": "the text in force",
    "older": "an earlier text",
    "secondary": "as others quote it",
    "memory": "memory alone",
}
QUESTIONS = {
    "partial_absences_in_u": "Does part of a day missed count as a day of U?",
    "incomplete_study_in_u": "Does an independent study day not completed count as a day of U?",
    "weekend_classes_count": "Are Saturday and Sunday classes schooldays?",
    "recovery_deletes_absence": "Does a day made up stop being a day missed?",
    "spans_are_summed": "Are two stays in one district one count?",
    "districts_are_pooled": "Are days in two districts one count?",
    "clearing_schooldays": "How many schooldays has a family to clear an absence before it counts?",
}
DEADLINES = {True: "before", False: "after"}


def page(text: str, statutes: Statutes, county: County, as_of: date) -> str:
    """The page with its tables written anew.

    Raises:
        ValueError: a table's place is missing.
    """
    for name, table in TABLES.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the page needs one place for {name}")
        head, rest = text.split(begin)
        tail = rest.split(end)[1]
        text = f"{head}{begin}\n{table(statutes, county, as_of).strip()}\n{end}{tail}"
    return text


def lines(statutes: Statutes, county: County, as_of: date) -> str:
    """Truant, chronic truant, chronic absentee."""
    law = statutes.on(as_of)
    percent = law.chronic_truant_tenths * 10
    rows = [
        (
            "**truant**",
            f"{law.truant_occasions} full days or occasions in one school year",
            "truant",
        ),
        (
            "**chronic truant**",
            f"U is {percent} percent of D or more, *and* the district documented the whole ladder",
            "chronic_truant",
        ),
        (
            "**chronic absentee**",
            f"{law.chronic_absentee_tenths * 10} percent of the schooldays missed, for any reason",
            "chronic_absentee",
        ),
    ]
    cited = [(word, rule, statutes.sections[name].citation) for word, rule, name in rows]
    return f"In force on {as_of}.\n\n" + _table(("", "who", "by"), cited)


def day(statutes: Statutes, county: County, as_of: date) -> str:
    """What minutes, excuses and age make of a day."""
    law, minutes = statutes.on(as_of), statutes.occasion_limits().on(as_of)
    counted = county.counting_on(as_of).partial_absences_in_u.answer
    part = "one day of U, too" if counted else "not a day of U"
    rows = [
        (
            "late or away up to and including",
            f"{minutes} minutes",
            "a tardy: counts for nothing here",
        ),
        (
            "late or away for more than",
            f"{minutes} minutes, no excuse",
            f"one occasion; {part}",
        ),
        ("away all day", "no excuse", "one occasion and one day of U"),
        ("away all day", "excused, or not yet cleared", "absent; neither an occasion nor in U"),
        (
            "age on that day under",
            f"{law.compulsory_from_age}, or {law.compulsory_until_age} and over",
            "never an occasion, never in U",
        ),
    ]
    return _table(("", "", "comes to"), rows)


def choices(statutes: Statutes, county: County, as_of: date) -> str:
    """The open questions as the county answers them."""
    counting = county.counting_on(as_of)
    rows = [
        (QUESTIONS[f.name], _answer(one), one.why)
        for f in fields(counting)
        if isinstance(one := getattr(counting, f.name), Choice | Schooldays)
    ]
    return _table(("question", "answer", "why"), rows)


def _answer(one: Choice | Schooldays) -> str:
    if isinstance(one, Schooldays):
        return str(one.answer)
    return "yes" if one.answer else "no"


def threshold(statutes: Statutes, county: County, as_of: date) -> str:
    """Whom the county invites, by program year."""
    rows = []
    for one in sorted(county.thresholds, key=lambda t: t.from_):
        if isinstance(one, DaysThreshold):
            line = f"{one.minimum_occasions} or more full days or occasions, whatever the ratio"
        else:
            percent = statutes.on(as_of).chronic_truant_tenths * 10
            line = (
                f"U is {percent} percent of D or more, U at least {one.minimum_unexcused_days},"
                f" D at least {one.minimum_enrolled_days}"
            )
        rows.append((str(one.from_), line, ", ".join(one.grades) or "all"))
    mailing = county.mailing
    last = mailing.last_mailing_dates
    notes = [
        f"- Between one letter about a student and the next: {mailing.cooldown_weeks} weeks at least.",
        f"- In the mail at least {mailing.lead_days} days before the evening.",
        *(
            f"- No invitation of {year} is mailed after {day}."
            for year, day in sorted(last.items())
        ),
    ]
    return _table(("from", "line", "grades"), rows) + "\n" + "\n".join(notes)


def ladder(statutes: Statutes, county: County, as_of: date) -> str:
    """The steps and what each takes."""
    law = statutes.ladder_on(as_of)
    rows = [
        ("truant", f"{law.truant_occasions} occasions: first report", "48260"),
        ("family notice", "on the first report, by the cheapest effective way", "48260.5"),
        ("again a truant", f"{law.further_days} further day: another report", "48261"),
        (
            "habitual truant",
            f"{law.habitual_reports} reports and {law.conference_efforts} documented effort to hold a conference",
            "48262",
        ),
        ("review board", "a referral, told to the family in writing", "48263"),
        ("complaint", "the district looked into it", "48291"),
        (
            "juvenile court",
            f"may be asked from {law.court_reports} reports of the district itself",
            "WIC 601(b)",
        ),
        (
            "chronic truant",
            f"all of {', '.join(law.chronic_sections)} documented, and the ratio",
            "48263.6",
        ),
    ]
    return _table(("step", "when", "section"), rows)


def timers(statutes: Statutes, county: County, as_of: date) -> str:
    """Deadlines of the county and of the statutes."""
    rows = [
        (
            one.name.replace("_", " "),
            f"{abs(one.days)} days {DEADLINES[one.days < 0]} {one.event.replace('_', ' ')}",
            one.why,
        )
        for one in (*county.timers, *statutes.timers_on(as_of))
    ]
    return _table(("what", "when", "by"), rows)


def wording(statutes: Statutes, county: County, as_of: date) -> str:
    """Words a letter may not use, and what a first notice holds."""
    rule = statutes.wording_on(as_of)
    notice = statutes.first_notice_on(as_of)
    rows = [
        ("no letter", _words(rule.forbidden.get("eng", ()))),
        (
            "only of a chronic truant, the whole ladder documented",
            _words(rule.chronic_truants_only["eng"]),
        ),
        ("the district's first notice must say", _words(notice.items)),
        ("... and must not say", _words(notice.never)),
    ]
    return _table(("", "words or items"), rows)


def sources(statutes: Statutes, county: County, as_of: date) -> str:
    """Every section, and how well it is known."""
    rows = [
        (
            section.citation,
            section.says,
            f"{statutes.entry(name, as_of).first}",
            SOURCES[section.source],
            section.confirm or "nothing",
        )
        for name, section in statutes.sections.items()
    ]
    return _table(
        ("section", "what it says", "as it stands since", "known from", "to confirm"), rows
    )


TABLES: dict[str, Callable[[Statutes, County, date], str]] = {
    "lines": lines,
    "day": day,
    "choices": choices,
    "threshold": threshold,
    "ladder": ladder,
    "timers": timers,
    "wording": wording,
    "sources": sources,
}


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(word.replace("_", " ") for word in words) or "nothing"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    cells = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"


def written_for(text: str) -> date:
    """The date whose law the page shows."""
    found = DATED.search(text)
    return date.fromisoformat(found[1]) if found else WRITTEN_FOR


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-of", type=date.fromisoformat)
    parser.add_argument("--config", type=Path, default=ROOT / "config")
    options = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    as_of = options.as_of or written_for(text)
    PAGE.write_text(
        page(text, load_statutes(), load_county(options.config), as_of), encoding="utf-8"
    )
    print(f"{PAGE.relative_to(ROOT)}: as of {as_of}")


if __name__ == "__main__":
    main()
