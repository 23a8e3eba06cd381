"""How one kind of cell is read: distinct stripped texts in, typed values and what is wrong with each out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.ladder import Channel, Step
from pact_etl.domain.reasons import Reason
from pact_etl.validation.columns import Column, Kind
from pact_etl.validation.faults import Mask
from pact_etl.validation.values import DAY, TEXT

ID = r"(?![0-9]{33})[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
"""Up to 64 characters, for systems whose ids are GUIDs; a number of more than 32 digits is no id but a fault."""

MANGLED = r"[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+|[0-9]+\.0*|[0-9]{1,3}(,[0-9]{3})+"
"""What a spreadsheet makes of a long number: 1.23E+09, 123456.0, 1,234,567."""

UNTIDY = r"\s\s|[\t\n\r\f\v]"

LONGEST_TEXT = 1000
"""Signs of a text cell. Twice the longest field of any system read here; what is longer is a file gone wrong."""

DATE = r"[!-,./-~][ -~]*"
"""What a written date can look like at all: ASCII, no sign before the year. The library would read other scripts'
digits, a negative year as a positive one, and `today` and `now` off the clock, so there is a digit in it, too."""

SSID_DIGITS = 10
EARLIEST = pd.Timestamp("1900-01-01")
LATEST = pd.Timestamp("2199-12-31")

LEVELS = frozenset({"elementary", "middle", "high"})
GRADES = frozenset({"IN", "PS", "TK", "KN", "UE", "US", "AD", *(f"{n:02d}" for n in range(1, 13))})
GRADE_SPELLINGS = {"K": "KN", "0": "KN", "00": "KN", **{str(n): f"{n:02d}" for n in range(1, 10)}}
FLAGS = {"y": True, "n": False, "1": True, "0": False, "true": True, "false": False}
NUMBER_LIMIT = 1440  # minutes of a day; no count here is larger


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """Values, which texts were empty, and which are bad for which reason."""

    values: pd.Series
    empty: Mask
    bad: dict[Reason, Mask] = field(default_factory=dict)


def read_text(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """Any text; line breaks and runs of blanks become one blank, so that nothing breaks an address line."""
    empty = _empty(texts)
    untidy = np.asarray(texts.str.contains(UNTIDY, regex=True), dtype=bool)
    if untidy.any():
        texts = texts.where(~untidy, texts[untidy].str.replace(r"\s+", " ", regex=True))
    long = np.asarray(texts.str.len() > LONGEST_TEXT, dtype=bool)
    values = _blank_out(texts, empty | long)
    return Read(values=values, empty=empty, bad={Reason.INVALID_VALUE: long})


def read_local_id(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A student's local id; where the district's ids have a fixed length, any other length lost its zeros."""
    return _read_id(texts, ID, district.id_digits)


def read_person_id(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """Another person's local id."""
    return _read_id(texts, ID, None)


def read_ssid(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """Ten digits, no check digit."""
    return _read_id(texts, r"[0-9]+", SSID_DIGITS)


def read_school(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A school code."""
    return _read_id(texts, r"[0-9]{1,14}", None)


def _read_id(texts: pd.Series, pattern: str, digits: int | None) -> Read:
    empty = _empty(texts)
    mangled = _matches(texts, MANGLED) & ~empty
    if digits is not None:
        mangled |= _matches(texts, r"[0-9]+") & (texts.str.len().to_numpy() != digits)
        pattern = f"[0-9]{{{digits}}}"
    invalid = ~_matches(texts, pattern) & ~mangled & ~empty
    values = _blank_out(texts, empty | mangled | invalid)
    return Read(
        values=values, empty=empty, bad={Reason.ID_MANGLED: mangled, Reason.INVALID_ID: invalid}
    )


def read_date(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A date in the dialect's format and in a century that can be meant."""
    empty = _empty(texts)
    days = written_days(texts, district.date_format)
    days = days.where(days.between(EARLIEST, LATEST))
    return Read(
        values=days, empty=empty, bad={Reason.INVALID_DATE: days.isna().to_numpy() & ~empty}
    )


def written_days(texts: pd.Series, date_format: str) -> pd.Series:
    """Dates as they are written; missing where a text is none of that format."""
    written = _matches(texts, DATE) & np.asarray(texts.str.contains("[0-9]"), dtype=bool)
    if re.search("%[a-zA-Z]%", date_format):
        # Where numbers stand without anything between them, 2026111 is the first of November or the 11th of January.
        written &= np.asarray(texts.str.len() == len(EARLIEST.strftime(date_format)), dtype=bool)
    return pd.to_datetime(texts.where(written), format=date_format, errors="coerce").astype(DAY)


def read_flag(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """Yes or no, in the district's own words for this column where it has some; without a default, also not said."""
    empty = _empty(texts)
    own = district.values.get(name)
    found = [FLAGS.get(t.lower()) if own is None else own.get(t) for t in texts]
    bad = np.array([flag is None for flag in found], dtype=bool) & ~empty
    if column.default is None:
        values = pd.Series(found, dtype="boolean")
    else:
        values = pd.Series([column.default if f is None else f for f in found], dtype="bool")
    return Read(values=values, empty=empty, bad={Reason.INVALID_VALUE: bad})


def read_number(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A small whole number."""
    empty = _empty(texts)
    whole = texts.str.replace(r"\.0*$", "", regex=True)
    good = _matches(whole, "[0-9]{1,4}")
    numbers = pd.to_numeric(whole.where(good), errors="coerce").astype("Int64")
    too_large = (numbers > NUMBER_LIMIT).fillna(False).to_numpy(dtype=bool)
    values = numbers.mask(too_large)
    if column.default is not None:
        values = values.fillna(int(column.default))
    return Read(
        values=values, empty=empty, bad={Reason.INVALID_VALUE: (~good & ~empty) | too_large}
    )


def read_level(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """Elementary, middle or high."""
    return _read_choice(texts.str.lower(), LEVELS)


def read_grade(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A state grade code; single digits and K are spellings of one."""
    return _read_choice(texts.str.upper().replace(GRADE_SPELLINGS), GRADES)


def _read_choice(texts: pd.Series, choices: frozenset[str]) -> Read:
    empty = _empty(texts)
    bad = ~texts.isin(choices).to_numpy() & ~empty
    return Read(values=_blank_out(texts, empty | bad), empty=empty, bad={Reason.INVALID_VALUE: bad})


def read_language(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """An ISO 639 code of three letters; whether a letter exists in it is not asked here."""
    lower = texts.str.lower()
    empty = _empty(lower)
    bad = ~_matches(lower, "[a-z]{3}") & ~empty
    return Read(values=_blank_out(lower, empty | bad), empty=empty, bad={Reason.INVALID_VALUE: bad})


def read_step(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A step of the ladder."""
    return _read_choice(texts.str.lower(), frozenset(Step))


def read_channel(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """How a step reached whom it was for."""
    return _read_choice(texts.str.lower(), frozenset(Channel))


def read_section(texts: pd.Series, name: str, column: Column, district: District) -> Read:
    """A section's number, with or without the code's initials before it."""
    bare = texts.str.replace(r"(?i)^EC ?", "", regex=True)
    empty = _empty(bare)
    bad = ~_matches(bare, r"[0-9]{3,5}(\.[0-9]{1,2})?") & ~empty
    return Read(values=_blank_out(bare, empty | bad), empty=empty, bad={Reason.INVALID_VALUE: bad})


READERS: dict[Kind, Callable[[pd.Series, str, Column, District], Read]] = {
    Kind.TEXT: read_text,
    Kind.LOCAL_ID: read_local_id,
    Kind.PERSON_ID: read_person_id,
    Kind.SSID: read_ssid,
    Kind.SCHOOL: read_school,
    Kind.DATE: read_date,
    Kind.FLAG: read_flag,
    Kind.NUMBER: read_number,
    Kind.LEVEL: read_level,
    Kind.GRADE: read_grade,
    Kind.LANGUAGE: read_language,
    Kind.STEP: read_step,
    Kind.CHANNEL: read_channel,
    Kind.SECTION: read_section,
}


def _empty(texts: pd.Series) -> Mask:
    return np.asarray(texts == "", dtype=bool)


def _matches(texts: pd.Series, pattern: str) -> Mask:
    return np.asarray(texts.str.fullmatch(f"(?:{pattern})"), dtype=bool)


def _blank_out(texts: pd.Series, where: Mask) -> pd.Series:
    return texts.mask(where).astype(TEXT)
