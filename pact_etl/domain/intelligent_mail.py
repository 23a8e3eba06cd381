"""The Intelligent Mail barcode of one envelope: which digits it carries, and the 65 bars they become.

Format and algorithm: USPS-B-3200, "Intelligent Mail Barcode 4-State Specification", sections 3 and 4. Fields, and the
time for which a mailer may not use a serial number again: USPS Publication 199. Drawing belongs to `pact_etl.letters`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

UNIQUE_DAYS = 45
"""For so long after mailing nobody may meet the same mailer id and serial number again (Publication 199)."""
UNIQUE_DAYS_KEPT = 2 * UNIQUE_DAYS
"""What is kept here, reckoned from the night the number was drawn: it may lie at the vendor for a while."""

TRACKING_DIGITS = 20
BAR_COUNT = 65
_MAILER_AND_SERIAL = 15

_CODEWORDS, _LAST_CODEWORD, _FIRST_LIMIT = 1365, 636, 659
_CHARACTER_BITS = 13
_PAYLOAD_BYTES = 13
_CRC_POLYNOMIAL, _CRC_BITS, _CRC_START = 0xF35, 11, 0x7FF
_ROUTING_OFFSETS = {0: 0, 5: 1, 9: 100_001, 11: 1_000_100_001}

# The specification's bar-to-character table: for each bar, the character and bit that make it descend, then ascend.
_BAR_TABLE = """
H2/E3 B10/A0 J12/C8 F5/G11 I9/D1 A1/F12 C5/B8 E4/J11 G3/I10 D9/H6 F11/B4 I5/C12 J10/A2
H1/G7 D6/E9 A3/I6 G4/C7 B1/J9 H10/F2 E0/D8 G2/A4 I11/B0 J8/D12 C6/H7 F1/E10 B12/G9
H3/I0 F8/J7 E6/C10 D4/A5 I4/F7 H11/B9 G0/J6 A6/E8 C1/D2 F9/I12 E11/G1 J5/H4 D3/B2
A7/C0 B3/E1 G10/D5 I7/J4 C11/F6 A8/H12 E2/I1 F10/D0 J3/A9 G5/C4 H8/B7 F0/E5 C3/A10
G12/J2 D11/B6 I8/H9 F4/A11 B5/C2 J1/E12 I3/G6 H0/D7 E7/H5 A12/B11 C9/J0 G8/F3 D10/I2
"""
BAR_PLACES = tuple(bar.split("/") for bar in _BAR_TABLE.split())
_STATES = {(False, False): "T", (False, True): "A", (True, False): "D", (True, True): "F"}

_ZIP = re.compile(r"([0-9]{5})(?:-([0-9]{4}))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailerIdentity:
    """Who the county is to the post office, from a day on.

    Attributes:
        mailer_id: assigned by the post office: six digits, or nine that begin with 9.
        service_type: three digits for class of mail, tracing and address correction (the STID table).
        barcode_id: two digits, the second at most 4; `00` for mail that is not presorted.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    mailer_id: str
    service_type: str
    barcode_id: str = "00"

    def __post_init__(self) -> None:
        """Refuse what no barcode can carry."""
        if not re.fullmatch(r"[0-8][0-9]{5}|9[0-9]{8}", self.mailer_id, re.ASCII):
            raise ValueError("a mailer id has six digits, or nine that begin with 9")
        if not re.fullmatch(r"[0-9]{3}", self.service_type, re.ASCII):
            raise ValueError("a service type has three digits")
        if not re.fullmatch(r"[0-9][0-4]", self.barcode_id, re.ASCII):
            raise ValueError("a barcode id has two digits, the second at most 4")

    @property
    def serial_count(self) -> int:
        """How many serial numbers there are before the first one comes again."""
        return int(10 ** (_MAILER_AND_SERIAL - len(self.mailer_id)))


def barcode_digits(identity: MailerIdentity, number: int, last_line: str) -> str:
    """The 20, 25 or 29 digits of one envelope: tracking code, then the ZIP code as far as it is known.

    Args:
        identity: in force when the number was drawn.
        number: never used before; its last digits are the serial number.
        last_line: of the postal block. The delivery point behind ZIP+4 is an address service's word, not guessed here.
    """
    width = _MAILER_AND_SERIAL - len(identity.mailer_id)
    serial = f"{number % identity.serial_count:0{width}d}"
    zip_code = _ZIP.search(last_line)
    routing = "".join(part for part in zip_code.groups() if part) if zip_code else ""
    return f"{identity.barcode_id}{identity.service_type}{identity.mailer_id}{serial}{routing}"


def bars(digits: str) -> str:
    """The bars from left to right: `F` full, `A` ascender, `D` descender, `T` tracker.

    Args:
        digits: 20 of the tracking code, then 0, 5, 9 or 11 of the routing code.

    Raises:
        ValueError: these digits have no barcode.
    """
    tracking, routing = digits[:TRACKING_DIGITS], digits[TRACKING_DIGITS:]
    well_formed = re.fullmatch(r"[0-9][0-4][0-9]{18}", tracking, re.ASCII)
    if not well_formed or not re.fullmatch(r"[0-9]*", routing, re.ASCII):
        raise ValueError("a barcode carries digits, the second at most 4")
    if len(routing) not in _ROUTING_OFFSETS:
        raise ValueError("a routing code has 0, 5, 9 or 11 digits")
    characters = _characters(_payload(tracking, routing))
    return "".join(
        _STATES[_is_set(characters, down), _is_set(characters, up)] for down, up in BAR_PLACES
    )


def _payload(tracking: str, routing: str) -> int:
    value = _ROUTING_OFFSETS[len(routing)] + int(routing or 0)
    value = (value * 10 + int(tracking[0])) * 5 + int(tracking[1])
    return int(f"{value}{tracking[2:]}")


def _characters(payload: int) -> list[int]:
    """Ten characters of 13 bits; a character is turned over where the check sequence has a one."""
    check = _check_sequence(payload)
    payload, last = divmod(payload, _LAST_CODEWORD)
    codewords = [2 * last]  # orientation: the last codeword is always even
    for _ in range(8):
        payload, codeword = divmod(payload, _CODEWORDS)
        codewords.append(codeword)
    codewords.append(payload + (_FIRST_LIMIT if check >> (_CRC_BITS - 1) else 0))
    return [
        _alphabet()[codeword] ^ ((1 << _CHARACTER_BITS) - 1 if check >> place & 1 else 0)
        for place, codeword in enumerate(reversed(codewords))
    ]


def _check_sequence(payload: int) -> int:
    """The 11-bit cyclic redundancy check over 102 bits: 13 bytes without the two highest bits."""
    check = _CRC_START
    for place in range(8 * _PAYLOAD_BYTES - 3, -1, -1):
        is_odd = (check >> (_CRC_BITS - 1)) ^ (payload >> place & 1)
        check = check << 1 & _CRC_START
        if is_odd:
            check ^= _CRC_POLYNOMIAL & _CRC_START
    return check


@cache
def _alphabet() -> tuple[int, ...]:
    """The 1365 characters by codeword: those with five of 13 bits set, then those with two."""
    return (*_characters_with(5), *_characters_with(2))


def _characters_with(ones: int) -> Sequence[int]:
    """Pairs that mirror each other in order; those that mirror themselves from the end backwards."""
    pairs: list[int] = []
    alone: list[int] = []
    for character in range(1 << _CHARACTER_BITS):
        mirrored = int(f"{character:0{_CHARACTER_BITS}b}"[::-1], 2)
        if character.bit_count() != ones or mirrored < character:
            continue
        if mirrored == character:
            alone.append(character)
        else:
            pairs += [character, mirrored]
    return (*pairs, *reversed(alone))


def _is_set(characters: Sequence[int], place: str) -> bool:
    return bool(characters["ABCDEFGHIJ".index(place[0])] >> int(place[1:]) & 1)
