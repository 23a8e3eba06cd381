"""Where every approved letter is: approved = packaged = acknowledged = mailed = delivered + returned + in transit.

Each number is the length of a list of letters, and what stands between two numbers is a list too. A letter whose marks
contradict each other, or a package that does not hold what it was booked with, stands under `broken`, never in between.
Reading the marks belongs to the store, what is done about silence to the steps.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pact_etl.domain.working_days import working_day_on_or_after


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTrace:
    """What is on record of one approved letter's way, each mark from the event that made it.

    Attributes:
        package: the name of the package that it left in; None where it has not left.
        day: the night whose record its package, or what is left of its batch, was released with; None while it waits.
        is_failed: the letter could not be set, or the vendor refused the piece.
        mailed_on: as the vendor reported.
        returned_on: as the vendor reported.
        is_left_out: withdrawn, held or pulled before the package was made.
    """

    letter: int
    package: str | None
    day: date | None
    is_packaged: bool = False
    is_acknowledged: bool = False
    is_failed: bool = False
    is_left_out: bool = False
    is_delivered: bool = False
    mailed_on: date | None = None
    returned_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPackage:
    """One package that was handed over: with which night's record, and whether the vendor took or refused it."""

    day: date
    is_answered: bool


@dataclass(slots=True, kw_only=True)
class DayBalance:
    """One working day of the vendor; every field lists letters.

    `approved` = `packaged` + `left_out` + `waits_for_release`; `packaged` = `acknowledged` + `refused` +
    `waits_for_acknowledgement`; `acknowledged` = `mailed` + `waits_for_mailing`; `mailed` = `delivered` + `returned` +
    `in_transit`. A letter that was mailed without an acknowledgement counts as acknowledged: mailing proves more.
    """

    approved: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    waits_for_release: list[int] = field(default_factory=list)
    packaged: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    waits_for_acknowledgement: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    waits_for_mailing: list[int] = field(default_factory=list)
    mailed: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    in_transit: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


def balance(
    traces: Iterable[LetterTrace], days_off: Collection[date]
) -> dict[date | None, DayBalance]:
    """Letters by the vendor's working day on which their package came; None holds what waits for release.

    Args:
        traces: of all letters.
        days_off: the vendor's holidays.
    """
    days: dict[date | None, DayBalance] = defaultdict(DayBalance)
    for trace in sorted(traces, key=lambda t: t.letter):
        day = None if trace.day is None else working_day_on_or_after(trace.day, days_off)
        _place(days[day], trace)
    return dict(sorted(days.items(), key=lambda item: item[0] or date.max))


def broken_packages(booked: Mapping[str, int], traces: Iterable[LetterTrace]) -> list[str]:
    """Packages whose letters are not as many as the pieces that they were booked with.

    Args:
        booked: pieces by package, as counted when it was made.
        traces: of all letters in these packages.
    """
    found: dict[str | None, int] = defaultdict(int)
    for trace in traces:
        found[trace.package] += trace.is_packaged
    return sorted(name for name, pieces in booked.items() if found[name] != pieces)


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """The numbers from 1 to the highest that are not there."""
    there = set(numbers)
    return [n for n in range(1, max(there, default=0)) if n not in there]


def overtaken(numbered: Mapping[int, NumberedPackage]) -> list[int]:
    """Numbers that the vendor has not answered although it has one of a later night: it may never have seen them.

    Packages of one night may be answered in any order.

    Args:
        numbered: every package handed over, by sequence number.
    """
    found, newest = [], date.min
    for number, package in sorted(numbered.items(), reverse=True):
        if package.is_answered:
            newest = max(newest, package.day)
        elif package.day < newest:
            found.append(number)
    return sorted(found)


def _place(day: DayBalance, trace: LetterTrace) -> None:
    day.approved.append(trace.letter)
    if _contradicts(trace):
        day.broken.append(trace.letter)
        return
    for name in _places(trace):
        getattr(day, name).append(trace.letter)


def _contradicts(trace: LetterTrace) -> bool:
    came_back = trace.returned_on is not None
    is_mailed = trace.mailed_on is not None
    return (
        (is_mailed and (trace.is_failed or not trace.is_packaged))
        or (trace.is_acknowledged and not trace.is_packaged)
        or (trace.is_packaged and trace.is_left_out)
        or (came_back and not is_mailed)
        or (
            trace.returned_on is not None
            and trace.mailed_on is not None
            and trace.returned_on < trace.mailed_on
        )
    )


def _places(trace: LetterTrace) -> list[str]:
    if not trace.is_packaged:
        gone = trace.is_left_out or trace.is_failed
        return ["left_out" if gone else "waits_for_release"]
    if trace.is_failed:
        return ["packaged", "refused"]
    if trace.mailed_on is None:
        if trace.is_acknowledged:
            return ["packaged", "acknowledged", "waits_for_mailing"]
        return ["packaged", "waits_for_acknowledgement"]
    stays = "delivered" if trace.is_delivered else "in_transit"
    end = stays if trace.returned_on is None else "returned"
    return ["packaged", "acknowledged", "mailed", end]
