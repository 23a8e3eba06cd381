"""Schools of a district: invented names, codes, levels, and which grades they teach."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pact_etl.domain.district import District
from pact_etl.simulator.seeds import stream

GRADES = ("TK", "KN", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
PERIODS = {"elementary": 2, "middle": 6, "high": 6}
_TYPICAL_SIZE = {"elementary": 550, "middle": 850, "high": 1700}
_SMALLEST_SIZE = 50
_K8_BELOW = 3000  # an elementary district this small keeps grades 7 and 8 in its elementaries
_TK_WEIGHT = 0.6
_FIRST_WORDS = (
    "Alder, Amber, Arroyo, Aspen, Badger, Bluejay, Brookside, Buckeye, Camas, Candlewood, Cedar, "
    "Clover, Copper, Cottonwood, Crane, Creekside, Dovetail, Eagle, Elderberry, Fernwood, Foxglove, "
    "Golden, Granite, Harvest, Hawthorn, Heron, Hickory, Ironwood, Juniper, Kestrel, Lantern, "
    "Larkspur, Laurel, Linden, Lupine, Madrone, Manzanita, Maple, Meadowlark, Mesa, Millstone, "
    "Orchard, Osprey, Otter, Pinecone, Poppy, Quail, Redbud, Ridgeline, Riverbend, Rosewood, "
    "Sagebrush, Sequoia, Silverleaf, Starling, Sunrise, Sycamore, Tanager, Thistle, Toyon, Tule, "
    "Vineyard, Walnut, Wildrye, Willow, Yarrow"
)
_SECOND_WORDS = (
    "Bend, Bluff, Creek, Crossing, Field, Glen, Grove, Heights, Hill, Hollow, Knoll, Lane, Meadow, "
    "Park, Point, Ranch"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schools:
    """The schools of one district, one entry each."""

    codes: list[str]
    names: list[str]
    levels: list[str]
    phones: list[str]
    periods: npt.NDArray[np.int16]

    def teaching(self, level: str) -> npt.NDArray[np.int64]:
        """Which schools are of a level."""
        return np.flatnonzero(np.array(self.levels) == level)


def grade_weights(district: District) -> npt.NDArray[np.float64]:
    """The share of each grade among a district's students."""
    weights = np.ones(len(GRADES))
    weights[0] = _TK_WEIGHT
    if district.level == "elementary":
        weights[10:] = 0
    elif district.level == "high":
        weights[:10] = 0
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def level_of_grade(district: District) -> list[str]:
    """The level of the school for each grade; empty where the district does not teach it."""
    is_k8 = district.level == "elementary" and district.enrollment < _K8_BELOW
    levels = ["elementary"] * 8 + ["elementary" if is_k8 else "middle"] * 2 + ["high"] * 4
    return [
        level if weight else ""
        for level, weight in zip(levels, grade_weights(district), strict=True)
    ]


def make_schools(
    district: District, students: int, *, scale: float, seed: int, first_code: int
) -> Schools:
    """Invent a district's schools, at least one per level it teaches.

    Schools shrink more slowly than the county, so that a small one still has several.

    Args:
        district: whose schools.
        students: how many it has at this scale.
        scale: of the county.
        seed: of the county.
        first_code: codes are counted from here; a school code is unique in the county.
    """
    rng = stream(seed, "schools", district.slug)
    shares = dict.fromkeys(PERIODS, 0.0)
    for level, weight in zip(level_of_grade(district), grade_weights(district), strict=True):
        if level:
            shares[level] += float(weight)
    levels: list[str] = []
    for level, share in shares.items():
        size = max(_SMALLEST_SIZE, _TYPICAL_SIZE[level] * scale**0.5)
        levels += [level] * (max(1, round(share * students / size)) if share else 0)
    places = [f"{a} {b}" for a in _FIRST_WORDS.split(", ") for b in _SECOND_WORDS.split(", ")]
    chosen = rng.choice(len(places), size=len(levels), replace=False)
    return Schools(
        codes=[f"{first_code + 7 * n:07d}" for n in range(len(levels))],
        names=[f"{places[at]} {kind.title()}" for at, kind in zip(chosen, levels, strict=True)],
        levels=levels,
        phones=[f"(916) 555-{number:04d}" for number in rng.integers(0, 10_000, len(levels))],
        periods=np.array([PERIODS[level] for level in levels], dtype=np.int16),
    )
