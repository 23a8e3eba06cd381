"""How a batch's letters are dealt into packages: in print order, each package as full as its limits allow.

What a package weighs is known only once it is set, so its bytes are guessed from its pages at first, and dealt again by
what was measured where a package turned out too large. Setting and sealing belong to the adapters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BYTES_PER_PAGE = 6_000
"""About what one page of a long package takes up; a wrong guess costs a second setting and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLimits:
    """The most that one package may hold, from one day on. A single letter that is more goes alone.

    Attributes:
        bytes: of the zip.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    pieces: int
    pages: int
    bytes: int
    why: str

    def __post_init__(self) -> None:
        """Refuse limits that nothing fits.

        Raises:
            ValueError: one of them is below 1.
        """
        if min(self.pieces, self.pages, self.bytes) < 1:
            raise ValueError("a package holds at least one piece, one page and one byte")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSize:
    """How much of a package one letter takes: an envelope is never torn apart."""

    letter: int
    pages: int


def deal(
    letters: Sequence[LetterSize],
    limits: PackageLimits | None,
    bytes_per_page: float = BYTES_PER_PAGE,
) -> list[list[int]]:
    """Letters by package: each in exactly one, in their order.

    Args:
        letters: in print order.
        limits: None for none; then everything goes into one package.
        bytes_per_page: guessed or measured.
    """
    packages: list[list[int]] = []
    pages = 0
    for one in letters:
        pages += one.pages
        if not packages or (
            limits is not None
            and (
                len(packages[-1]) >= limits.pieces
                or pages > limits.pages
                or pages * bytes_per_page > limits.bytes
            )
        ):
            packages.append([])
            pages = one.pages
        packages[-1].append(one.letter)
    return packages


def most_pages(languages: int, students: int) -> int:
    """Pages that a letter takes at most: in each of its languages itself and one record page per student."""
    return languages * (1 + students)
