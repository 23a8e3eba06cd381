"""What must not matter for the database's counts, on hundreds of random student-years at once."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine

from pact_etl.store.session import open_engine
from tests.integration.store.test_oracle import Tallies, evaluate, standing
from tests.oracle.histories import Student, World, make_world
from tests.oracle.plain_loop import Stay
from tests.oracle.recording import record_district, record_night
from tests.policies import POLICY

pytestmark = pytest.mark.integration

NIGHT = date(2028, 3, 15)
SIZE = 400
AGAINST_A_CHILD = {"truant", "chronic_truant_candidate"}


@pytest.fixture(scope="module")
def world() -> World:
    """A leap year, on one night on which every district has delivered."""
    return make_world(random.Random(48263), 2027, SIZE, [NIGHT])[0]


@pytest.fixture
def other_store(fresh_database: Callable[..., str], migrated: str) -> Iterator[Engine]:
    engine = open_engine(fresh_database("other", template=migrated))
    yield engine
    engine.dispose()


def counted(engine: Engine) -> Tallies:
    tallies = evaluate(engine, NIGHT, POLICY)
    assert len(tallies) > SIZE / 2
    return tallies


def changed(world: World, change: Callable[[Student, str], Student]) -> World:
    """The world with every history of every student changed."""
    students = []
    for student in world.students:
        one = student
        for name in student.histories:
            one = change(one, name)
        students.append(one)
    return replace(world, students=tuple(students))


def split(student: Student, name: str) -> Student:
    """Every stay of at least two days, cut in two."""
    history, stays = student.histories[name], []
    for stay in history.stays:
        cut = stay.first + timedelta(days=1 + student.number % 90)
        if stay.last is not None and cut > stay.last:
            stays.append(stay)
        else:
            stays += [replace(stay, last=cut - timedelta(days=1)), replace(stay, first=cut)]
    # Where a later stay begins within the first half, the cut would not be one stay any more.
    if any(stay_starts_between(history.stays, a, b) for a, b in pairwise(stays)):
        return student
    return replace(student, histories=student.histories | {name: replace(history, stays=stays)})


def stay_starts_between(original: "tuple[Stay, ...] | list[Stay]", a: Stay, b: Stay) -> bool:
    return b.first < a.first or any(a.first < s.first < b.first for s in original)


def test_it_does_not_matter_which_district_delivers_first(
    world: World, store: Engine, other_store: Engine
) -> None:
    record_night(store, world)
    record_night(other_store, world, order=("south", "north"))

    assert counted(store) == counted(other_store)
    assert standing(store) == standing(other_store)


def test_a_correction_and_its_reverse_leave_no_trace_in_the_counts(
    world: World, store: Engine, other_store: Engine
) -> None:
    def all_excused(student: Student, name: str) -> Student:
        history = student.histories[name]
        marks = dict.fromkeys(history.marks, "absent_excused")
        return replace(student, histories=student.histories | {name: replace(history, marks=marks)})

    record_night(store, world)
    for one in (world, changed(world, all_excused), world):
        record_night(other_store, one)

    assert counted(store) == counted(other_store)
    assert standing(store) == standing(other_store)


def test_a_stay_cut_in_two_changes_no_count(
    world: World, store: Engine, other_store: Engine
) -> None:
    record_night(store, world)
    record_night(other_store, changed(world, split))

    assert counted(store) == counted(other_store)


def test_an_excused_day_more_makes_nobody_a_truant_or_a_case(
    world: World, store: Engine, other_store: Engine
) -> None:
    def one_day_excused(student: Student, name: str) -> Student:
        history = student.histories[name]
        taken = {day for _, day in history.marks}
        stay = history.stays[-1]
        free = sorted(day for day in world.calendars[stay.calendar] if stay.first <= day <= NIGHT)
        free = [day for day in free if day not in taken]
        if not free:
            return student
        marks = dict(history.marks) | {(stay.school, free[len(free) // 2]): "absent_excused"}
        return replace(student, histories=student.histories | {name: replace(history, marks=marks)})

    record_night(store, world)
    record_district(other_store, changed(world, one_day_excused), "north")
    record_district(other_store, changed(world, one_day_excused), "south")

    before, after = counted(store), counted(other_store)
    assert sum(after[k][2] for k in before) > sum(c[2] for c in before.values())
    over = {key for key in standing(other_store) if key[2] in AGAINST_A_CHILD}
    assert over <= standing(store)
