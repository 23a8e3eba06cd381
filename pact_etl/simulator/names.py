"""Names of invented people: pools by language group.

Drawn by faker where it has the language, listed here otherwise. Student information systems hold
names in Latin letters, so Cyrillic is transliterated and Vietnamese loses most marks. Every name
fits Windows-1252, which one of the dialects is written in.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from faker import Faker

_DRAWS = 500
_LOCALES = {
    "eng": "en_US",
    "spa": "es_MX",
    "vie": "vi_VN",
    "ind": "en_IN",
    "rus": "ru_RU",
    "ukr": "uk_UA",
}
_TRANSLITERATED = dict(
    zip(
        "đабвгґдеєёжзиіїйклмнопрстуфхцчшщыэюя",
        [
            "d",
            "a",
            "b",
            "v",
            "g",
            "g",
            "d",
            "e",
            "ye",
            "yo",
            "zh",
            "z",
            "i",
            "i",
            "yi",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "y",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
) | {"ъ": "", "ь": ""}
_LISTED = {
    "hmn": (
        "Mai Pa Yer Kia Xee Bao Chue Gao Ka Nou Panyia Sheng See Ying Zoua Maly Youa Paj Nkauj Kalia",
        "Tou Kong Fue Cheng Pao Yee Xeng Chong Lue Meng Nhia Pheng Toua Vang Ge Koua Blong Leng Neng Teng",
        "Xiong Vang Yang Lee Thao Moua Her Lor Vue Cha Hang Khang Kue Fang Chue Pha Lo Vu Cheng Kong",
    ),
    "afg": (
        "Zarghona Malalai Freshta Nilofar Parwana Shabnam Zahra Sahar Laila Maryam Roya Soraya Hosna Marwa Spozhmai",
        "Ahmad Farid Hamid Najib Omid Rahim Sohrab Wali Zalmay Idris Jawad Khalid Mirwais Nasir Qasim",
        "Ahmadi Amiri Azizi Hakimi Haidari Karimi Mohammadi Nazari Noori Popal Rahimi Safi Stanikzai Wardak Zadran",
    ),
    "ara": (
        "Amina Dalia Fatima Hala Iman Jana Khadija Lina Mona Nour Rania Salma Yasmin Zaina Huda",
        "Adel Bilal Faris Hassan Ibrahim Jamal Karim Mahmoud Nabil Omar Rami Samir Tariq Yousef Ziad",
        "Abdallah Al-Amin Al-Hadi Aziz Darwish Fares Haddad Hamdan Khalil Mansour Nasser Qasem Saleh Shaheen Younis",
    ),
    "tgl": (
        "Maria Angelica Jasmine Rosario Luz Corazon Mayumi Tala Ligaya Princess Marisol Analyn Divina Jocelyn",
        "Jose Angelo Rodel Danilo Renato Joel Bayani Rizal Arnel Jerome Marlon Noel Reynaldo Dennis",
        "Abad Aquino Bautista Castillo Cruz Dizon Fernandez Gatdula Lacson Magbanua Manalo Pascual Reyes Santos",
    ),
    "zho": (
        "Mei Ling Xiu Ying Hua Lan Fang Jing Yan Qing Na Hui Min Xin Yue",
        "Wei Jun Ming Hao Lei Qiang Bo Tao Feng Jian Peng Yong Kai Zhen Chao",
        "Chan Chen Cheung Huang Lam Leung Li Lin Liu Wang Wong Wu Xu Zhang Zhou",
    ),
}  # fmt: skip
GROUPS = (*_LOCALES, *_LISTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePool:
    """The names of one group."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]


def name_pools(seed: int) -> dict[str, NamePool]:
    """Every group's pool; the same seed gives the same names."""
    pools = {group: _drawn(locale, seed) for group, locale in _LOCALES.items()}
    for group, (female, male, last) in _LISTED.items():
        pools[group] = NamePool(
            female=tuple(female.split()), male=tuple(male.split()), last=tuple(last.split())
        )
    return pools


def plain(name: str) -> str:
    """A name in lower-case ASCII letters, as email addresses have it."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in folded if letter.isalpha())


@lru_cache(maxsize=16)
def _drawn(locale: str, seed: int) -> NamePool:
    fake = Faker(locale)
    fake.seed_instance(seed)
    draws = (fake.first_name_female, fake.first_name_male, fake.last_name)
    female, male, last = (
        tuple(dict.fromkeys(_latin(draw()) for _ in range(_DRAWS))) for draw in draws
    )
    return NamePool(female=female, male=male, last=last)


def _latin(name: str) -> str:
    """Latin letters that Windows-1252 holds; other marks are dropped, letter by letter."""
    spelled = "".join(_in_windows(letter) for letter in unicodedata.normalize("NFC", name))
    return spelled[:1].upper() + spelled[1:]


def _in_windows(letter: str) -> str:
    if letter.lower() in _TRANSLITERATED:
        return _TRANSLITERATED[letter.lower()]
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return letter
