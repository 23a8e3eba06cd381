"""Language codes as Aeries districts keep them, to ISO 639: the state's old two-digit ones, and any three-letter one.

Source: California Department of Education, language codes of the English Learner reports (R30-LC). Written down from
memory of that list for the languages that letters exist in or that are common in California; a district whose codes
differ sets the option `languages`. A code that is not listed becomes `mis`, a language without a code of its own, for
which no letter exists, so that a person looks; it never becomes English.
"""

from collections.abc import Mapping

UNCODED = "mis"

STATE_CODES: Mapping[str, str] = {
    "00": "eng",
    "01": "spa",
    "02": "vie",
    "03": "yue",
    "04": "kor",
    "05": "tgl",
    "06": "por",
    "07": "cmn",
    "08": "jpn",
    "09": "khm",
    "10": "lao",
    "11": "ara",
    "12": "hye",
    "16": "fas",
    "17": "fra",
    "22": "hin",
    "23": "hmn",
    "28": "pan",
    "29": "rus",
    "30": "smo",
    "32": "tha",
    "34": "ton",
    "35": "urd",
    "38": "ukr",
    "40": "pus",
}


def language(code: str, own: Mapping[str, str]) -> str:
    """ISO 639 for a district's language code; blank stays blank.

    Args:
        code: as Aeries has it.
        own: the district's own codes, asked first.
    """
    if not code:
        return ""
    if code in own:
        return own[code]
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code.lower()
    return STATE_CODES.get(code.zfill(2), UNCODED)
