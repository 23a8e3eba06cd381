"""Days and hours in words. A language that is added here needs templates, and the other way round.

Written out by hand because the machine's locales differ from one installation to the next.
"""

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    weekdays: tuple[str, ...]  # Monday first, as in date.weekday()
    months: tuple[str, ...]
    long: str
    short: str


_WORDS = {
    "eng": _Words(
        weekdays=(
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ),
        months=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        long="{weekday}, {month} {day}, {year}",
        short="{weekday}, {month} {day}",
    ),
    "spa": _Words(
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        months=(
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        long="{weekday} {day} de {month} de {year}",
        short="{weekday} {day} de {month}",
    ),
}

LANGUAGES = frozenset(_WORDS)


def long_date(day: date, language: str) -> str:
    """Such as `Tuesday, January 12, 2027`."""
    return _in_words(day, language, _WORDS[language].long)


def short_date(day: date, language: str) -> str:
    """Such as `Tuesday, January 12`; for a subject line."""
    return _in_words(day, language, _WORDS[language].short)


def clock(hour: time) -> str:
    """Such as `6:30 p.m.`, which both English and Spanish speakers here write."""
    return f"{hour.hour % 12 or 12}:{hour.minute:02d} {'a.m.' if hour.hour < 12 else 'p.m.'}"


def _in_words(day: date, language: str, pattern: str) -> str:
    words = _WORDS[language]
    return pattern.format(
        weekday=words.weekdays[day.weekday()],
        month=words.months[day.month - 1],
        day=day.day,
        year=day.year,
    )
