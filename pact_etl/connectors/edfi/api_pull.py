"""One night's pull from an Ed-Fi ODS: everything, or what the lists of changes point at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from pact_etl.connectors.edfi.api_access import Places
from pact_etl.connectors.edfi.api_asking import Answered, Asker, Question
from pact_etl.connectors.edfi.api_changes import (
    DEMOGRAPHICS,
    ENROLLMENTS,
    EVENTS,
    PROGRAMS,
    STUDENTS,
    Touched,
    touched_between,
)
from pact_etl.connectors.edfi.api_manifest import Counts
from pact_etl.connectors.edfi.api_people import contact_of
from pact_etl.connectors.json_pages import Sequence, elements
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import Retryable
from pact_etl.domain.scope import Scope, StudentSpan

SCHOOLS = "schools"
CLASS_PERIODS = "classPeriods"
CALENDAR_DATES = "calendarDates"

_ROUNDS = 5


@dataclass(slots=True)
class _Held:
    """What has arrived of one resource."""

    sequence: Sequence
    total: int = 0
    elements: int = 0
    ids: set[str] = field(default_factory=set, repr=False)

    def file(self) -> RawFile:
        """All pages as one file; of a resource without a row, one page without a row."""
        file = self.sequence.file()
        if file.content:
            return file
        self.sequence.add(b"[]")
        return self.sequence.file()


class Pulling:
    """One pull: asks, keeps what arrives, and asks again for what was written to meanwhile."""

    def __init__(
        self,
        asker: Asker,
        places: Places,
        newest: int | None,
        read_newest: Callable[[], int],
        *,
        has_programs: bool = True,
    ) -> None:
        """Take what was found out.

        Args:
            asker: of the source.
            places: of the source.
            newest: change version the pull ends at; None where the source keeps none.
            read_newest: asks what it is by now.
            has_programs: whether homeless programs and evaluations are asked for; the source need not have them.
        """
        self._asker = asker
        self._places = places
        self._newest = newest
        self._read_newest = read_newest
        self._programs = PROGRAMS if has_programs else ()
        self._held: dict[str, _Held] = {}
        self._asked: list[Question] = []
        self._absent: set[str] = set()

    def everything(self, year_start: date, as_of: date) -> Scope:
        """Every row of every resource."""
        self._whole(SCHOOLS, CALENDAR_DATES)
        self._whole(CLASS_PERIODS, is_optional=True)
        self._whole(STUDENTS, ENROLLMENTS, DEMOGRAPHICS)
        self._whole(*self._programs, is_optional=True)
        self._whole(self._places.contacts, self._places.links, EVENTS)
        self._catch_up()
        return Scope(window=(year_start, as_of), whole_roster=True)

    def changes(
        self, since: int, window: tuple[date, date], year_start: date, limits: "Limits"
    ) -> Scope | None:
        """The window's attendance, and what was touched since; None where everything must be read instead."""
        assert self._newest is not None, "a source without change versions has no changes"
        touched = touched_between(
            self._asker, self._places, since + 1, self._newest, self._programs
        )
        if touched is None:
            return None
        days = {
            (student, day)
            for student, day in touched.days
            if year_start <= day < window[0] and student not in touched.renamed
        }
        if self._is_much(touched, days, limits):
            return None
        self._whole(SCHOOLS, CALENDAR_DATES)
        self._whole(CLASS_PERIODS, is_optional=True)
        self._each(_events(eventDate=day.isoformat()) for day in _days(*window))
        self._each(
            _events(studentUniqueId=student, eventDate=day.isoformat())
            for student, day in sorted(days)
        )
        self._each(_events(studentUniqueId=student) for student in sorted(touched.renamed))
        self._rosters(sorted(touched.students))
        self._catch_up()
        spans = [StudentSpan(student, day, day) for student, day in days]
        spans += [StudentSpan(student, year_start, window[1]) for student in touched.renamed]
        return Scope(
            window=window,
            student_days=tuple(sorted(spans)),
            rosters_of=frozenset(touched.students),
        )

    def files(self) -> list[RawFile]:
        """One file for each resource that was asked for."""
        return [held.file() for name, held in self._held.items() if self._was_there(name)]

    def counts(self) -> dict[str, Counts]:
        """What was stated and received, by resource."""
        return {
            name: Counts(total=held.total, received=len(held.ids), elements=held.elements)
            for name, held in self._held.items()
            if self._was_there(name)
        }

    def _was_there(self, name: str) -> bool:
        return name not in self._absent

    def keep(self, answered: Answered) -> None:
        """Put pages with what has arrived of their resource; the pages are let go one by one."""
        name = answered.question.resource
        if not answered.exists and name in self._programs:
            # Kept as an empty list it would say that nobody is in such a program.
            self._absent.add(name)
            return
        held = self._held.setdefault(name, _Held(Sequence(name)))
        held.total += answered.total
        held.elements += answered.elements
        held.ids |= answered.ids
        for place, page in enumerate(answered.pages):
            held.sequence.add(page)
            answered.pages[place] = b""

    def _is_much(self, touched: Touched, days: set[tuple[str, date]], limits: "Limits") -> bool:
        if len(days) + len(touched.renamed) > limits.days:
            return True
        students = self._asker.count(Question(resource=STUDENTS))
        return len(touched.students) * 100 > students * limits.students_percent

    def _rosters(self, students: list[str]) -> None:
        by_student = (STUDENTS, ENROLLMENTS, DEMOGRAPHICS, self._places.links, *self._programs)
        for resource in by_student:
            self._held.setdefault(resource, _Held(Sequence(resource)))
            self._each(
                Question(
                    resource=resource,
                    params=(("studentUniqueId", student),),
                    is_optional=resource in self._programs,
                )
                for student in students
            )
        contacts = sorted(self._contacts())
        resource = self._places.contacts
        key = "parentUniqueId" if resource == "parents" else "contactUniqueId"
        self._held.setdefault(resource, _Held(Sequence(resource)))
        self._each(Question(resource=resource, params=((key, one),)) for one in contacts)

    def _contacts(self) -> set[str]:
        file = self._held[self._places.links].sequence.file()
        return {contact_of(element) for _, element in elements(file)} - {""}

    def _whole(self, *resources: str, is_optional: bool = False) -> None:
        for resource in resources:
            question = self._bounded(Question(resource=resource, is_optional=is_optional))
            self._asked.append(question)
            held = self._held.setdefault(resource, _Held(Sequence(resource)))
            self.keep(self._asker.whole(question, held.sequence))

    def _each(self, questions: Iterable[Question]) -> None:
        bounded = [self._bounded(question) for question in questions]
        self._asked += bounded
        for answered in self._asker.each(bounded):
            self.keep(answered)

    def _bounded(self, question: Question) -> Question:
        return question if self._newest is None else question.between(0, self._newest)

    def _catch_up(self) -> None:
        """Read what left the window because it was written to, until nothing was.

        Raises:
            Retryable: it does not come to rest.
        """
        last = self._newest
        for _ in range(_ROUNDS):
            if last is None or (now := self._read_newest()) <= last:
                return
            moved = {
                resource
                for resource in {question.resource for question in self._asked}
                if self._asker.count(
                    Question(resource=resource, is_optional=True).between(last + 1, now)
                )
            }
            again = [q.between(last + 1, now) for q in self._asked if q.resource in moved]
            for answered in self._asker.each(again):
                self.keep(answered)
            last = now
        raise Retryable(f"{self._asker.name}: rows keep changing while they are read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond these, reading everything is the better way."""

    students_percent: int
    days: int


def _events(**keys: str) -> Question:
    return Question(resource=EVENTS, params=tuple(keys.items()))


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
