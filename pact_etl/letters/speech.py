"""One language at work: dates, times, lists of names, and what of a page stands apart in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from pact_etl.letters.inline import Run, Runs, filled_text
from pact_etl.letters.languages import Wording

LONGEST_PIECE = 40
"""Characters that stand in one line beside a label, whichever letters they are."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A language's wording, and how it writes what comes from people and calendars."""

    wording: Wording

    @property
    def is_rtl(self) -> bool:
        """Whether it is written from the right."""
        return self.wording.language.direction == "rtl"

    def name(self, text: str) -> Runs:
        """What people and places are called, in whatever script they arrived."""
        return (self._from_left(text),)

    def verbatim(self, text: str) -> Runs:
        """Numbers and addresses of machines: never broken over lines, from the left in every language."""
        return (Run(text, boxed=True),)

    def number(self, number: int) -> Runs:
        """A count."""
        return (Run(str(number), boxed=self.is_rtl),)

    def note(self, texts: dict[str, str], code: str) -> Runs:
        """A note of the county's in this language, or the English one, marked as such."""
        if texts.get(code):
            return (Run(texts[code]),)
        english = texts.get("eng", "")
        return (self._from_left(english, lang="en"),) if english else ()

    def _from_left(self, text: str, lang: str = "") -> Run:
        """Words in another script; in one piece unless a line might be too short for that."""
        is_long = len(text) > LONGEST_PIECE
        return Run(
            text,
            boxed=self.is_rtl and not is_long,
            lang=lang,
            isolated=self.is_rtl and is_long,
        )

    def long_date(self, day: date) -> str:
        """A day of the year in full."""
        language = self.wording.language
        months = language.months_in_date or language.months
        return filled_text(
            language.date,
            weekday=language.weekdays[day.weekday()],
            day=day.day,
            month=months[day.month - 1],
            year=day.year,
        )

    def time_span(self, starts: time, ends: time) -> Runs:
        """From when until when; each time stands apart."""
        language = self.wording.language
        runs: list[Run] = []
        for part in re.split(r"(\{starts\}|\{ends\})", language.time_span):
            if part:
                moment = {"{starts}": starts, "{ends}": ends}.get(part)
                runs += self._clock(moment) if moment else [Run(part)]
        return tuple(runs)

    def _clock(self, moment: time) -> list[Run]:
        language = self.wording.language
        hour = moment.hour if language.hours == 24 else (moment.hour - 1) % 12 + 1
        pattern = language.times[max(start for start in language.times if start <= moment.hour)]
        before, _, after = pattern.partition("{clock}")
        clock = Run(f"{hour}:{moment.minute:02d}", boxed=self.is_rtl)
        return [run for run in (Run(before), clock, Run(after)) if run.text]

    def days(self, days: Sequence[date]) -> str:
        """Ascending days by month: "August 25, 31; September 3"."""
        language = self.wording.language
        months = language.months_in_date or language.months
        named = [
            filled_text(
                language.days_of_month,
                month=months[month - 1],
                days=language.between_days.join(str(day.day) for day in group),
            )
            for (_, month), group in groupby(days, key=lambda day: (day.year, day.month))
        ]
        return language.between_months.join(named) or self.wording.record.no_days

    def listed(self, names: Sequence[tuple[str, Runs]]) -> Runs:
        """Several names, each with what is said of it, as a list within a sentence."""
        language = self.wording.language
        runs: list[Run] = []
        for position, (name, said) in enumerate(names):
            if position:
                last = position == len(names) - 1
                runs.append(Run(self._and_before(name) if last else language.between_names))
            runs += said
        return tuple(runs)

    def _and_before(self, name: str) -> str:
        language = self.wording.language
        own = language.and_before
        if own is not None and re.match(own.sound, name.lower()):
            return own.and_
        return language.and_

    def grade(self, code: str) -> str:
        """A grade's name, or its number."""
        return self.wording.language.grades.get(code, code.lstrip("0"))
