"""An Intelligent Mail barcode read backwards: bars in, digits out.

Shares the specification's bar table with the encoder, which published samples prove, and nothing else.
"""

from itertools import combinations

from pact_etl.domain.intelligent_mail import BAR_PLACES

_TURNED = 0x1FFF
_OFFSETS = ((1_000_100_001, 11), (100_001, 9), (1, 5), (0, 0))


def read_bars(bars: str) -> str:
    """The digits of 65 bars.

    Raises:
        ValueError: no sender writes these bars.
    """
    words = [0] * 10
    for state, places in zip(bars, BAR_PLACES, strict=True):
        for shown, place in zip((state in "DF", state in "AF"), places, strict=True):
            words["ABCDEFGHIJ".index(place[0])] |= shown << int(place[1:])
    check, codewords = 0, []
    for place, word in enumerate(words):
        if word in _CODEWORDS:
            codewords.append(_CODEWORDS[word])
        else:
            check |= 1 << place
            codewords.append(_CODEWORDS[word ^ _TURNED])
    if codewords[0] >= 659:
        check |= 1 << 10
        codewords[0] -= 659
    if codewords[9] % 2:
        raise ValueError("upside down")
    payload = 0
    for codeword in codewords[:9]:
        payload = payload * 1365 + codeword
    payload = payload * 636 + codewords[9] // 2
    if _remainder(payload) != check:
        raise ValueError("check sequence")
    return _digits(payload)


def _digits(payload: int) -> str:
    payload, rest = divmod(payload, 10**18)
    payload, second = divmod(payload, 5)
    payload, first = divmod(payload, 10)
    offset, length = next(pair for pair in _OFFSETS if payload >= pair[0])
    routing = f"{payload - offset:0{length}d}" if length else ""
    return f"{first}{second}{rest:018d}{routing}"


def _remainder(payload: int) -> int:
    """Long division of the 102 bits; starting with ones is the same as turning over the first eleven."""
    value = (payload ^ (0x7FF << 91)) << 11
    for place in range(112, 10, -1):
        if value >> place & 1:
            value ^= 0xF35 << (place - 11)
    return value & 0x7FF


def _mirrored(character: int) -> int:
    return sum(1 << (12 - bit) for bit in range(13) if character >> bit & 1)


def _characters(ones: int) -> list[int]:
    every = sorted(sum(1 << bit for bit in bits) for bits in combinations(range(13), ones))
    pairs = [(one, _mirrored(one)) for one in every if one < _mirrored(one)]
    return [one for pair in pairs for one in pair] + [
        one for one in reversed(every) if one == _mirrored(one)
    ]


_CODEWORDS = {word: place for place, word in enumerate(_characters(5) + _characters(2))}
