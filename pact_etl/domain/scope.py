"""What a submission's silence means: where it states everything, whatever is missing was taken back."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple


class StudentSpan(NamedTuple):
    """One student's days, inclusive, by the district's own id: at one school, or at all of them."""

    local_id: str
    first: date
    last: date
    school_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a submission states everything.

    Attributes:
        window: first and last day, inclusive, whose attendance is stated for every student; None means as many days
            up to the night as the district's layout says, a last day before the first no day at all.
        student_days: single students' days whose attendance is stated on top of that.
        whole_roster: whether enrollments and guardians are stated for every student.
        rosters_of: ids of single students whose enrollments and guardians are stated whole.
        changes_only: whether rows speak of single records tonight, whatever the district's layout promises.
    """

    window: tuple[date, date] | None = None
    student_days: tuple[StudentSpan, ...] = field(default=(), repr=False)
    whole_roster: bool = False
    rosters_of: frozenset[str] = field(default=frozenset(), repr=False)
    changes_only: bool = False

    @classmethod
    def of_students(cls, days: "tuple[StudentSpan, ...]", as_of: date) -> "Scope":
        """Single students' days and nothing else."""
        return cls(window=(as_of, as_of - timedelta(days=1)), student_days=days)

    def promised(self, *, whole_roster: bool) -> "Scope":
        """This scope with what a layout promises of roster files, where the source says nothing of it itself."""
        says = self.window is not None or self.changes_only
        return replace(self, whole_roster=True) if whole_roster and not says else self
