"""Scorecard: one district's month on two pages, into the folder from which answers go back to its own server.

The figures are those known on the month's last night, so that the same month gives the same bytes whenever it is asked
for. No child's name or id is read for it.
"""

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from pact_etl.domain.month import Month
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.school_year import SchoolYear
from pact_etl.letters.fonts import FONTS
from pact_etl.outcomes.suppression import SMALLEST, TOTAL, hidden_cells
from pact_etl.scorecards import figures
from pact_etl.scorecards.drawing import draw
from pact_etl.scorecards.figures import Attendance, Scorecard, middle
from pact_etl.scorecards.page import page
from pact_etl.scorecards.typesetting import compile_page
from pact_etl.scorecards.wording import KINDS
from pact_etl.store.scorecard_attendance import Period, student_groups
from pact_etl.store.scorecards import county_books, scorecard_rows
from pact_etl.wiring import Collaborators, collaborators

Shares = Mapping[tuple[str, str], Attendance]

logger = logging.getLogger(__name__)

NOW, BEFORE = "now", "before"
YEAR = ":year"
"""Ends the name of a period that begins with the school year; the chronic share is asked of these."""


def run(slug: str, month: Month) -> StepResult:
    """Make it with this process's own collaborators."""
    return scorecard(collaborators(), slug, month)


def scorecard(using: Collaborators, slug: str, month: Month) -> StepResult:
    """Make one district's scorecard; a second run writes the same bytes.

    Raises:
        UsageError: the district is not configured.
        InvariantBroken: the page could not be set.
    """
    card = figures_of(using, slug, month)
    sender = using.county.sender
    payload = page(card, f"{sender.office}, {sender.program}", lambda spec: draw(spec, FONTS))
    path = scorecard_path(using, slug, month)
    _replace(path, compile_page(payload, FONTS))
    logger.info("scorecard written", extra={"district": slug, "month": month.name})
    return StepResult(
        step="scorecard",
        status=StepStatus.DONE,
        as_of=month.last,
        district=slug,
        counts={
            "schooldays": len(card.now.nights),
            "delivered": card.now.delivered,
            "files": 1,
        },
    )


def scorecard_path(using: Collaborators, slug: str, month: Month) -> Path:
    """Where the page lies: among the answers of the night on which it is made, the second of the month after."""
    made_on = month.last + timedelta(days=2)
    return using.settings.returns / made_on.isoformat() / slug / f"scorecard-{month.name}.pdf"


def figures_of(using: Collaborators, slug: str, month: Month) -> Scorecard:
    """Everything on the page, as known on the month's last night."""
    district, known = using.district(slug), month.last
    year, policy = using.year_of(known), using.policy_on(known)
    slugs = list(using.districts)
    previous = month.previous if using.year_of(month.previous.first) == year else None
    with using.engine.begin() as connection:
        time_zone = using.county.time_zone
        rows, earlier = (
            scorecard_rows(connection, slug, m.first, m.last, year, known, time_zone) if m else None
            for m in (month, previous)
        )
        months = _months(month, previous, year)
        weeks = _weeks(month, previous, year)
        groups = student_groups(connection, [slug], [*months, *weeks], year, known)
        everywhere = student_groups(connection, slugs, months, year, known)
        books = county_books(connection, slugs, month.first, month.last)
    assert rows is not None
    own = figures.attendance_by(groups, policy, SMALLEST)
    found, total = figures.waiting(rows.holds, KINDS, conceal)
    return Scorecard(
        district=district.name,
        month=month,
        first_night=rows.first_night,
        now=figures.deliveries(rows.nights, rows.first_night),
        before=figures.deliveries(earlier.nights if earlier else (), rows.first_night),
        reasons={row["reason"]: row["rows"] for row in rows.set_aside},
        codes=rows.waiting_codes,
        schools=rows.held_schools,
        clearing=figures.clearing(rows.corrections, conceal, SMALLEST),
        waiting=found,
        waiting_total=total,
        mailed=_few(rows.mailed),
        came_back=_few(rows.came_back),
        questions=_few(rows.questions),
        reads_changes=rows.reads_changes,
        drift=rows.whole_readings,
        weeks=_by_week(own, slug, month),
        weeks_before=_by_week(own, slug, previous) if previous else (),
        attendance=_joined(own, slug, NOW),
        attendance_before=_joined(own, slug, BEFORE),
        county=_county(figures.attendance_by(everywhere, policy, SMALLEST), slugs, books),
        smallest=SMALLEST,
        minimum_enrolled_days=policy.threshold.minimum_enrolled_days,
    )


def conceal(counts: Mapping[str, int]) -> dict[str, int | None]:
    """A one-way table of students with its `total`, small cells and what would give them away replaced by None."""
    hidden = hidden_cells(pd.DataFrame({"students": pd.Series(counts, dtype=float)}))["students"]
    whole = {**counts, TOTAL: sum(counts.values())}
    return {name: None if hidden[name] else count for name, count in whole.items()}


def _few(count: int) -> int | None:
    """A single count as it may be printed: none, or enough of them."""
    return None if 0 < count < SMALLEST else count


def _months(month: Month, previous: Month | None, year: SchoolYear) -> list[Period]:
    found = [(NOW, month), *([(BEFORE, previous)] if previous else [])]
    return [
        period
        for name, one in found
        for period in (
            Period(name, one.first, one.last),
            Period(name + YEAR, year.first, one.last),
        )
    ]


def _weeks(month: Month, previous: Month | None, year: SchoolYear) -> list[Period]:
    mondays = [*(previous.mondays if previous else []), *month.mondays]
    return [
        period
        for monday in mondays
        for name, last in ((monday.isoformat(), monday + timedelta(days=6)),)
        for period in (
            Period(name, max(monday, year.first), last),
            Period(name + YEAR, year.first, last),
        )
    ]


def _joined(found: Shares, slug: str, period: str) -> Attendance:
    """A period's shares of days with the chronic share of the year through its end; empty without a delivered day."""
    days, so_far = found.get((slug, period)), found.get((slug, period + YEAR))
    if days is None or so_far is None:
        return Attendance()
    return replace(days, chronic=so_far.chronic)


def _by_week(found: Shares, slug: str, month: Month) -> list[tuple[date, Attendance]]:
    return [(monday, _joined(found, slug, monday.isoformat())) for monday in month.mondays]


def _county(
    found: Shares, slugs: Sequence[str], books: Sequence[Mapping[str, Any]]
) -> dict[str, float | None]:
    """The middle of the county's districts, hidden figures left out."""
    joined = [_joined(found, slug, NOW) for slug in slugs]
    sent = [row for row in books if row["received"]]
    return {
        "absent": middle(one.absent.percent for one in joined),
        "unexcused": middle(one.unexcused.percent for one in joined),
        "chronic": middle(one.chronic.percent for one in joined),
        "per_thousand": middle(1000 * row["set_aside"] / row["received"] for row in sent),
    }


def _replace(path: Path, content: bytes) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    handle, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(part).chmod(0o640)
    Path(part).replace(path)
