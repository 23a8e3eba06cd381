"""A scorecard as the JSON its template reads: every sentence and figure made here, nothing computed on the page."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pact_etl.domain.reasons import Reason
from pact_etl.scorecards import charts, wording
from pact_etl.scorecards.advice import advice
from pact_etl.scorecards.charts import FONT, Chart
from pact_etl.scorecards.figures import Rate, Scorecard
from pact_etl.scorecards.wording import counted, day, listed, month, number, percent, tenths

SHOWN_ROWS = 4
NAME_LENGTH = 44
"""Longer names of schools are cut; a line of the page must stay a line."""

ATTENDANCE = (
    ("absent", "Days absent, any reason"),
    ("unexcused", "Days absent without excuse"),
    ("chronic", "Students absent a tenth of their days or more"),
)


def page(card: Scorecard, office: str, draw: Callable[[Mapping[str, Any]], str]) -> str:
    """The whole input of the template.

    Args:
        card: the figures.
        office: who sends the page.
        draw: makes SVG of a chart's spec.
    """
    last = card.month.last
    data = {
        "title": f"Scorecard of {card.district}, {month(card.month.first)}",
        "district": card.district,
        "month": month(card.month.first),
        "as_of": f"What was known on {last:%B} {last.day}, {last.year}",
        "office": office,
        "dated": [last.year, last.month, last.day],
        "font": FONT,
        "opening": _opening(card),
        "tiles": _tiles(card),
        "advice": [{"what": what, "why": why} for what, why in advice(card)],
        "attendance": _attendance(card, draw),
        "deliveries": _deliveries(card, draw),
        "corrections": _corrections(card, draw),
        "letters": _letters(card),
        "notes": _notes(card),
    }
    return json.dumps(data, ensure_ascii=False)


def chart_set(card: Scorecard) -> dict[str, Chart]:
    """Every chart of the page by name."""
    made = {
        name: charts.weekly(title, card.weeks, card.weeks_before, card.month, name)
        for name, title in ATTENDANCE
    }
    made["nights"] = charts.set_aside_by_night(card.now, card.month)
    if card.clearing.half_within is not None:
        made["excuses"] = charts.excuses(card.clearing)
    return made


def _figure(chart: Chart, draw: Callable[[Mapping[str, Any]], str]) -> dict[str, str]:
    return {"svg": draw(chart.spec), "alt": chart.alt}


def _opening(card: Scorecard) -> str:
    """What a reader with one minute should take along."""
    name = f"{card.month.first:%B}"
    if card.first_night is None:
        return (
            "We have not taken over any delivery of yours this school year, so this page has no figures. "
            "That is not a judgement; it only means that your students are not in the program yet."
        )
    if not card.now.nights:
        return f"No schoolday of {name} is in your calendars, so there is nothing to report for it."
    arrived = f"{card.now.delivered} of {counted(len(card.now.nights), 'schoolday')}"
    said = f"Your data came the same night on {arrived} in {name}. "
    if card.first_night >= card.month.first:
        said = (
            f"Your first delivery was taken over on {day(card.first_night)}. "
            f"Since then your data came the same night on {arrived}. "
        )
    own, county = card.now.per_thousand, card.county.get("per_thousand")
    if own is not None:
        said += f"Of a thousand rows we set aside {tenths(own)}"
        said += (
            f"; in the middle of the county's districts it was {tenths(county)}. "
            if county is not None
            else ". "
        )
    absent, before = card.attendance.absent.percent, card.attendance_before.absent.percent
    if absent is not None:
        said += f"Students were absent on {percent(absent)} of their days"
        said += (
            f", after {percent(before)} in {card.month.previous.first:%B}."
            if before is not None
            else "."
        )
    return said


def _tiles(card: Scorecard) -> list[dict[str, str]]:
    nights = len(card.now.nights)
    waits = card.waiting_total
    return [
        {
            "value": f"{card.now.delivered} of {nights}" if nights else "–",
            "label": "schooldays whose data came the same night",
        },
        {
            "value": "–" if (own := card.now.per_thousand) is None else tenths(own),
            "label": "rows of a thousand set aside" + _beside(card.county.get("per_thousand"), ""),
        },
        {
            "value": _rate(card.attendance.absent),
            "label": "of days absent, any reason" + _beside(card.county.get("absent"), " %"),
        },
        {
            "value": "not shown" if waits is None else number(waits),
            "label": "letters wait for a person or a correction",
        },
    ]


def _beside(county: float | None, unit: str) -> str:
    return "" if county is None else f" (county's middle {county:.1f}{unit})"


def _rate(found: Rate) -> str:
    return "not shown" if found.is_hidden else percent(found.percent)


def _few(count: int | None, card: Scorecard) -> str:
    return f"under {card.smallest}" if count is None else number(count)


def _attendance(card: Scorecard, draw: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    made = chart_set(card)
    rows = [
        [
            title,
            _rate(getattr(card.attendance, name)),
            _rate(getattr(card.attendance_before, name)),
            percent(card.county.get(name)),
        ]
        for name, title in ATTENDANCE
    ]
    weeks = [one for _, one in (*card.weeks, *card.weeks_before)]
    return {
        "head": [
            "",
            f"{card.month.first:%B}",
            f"{card.month.previous.first:%B}",
            "County's middle",
        ],
        "rows": rows,
        "charts": [
            {"title": title, **_figure(made[name], draw)}
            for name, title in ATTENDANCE
            if any(getattr(one, name).percent is not None for one in weeks)
        ],
        "none": "Single weeks are too small to show."
        if any(one.students for one in weeks)
        else "There is no attendance data to show for these two months.",
        "note": _week_note(card),
    }


def _week_note(card: Scorecard) -> str:
    starts = [day(monday) for monday, _ in card.weeks]
    note = f"Weeks of {card.month.first:%B} begin on {', '.join(starts)}. " if starts else ""
    return note + "A gap is a week without data or without school, or a group too small to show."


def _deliveries(card: Scorecard, draw: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    now = card.now
    facts = []
    has_news = now.set_aside > 0 or now.delivered < len(now.nights)
    if now.nights:
        facts += _delivery_facts(card)
    reasons = sorted(card.reasons.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in reasons[SHOWN_ROWS:])
    rows = [
        [wording.ROWS.get(reason, reason), number(count), _per_thousand(count, now.received)]
        for reason, count in reasons[:SHOWN_ROWS]
    ]
    if rest:
        rows.append(["All other reasons", number(rest), _per_thousand(rest, now.received)])
    return {
        "chart": _figure(chart_set(card)["nights"], draw) if has_news else None,
        "facts": facts,
        "head": ["Why rows were set aside", "Rows", "In a thousand"],
        "rows": rows,
        "none": "No row was set aside on any night." if now.received else "",
        "codes": _codes(card),
        "schools": _schools(card),
    }


def _per_thousand(count: int, received: int) -> str:
    return (
        "–"
        if not received
        else "under 0.1"
        if count * 10_000 < received
        else f"{1000 * count / received:.1f}"
    )


def _delivery_facts(card: Scorecard) -> list[list[str]]:
    now, before = card.now, card.before
    facts = [
        [
            "Taken over the same night",
            f"{now.delivered} of {counted(len(now.nights), 'schoolday')}"
            + (f" (before: {before.delivered} of {len(before.nights)})" if before.nights else ""),
        ]
    ]
    if now.refused:
        facts.append(["Refused", listed([day(n.date) for n in now.refused], 6)])
    if now.missed:
        facts.append(["Nothing usable came", listed([day(n.date) for n in now.missed], 6)])
    if lags := now.lags:
        late = sum(lag > 0 for lag in lags)
        slowest = f"; the slowest took {counted(lags[-1], 'day')}" if late else ""
        facts.append(
            ["From schoolday to data", f"{len(lags) - late} the same night, {late} later{slowest}"]
        )
    never = [day(d) for d in now.never]
    facts.append(["Never delivered", listed(never, 8) if never else "no schoolday"])
    if card.reads_changes:
        readings = [f"{day(row['date'])}: {number(row['drift'])}" for row in card.drift]
        facts.append(
            [
                "Missed by nightly changes",
                f"{', '.join(readings)} (weekly whole readings)"
                if readings
                else "no whole reading this month",
            ]
        )
    return facts


def _codes(card: Scorecard) -> list[list[str]]:
    return [
        [
            str(row["code"]),
            _few(row["rows"] if row["rows"] >= card.smallest else None, card),
            counted(row["schools"], "school"),
            day(row["since"]),
        ]
        for row in card.codes[:SHOWN_ROWS]
    ]


def _schools(card: Scorecard) -> str:
    why = {
        name: "code" if reason == Reason.UNKNOWN_CODE else "a day that looks unentered"
        for name, reason in reversed([(row["name"], row["reason"]) for row in card.schools])
    }
    first = list(dict.fromkeys(row["name"] for row in card.schools))
    return listed([f"{_cut(name)} ({why[name]})" for name in first], SHOWN_ROWS)


def _cut(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"


def _corrections(card: Scorecard, draw: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    cleared = card.clearing
    if cleared.is_hidden:
        said = f"Excuses that came afterwards concern fewer than {card.smallest} students, so they are not shown."
    elif cleared.half_within is None:
        said = "No day that stood as unexcused or unverified was cleared this month."
    else:
        said = (
            f"Half of the excuses that came afterwards reached us within {counted(cleared.half_within, 'day')} of "
            f"the absence, nine in ten within {counted(cleared.most_within or 0, 'day')}. In all, "
            f"{counted(cleared.corrections, 'day of a student', 'days of students')} changed after we had them."
        )
    made = chart_set(card).get("excuses")
    return {"said": said, "chart": _figure(made, draw) if made else None}


def _letters(card: Scorecard) -> dict[str, Any]:
    rows = [
        [
            wording.LETTERS[line.kind][0],
            "not shown" if line.students is None else number(line.students),
            "–" if line.half_waits is None else f"{line.half_waits} / {line.longest}",
            wording.LETTERS[line.kind][1],
        ]
        for line in card.waiting
    ]
    facts = [
        f"Mailed this month: {_few(card.mailed, card)}.",
        f"Came back from the post office: {_few(card.came_back, card)}.",
        f"Open questions about who is who: {_few(card.questions, card)}.",
    ]
    return {
        "head": ["Why letters wait", "Letters", "Days: half / longest", "Whose turn"],
        "rows": rows,
        "none": "No letter of yours waits.",
        "facts": " ".join(facts),
    }


def _notes(card: Scorecard) -> str:
    return (
        f"“Under {card.smallest}” and “not shown” protect students: groups of fewer than {card.smallest} are "
        "never printed, nor what would give them away. The county's middle is the median of its districts; none is "
        "named. "
        "Shares of days count only schooldays that were delivered. Students absent a tenth of their days are counted "
        f"from the start of the school year, once enrolled {card.minimum_enrolled_days} days; early in the year that "
        "share swings, because few days are counted. None of these figures "
        "says what a letter achieved. Meaning and source of each: docs/scorecard.md."
    )
