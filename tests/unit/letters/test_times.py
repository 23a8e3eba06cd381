"""A time of day reads as each language says it: six in the evening is no afternoon."""

from datetime import time

import pytest

from pact_etl.letters.languages import wording_of, written_languages
from pact_etl.letters.speech import Speech


def said(code: str, moment: time) -> str:
    return "".join(run.text for run in Speech(wording_of(code)).time_span(moment, moment))


@pytest.mark.parametrize(
    ("code", "evening", "afternoon"),
    [
        ("eng", "p.m.", "p.m."),
        ("pan", "ਸ਼ਾਮ", "ਬਾਅਦ ਦੁਪਹਿਰ"),
        ("fas", "عصر", "بعدازظهر"),
        ("prs", "شام", "بعد از ظهر"),
        ("pus", "ماښام", "له غرمې وروسته"),
        ("ara", "مساءً", "مساءً"),
        ("hmn", "tsaus ntuj", "tav su"),
        ("vie", "tối", "chiều"),
        ("yue", "晚上", "下午"),
        ("cmn", "晚上", "下午"),
    ],
)
def test_an_evening_is_called_one(code: str, evening: str, afternoon: str) -> None:
    assert said(code, time(18, 0)).count(evening) == 2
    assert said(code, time(14, 0)).count(afternoon) == 2


def test_every_hour_of_a_day_has_words_in_every_language() -> None:
    for code in written_languages():
        for hour in range(24):
            shown = hour if wording_of(code).language.hours == 24 else (hour - 1) % 12 + 1
            assert f"{shown}:30" in said(code, time(hour, 30))
