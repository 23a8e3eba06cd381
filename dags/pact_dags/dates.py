"""Which school date a run is about. Pure: the run is handed in."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

COUNTY_TIME = ZoneInfo("America/Los_Angeles")


def night_of(context: Mapping[str, Any]) -> date:
    """The school date of a nightly run: the form's `as_of`, else the local day before the run.

    Calendar days are subtracted, not hours, so that clock changes do not move the date.
    """
    return _asked_for(context) or today_of(context) - timedelta(days=1)


def day_of(context: Mapping[str, Any]) -> date:
    """The date of a run during the day: the form's `as_of`, else the run's own local day."""
    return _asked_for(context) or today_of(context)


def today_of(context: Mapping[str, Any]) -> date:
    """The local day of the moment that a run stands for, whenever it really runs."""
    run = context["dag_run"]
    instant: datetime = run.logical_date or run.run_after
    return instant.astimezone(COUNTY_TIME).date()


def _asked_for(context: Mapping[str, Any]) -> date | None:
    text = context["params"].get("as_of")
    return date.fromisoformat(text) if text else None
