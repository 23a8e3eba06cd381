"""One district's record of one student as believed on one night: values that the store reads, nothing decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.attendance import Status
from pact_etl.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class BelievedMark:
    """A mark as believed that night; `night` is that of the submission that stated it.

    What has passed since, through the district's newest data, is counted on the calendar of the school and track that
    the student had on the day: schooldays, and classes on weekends.
    """

    id: int
    school_code: str
    day: date
    status: Status
    is_instructional: bool
    schooldays_since: int
    weekend_classes_since: int
    submission: int
    night: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An enrollment as believed that night, cut where a later one of the same district begins; no last day is open."""

    school_code: str
    school: str
    entry_date: date
    exit_date: date | None
    night: date

    def covers(self, school_code: str, day: date) -> bool:
        """Whether the student was enrolled at a school on a day."""
        within = self.entry_date <= day and (self.exit_date is None or day <= self.exit_date)
        return within and school_code == self.school_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Schoolday:
    """A day on which the student's school taught; silent where every delivery of it named the school as silent."""

    school_code: str
    day: date
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Rows in quarantine that no later delivery has stated anew.

    `code` is the raw code where nobody has explained it; `is_own` tells a row that names this student from one whose
    id could not be read; a row of a roster has no date.
    """

    table: str
    reason: Reason
    day: date | None
    school_code: str | None
    code: str | None
    night: date
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A recorded submission: its night, and first and last day of which it stated everything.

    One that `tells_changes` was read from a list of changes, so that it tells of every day what had changed.
    """

    night: date
    first: date
    last: date
    tells_changes: bool

    def tells_of(self, day: date) -> bool:
        """Whether whatever had changed about a day would have come with it."""
        return self.tells_changes or self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRecord:
    """Everything one district's record held about one student on a night.

    `schooldays` reach from the school year's start or the student's entry to the night; those after `newest_data`
    are still awaited. `undelivered` are the district's schooldays of which no delivery spoke; `deliveries` are in the
    order of their nights, `lost_nights` those after a schoolday from which nothing was recorded.
    """

    birth_date: date
    newest_data: date | None
    marks: Sequence[BelievedMark] = ()
    spans: Sequence[Span] = ()
    schooldays: Sequence[Schoolday] = ()
    undelivered: frozenset[date] = frozenset()
    deliveries: Sequence[Delivery] = ()
    lost_nights: Sequence[date] = ()
    set_aside: Sequence[SetAside] = ()
