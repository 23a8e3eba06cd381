"""Cases: what stands in a student's case file, what is entered into it, and what is due.

Everything shown is codes, dates and opaque numbers. Who entered something is a member of staff, and is shown.
"""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.case import Entry, Kind, Way, check_entry, closing_of, standing_entries
from pact_etl.domain.case_deadlines import CaseFacts, deadlines
from pact_etl.domain.case_timeline import Happening, timeline
from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.school_year import school_year_named
from pact_etl.domain.timers import Timer
from pact_etl.steps.served_notice_state import notices_shown
from pact_etl.store.case_files import (
    CaseFile,
    add_entry,
    case_code,
    cases_of_student,
    cases_of_year,
    entries_of,
    entry_code,
    facts_of,
    find_case,
    years_of_referrals,
)
from pact_etl.store.case_timeline import other_books
from pact_etl.store.letter_values import piece_id
from pact_etl.store.served_notices import issued_for, notice_code
from pact_etl.store.session import slice_transaction
from pact_etl.store.student_ids import find_student
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

CASE_NAME = re.compile(r"C\d")


def enter(using: Collaborators, code: str, entry: Entry, as_of: date) -> StepResult:
    """Enter something into a case; entering the same again leaves one entry.

    Args:
        using: collaborators.
        code: the case, or the entry that the new one is about.
        entry: what was done; `about` and `as_of` are filled in here.
        as_of: the day on which it is entered.

    Returns:
        Count `entered` 1 or 0, ids `case` and `entry`.

    Raises:
        UsageError: no such case or entry, or it says what cannot be; see `check_entry`.
    """
    with using.engine.connect() as connection:
        number = find_case(connection, code, as_of)[0].id
    with slice_transaction(using.engine, f"case:{number}") as connection:
        case, about = find_case(connection, code, as_of)
        entries = entries_of(connection, [case.id], as_of).get(case.id, ())
        known = {e.id: e for e in entries}
        if about is not None and about not in known:
            raise UsageError("no such entry of that case on that day")
        is_taken_back = about is not None and known[about] not in standing_entries(entries)
        if is_taken_back and entry.kind is not Kind.RETRACTION:
            raise UsageError("that entry was taken back")
        entry = replace(entry, about=about, as_of=as_of)
        check_entry(entry, known[about].kind if about is not None else None, as_of)
        if about is not None and known[about].way is Way.DA_MEETING:
            _check_service(connection, about, entry)
        if entry.kind in {Kind.REFERRAL, Kind.CLOSING}:
            _check_open(connection, case, entry, entries, as_of)
        made, is_new = add_entry(connection, case, entry)
    return StepResult(
        step="case",
        status=StepStatus.DONE,
        as_of=as_of,
        district=case.slug,
        counts={"entered": int(is_new)},
        ids={"case": case.id, "entry": made},
    )


def show(using: Collaborators, name: str, as_of: date) -> list[dict[str, Any]]:
    """Every case that a name stands for, with what happened and what is due; JSON-safe.

    Args:
        using: collaborators.
        name: a case or one of its entries, or a student as `pact why` takes it.
        as_of: the day whose knowledge is asked about.

    Returns:
        For each case `case`, `student`, `district`, `school_year`, `opened_on`, `is_open`, `closed_for`, `deadlines`
        (`name`, `on`, `why`, `about`, `done_on`, `is_overdue`), `notices` (that are served; see `notices_shown`) and
        `timeline` (`date`, `source`, `what`, `detail`, `entry`, `by`).

    Raises:
        UsageError: there is no such case or student, or the student has none.
    """
    with using.engine.connect() as connection:
        if CASE_NAME.match(name):
            cases = [find_case(connection, name, as_of)[0]]
        else:
            student = find_student(connection, name)
            cases = cases_of_student(connection, student, as_of)
            if not cases:
                raise UsageError(f"S{student} has no case on that day")
        return [_shown(using, connection, case, as_of) for case in cases]


def cases_shown(
    using: Collaborators, connection: Connection, student: int, school_year: str, as_of: date
) -> list[dict[str, Any]]:
    """As `show`, a student's cases of one school year; none where there is none."""
    cases = cases_of_student(connection, student, as_of)
    return [_shown(using, connection, c, as_of) for c in cases if c.school_year == school_year]


def due(
    using: Collaborators, as_of: date, slugs: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Open cases of the school year and overdue deadlines, by district.

    What is owed about a referral outlives its case and its school year: another agency waits for it.

    Returns:
        Slug to `open`, `closed`, `overdue` (deadline to how many) and `cases` (deadline to opaque numbers, the case's
        or the referral's); JSON-safe.

    Raises:
        UsageError: no such district.
    """
    for slug in slugs or ():
        using.district(slug)
    asked = list(slugs or using.districts)
    this_year, timers = using.year_of(as_of).name, timers_on(using, as_of)
    report: dict[str, dict[str, Any]] = {
        slug: {"open": 0, "closed": 0, "overdue": {}, "cases": {}} for slug in asked
    }
    with using.engine.connect() as connection:
        for name in sorted({this_year, *years_of_referrals(connection, as_of)}):
            year = school_year_named(name)
            cases = cases_of_year(connection, year, as_of, asked)
            for facts in facts_of(connection, cases, year, as_of):
                _count(report[facts.district], facts, timers, as_of, is_past=name != this_year)
    return report


def _count(
    one: dict[str, Any], facts: CaseFacts, timers: Sequence[Timer], as_of: date, *, is_past: bool
) -> None:
    """Add a case to its district's part of the report."""
    is_open = closing_of(standing_entries(facts.entries), facts.newest_finding) is None
    if not is_past:
        one["open" if is_open else "closed"] += 1
    for deadline in deadlines(facts, timers):
        of_case = is_open and not is_past
        if deadline.is_overdue(as_of) and (of_case or deadline.subject is not None):
            one["overdue"][deadline.name] = one["overdue"].get(deadline.name, 0) + 1
            code = _code(facts.case_id, deadline.subject)
            one["cases"].setdefault(deadline.name, []).append(code)


def run_due(as_of: date) -> StepResult:
    """Count what is overdue, with this process's own collaborators."""
    return count_due(collaborators(), as_of)


def count_due(using: Collaborators, as_of: date) -> StepResult:
    """What is overdue in the whole county, as a step's counts; `reasons` are the deadlines."""
    overdue: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for slug, one in due(using, as_of).items():
        overdue.update(one["overdue"])
        counts.update({"open": one["open"], "closed": one["closed"]})
        if one["overdue"]:
            logger.warning("cases overdue", extra={"district": slug, **one["overdue"]})
    return StepResult(
        step="cases_due",
        status=StepStatus.DONE,
        as_of=as_of,
        counts=dict(counts),
        reasons=dict(sorted(overdue.items())),
    )


def timers_on(using: Collaborators, as_of: date) -> tuple[Timer, ...]:
    """The county's deadlines and those of the statutes."""
    return (*using.county.timers, *using.statutes.timers_on(as_of))


def _shown(
    using: Collaborators, connection: Connection, case: CaseFile, as_of: date
) -> dict[str, Any]:
    year = school_year_named(case.school_year)
    [facts] = facts_of(connection, [case], year, as_of)
    closing = closing_of(standing_entries(facts.entries), facts.newest_finding)
    books = other_books(connection, case, year, as_of)
    return {
        "case": case_code(case.id),
        "student": f"S{case.student_id}",
        "district": case.slug,
        "school_year": case.school_year,
        "opened_on": case.opened_as_of.isoformat(),
        "is_open": closing is None,
        "closed_for": closing.result.value if closing and closing.result else None,
        "deadlines": [
            {
                "name": one.name,
                "on": one.on.isoformat(),
                "why": one.why,
                "about": _code(case.id, one.subject),
                "done_on": one.done_on.isoformat() if one.done_on else None,
                "is_overdue": one.is_overdue(as_of),
            }
            for one in deadlines(facts, timers_on(using, as_of))
        ],
        "notices": notices_shown(connection, case.id, as_of),
        "timeline": [_line(case, happening) for happening in timeline(books, facts.entries)],
    }


def _line(case: CaseFile, one: Happening) -> dict[str, Any]:
    detail = dict(one.detail)
    if "about" in detail:
        detail["about"] = entry_code(case.id, detail["about"])
    if "notice" in detail:
        detail["piece"] = piece_id(detail.pop("notice"))
    if "served_notice" in detail:
        detail["served_notice"] = notice_code(detail["served_notice"])
    return {
        "date": one.day.isoformat(),
        "source": one.source,
        "what": one.what,
        "detail": detail,
        "entry": entry_code(case.id, one.entry) if one.entry is not None else None,
        "by": one.by,
    }


def _check_service(connection: Connection, referral: int, entry: Entry) -> None:
    """The notice of a statutory meeting is served, not mailed, and one that we issued is served person by person."""
    if entry.kind is not Kind.NOTICE_GIVEN:
        return
    if entry.way is Way.MAIL:
        raise UsageError("WIC 601.3: served in person or by certified mail; ordinary mail is none")
    if (code := issued_for(connection, referral)) is not None:
        raise UsageError(
            f"{code} is issued: enter each person with `pact case notice served {code}`"
        )


def _code(case_id: int, subject: int | None) -> str:
    return case_code(case_id) if subject is None else entry_code(case_id, subject)


def _check_open(
    connection: Connection, case: CaseFile, entry: Entry, entries: Sequence[Entry], as_of: date
) -> None:
    """Nothing is referred out of a closed case, and it is closed once; repeating what stands is no new act."""
    year = school_year_named(case.school_year)
    [facts] = facts_of(connection, [case], year, as_of)
    standing = standing_entries(entries)
    closing = closing_of(standing, facts.newest_finding)
    is_there = any(
        replace(entry, id=e.id, entered_by=e.entered_by, as_of=e.as_of) == e for e in standing
    )
    if closing is not None and not is_there:
        raise UsageError(f"the case was closed on {closing.day}; take that back first")
