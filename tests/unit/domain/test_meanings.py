"""On which days a code means something else than before."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import CodeMapping
from pact_etl.domain.meanings import ChangedMeaning, changed_meanings

START = date(2026, 7, 1)
DAYS = st.integers(0, 20).map(lambda n: START + timedelta(days=n))


def mapping(code: str, status: Status, first: date = START, to: date | None = None) -> CodeMapping:
    return CodeMapping(code=code, status=status, from_=first, to=to)


MAPS = st.lists(
    st.builds(
        mapping,
        st.sampled_from("AB"),
        st.sampled_from([Status.ABSENT_EXCUSED, Status.ABSENT_UNEXCUSED, Status.PRESENT]),
        DAYS,
        st.none() | DAYS,
    ),
    max_size=5,
)


def status_of(maps: list[CodeMapping], code: str, day: date) -> Status | None:
    return next((m.status for m in maps if m.code == code and m.covers(day)), None)


def test_a_new_entry_changes_the_days_from_its_first_on() -> None:
    old = mapping("A", Status.ABSENT_UNEXCUSED)
    later = date(2026, 9, 1)

    assert changed_meanings([old], [mapping("A", Status.ABSENT_EXCUSED, later), old]) == (
        ChangedMeaning(
            code="A",
            before=Status.ABSENT_UNEXCUSED,
            after=Status.ABSENT_EXCUSED,
            first=later,
            last=date.max,
        ),
    )


def test_a_code_explained_for_the_first_time_has_not_changed() -> None:
    assert changed_meanings([], [mapping("A", Status.ABSENT_EXCUSED)]) == ()


@given(before=MAPS, after=MAPS)
def test_exactly_the_days_with_another_meaning_are_named_once(
    before: list[CodeMapping], after: list[CodeMapping]
) -> None:
    found = changed_meanings(before, after)

    for code in "AB":
        for n in range(-2, 25):
            day = START + timedelta(days=n)
            was, is_now = status_of(before, code, day), status_of(after, code, day)
            named = [c for c in found if c.code == code and c.first <= day <= c.last]
            if was is None or was is is_now:
                assert named == []
            else:
                assert [(c.before, c.after) for c in named] == [(was, is_now)]
