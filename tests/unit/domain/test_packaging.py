"""Letters dealt into packages: each in exactly one, in order, and no package fuller than it may be."""

from datetime import date, time
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.packaging import LetterSize, PackageLimits, deal, most_pages
from pact_etl.domain.vendor import Vendor, VendorHours

DAY = date(2026, 10, 5)
LIMITS = st.builds(
    PackageLimits,
    from_=st.just(DAY),
    pieces=st.integers(1, 9),
    pages=st.integers(1, 30),
    bytes=st.integers(1, 200),
    why=st.just("a test"),
)
PAGES = st.lists(st.integers(1, 12), max_size=40)


def limits(**given: int) -> PackageLimits:
    most = {"pieces": 1000, "pages": 1000, "bytes": 1_000_000}
    return PackageLimits(from_=DAY, why="a test", **(most | given))


def letters(pages: list[int]) -> list[LetterSize]:
    return [LetterSize(letter=n, pages=count) for n, count in enumerate(pages, start=1)]


@given(pages=PAGES, most=LIMITS, per_page=st.floats(0.5, 20))
def test_every_letter_is_in_one_package_in_order_and_no_limit_is_exceeded_but_by_one_letter_alone(
    pages: list[int], most: PackageLimits, per_page: float
) -> None:
    sizes = letters(pages)

    packages = deal(sizes, most, per_page)

    assert list(chain.from_iterable(packages)) == [one.letter for one in sizes]
    assert packages == deal(sizes, most, per_page)
    for package in packages:
        count = sum(pages[letter - 1] for letter in package)
        fits = len(package) <= most.pieces and count <= most.pages
        assert (fits and count * per_page <= most.bytes) or len(package) == 1
        assert package


@given(pages=PAGES.filter(bool), most=LIMITS, per_page=st.floats(0.5, 20))
def test_no_package_is_closed_before_the_next_letter_would_be_too_much(
    pages: list[int], most: PackageLimits, per_page: float
) -> None:
    packages = deal(letters(pages), most, per_page)

    for package, following in pairwise(packages):
        count = sum(pages[letter - 1] for letter in (*package, following[0]))
        is_full = len(package) == most.pieces
        assert is_full or count > most.pages or count * per_page > most.bytes


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        ({"pieces": 2}, [[1, 2], [3, 4], [5]]),
        ({"pages": 5}, [[1, 2], [3], [4], [5]]),
        ({"bytes": 65_000}, [[1, 2], [3], [4, 5]]),
    ],
)
def test_whichever_limit_is_reached_first_ends_a_package(
    most: dict[str, int], expected: list[list[int]]
) -> None:
    assert deal(letters([2, 3, 9, 2, 4]), limits(**most), 10_000) == expected


def test_without_limits_everything_goes_into_one_package_and_nothing_into_none() -> None:
    assert deal(letters([2, 900, 3]), None) == [[1, 2, 3]]
    assert deal([], limits()) == []


def test_the_limits_in_force_are_those_of_the_newest_day() -> None:
    later = PackageLimits(from_=date(2026, 11, 1), pieces=1, pages=1, bytes=1, why="a test")
    hours = VendorHours(
        from_=date(2010, 7, 1), cut_off=time(15), release_minutes_before=0, why="a test"
    )
    terms = Vendor(hours=[hours], holidays=[], package_limits=[later, limits()])

    assert terms.limits_on(date(2026, 10, 4)) is None
    assert terms.limits_on(date(2026, 10, 31)) == limits()
    assert terms.limits_on(date(2026, 11, 1)) == later


def test_limits_that_nothing_fits_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one piece"):
        limits(pages=0)


def test_a_letter_takes_a_record_page_for_each_student_in_each_language() -> None:
    assert most_pages(languages=2, students=3) == 8
