"""Which characters the shipped fonts can print."""

import unicodedata
from functools import cache

from fontTools.ttLib import TTFont

from pact_etl.letters.fonts import FAMILIES, FONTS


def uncovered(characters: set[str]) -> set[str]:
    """Those of the characters that no family prints in both weights."""
    return {character for character in characters if ord(character) not in _covered()}


@cache
def printable() -> frozenset[str]:
    """Every character that is printed and does not steer: what needs no second look."""
    characters = map(chr, _covered())
    return frozenset(one for one in characters if not unicodedata.category(one).startswith("C"))


@cache
def _covered() -> frozenset[int]:
    """Every character that all weights of one family have."""
    families = []
    for family in FAMILIES:
        name = family.replace(" ", "")
        weights = []
        for path in sorted(FONTS.glob(f"{name}-*.[ot]tf")):
            with TTFont(path, lazy=True) as font:
                weights.append(frozenset(font.getBestCmap()))
        families.append(frozenset.intersection(*weights))
    return frozenset().union(*families)
