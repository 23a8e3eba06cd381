"""Postal addresses: what a district wrote, as lines a letter can carry, or a slug that says why it cannot.

Spelling is settled after USPS Publication 28 only as far as equality needs it; whether the post delivers there is a
question for an address service, not for this module. An address of the Safe at Home program (Gov. Code 6205-6210)
is never touched, never guessed at and never a key.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pact_etl.domain.address_unit import (
    ROUTE_BOX,
    home_name,
    is_clear,
    put_behind,
    says_nothing,
    split_unit,
)
from pact_etl.domain.address_words import (
    CALIFORNIA_ZIPS,
    DIRECTIONS,
    SPANISH_NAMES,
    SPANISH_TYPES,
    STATES,
    SUFFIXES,
)


class AddressFault(StrEnum):
    """Why an address cannot be written on an envelope, most basic first."""

    STREET_MISSING = "street_missing"
    NO_FIXED_ADDRESS = "no_fixed_address"
    GENERAL_DELIVERY = "general_delivery"
    PLACEHOLDER = "placeholder"
    CITY_MISSING = "city_missing"
    STATE_INVALID = "state_invalid"
    ZIP_INVALID = "zip_invalid"
    ZIP_OUTSIDE_STATE = "zip_outside_state"
    CARE_OF = "care_of"
    TWO_ADDRESSES = "two_addresses"
    STREET_WITHOUT_NUMBER = "street_without_number"
    STREET_INCOMPLETE = "street_incomplete"
    UNIT_UNCLEAR = "unit_unclear"
    CHARACTERS_INVALID = "characters_invalid"
    LINE_TOO_LONG = "line_too_long"
    SAFE_AT_HOME_NUMBER_MISSING = "safe_at_home_number_missing"
    SAFE_AT_HOME_NOT_SUBSTITUTE = "safe_at_home_not_substitute"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAddress:
    """The fields as the district sent them; `safe_at_home` is the authorization number or empty."""

    street: str
    unit: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    safe_at_home: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address fit for an envelope.

    Attributes:
        lines: street lines and last line, without the name.
        household_key: equal for two spellings of one home; None where households must not be formed.
        safe_at_home: the authorization number that every piece must show, or empty.
    """

    lines: tuple[str, ...]
    household_key: str | None
    safe_at_home: str = ""


MAX_LINE = 45

SUBSTITUTE_BOXES = frozenset({"PO BOX 1679", "PO BOX 846"})
"""The Safe at Home program's boxes in Sacramento, the one in use and the one before it."""

_NOWHERE = re.compile(
    r"\b(HOMELESS|NO (FIXED|PERMANENT)( ADDRESS)?|NO ADDRESS|TRANSIENT|UNHOUSED|UNSHELTERED)\b"
)
_PLACEHOLDER = re.compile(
    r"(UNKNOWN|NONE|N ?/ ?A|TBD|SAME|TEST|X+|0+|UPDATE( ADDRESS)?|SEE ABOVE|RETURN(ED)? MAIL)"
)
_BOX = re.compile(r"(?:P ?O|POST OFFICE)? ?BOX #? ?([0-9A-Z-]+)")
_PO_BOX = re.compile(r"\b(?:P ?O|POST OFFICE) ?BOX (?:# ?)?[0-9A-Z-]+")
_HOUSE = re.compile(r"\b[0-9]+[A-Z]? [A-Z]{2,}")
_CARE_OF = re.compile(r"(^| )(C ?/ ?O|CARE OF|ATTN|ATTENTION|%) ")
# Publication 28, 23: "1234", "1234A", "123-45", "39.5", "1/2", and the grids of some counties.
_HOUSE_NUMBER = re.compile(r"(?:[0-9]+[A-Z]?(?:[-/.][0-9A-Z]+)*|[NSEW][0-9]+[NSEW][0-9]+)(?: |$)")
_MILITARY = re.compile(r"(?:PSC|CMR|UNIT) [0-9]+ BOX [0-9]+")
_FRACTIONS = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
_ALLOWED = re.compile(r"[A-Z0-9 #/&'.-]+")


def normalise(raw: RawAddress) -> PostalAddress | AddressFault:
    """The address as lines for an envelope, or why there are none.

    Args:
        raw: the district's fields.
    """
    if raw.safe_at_home.strip():
        return _substitute(raw)
    city, state, zip_code = _clean(raw.city), _state(raw.state), _zip(raw.zip)
    given = _clean(raw.unit)
    street, given = put_behind(_clean(raw.street), "" if says_nothing(given) else given)
    street, unit = split_unit(_without_last_line(street, city), given)
    if fault := _fault(street, unit, city, state, zip_code):
        return fault
    street, unit = _settled(street, unit)
    if street in SUBSTITUTE_BOXES and city == "SACRAMENTO":
        return AddressFault.SAFE_AT_HOME_NUMBER_MISSING
    lines = (*_street_lines(street, unit), f"{city} {state} {zip_code}")
    if not all(_ALLOWED.fullmatch(_plain(line)) for line in lines):
        return AddressFault.CHARACTERS_INVALID
    if any(len(line) > MAX_LINE for line in lines):
        return AddressFault.LINE_TOO_LONG
    # The city's name is left out: one ZIP code may be written with several.
    # Made of what is written, so that the written address has the key of the one it was made from.
    street, unit = split_unit(f"{street} {unit}".strip(), "")
    key = f"{zip_code[:5]}|{_plain(f'{street} {home_name(unit)}'.strip())}"
    return PostalAddress(lines=lines, household_key=key)


def postal_block(name: str, address: PostalAddress) -> tuple[str, ...]:
    """The lines in the envelope's window, the name first.

    Args:
        name: the addressee.
        address: where; a Safe at Home number is put behind the name, as the program asks.
    """
    name_line = " ".join(name.split())
    number = address.safe_at_home
    if number and not re.search(
        rf"(?<!\d){re.escape(number)}(?!\d)", " ".join((name_line, *address.lines[:-1]))
    ):
        name_line = f"{name_line} #{number}"
    return (name_line, *address.lines)


def _substitute(raw: RawAddress) -> PostalAddress | AddressFault:
    """A Safe at Home address as it stands, or a fault rather than somebody's real street."""
    street, unit = " ".join(raw.street.split()), " ".join(raw.unit.split())
    if not street:
        return AddressFault.STREET_MISSING
    written = (split_unit(_clean(part), "")[0] for part in (street, unit))
    if not any(_street(part) in SUBSTITUTE_BOXES for part in written):
        return AddressFault.SAFE_AT_HOME_NOT_SUBSTITUTE
    last = " ".join(f"{raw.city} {raw.state} {raw.zip}".split())
    number = raw.safe_at_home.strip().lstrip("#").strip()
    return PostalAddress(
        lines=tuple(line for line in (street, unit, last) if line),
        household_key=None,
        safe_at_home=number,
    )


def _fault(street: str, unit: str, city: str, state: str, zip_code: str) -> AddressFault | None:
    checks = (
        (not street, AddressFault.STREET_MISSING),
        (_NOWHERE.search(street), AddressFault.NO_FIXED_ADDRESS),
        ("GENERAL DELIVERY" in street, AddressFault.GENERAL_DELIVERY),
        (_PLACEHOLDER.fullmatch(street), AddressFault.PLACEHOLDER),
        (not any(character.isalpha() for character in city), AddressFault.CITY_MISSING),
        (state not in STATES, AddressFault.STATE_INVALID),
        (not zip_code, AddressFault.ZIP_INVALID),
        (
            state == "CA" and int(zip_code[:5] or 0) not in CALIFORNIA_ZIPS,
            AddressFault.ZIP_OUTSIDE_STATE,
        ),
        (_CARE_OF.search(f"{street} {unit}"), AddressFault.CARE_OF),
        (_has_box_beside_street(street, unit), AddressFault.TWO_ADDRESSES),
        (not _has_number(street), AddressFault.STREET_WITHOUT_NUMBER),
        (len(street.split()) < 2, AddressFault.STREET_INCOMPLETE),
        (not is_clear(unit), AddressFault.UNIT_UNCLEAR),
    )
    return next((fault for found, fault in checks if found), None)


def _has_number(street: str) -> bool:
    """Whether it begins with a house number, or is a box: the 4 of "Corner of Oak and 4th" is neither."""
    return any(one.match(street) for one in (_HOUSE_NUMBER, _BOX, ROUTE_BOX, _MILITARY))


def _has_box_beside_street(street: str, unit: str) -> bool:
    """Whether a box and a street stand together: the post delivers to one of them, and nobody said which."""
    beside, boxes = _PO_BOX.subn(" ", f"{street} {unit}")
    return boxes > 0 and _HOUSE.search(beside) is not None


def _without_last_line(street: str, city: str) -> str:
    """Without city and state, where a district wrote them behind the street as well."""
    found = re.fullmatch(
        rf"(.+) {re.escape(city)} (?:CA|CALIF|CALIFORNIA)(?: [0-9]{{5}}(?:-[0-9]{{4}})?)?", street
    )
    return found[1] if city and found else street


def _clean(text: str) -> str:
    """Capitals, single spaces, no full stops or commas but a number's own, the number sign on its own."""
    text = unicodedata.normalize("NFC", text).upper().replace("’", "'")
    text = re.sub(r"[\u2010-\u2014]", "-", text)
    text = re.sub("[½¼¾]", lambda found: _FRACTIONS[found[0]], text)
    return " ".join(
        re.sub(r"(?<![0-9])\.|\.(?![0-9])|[,;:]", " ", text).replace("#", " # ").split()
    )


def _plain(text: str) -> str:
    """Without accents, for comparing."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _state(text: str) -> str:
    state = _clean(text).replace(" ", "")
    return "CA" if state in {"CALIFORNIA", "CALIF", "CAL"} else state


def _zip(text: str) -> str:
    """Five digits, or five and four; empty if it is neither."""
    found = re.fullmatch(r"([0-9]{5})(?:[- ]?([0-9]{4}))?", text.strip(), re.ASCII)
    if found is None or found[1] == "00000":
        return ""
    return f"{found[1]}-{found[2]}" if found[2] and found[2] != "0000" else found[1]


def _street(street: str) -> str:
    """Publication 28 abbreviations, only where they cannot be the street's own name."""
    if box := _BOX.fullmatch(street):
        return f"PO BOX {box[1]}"
    if route := ROUTE_BOX.fullmatch(street):
        return f"{'RR' if route['rural'] else 'HC'} {route['route']} BOX {route['box']}"
    words = street.split()
    if len(words) < 2:
        return street
    if len(words) > 3 and words[1] in DIRECTIONS:
        words[1] = DIRECTIONS[words[1]]
    if len(words) > 3 and words[-1] in DIRECTIONS:
        words[-1] = DIRECTIONS[words[-1]]
    suffix = -2 if words[-1] in DIRECTIONS.values() and len(words) > 3 else -1
    first = 2 if words[1] in DIRECTIONS.values() else 1
    is_spanish = first < len(words) - 1 and words[first] in SPANISH_TYPES
    if is_spanish:
        words[first] = SPANISH_TYPES[words[first]]
    if len(words) + suffix > 1 and not (is_spanish and words[suffix] in SPANISH_NAMES):
        words[suffix] = SUFFIXES.get(words[suffix], words[suffix])
    return " ".join(words)


def _settled(street: str, unit: str) -> tuple[str, str]:
    """Street and unit such that one line made of them reads as the same two again.

    "Rear" behind a street without a suffix, or "Apt North" behind a box, cannot be told from the street's own words
    once they stand on its line; what cannot be told there is written as part of it from the start.
    """
    street = _street(street)
    for _ in range(len(street.split())):
        one_line = f"{street} {unit}".strip()
        if len(one_line) > MAX_LINE:
            break
        read, own = split_unit(one_line, "")
        if (_street(read), own) == (street, unit):
            break
        street, unit = _street(read), own
    return street, unit


def _street_lines(street: str, unit: str) -> tuple[str, ...]:
    one_line = f"{street} {unit}".strip()
    # Publication 28 puts a unit that does not fit above the street, never below it.
    return (one_line,) if len(one_line) <= MAX_LINE or not unit else (unit, street)


def count_faults(addresses: Iterable[RawAddress]) -> dict[str, int]:
    """How many addresses no envelope can carry, by the first fault of each; the most frequent first."""
    found = (normalise(address) for address in addresses)
    return dict(Counter(one.value for one in found if isinstance(one, AddressFault)).most_common())
