"""Which language a family speaks at home, and what its names sound like. Shares follow the county's rules document."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A home language: its code, its share of families, and the name group of its speakers."""

    code: str
    share: float
    names: str


LANGUAGES = (
    Language(code="eng", share=0.668, names="eng"),
    Language(code="spa", share=0.175, names="spa"),
    Language(code="rus", share=0.022, names="rus"),
    Language(code="ukr", share=0.016, names="ukr"),
    Language(code="hmn", share=0.020, names="hmn"),
    Language(code="vie", share=0.017, names="vie"),
    Language(code="prs", share=0.018, names="afg"),
    Language(code="pus", share=0.010, names="afg"),
    Language(code="fas", share=0.007, names="afg"),
    Language(code="ara", share=0.010, names="ara"),
    Language(code="yue", share=0.011, names="zho"),
    Language(code="cmn", share=0.007, names="zho"),
    Language(code="pan", share=0.008, names="ind"),
    Language(code="tgl", share=0.004, names="tgl"),
    Language(code="hin", share=0.003, names="ind"),
    Language(code="urd", share=0.002, names="ind"),
    Language(code="lao", share=0.001, names="hmn"),
    Language(code="mis", share=0.001, names="ara"),
)
_SAN_JUAN_FACTORS = {
    "prs": 2.0,
    "pus": 2.0,
    "fas": 2.0,
    "ara": 1.8,
    "rus": 1.8,
    "ukr": 2.0,
    "hmn": 0.3,
}
_NAMES_OF_ENGLISH_HOMES = {
    "eng": 0.70,
    "spa": 0.15,
    "tgl": 0.04,
    "hmn": 0.03,
    "ind": 0.03,
    "vie": 0.02,
    "zho": 0.03,
}


def language_shares(slug: str) -> npt.NDArray[np.float64]:
    """The share of each language among a district's families."""
    shares = np.array([language.share for language in LANGUAGES])
    if slug == "san-juan-unified":
        shares = shares * [_SAN_JUAN_FACTORS.get(language.code, 1.0) for language in LANGUAGES]
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def name_groups(
    languages: npt.NDArray[np.int8], rng: np.random.Generator, groups: tuple[str, ...]
) -> npt.NDArray[np.int8]:
    """The name group of each family; English is spoken at home by families of every origin."""
    own = np.array([groups.index(language.names) for language in LANGUAGES], dtype=np.int8)
    english = np.array([groups.index(name) for name in _NAMES_OF_ENGLISH_HOMES], dtype=np.int8)
    drawn = rng.choice(english, size=len(languages), p=list(_NAMES_OF_ENGLISH_HOMES.values()))
    return np.where(languages == 0, drawn, own[languages]).astype(np.int8)
