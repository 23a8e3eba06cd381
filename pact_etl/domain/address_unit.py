"""The part of an address inside its building: found wherever a district wrote it, or found to be something else.

After USPS Publication 28, 213: a unit is a designator and its number or letter, or a word such as "Rear".
"""

import re

from pact_etl.domain.address_words import (
    DESIGNATORS,
    DIRECTIONS,
    HOLDING_MANY,
    SUFFIX_WORDS,
    UNITS,
    UNITS_BY_THEMSELVES,
)

_NAMELESS = frozenset({"#", "APT", "APARTMENT", "UNIT"})
"""Designators that cannot end a street's name; without a number behind them they say nothing."""
# Publication 28, 24: rural and highway contract routes; 25: military mail, which keeps its own words.
_ROUTE = re.compile(
    r"(?P<rural>R ?R|RURAL (?:ROUTE|RT|RTE)|RFD|R ?F ?D)|(?P<contract>H ?C|HIGHWAY CONTRACT(?: ROUTE)?|STAR ROUTE)"
)
ROUTE_BOX = re.compile(
    rf"(?:{_ROUTE.pattern}) ?(?:# ?)?(?P<route>[0-9]+[A-Z]?) (?:BOX ?(?:# ?)?|# ?)(?P<box>[0-9]+[A-Z0-9-]*)"
)

PLACES = frozenset(
    ["UPSTAIRS", "DOWNSTAIRS", "BACK", "MAIN", "LEFT", "RIGHT", "COTTAGE", "GARAGE", "STUDIO"]
) | frozenset((*DIRECTIONS, *DIRECTIONS.values()))
"""Words that people write for a unit, and that the post's list does not have."""

_IDENTIFIER = re.compile(r"(?=.*[0-9]|.{1,2}$)[A-Z0-9][A-Z0-9.&/'-]{0,7}")
_MORE = re.compile(r"[A-Z]|[0-9]/[0-9]")
_NO_UNIT = re.compile(r"N ?/? ?A|NONE|NULL|NIL|-+|X+")


def split_unit(street: str, unit: str) -> tuple[str, str]:
    """Street without its unit, and the unit with its designator, wherever the district wrote it."""
    words = street.split()
    if unit and words and words[-1] in UNITS:
        return split_unit(f"{street} {unit}", "")  # "1 Main St Apt" beside "4"
    street, unit = _named(street), _named(unit)
    words = street.split()
    own = ""
    if ROUTE_BOX.fullmatch(street):
        return street, _unit(unit)  # "RFD 4 # 87A": the number sign is the box
    for at in range(2, len(words)):
        if at == len(words) - 1 and not _is_unit_by_itself(words, at):
            break
        # "Lot Street" is a name; "Lot 7" and "Lot B" are units.
        is_unit = (
            words[at] in UNITS
            and re.fullmatch(r"#|[A-Z]{1,2}|.*[0-9].*", words[at + 1])
            and words[at + 1] not in SUFFIX_WORDS
        )
        if words[at] == "#" or is_unit or _is_unit_by_itself(words, at):
            street, own = " ".join(words[:at]), _unit(" ".join(words[at:]))
            break
    given = _unit(unit)
    if home_name(own) == home_name(given):
        return street, own or given
    return street, _unit(f"{own} {given}")


def _named(text: str) -> str:
    """Without the designators at its end that say nothing."""
    words = text.split()
    while words and words[-1] in _NAMELESS:
        del words[-1]
    return " ".join(words)


def _is_unit_by_itself(words: list[str], at: int) -> bool:
    """Whether a word such as "Rear" stands behind a street's suffix with nothing but units behind it."""
    return (
        words[at] in UNITS_BY_THEMSELVES
        and words[at - 1] in SUFFIX_WORDS
        and (at == len(words) - 1 or words[at + 1] in UNITS)
    )


def _unit(unit: str) -> str:
    """Designators abbreviated; the number sign only where there is no designator."""
    words = [UNITS.get(word, UNITS_BY_THEMSELVES.get(word, word)) for word in unit.split()]
    words = [word for at, word in enumerate(words) if word != "#" or at == 0]
    if len(words) > 1 and words[0] == "#" and words[1] in DESIGNATORS:
        del words[0]
    if not words or words == ["#"]:
        return ""
    named = words[0] in DESIGNATORS or words[0] in UNITS_BY_THEMSELVES
    return " ".join(words) if named else f"# {' '.join(words)}"


def home_name(unit: str) -> str:
    """A unit such that "Apt 3" and "# 3" are one home, "Bldg 3" and "Floor 3" others: those hold many."""
    return " ".join(word for word in unit.split() if word not in DESIGNATORS - HOLDING_MANY)


def put_behind(street: str, unit: str) -> tuple[str, str]:
    """A unit in front of the house number ("Apt 4 123 Oak St") as one behind it, where the post expects it."""
    words = street.split()
    is_in_front = (
        len(words) > 4
        and words[0] in UNITS
        and _IDENTIFIER.fullmatch(words[1])
        and words[2][0].isdigit()
        and words[2] != "BOX"
    )
    if not is_in_front:
        return street, unit
    return " ".join(words[2:]), f"{' '.join(words[:2])} {unit}".strip()


def says_nothing(unit: str) -> bool:
    """Whether a unit is only a mark that there is none."""
    return _NO_UNIT.fullmatch(unit) is not None


def is_clear(unit: str) -> bool:
    """Whether a unit names one place in the building, and holds nothing else.

    A gate code or a telephone number would show through the envelope's window, and two apartments are none.
    """
    wanted, within, in_one = "", 0, False
    for word in unit.split():
        if word in DESIGNATORS:
            wanted, in_one = word, False
        elif word in UNITS_BY_THEMSELVES.values() or word in PLACES:
            wanted, in_one = "", False
        elif not _IDENTIFIER.fullmatch(word):
            return False
        elif in_one and _MORE.fullmatch(word):
            continue  # "Apt 4 B", "# 12 1/2"
        else:
            within += wanted not in HOLDING_MANY
            wanted, in_one = "", True
    return within <= 1
