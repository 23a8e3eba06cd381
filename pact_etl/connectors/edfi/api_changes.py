"""What an Ed-Fi ODS's lists of changes say was touched since a change version: where to look, not what to believe.

`/deletes` gives `[{id, changeVersion, keyValues}]` (keyValues since ODS 6.1), `/keyChanges`
`[{id, changeVersion, oldKeyValues, newKeyValues}]`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pact_etl.connectors.edfi.api_access import Places
from pact_etl.connectors.edfi.api_asking import Answered, Asker, Question
from pact_etl.connectors.edfi.api_people import contact_of, student_of
from pact_etl.connectors.edfi.api_schools import event_day
from pact_etl.connectors.json_pages import Object, page_elements
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

EVENTS = "studentSchoolAttendanceEvents"
STUDENTS = "students"
ENROLLMENTS = "studentSchoolAssociations"
DEMOGRAPHICS = "studentEducationOrganizationAssociations"
HOMELESS_PROGRAMS = "studentHomelessProgramAssociations"
EVALUATIONS = "studentSpecialEducationProgramEligibilityAssociations"
PROGRAMS = (HOMELESS_PROGRAMS, EVALUATIONS)
"""What an ODS may not have, or not for us."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What must be read again.

    Attributes:
        students: whose roster entry changed.
        renamed: whose id changed, appeared or went, so that every day of theirs is in question.
        days: single days of single students whose attendance changed.
    """

    students: set[str] = field(default_factory=set, repr=False)
    renamed: set[str] = field(default_factory=set, repr=False)
    days: set[tuple[str, date]] = field(default_factory=set, repr=False)


def touched_between(
    asker: Asker, places: Places, first: int, last: int, programs: Sequence[str]
) -> Touched | None:
    """What the change versions from `first` to `last` touched; None where this ODS cannot tell.

    Args:
        asker: of the source.
        places: of the source.
        first: change version.
        last: change version.
        programs: those of `PROGRAMS` that are read; one that the ODS does not have has not changed.

    Raises:
        SubmissionRefused: as the asker; FILE_MALFORMED, a change without the key it is about.
    """
    resources = (STUDENTS, ENROLLMENTS, DEMOGRAPHICS, places.contacts, places.links, EVENTS)
    questions = [
        Question(resource=resource + kind, is_optional=bool(kind) or resource in programs).between(
            first, last
        )
        for resource in (*resources, *programs)
        for kind in ("", "/deletes", "/keyChanges")
    ]
    touched = Touched()
    contacts: set[str] = set()
    for answered in asker.each(questions):
        resource, _, kind = answered.question.resource.partition("/")
        if not answered.exists:
            if resource in programs:
                continue
            return None
        for key in _keys(answered, kind):
            if key is None:
                return None
            _note(touched, contacts, places, resource, kind, key)
    touched.students.update(_students_of(asker, places, contacts))
    touched.students.update(touched.renamed)
    return touched


def _note(
    touched: Touched, contacts: set[str], places: Places, resource: str, kind: str, key: Object
) -> None:
    if resource == places.contacts:
        contacts.add(_known(contact_of(key), resource))
        return
    student = _known(student_of(key), resource)
    if resource == EVENTS:
        touched.days.add((student, _day(key)))
    elif resource == STUDENTS and kind:
        touched.renamed.add(student)
    else:
        touched.students.add(student)


def _keys(answered: Answered, kind: str) -> Iterable[Object | None]:
    """The keys that changes are about; None for one that does not say."""
    for page in answered.pages:
        for row in page_elements(page, answered.question.resource):
            if not kind:
                yield row
            elif kind == "deletes":
                yield _object(row.get("keyValues"))
            else:
                yield _object(row.get("oldKeyValues"))
                yield _object(row.get("newKeyValues"))


def _object(found: object) -> Object | None:
    return found if isinstance(found, dict) and found else None


def _students_of(asker: Asker, places: Places, contacts: set[str]) -> set[str]:
    name = "parentUniqueId" if places.contacts == "parents" else "contactUniqueId"
    questions = (
        Question(resource=places.links, params=((name, contact),)) for contact in sorted(contacts)
    )
    return {
        student_of(row)
        for answered in asker.each(questions)
        for page in answered.pages
        for row in page_elements(page, places.links)
    }


def _day(key: Object) -> date:
    try:
        return date.fromisoformat(event_day(key))
    except ValueError:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=EVENTS, field="date") from None


def _known(found: str, resource: str) -> str:
    if not found:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=resource, detail="change without key")
    return found
