"""Hold flags of students out of Ed-Fi API resources, by the rules of `protections`."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.api_changes import (
    DEMOGRAPHICS,
    ENROLLMENTS,
    EVALUATIONS,
    HOMELESS_PROGRAMS,
)
from pact_etl.connectors.edfi.api_fields import descriptor, listed, text, truth
from pact_etl.connectors.edfi.api_people import student_of
from pact_etl.connectors.edfi.protections import (
    Said,
    Words,
    by_characteristics,
    by_evaluation,
    by_exit,
    by_homeless_program,
    by_indicators,
    is_over,
    told_by_programs,
)
from pact_etl.connectors.json_pages import Object
from pact_etl.domain.scope import Scope

Rows = Callable[[str], Iterator[tuple[int, Object]]]


def flags_of_students(
    rows: Rows, has: Callable[[str], bool], words: Words, scope: Scope
) -> dict[str, Row]:
    """The flags of every student of whom anything is said, as cells.

    Args:
        rows: a resource's rows with their places.
        has: whether a resource was read.
        words: the district's.
        scope: what the pull states; what ended before its last day is over.
    """
    as_of = scope.window[1].isoformat() if scope.window else ""
    found: dict[str, Said] = defaultdict(Said)
    for _, element in rows(DEMOGRAPHICS):
        said = found[student_of(element)]
        by_characteristics(said, _characteristics(element, as_of), words)
        by_indicators(said, _indicators(element, as_of), words)
    for _, element in rows(ENROLLMENTS):
        exit_type = descriptor(element, "exitWithdrawTypeDescriptor")
        by_exit(found[student_of(element)], exit_type, words)
    told = told_by_programs(homeless=has(HOMELESS_PROGRAMS), evaluations=has(EVALUATIONS))
    expected = told_by_programs(homeless=words.programs, evaluations=words.programs)
    for _, element in rows(HOMELESS_PROGRAMS):
        by_homeless_program(
            found[student_of(element)],
            unaccompanied=truth(element, "homelessUnaccompaniedYouth") or False,
            awaits_foster_care=truth(element, "awaitingFosterCare") or False,
            is_over=is_over([text(element, "endDate")], as_of),
        )
    for _, element in rows(EVALUATIONS):
        by_evaluation(found[student_of(element)], text(element, "eligibilityDeterminationDate"))
    for said in found.values():
        said.take(told, ())
    return {student: said.cells(expected - told) for student, said in found.items()}


def _characteristics(element: Object, as_of: str) -> Iterator[str]:
    for one in listed(element, "studentCharacteristics"):
        if not _has_ended(one, as_of):
            yield descriptor(one, "studentCharacteristicDescriptor")


def _indicators(element: Object, as_of: str) -> Iterator[tuple[str, str]]:
    for one in listed(element, "studentIndicators"):
        if not _has_ended(one, as_of):
            yield text(one, "indicatorName"), text(one, "indicator")


def _has_ended(one: Object, as_of: str) -> bool:
    return is_over((text(period, "endDate") for period in listed(one, "periods")), as_of)
