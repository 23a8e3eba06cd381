"""The charts as declarative specs (Vega-Lite), each with the sentence that says what it shows. Pure.

One spec serves the operators' page, a report and the PDF. Only schooldays have a place on an axis, so that a weekend
is no zero; a day or week without data is a gap that says so. Shares start at zero. Nothing is told by colour alone:
lines differ in dash and are labelled where they end, and all of it holds in grey print.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pact_etl.domain.month import Month
from pact_etl.scorecards.figures import Attendance, Clearing, Deliveries, Rate
from pact_etl.scorecards.wording import counted, day, listed, percent, tenths

FONT = "Noto Sans"
DARK, MIDDLE, LIGHT = "#0b3c5d", "#5f6b73", "#8c979e"

CONFIG: Mapping[str, Any] = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 9,
        "titleFontSize": 9,
        "labelColor": "#333",
        "titleColor": "#333",
        "titleFontWeight": "normal",
        "gridColor": "#e4e4e4",
        "domainColor": "#777",
        "tickColor": "#777",
    },
    "text": {"font": FONT, "fontSize": 9, "color": "#222"},
}

WEEKLY_WIDTH, WEEKLY_HEIGHT, LABEL_HEIGHT = 90, 100, 12  # pixels

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A spec, and its finding in words for whoever cannot see it."""

    spec: Mapping[str, Any]
    alt: str


def set_aside_by_night(now: Deliveries, month: Month) -> Chart:
    """Bars: rows set aside of a thousand sent, one place for every schoolday."""
    values = [
        {"day": day(n.date), "rows": n.per_thousand, "note": _note(n.is_recorded, n.refused_reason)}
        for n in now.nights
    ]
    highest = max((n.per_thousand or 0 for n in now.nights), default=0)
    top = max(highest * 1.18, 1)
    days = [v["day"] for v in values]
    x = {
        "field": "day",
        "type": "ordinal",
        "sort": days,
        "scale": {"domain": days},  # layers that show some days only would reorder it
        "title": None,
        "axis": {"labelAngle": -45, "labelOverlap": False, "ticks": False},
    }
    y = {
        "field": "rows",
        "type": "quantitative",
        "title": "rows in a thousand",
        "scale": {"domain": [0, top], "nice": False, "zero": True},
        "axis": {"tickCount": 4},
    }
    labelled = {"test": f"datum.rows !== null && datum.rows > 0 && datum.rows >= {top / 12:.4f}"}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "color": DARK, "width": {"band": 0.7}},
            "encoding": {"x": x, "y": y},
        },
        {
            "transform": [{"filter": labelled["test"]}],
            "mark": {"type": "text", "dy": -6},
            "encoding": {"x": x, "y": y, "text": {"field": "rows", "format": ".1f"}},
        },
        {
            "transform": [{"filter": "datum.note !== ''"}],
            "mark": {
                "type": "text",
                "angle": 270,
                "align": "left",
                "dx": 3,
                "color": "#222",
                "fontWeight": "bold",
            },
            "encoding": {"x": x, "y": {"datum": 0}, "text": {"field": "note"}},
        },
    ]
    return Chart(spec=_spec(480, 82, values, layers, bottom=42), alt=_aside_alt(now, month))


def _note(is_recorded: bool, refused_reason: str | None) -> str:
    return "" if is_recorded else "refused" if refused_reason else "nothing came"


def _aside_alt(now: Deliveries, month: Month) -> str:
    if not now.nights:
        return f"No schoolday of {month.first:%B} is known."
    gaps = [day(n.date) for n in now.nights if not n.is_recorded]
    said = f"Rows set aside by night: {tenths(now.per_thousand or 0)} in a thousand over the month."
    rates = [(n.per_thousand, n.date) for n in now.nights if n.per_thousand]
    if rates:
        worst, on = max(rates, key=lambda pair: pair[0])
        said += f" The highest was {worst:.1f} on {day(on)}."
    return said + (
        f" No delivery was taken over on {listed(gaps, 6)}." if gaps else " Every night has data."
    )


def weekly(
    name: str,
    now: Sequence[tuple[date, Attendance]],
    before: Sequence[tuple[date, Attendance]],
    month: Month,
    figure: str,
) -> Chart:
    """Two lines over the weeks of a month: this one and the one before it, week by week.

    Args:
        name: what the share is of, for the sentence.
        now: the month's weeks.
        before: the previous month's.
        month: this one.
        figure: the attribute of `Attendance`.
    """
    lines = {month.first.strftime("%B"): now, month.previous.first.strftime("%B"): before}
    values: list[dict[str, Any]] = [
        {"week": n, "share": found.percent, "month": label, "monday": day(monday)}
        for label, weeks in lines.items()
        for n, (monday, one) in enumerate(weeks, start=1)
        for found in [_rate(one, figure)]
    ]
    shares = [v["share"] for v in values if v["share"] is not None]
    top = max(max(shares, default=0) * 1.3, 1)
    weeks = list(range(1, max(len(now), len(before), 1) + 1))
    x = {
        "field": "week",
        "type": "ordinal",
        "sort": weeks,
        "title": "week",
        "scale": {"domain": weeks, "padding": 0.5},
        "axis": {"labelAngle": 0, "ticks": False, "grid": False},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, top], "nice": False, "zero": True},
        "axis": {"tickCount": 3, "labelExpr": "datum.label + ' %'"},
    }
    this, that = lines
    layers = [
        _line(that, LIGHT, [4, 3], x, y),
        _line(this, DARK, [1, 0], x, y),
        *_end_labels(values, this, that, y, top),
    ]
    return Chart(
        spec=_spec(WEEKLY_WIDTH, WEEKLY_HEIGHT, values, layers, bottom=30, left=32, right=52),
        alt=_weekly_alt(name, lines, figure),
    )


def _line(
    label: str, color: str, dash: list[int], x: dict[str, Any], y: dict[str, Any]
) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.month === '{label}'"}],
        "mark": {
            "type": "line",
            "color": color,
            "strokeWidth": 2,
            "strokeDash": dash,
            "invalid": "break-paths-show-domains",
            "point": {"filled": True, "size": 26, "color": color},
        },
        "encoding": {"x": x, "y": y},
    }


def _end_labels(
    values: Sequence[Mapping[str, Any]], this: str, that: str, y: Mapping[str, Any], top: float
) -> list[dict[str, Any]]:
    """Each line's name and newest figure right of the plot, at its height, pushed apart where they would touch."""
    ends = {
        label: shares[-1]
        for label in (this, that)
        if (
            shares := [v["share"] for v in values if v["month"] == label and v["share"] is not None]
        )
    }
    heights = dict(ends)
    if len(ends) == 2:
        centre = sum(ends.values()) / 2
        half = max(abs(ends[this] - ends[that]), top * LABEL_HEIGHT / WEEKLY_HEIGHT) / 2
        upper = this if ends[this] >= ends[that] else that
        heights = {label: centre + (half if label == upper else -half) for label in ends}
        # Near the axis both move up, so that the lower one is not cut off.
        lift = max(0.0, top * LABEL_HEIGHT / WEEKLY_HEIGHT / 2 - min(heights.values()))
        heights = {label: height + lift for label, height in heights.items()}
    return [
        {
            "data": {"values": [{"share": heights[label], "text": f"{label[:3]} {share:.1f} %"}]},
            "mark": {
                "type": "text",
                "align": "left",
                "color": DARK if label == this else MIDDLE,
                "fontWeight": "bold" if label == this else "normal",
            },
            "encoding": {"x": {"value": WEEKLY_WIDTH + 4}, "y": y, "text": {"field": "text"}},
        }
        for label, share in ends.items()
    ]


def _rate(one: Attendance, figure: str) -> Rate:
    found: Rate = getattr(one, figure)
    return found


def _weekly_alt(
    name: str, lines: Mapping[str, Sequence[tuple[date, Attendance]]], figure: str
) -> str:
    sentences = []
    for label, weeks in lines.items():
        rates = [_rate(one, figure) for _, one in weeks]
        texts = [percent(r.percent) if r.percent is not None else "not shown" for r in rates]
        if any(r.percent is not None for r in rates):
            sentences.append(f"{label}, week by week: {', '.join(texts)}.")
        else:
            hidden = any(r.is_hidden for r in rates)
            why = "the groups are too small to show" if hidden else "there is no data"
            sentences.append(f"{label}: {why}.")
    return f"{name}. " + " ".join(sentences)


def excuses(cleared: Clearing) -> Chart:
    """Bars lying down: how long after the absence its excuse reached us."""
    values = [
        {
            "bucket": name,
            "share": share,
            "text": "few or none" if share is None else f"{share:.0f} %",
        }
        for name, share in cleared.shares.items()
    ]
    y = {
        "field": "bucket",
        "type": "ordinal",
        "sort": None,
        "title": None,
        "axis": {"ticks": False, "domain": False, "labelLimit": 90},
    }
    x = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 118], "nice": False, "zero": True},
        "axis": None,
    }
    layers = [
        {
            "mark": {"type": "bar", "color": DARK, "height": {"band": 0.7}},
            "encoding": {"x": x, "y": y},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 4},
            "encoding": {
                "x": {"datum": 0} if not values else x | {"field": "at"},
                "y": y,
                "text": {"field": "text"},
            },
            "transform": [{"calculate": "datum.share === null ? 0 : datum.share", "as": "at"}],
        },
    ]
    said = "; ".join(f"{v['bucket']}: {v['text']}" for v in values)
    return Chart(
        spec=_spec(150, 68, values, layers, bottom=2, left=80, right=8, top=2),
        alt=f"How long after an absence its excuse reached us. {said}. Half came within "
        f"{counted(cleared.half_within or 0, 'day')}, nine in ten within {counted(cleared.most_within or 0, 'day')}.",
    )


def _spec(
    width: int,
    height: int,
    values: Sequence[Mapping[str, Any]],
    layers: Sequence[Mapping[str, Any]],
    *,
    bottom: int,
    left: int = 40,
    right: int = 6,
    top: int = 10,
) -> dict[str, Any]:
    """Sizes are fixed and nothing is fitted to measured text, so that the same figures give the same drawing."""
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "autosize": {"type": "none"},
        "padding": {"left": left, "right": right, "top": top, "bottom": bottom},
        "config": CONFIG,
        "data": {"values": list(values)},
        "layer": list(layers),
    }
