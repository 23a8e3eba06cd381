"""Intelligent Mail barcodes read back from a set page: states by the bars' measures, whatever the template meant."""

import re
from dataclasses import dataclass

from pact_etl.domain.intelligent_mail import BAR_COUNT

_PATH = re.compile(
    rb"q 1 0 0 -1 ([0-9.]+) ([0-9.]+) cm/\w+ cs [0-9.]+ scn((?: -?[0-9.]+ -?[0-9.]+ [ml]|\nh)+)\nf\n"
)
_NUMBER = re.compile(rb"-?[0-9.]+")
_STATES = {(False, False): "T", (True, False): "A", (False, True): "D", (True, True): "F"}
_TRACKER_REACH = 2.4
"""Points over or under the middle; a tracker reaches at most 0.0285 in (2.1), a longer bar at least 0.0535 in (3.9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBarcode:
    """The bars, and where they stand: points from the sheet's lower left corner."""

    bars: str
    left: float
    bottom: float
    right: float
    top: float


def find_barcode(content: bytes) -> FoundBarcode | None:
    """The barcode in a page's content, or None.

    Args:
        content: as the typesetter writes it, unpacked.
    """
    for path in _PATH.finditer(content):
        shapes = path[3].split(b"\nh")[:-1]
        if len(shapes) == BAR_COUNT:
            return _read(float(path[1]), float(path[2]), shapes)
    return None


def _read(x: float, y: float, shapes: list[bytes]) -> FoundBarcode:
    boxes = []
    for shape in shapes:
        numbers = [float(number) for number in _NUMBER.findall(shape)]
        across, along = numbers[::2], numbers[1::2]
        boxes.append((min(across), max(across), min(along), max(along)))
    boxes.sort()
    lefts, rights, tops, bottoms = zip(*boxes, strict=True)
    middle = (max(tops) + min(bottoms)) / 2
    states = (
        _STATES[middle - top > _TRACKER_REACH, bottom - middle > _TRACKER_REACH]
        for top, bottom in zip(tops, bottoms, strict=True)
    )
    return FoundBarcode(
        bars="".join(states),
        left=x + lefts[0],
        bottom=y - max(bottoms),
        right=x + max(rights),
        top=y - min(tops),
    )
