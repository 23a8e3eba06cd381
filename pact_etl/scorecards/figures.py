"""The scorecard's figures, pure: shares of days and students, how deliveries came in, how late days were cleared.

A share that fewer students than may be shown stand behind is hidden, and so is one whose complement is that small; what
nobody delivered is missing. Neither is ever drawn or averaged as zero.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any, Protocol

from pact_etl.domain.month import Month
from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import Tally, is_chronic_absentee

FEWEST_DISTRICTS = 5
"""A middle of fewer says too much about each."""

BUCKETS = (
    (2, "0 to 2 days"),
    (7, "3 to 7 days"),
    (14, "8 to 14 days"),
    (30, "15 to 30 days"),
    (None, "over 30 days"),
)
"""Calendar days from an absence to the delivery that clears it, last day inclusive."""

Conceal = Callable[[Mapping[str, int]], Mapping[str, int | None]]
"""A one-way table of students, small cells and what would give them away replaced by None."""


class Group(Protocol):
    """Students with the same counts of days in one period."""

    @property
    def period(self) -> str:
        """Its name."""

    @property
    def slug(self) -> str:
        """The district."""

    @property
    def enrolled(self) -> int:
        """Delivered schooldays while enrolled."""

    @property
    def absent(self) -> int:
        """Days absent for any reason."""

    @property
    def unexcused(self) -> int:
        """Whole days absent without valid excuse."""

    @property
    def students(self) -> int:
        """How many they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share in per cent; where there is none, `is_hidden` tells a small group from missing data."""

    percent: float | None = None
    is_hidden: bool = False


NO_RATE = Rate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """One period of one district: days absent, days unexcused, and students absent on a tenth of their days."""

    students: int = 0
    absent: Rate = NO_RATE
    unexcused: Rate = NO_RATE
    chronic: Rate = NO_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One schoolday's delivery.

    `lag` is calendar days from the day to the first delivery that spoke of it; None while none did.
    """

    date: date
    is_recorded: bool
    refused_reason: str | None
    received: int
    set_aside: int
    lag: int | None

    @property
    def per_thousand(self) -> float | None:
        """Rows set aside of a thousand sent."""
        return 1000 * self.set_aside / self.received if self.received else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """A month of nights since the district's first, schooldays only."""

    nights: Sequence[Night] = ()

    @property
    def delivered(self) -> int:
        """Nights whose delivery was taken over."""
        return sum(n.is_recorded for n in self.nights)

    @property
    def refused(self) -> Sequence[Night]:
        """Nights of which nothing but refused files came."""
        return [n for n in self.nights if not n.is_recorded and n.refused_reason]

    @property
    def missed(self) -> Sequence[Night]:
        """Nights without anything that could be read."""
        return [n for n in self.nights if not n.is_recorded and not n.refused_reason]

    @property
    def never(self) -> Sequence[date]:
        """Schooldays that no delivery spoke of."""
        return [n.date for n in self.nights if n.lag is None]

    @property
    def lags(self) -> Sequence[int]:
        """Days from each schoolday to its data."""
        return sorted(n.lag for n in self.nights if n.lag is not None)

    @property
    def received(self) -> int:
        """Rows sent."""
        return sum(n.received for n in self.nights)

    @property
    def set_aside(self) -> int:
        """Rows set aside."""
        return sum(n.set_aside for n in self.nights)

    @property
    def per_thousand(self) -> float | None:
        """Rows set aside of a thousand sent."""
        return 1000 * self.set_aside / self.received if self.received else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """How late days that stood as unexcused or unverified were cleared; None where too few students are behind it."""

    half_within: int | None = None
    most_within: int | None = None
    shares: Mapping[str, float | None] = field(default_factory=dict)
    is_hidden: bool = False
    corrections: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to show or hide."""
        return self.half_within is None and not self.is_hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Letters that wait for one kind of reason; `students` is None where there are too few to say."""

    kind: str
    students: int | None
    half_waits: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Everything on the page. Rows of `reasons`, `codes`, `schools` and `drift` are as the store gives them."""

    district: str
    month: Month
    first_night: date | None
    now: Deliveries
    before: Deliveries
    reasons: Mapping[str, int]
    codes: Sequence[Mapping[str, Any]]
    schools: Sequence[Mapping[str, Any]]
    clearing: Clearing
    waiting: Sequence[Waiting]
    waiting_total: int | None
    mailed: int | None
    came_back: int | None
    questions: int | None
    reads_changes: bool
    drift: Sequence[Mapping[str, Any]]
    weeks: Sequence[tuple[date, Attendance]]
    weeks_before: Sequence[tuple[date, Attendance]]
    attendance: Attendance
    attendance_before: Attendance
    county: Mapping[str, float | None]
    smallest: int
    minimum_enrolled_days: int


def rate(part: float, whole: float, students_in: int, students: int, smallest: int) -> Rate:
    """A share, unless too few students are behind it or behind what is left.

    Args:
        part: days or students.
        whole: of so many.
        students_in: students that the part is about.
        students: students that the whole is about.
        smallest: the smallest group that may be shown.
    """
    if not students or not whole:
        return NO_RATE
    if min(students_in, students - students_in, students) < smallest:
        return Rate(is_hidden=True)
    return Rate(percent=100 * part / whole)


def day_rate(days: int, enrolled: int, students_in: int, students: int, smallest: int) -> Rate:
    """A share of days; that everybody was absent once in a long month says nothing about anybody."""
    if not students or not enrolled:
        return NO_RATE
    if min(students_in, students) < smallest:
        return Rate(is_hidden=True)
    return Rate(percent=100 * days / enrolled)


def attendance_by(
    groups: Iterable[Group], policy: Policy, smallest: int
) -> dict[tuple[str, str], Attendance]:
    """District slug and period name to its shares.

    The chronic share asks for students enrolled long enough to be judged; a period that begins with the school year
    gives it its meaning, in any other it is not to be used.
    """
    members: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        members.setdefault((group.slug, group.period), []).append(group)
    return {key: _attendance(found, policy, smallest) for key, found in members.items()}


def _attendance(groups: Sequence[Group], policy: Policy, smallest: int) -> Attendance:
    def students(holds: Callable[[Group], bool]) -> int:
        return sum(g.students for g in groups if holds(g))

    everybody = students(lambda g: True)
    enrolled = sum(g.enrolled * g.students for g in groups)
    absent = sum(g.absent * g.students for g in groups)
    unexcused = sum(g.unexcused * g.students for g in groups)
    judged = students(lambda g: g.enrolled >= policy.threshold.minimum_enrolled_days)
    chronic = students(lambda g: is_chronic_absentee(_tally(g), policy))
    return Attendance(
        students=everybody,
        absent=day_rate(absent, enrolled, students(lambda g: g.absent > 0), everybody, smallest),
        unexcused=day_rate(
            unexcused, enrolled, students(lambda g: g.unexcused > 0), everybody, smallest
        ),
        chronic=rate(chronic, judged, chronic, judged, smallest),
    )


def _tally(group: Group) -> Tally:
    return Tally(
        unexcused_days=group.unexcused,
        occasions=0,
        absent_days=group.absent,
        enrolled_days=group.enrolled,
    )


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known, None of too few."""
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= FEWEST_DISTRICTS else None


def deliveries(nights: Iterable[Mapping[str, Any]], first_night: date | None) -> Deliveries:
    """Schooldays from the district's first night on; without one, every schoolday known counts as missed."""
    names = ("date", "is_recorded", "refused_reason", "received", "set_aside", "lag")
    return Deliveries(
        nights=[
            Night(**{name: row[name] for name in names})
            for row in nights
            if row["is_taught"] and (first_night is None or row["date"] >= first_night)
        ]
    )


def clearing(corrections: Sequence[Mapping[str, Any]], conceal: Conceal, smallest: int) -> Clearing:
    """From counts of changed days by kind and lag; rows without a lag sum up a kind."""
    total = sum(row["marks"] for row in corrections if row["lag"] is None)
    cleared = [row for row in corrections if row["kind"] == "cleared"]
    students = sum(row["students"] for row in cleared if row["lag"] is None)
    lags = [lag for row in cleared if (lag := row["lag"]) is not None for _ in range(row["marks"])]
    if not lags:
        return Clearing(corrections=total)
    if students < smallest:
        return Clearing(corrections=total, is_hidden=True)
    lags.sort()
    counts = dict.fromkeys((name for _, name in BUCKETS), 0)
    for lag in lags:
        counts[next(name for last, name in BUCKETS if last is None or lag <= last)] += 1
    shown = conceal(counts)
    return Clearing(
        half_within=within(lags, 0.5),
        most_within=within(lags, 0.9),
        shares={
            name: None if (n := shown[name]) is None else 100 * n / len(lags) for name in counts
        },
        corrections=total,
    )


def within(ordered: Sequence[int], share: float) -> int:
    """The smallest value that at least this share of ordered values do not exceed."""
    needed = share * len(ordered)
    return next(value for n, value in enumerate(ordered, start=1) if n >= needed)


def waiting(
    holds: Iterable[Mapping[str, Any]], kinds: Mapping[str, str], conceal: Conceal
) -> tuple[list[Waiting], int | None]:
    """Letters that wait, by kind of reason, most first, and all of them.

    Args:
        holds: students by reason and by days waited.
        kinds: reason to the kind under which the page names it.
        conceal: hides small groups.
    """
    days: dict[str, list[int]] = {}
    for row in holds:
        kind = kinds.get(row["reason"], "other")
        days.setdefault(kind, []).extend([row["waiting"]] * row["students"])
    if not days:
        return [], 0
    shown = conceal({kind: len(waited) for kind, waited in days.items()})
    found = [
        Waiting(kind=kind, students=None)
        if shown[kind] is None
        else Waiting(
            kind=kind,
            students=shown[kind],
            half_waits=within(sorted(waited), 0.5),
            longest=max(waited),
        )
        for kind, waited in days.items()
    ]
    found.sort(key=lambda w: (-(w.students or 0), w.kind))
    return found, shown["total"]
