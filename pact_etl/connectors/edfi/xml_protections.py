"""Hold flags of students out of Ed-Fi bulk XML, by the rules of `protections`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pact_etl.connectors.canonical import Row
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
from pact_etl.connectors.edfi.xml_reading import (
    Element,
    children,
    descriptor,
    elements,
    is_true,
    stated_once,
    value,
)
from pact_etl.connectors.protocol import RawFile

_HOMELESS = "StudentHomelessProgramAssociation"
_EVALUATION = "StudentSpecialEducationProgramEligibilityAssociation"


def read_flags(
    demographics: RawFile,
    enrollments: RawFile | None,
    programs: RawFile | None,
    words: Words,
    as_of: str,
) -> dict[str, Row]:
    """The flags of every student of whom anything is said, as cells.

    Args:
        demographics: a Student interchange of the old layout, or one of associations with education organizations.
        enrollments: the StudentEnrollment interchange, where one is laid out.
        programs: the StudentProgram interchange, where one is laid out.
        words: the district's.
        as_of: the newest day that the delivery speaks of, ISO; what ended before it is over.
    """
    found: dict[str, Said] = defaultdict(Said)
    for element in elements(demographics, "Student", "StudentEducationOrganizationAssociation"):
        said = found[stated_once(element, "StudentUniqueId")]
        by_characteristics(said, _characteristics(element, as_of), words)
        by_indicators(said, _indicators(element, as_of), words)
    if enrollments is not None:
        for element in elements(enrollments, "StudentSchoolAssociation"):
            student = stated_once(element, "StudentUniqueId")
            by_exit(found[student], descriptor(element, "ExitWithdrawType"), words)
    is_laid_out = programs is not None
    told = told_by_programs(homeless=is_laid_out, evaluations=is_laid_out)
    if programs is not None:
        _by_programs(found, programs, as_of)
    for said in found.values():
        said.take(told, ())
    return {student: said.cells() for student, said in found.items()}


def _by_programs(found: dict[str, Said], programs: RawFile, as_of: str) -> None:
    for element in elements(programs, _HOMELESS, _EVALUATION):
        said = found[stated_once(element, "StudentUniqueId")]
        if element.tag.endswith(_HOMELESS):
            by_homeless_program(
                said,
                unaccompanied=is_true(value(element, "HomelessUnaccompaniedYouth")),
                awaits_foster_care=is_true(value(element, "AwaitingFosterCare")),
                is_over=is_over([value(element, "EndDate")], as_of),
            )
        else:
            by_evaluation(said, value(element, "EligibilityDeterminationDate"))


def _characteristics(element: Element, as_of: str) -> Iterator[str]:
    """Both the new nesting and the old, where dates stand beside the descriptor."""
    for one in children(element, "StudentCharacteristic"):
        if not is_over(_ends(one), as_of):
            yield descriptor(one, "StudentCharacteristic") or descriptor(one)


def _indicators(element: Element, as_of: str) -> Iterator[tuple[str, str]]:
    for one in children(element, "StudentIndicator"):
        if not is_over(_ends(one), as_of):
            yield value(one, "IndicatorName"), value(one, "Indicator")


def _ends(element: Element) -> Iterable[str]:
    periods = children(element, "Period") or [element]
    return [value(period, "EndDate") for period in periods]
