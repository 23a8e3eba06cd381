"""Language names of older Ed-Fi samples and systems to ISO 639 codes. Code values that already are codes pass.

A name that is not listed becomes `mis` (a language without a code of its own, the state's successor of the old "99
other"), for which no letter exists, so that a person looks; it never becomes English.
"""

UNCODED = "mis"

BY_NAME = {
    "amharic": "amh",
    "arabic": "ara",
    "armenian": "arm",
    "cantonese": "yue",
    "chinese": "chi",
    "dari": "prs",
    "english": "eng",
    "farsi": "per",
    "german": "ger",
    "hindi": "hin",
    "hmong": "hmn",
    "italian": "ita",
    "japanese": "jpn",
    "khmer": "khm",
    "korean": "kor",
    "lao": "lao",
    "mandarin": "cmn",
    "mien": "ium",
    "panjabi; punjabi": "pan",
    "pashto": "pus",
    "persian": "per",
    "portuguese": "por",
    "punjabi": "pan",
    "romanian": "rum",
    "russian": "rus",
    "spanish": "spa",
    "spanish; castilian": "spa",
    "tagalog": "tgl",
    "thai": "tha",
    "turkish": "tur",
    "ukrainian": "ukr",
    "urdu": "urd",
    "vietnamese": "vie",
}


def language_code(text: str) -> str:
    """The code of a language given as code or English name; empty stays empty."""
    name = text.strip().lower()
    if not name or (len(name) == 3 and name.isascii() and name.isalpha() and name not in BY_NAME):
        return name
    return BY_NAME.get(name, UNCODED)
