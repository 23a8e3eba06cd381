"""Which requests one night needs of an Aeries: all of it, or what changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from pact_etl.connectors.aeries.options import AeriesOptions
from pact_etl.connectors.aeries.reading import text
from pact_etl.connectors.aeries.requests import AeriesAnswers, Ask
from pact_etl.connectors.protocol import Pull
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

Touched = Mapping[str, frozenset[str]]
"""Changed students' ids, as the source writes them, and the schools they were named with."""

Window = tuple[date, date]

_SURELY_SOME = 100  # students of a school, among whom somebody has a contact


def changes_since(
    answers: AeriesAnswers, since: datetime, options: AeriesOptions
) -> Touched | None:
    """Students with any change that a roster is made of; None where there are too many to ask for one by one."""
    areas = ["student", "contact", "enrollment", *(["program"] if options.programs else [])]
    when = since.strftime("%Y/%m/%d/%H/%M")
    found = answers.elements(
        [
            Ask(resource="changes", school=area, path=f"StudentDataChanges/{area}/{when}")
            for area in areas
        ]
    )
    schools: dict[str, set[str]] = defaultdict(set)
    for element in found:
        schools[_path_id(text(element, "StudentID"), "changes")].add(text(element, "SchoolCode"))
    if len(schools) > options.delta_students:
        return None
    return {student: frozenset(named) for student, named in schools.items()}


def read_everything(
    answers: AeriesAnswers, schools: Sequence[str], window: Window, options: AeriesOptions
) -> None:
    """A full read. What is missing in it was taken back, so a list that came empty by mistake must not pass for one.

    Raises:
        SubmissionRefused: TOTALS_DIFFER, lists of one school contradict each other, twice.
    """
    asks = everything(schools, window, options)
    for _ in range(2):
        answers.ask(asks)
        odd = sum(_contradicts(school, answers.pages()) for school in schools)
        if not odd:
            return
        answers.forget({ask.resource for ask in asks})
    raise SubmissionRefused(
        Reason.TOTALS_DIFFER,
        file="students.json-seq",
        detail=f"{odd} schools with an empty list that another list contradicts",
    )


def _contradicts(school: str, pages: Mapping[str, Sequence[tuple[str, int]]]) -> bool:
    """Aeries states no totals; but the enrolled have records, the absent enrollments, and a school contacts."""

    def count(resource: str) -> int:
        return sum(n for of, n in pages.get(resource, ()) if of == school)

    students, enrollments = count("students"), count("enrollments")
    return (
        (enrollments > 0 and not students)
        or (count("attendance") > 0 and not enrollments)
        or (students >= _SURELY_SOME and not count("contacts"))
    )


def everything(schools: Sequence[str], window: Window, options: AeriesOptions) -> list[Ask]:
    """A full read: rosters of all schools, then what every night reads."""
    year = window[0].year
    asks = []
    for school in schools:
        below = f"schools/{_path_id(school, 'schools')}"
        asks += [
            Ask(resource="students", school=school, path=f"{below}/students", one_school=True),
            Ask(resource="contacts", school=school, path=f"{below}/contacts"),
            Ask(
                resource="enrollments",
                school=school,
                path=f"{below}/enrollment/0/year/{year}",
                one_school=True,
            ),
        ]
        if options.programs:
            asks.append(
                Ask(resource="programs", school=school, path=f"{below}/students/0/programs")
            )
    return asks + the_look_back(schools, window, options)


def the_look_back(schools: Sequence[str], window: Window, options: AeriesOptions) -> list[Ask]:
    """What every night reads of every school: calendar, absence codes, and attendance in slices."""
    asks = []
    for school in schools:
        below = f"schools/{_path_id(school, 'schools')}"
        asks += [
            Ask(resource="calendar", school=school, path=f"{below}/calendar", one_school=True),
            Ask(resource="absence_codes", school=school, path=f"{below}/AbsenceCodes"),
        ]
        asks += [
            Ask(
                resource="attendance",
                school=school,
                path=f"{below}/attendance",
                params=_days(first, last),
            )
            for first, last in _slices(window, options.slice_days)
        ]
    return asks


def single_students(
    answers: AeriesAnswers,
    touched: Touched,
    schools: frozenset[str],
    pull: Pull,
    options: AeriesOptions,
) -> None:
    """Read the rosters and the whole year's attendance of single students.

    Enrollments come first: they say at which schools a student's record and attendance are to be asked for, because the
    vendor's pages contradict each other on whether a student is looked for at other schools than the one named.
    """
    year = pull.year_start.year
    students = sorted(touched)
    found = answers.elements(
        [Ask(resource="enrollments", path=f"enrollment/{s}/year/{year}") for s in students]
    )
    at: dict[str, set[str]] = {student: set(touched[student]) for student in students}
    for element in found:
        student = text(element, "StudentID")
        if student not in at:
            raise SubmissionRefused(
                Reason.FILE_MALFORMED,
                file="enrollments.json-seq",
                detail="an answer about another student",
            )
        at[student].add(text(element, "SchoolCode"))
    days = _days(pull.year_start, pull.as_of)
    asks = []
    for student in students:
        for school in sorted(at[student] & schools):
            below = f"schools/{school}"
            asks += [
                Ask(resource="students", school=school, path=f"{below}/students/{student}"),
                Ask(
                    resource="attendance_of_students",
                    school=school,
                    path=f"{below}/attendance/{student}",
                    params=days,
                ),
            ]
            if options.programs:
                path = f"{below}/students/{student}/programs"
                asks.append(Ask(resource="programs", school=school, path=path))
        asks.append(Ask(resource="contacts", path=f"schools/0/contacts/{student}"))
    answers.ask(asks)


def _slices(window: Window, days: int) -> Iterator[Window]:
    first, last = window
    while first <= last:
        end = min(last, first + timedelta(days=days - 1))
        yield first, end
        first = end + timedelta(days=1)


def _days(first: date, last: date) -> dict[str, str]:
    return {"StartDate": first.strftime("%Y%m%d"), "EndDate": last.strftime("%Y%m%d")}


def _path_id(found: str, resource: str) -> str:
    """An id that becomes part of a path: digits, or the source could lead us anywhere."""
    if not (found.isascii() and found.isdigit() and len(found) <= 18):
        raise SubmissionRefused(
            Reason.INVALID_ID, file=f"{resource}.json-seq", detail="an id that is no number"
        )
    return found
