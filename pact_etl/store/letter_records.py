"""What a letter prints about its students, read as of one night from the newest record."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import LATE_OR_AWAY, Status
from pact_etl.domain.district import District
from pact_etl.domain.letter import RecordOffice, StudentRecord
from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule, counts_late
from pact_etl.store.spans import make_spans
from pact_etl.store.tallies import CLEARED_MARKS, marks_parameters

WHO = """
SELECT t.district_id, t.student_id, t.enrolled_days, d.slug, d.name AS district_name, r.first_name, r.last_name,
       e.entry_date, e.grade, c.name AS school_name
FROM tonight t
JOIN district d ON d.id = t.district_id
JOIN LATERAL (SELECT first_name, last_name FROM student_record r
  WHERE r.district_id = t.district_id AND r.student_id = t.student_id ORDER BY local_id DESC LIMIT 1) r ON true
JOIN LATERAL (SELECT entry_date, grade, school_id FROM enrollment_span e
  WHERE e.district_id = t.district_id AND e.student_id = t.student_id AND e.entry_date <= :as_of
  ORDER BY e.entry_date DESC LIMIT 1) e ON true
JOIN school c ON c.id = e.school_id
"""


def student_records(
    connection: Connection,
    year: SchoolYear,
    as_of: date,
    policy: Policy,
    districts: Mapping[str, District],
    rule: Rule = Rule.CHRONIC_TRUANT_CANDIDATE,
) -> dict[tuple[int, int], StudentRecord]:
    """(district id, student id) of the temporary table `tonight` to the record a letter about `rule` prints.

    A day that is excused for any reason, or not yet verified, is a count without a date; nothing carries a reason. An
    absence in its clearing window is not yet verified, whatever it was entered as.
    """
    days, waiting = _days_by_status(connection, year, as_of, policy)
    counting = policy.counting
    # A county may count part of a day in U; the letter still does not call it a whole day missed.
    whole_day = counting.unexcused - LATE_OR_AWAY
    is_late_counted = counts_late(rule, policy)
    records = {}
    for row in connection.execute(text(WHO), {"as_of": as_of}):
        key = (row.district_id, row.student_id)
        absent = {d for s in counting.absent for d in days[key, s]}
        unexcused = {d for s in whole_day for d in days[key, s]} - waiting[key]
        occasions = {d for s in counting.occasions for d in days[key, s]} - waiting[key]
        partial = occasions - unexcused
        unverified = set(days[key, Status.ABSENT_UNVERIFIED]) | (absent & waiting[key])
        office = districts[row.slug].office
        if not (occasions if is_late_counted else unexcused):
            continue  # no longer a case for a letter; the caller finds it missing and withdraws
        records[key] = StudentRecord(
            first_name=row.first_name,
            last_name=row.last_name,
            grade=row.grade or "",
            school_name=row.school_name,
            district_name=row.district_name,
            office=RecordOffice(name=office.name, phone=office.phone, email=office.email),
            entry_date=row.entry_date,
            enrolled_days=row.enrolled_days,
            present_days=row.enrolled_days - len(absent),
            unexcused_days=tuple(sorted(unexcused)),
            occasions_partial=tuple(sorted(partial)),
            excused_days_count=len(absent - occasions - unverified),
            unverified_count=len(unverified - unexcused),
            counts_late=is_late_counted,
        )
    return records


def _days_by_status(
    connection: Connection, year: SchoolYear, as_of: date, policy: Policy
) -> tuple[dict[tuple[tuple[int, int], Status], list[date]], dict[tuple[int, int], set[date]]]:
    """Days by student and status, and by student those without excuse that are in their clearing window."""
    make_spans(connection, "tonight")
    query = f"""
        SELECT DISTINCT district_id, student_id, status, date, is_cleared FROM ({CLEARED_MARKS}) c
        WHERE is_of_age OR NOT status = ANY(:occasions)
    """
    parameters = marks_parameters(year, as_of, policy)
    parameters["occasions"] = sorted(policy.counting.occasions)
    days: dict[tuple[tuple[int, int], Status], list[date]] = defaultdict(list)
    waiting: dict[tuple[int, int], set[date]] = defaultdict(set)
    for row in connection.execute(text(query), parameters):
        key, status = (row.district_id, row.student_id), Status(row.status)
        days[key, status].append(row.date)
        if status in policy.counting.occasions and not row.is_cleared:
            waiting[key].add(row.date)
    return days, waiting
