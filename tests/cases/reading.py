"""Cases that read like the statute: a YAML list of one-key mappings, the sentence, then what is given and follows.

Days are schooldays by number ("4", "1-3") or dates; a calendar teaches every weekday but for what a case says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from pact_etl.domain.attendance import Status
from pact_etl.domain.policy import Policy
from tests.oracle.plain_loop import History, Stay
from tests.policies import POLICY, amended, by_days, choosing, clearing, policy_on

FOLDER = Path(__file__).parent / "truancy"
FIRST, LAST = date(2026, 8, 10), date(2027, 5, 28)
BORN = date(2015, 5, 5)
SCHOOLS = ("A", "B")


def cases(*patterns: str) -> dict[str, dict[str, Any]]:
    """Sentence to case, of all files that match; a sentence stands once."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(p for pattern in patterns for p in FOLDER.glob(pattern)):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            ((sentence, case),) = entry.items()
            name = f"{path.stem}: {sentence}"
            assert name not in found, name
            found[name] = case
    return found


@dataclass(frozen=True, kw_only=True)
class Year:
    """One student-year of a case, ready to be recorded and counted."""

    history: History
    calendars: Mapping[str, set[date]]
    as_of: date
    delivered: date
    policy: Policy


def student_year(case: Mapping[str, Any]) -> Year:
    """What a case gives, as values.

    Raises:
        KeyError: the case says something that nobody reads.
    """
    known = {
        *("born", "enrolled", "calendars", "marks_at", "after", "night", "delivered", "county"),
        *("law", "then", *Status),
    }
    if unread := case.keys() - known:
        raise KeyError(f"nobody reads {sorted(unread)}")
    calendars = {name: _calendar(case.get("calendars", {}).get(name, {})) for name in SCHOOLS}
    stays = [_stay(one) for one in case.get("enrolled", [{"from": FIRST}])]
    taught = sorted(calendars["A"])
    as_of = case["night"] if "night" in case else taught[case["after"] - 1]
    marks = {
        (_school_on(day, stays), day): status
        for status in Status
        for day in _days(case.get(status.value, ()), taught)
    }
    for school, by_status in case.get("marks_at", {}).items():
        for status, days in by_status.items():
            marks |= {(school, day): status for day in _days(days, taught)}
    return Year(
        history=History(born=case.get("born", BORN), stays=stays, marks=marks),
        calendars=calendars,
        as_of=as_of,
        delivered=taught[case["delivered"] - 1] if "delivered" in case else as_of,
        policy=_policy(case, as_of),
    )


def _policy(case: Mapping[str, Any], as_of: date) -> Policy:
    county = dict(case.get("county", {}))
    policy = policy_on(as_of) if county.pop("as_configured", False) else POLICY
    if occasions := county.pop("invites_from_occasions", None):
        policy = by_days(policy, occasions)
    if (schooldays := county.pop("clearing_schooldays", None)) is not None:
        policy = clearing(policy, schooldays)
    if "law" in case:
        policy = replace(policy, law=amended(case["law"]).on(as_of))
    return choosing(policy, **county)


def _calendar(given: Mapping[str, Any]) -> set[date]:
    first, last = given.get("first", FIRST), given.get("last", LAST)
    weekdays = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    weekdays = {day for day in weekdays if day.weekday() < 5}
    return (weekdays - set(_days(given.get("closed", ()), []))) | set(given.get("also", ()))


def _stay(given: Mapping[str, Any]) -> Stay:
    school = given.get("school", "A")
    return Stay(school=school, first=given["from"], last=given.get("to"), calendar=school)


def _school_on(day: date, stays: list[Stay]) -> str:
    """The school that would say so: where the student is that day, else the first one."""
    here = [s.school for s in stays if s.first <= day and (s.last is None or day <= s.last)]
    return here[-1] if here else stays[0].school


def _days(given: Any, taught: list[date]) -> list[date]:
    """`4`, `"1-3"`, a list of dates, or `2026-09-14 to 2026-10-02`."""
    if isinstance(given, int):
        return [taught[given - 1]]
    if isinstance(given, str) and " to " in given:
        first, last = map(date.fromisoformat, given.split(" to "))
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if isinstance(given, str):
        first_number, last_number = map(int, given.split("-"))
        return taught[first_number - 1 : last_number]
    return list(given)
