"""The languages of the letters as values, one file each.

No list to keep in step: a kind exists in a language whose file has a section of that name. A text is known by its
fingerprint, so that a reviewer's name stands for the words that were read and for no others.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import Missed, OwnText
from pact_etl.domain.letter_kind import LetterKind

WORDING = Path(__file__).parent / "wording"

_STRICT = {"extra": "forbid"}

SHARED = ("language", "letter", "missed", "record")
"""Sections of a file that belong to no kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnd:
    """Another "and" before a name that begins with a sound, such as Spanish "e" before i.

    Attributes:
        sound: a regular expression, matched at the start of the name in small letters.
    """

    sound: str
    and_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How a language writes dates, times and lists.

    Attributes:
        tag: BCP 47, for screen readers.
        font: the family its script is in; Latin is always set in the first.
        months: as the title of a calendar has them.
        months_in_date: as a date has them, where that differs.
        weekdays: Monday first.
        weekday_initials: Monday to Friday, over the columns of a calendar.
        hours: whether a day has twice 12 hours or 24.
        times: how a time of day reads, from which hour on.
        label_width: of the labels before date, time and place, in points.
        grades: names of the grades that are not numbers.
        notice: what stands above an English letter for a family whose language nobody has vetted.
    """

    __pydantic_config__ = _STRICT

    name: str
    tag: str
    direction: Literal["ltr", "rtl"]
    font: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    weekday_initials: tuple[str, ...]
    date: str
    month_title: str
    days_of_month: str
    between_days: str
    between_months: str
    hours: Literal[12, 24]
    times: Mapping[int, str]
    time_span: str
    between_names: str
    and_: str
    label_width: int
    notice: str
    grades: Mapping[str, str]
    months_in_date: tuple[str, ...] = ()
    and_before: OwnAnd | None = None
    between_sentences: str = " "

    def __post_init__(self) -> None:
        """Refuse a calendar that is not whole."""
        counts = [len(self.months), len(self.months_in_date or self.months)]
        if counts != [12, 12] or [len(self.weekdays), len(self.weekday_initials)] != [7, 5]:
            raise ValueError("twelve months, seven weekdays, five initials")
        if min(self.times, default=1) != 0 or max(self.times) > 23:
            raise ValueError("times begin at 0 and are hours of a day")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLabels:
    """Words that letters of every kind share."""

    __pydantic_config__ = _STRICT

    greeting: str
    greeting_unnamed: str
    more: str
    date: str
    time: str
    place: str
    parking: str
    childcare: str
    interpreter: str
    copy_note: str = ""  # of the English copy behind another language's letter


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedSentences:
    """What a letter says first: which days of the record it counts (`domain.letter.Missed`).

    Attributes:
        one: whole days missed, of one student.
        one_late: days late or away more than 30 minutes.
        one_both: both counts.
        several: of students who all missed whole days; each is named by `each`.
        several_late: of students of whom some were late or away; each is named by one of the three that follow.
    """

    __pydantic_config__ = _STRICT

    one: str
    one_late: str
    one_both: str
    several: str
    each: str
    several_late: str
    each_days: str
    each_late: str
    each_both: str

    def sentence(self, missed: Sequence[Missed]) -> str:
        """The sentence of a letter, given what is said of each of its students."""
        if len(missed) > 1:
            return self.several if self._is_of_days(missed) else self.several_late
        return {Missed.DAYS: self.one, Missed.LATE: self.one_late, Missed.BOTH: self.one_both}[
            missed[0]
        ]

    def each_of(self, missed: Sequence[Missed]) -> list[str]:
        """What is said of each student in the list of several."""
        if self._is_of_days(missed):
            return [self.each] * len(missed)
        own = {
            Missed.DAYS: self.each_days,
            Missed.LATE: self.each_late,
            Missed.BOTH: self.each_both,
        }
        return [own[one] for one in missed]

    @staticmethod
    def _is_of_days(missed: Sequence[Missed]) -> bool:
        return all(one is Missed.DAYS for one in missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLabels:
    """Words of the attendance record."""

    __pydantic_config__ = _STRICT

    title: str
    school: str
    district: str
    grade: str
    entry: str
    as_of: str
    summary_title: str
    enrolled: str
    present: str
    unexcused: str
    partial: str
    excused: str
    unverified: str
    unexcused_dates_title: str
    partial_dates_title: str
    no_days: str
    legend_full: str
    legend_part: str
    mistake_title: str
    mistake: str
    no_reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language's file.

    Attributes:
        kinds: for each kind of letter that exists in the language, its clauses by name.
    """

    language: Language
    letter: LetterLabels
    missed: MissedSentences
    record: RecordLabels
    kinds: Mapping[LetterKind, Mapping[str, str]] = field(default_factory=dict)

    def said_in(self, kind: LetterKind) -> dict[str, Any]:
        """Everything that a letter of this kind says in this language."""
        shared = {"language": asdict(self.language), "letter": asdict(self.letter)}
        counted = {"missed": asdict(self.missed), "record": asdict(self.record)}
        record = counted if kind.carries_record else {}
        return shared | record | {"clauses": dict(self.kinds[kind])}


@cache
def wording_of(code: str, own_words: tuple[OwnText, ...] = ()) -> Wording:
    """A language's file, checked.

    Args:
        code: ISO 639-3.
        own_words: a county's, in place of the file's texts; those of other languages are left out.

    Raises:
        SettingsError: there is no file, or it is not whole, or a county words what it does not say; names the field.
    """
    try:
        content = yaml.safe_load((WORDING / f"{code}.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"letters: no wording in {code}") from None
    for own in own_words:
        if own.language == code:
            _put(content, own)
    language = content.get("language", {})
    for holder in (language, language.get("and_before") or {}):
        if "and" in holder:
            holder["and_"] = holder.pop("and")
    shared = {name: content.pop(name, {}) for name in SHARED}
    try:
        return TypeAdapter(Wording).validate_python(shared | {"kinds": content})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"letters, wording in {code}: {place}: {first['msg']}") from None


def _put(content: Mapping[str, Any], own: OwnText) -> None:
    """A county's words in the place of a file's; it has none of its own for what no file says."""
    section = content.get(own.section, {})
    if not isinstance(section.get(own.name), str):
        raise SettingsError(f"letters/{own.language}.yaml: {own.section}.{own.name}: no such text")
    section[own.name] = own.text


@cache
def written_languages() -> frozenset[str]:
    """The ISO 639-3 codes of all wording files."""
    return frozenset(path.stem for path in WORDING.glob("*.yaml"))


@cache
def template_languages(kind: LetterKind = LetterKind.PACT_INVITATION) -> frozenset[str]:
    """The ISO 639-3 codes a letter of this kind can be set in."""
    return frozenset(code for code in written_languages() if kind in wording_of(code).kinds)


@cache
def fingerprint(code: str, kind: LetterKind, own_words: tuple[OwnText, ...] = ()) -> str:
    """What a reviewer's name stands for: SHA-256 of everything that the kind says in the language.

    Raises:
        SettingsError: the kind does not exist in the language.
    """
    wording = wording_of(code, own_words)
    if kind not in wording.kinds:
        raise SettingsError(f"letters: no {kind} in {code}")
    said = json.dumps(wording.said_in(kind), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def fingerprints(kind: LetterKind, own_words: tuple[OwnText, ...] = ()) -> Mapping[str, str]:
    """The fingerprints of a kind by language, in a county's own words where it has them."""
    return {code: fingerprint(code, kind, own_words) for code in sorted(template_languages(kind))}


def texts_of(value: Any) -> Iterator[str]:
    """Every text within what `Wording.said_in` gives."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_of(part)
