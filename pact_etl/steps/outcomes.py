"""Outcomes: load the warehouse's star from the record, and follow every mailed letter's students.

Slices are replaced, so running a night again gives the same rows. Raw changes before and after a letter are
published under that name and are no measure of the letter's effect.
"""

import logging
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Connection, text

from pact_etl.domain.county import County
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.school_year import SchoolYear
from pact_etl.outcomes.costs import letter_cost
from pact_etl.outcomes.shares import day_shares
from pact_etl.outcomes.windows import measure_windows
from pact_etl.store import facts as store_facts
from pact_etl.store.facts import read_facts, year_span
from pact_etl.warehouse import dimensions, facts
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.wiring import Collaborators, collaborators, open_warehouse, pseudonyms

logger = logging.getLogger(__name__)

RELOADED_DAYS = 28
"""Corrections rarely reach further back; the first load of a district takes the whole year."""


def run(as_of: date) -> StepResult:
    """Publish with this process's own collaborators."""
    return publish_outcomes(collaborators(), as_of)


def publish_outcomes(using: Collaborators, as_of: date) -> StepResult:
    """Load dimensions and facts as of a night."""
    year, keys = using.year_of(as_of), pseudonyms(using)
    counts: dict[str, int] = {}
    with (
        open_warehouse(using) as warehouse,
        using.engine.connect() as record,
        warehouse.begin() as target,
    ):
        _load_dimensions(record, target, keys, year, as_of)
        counts["attendance_rows"] = _load_attendance(using, record, target, year, as_of)
        counts |= _load_letters(using.county, record, target, keys, year)
        meetings = read_facts(record, store_facts.MEETINGS, **year_span(year))
        facts.load_meetings(target, meetings, school_year=year.name)
        submissions = read_facts(record, store_facts.SUBMISSIONS, **year_span(year))
        facts.load_submissions(target, submissions, first=year.first, last=year.last)
        counts["outcome_rows"] = _load_windows(record, target, keys, year, as_of)
        facts.drop_old_editions(target, as_of=as_of)
    logger.info("published", extra=counts)
    return StepResult(step="outcomes", status=StepStatus.DONE, as_of=as_of, counts=counts)


def _load_dimensions(
    record: Connection, target: Connection, keys: Pseudonyms, year: SchoolYear, as_of: date
) -> None:
    dimensions.load_dates(target, year.first, year.last)
    dimensions.load_districts(target, read_facts(record, store_facts.DISTRICTS))
    dimensions.load_schools(target, read_facts(record, store_facts.SCHOOLS))
    dimensions.load_students(target, read_facts(record, store_facts.STUDENTS), keys, as_of)


def _load_attendance(
    using: Collaborators, record: Connection, target: Connection, year: SchoolYear, as_of: date
) -> int:
    loaded = {
        row.district_key
        for row in target.execute(
            text(
                "SELECT DISTINCT f.district_key FROM fct_attendance_school_day f JOIN dim_date d USING (date_key)"
                " WHERE d.school_year = :year"
            ),
            {"year": year.name},
        )
    }
    known = set(read_facts(record, store_facts.DISTRICTS)["slug"])
    rows = 0
    for slug in sorted(known & set(using.districts)):
        recent = max(year.first, as_of - timedelta(days=RELOADED_DAYS))
        first = recent if slug in loaded else year.first
        frame = read_facts(record, store_facts.ATTENDANCE, slug=slug, first=first, last=as_of)
        rows += facts.load_attendance(
            target, frame, district=slug, first=first, last=as_of
        ).inserted
    return rows


def _load_letters(
    county: County, record: Connection, target: Connection, keys: Pseudonyms, year: SchoolYear
) -> dict[str, int]:
    letters = read_facts(record, store_facts.LETTERS, **year_span(year))
    mailed = zip(letters["sheets"].tolist(), letters["mailed_on"].tolist(), strict=True)
    costs = [
        None if pd.isna(on) else letter_cost(int(sheets), county.costs_on(on.date()))
        for sheets, on in mailed
    ]
    letters = letters.assign(
        marginal_cost=pd.Series([cost and cost.marginal for cost in costs], dtype="object"),
        full_cost=pd.Series([cost and cost.full for cost in costs], dtype="object"),
    )
    students = read_facts(record, store_facts.LETTER_STUDENTS, **year_span(year))
    facts.load_letters(
        target,
        letters.drop(columns="sheets"),
        students[["letter_id", "student_ref"]],
        school_year=year.name,
        pseudonyms=keys,
    )
    return {"letters": len(letters), "mailed": int(letters["mailed_on"].notna().sum())}


def _load_windows(
    record: Connection, target: Connection, keys: Pseudonyms, year: SchoolYear, as_of: date
) -> int:
    span = year_span(year)
    letters = read_facts(record, store_facts.LETTER_STUDENTS, **span)
    letters = letters[letters["mailed_on"].notna()]
    absences = read_facts(record, store_facts.ABSENCES, **span)
    measured = measure_windows(
        letters[["letter_id", "student_ref", "mailed_on", "is_void"]],
        read_facts(record, store_facts.CALENDAR, **span),
        read_facts(record, store_facts.ENROLLMENTS, **span),
        pd.concat([absences.drop(columns="status"), day_shares(absences["status"])], axis=1),
    )
    districts = letters[["letter_id", "student_ref", "district"]]
    frame = measured.merge(districts, on=["letter_id", "student_ref"])
    return facts.load_letter_outcomes(target, frame, as_of=as_of, pseudonyms=keys).inserted
