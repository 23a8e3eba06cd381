"""Every English letter is plain: at or below grade six, one page, the count of days first."""

import re

import pytest

from pact_etl.domain.letter import Missed
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.kinds import PARAGRAPHS
from tests.conftest import ROOT
from tests.unit.letters.reading import grade, prose


@pytest.mark.parametrize("kind", sorted(PARAGRAPHS))
def test_an_english_letter_reads_at_or_below_grade_six(kind: LetterKind) -> None:
    assert grade(kind) <= 6.0


@pytest.mark.parametrize("kind", [kind for kind in sorted(PARAGRAPHS) if kind.carries_record])
@pytest.mark.parametrize(
    ("missed", "sentence"),
    [
        (
            Missed.DAYS,
            "Maria has missed 8 of 60 school days this school year with no excuse on file",
        ),
        (
            Missed.LATE,
            "Maria was late or away more than 30 minutes on 6 of 60 school days this school year"
            " with no excuse on file",
        ),
        (
            Missed.BOTH,
            "Maria has missed 8 of 60 school days this school year and was late or away more than"
            " 30 minutes on 2 of 60, all with no excuse on file",
        ),
    ],
)
def test_the_days_that_the_line_counts_come_first(
    kind: LetterKind, missed: Missed, sentence: str
) -> None:
    assert sentence in prose(kind, missed).split(". ")[:2]


def test_the_documented_grades_are_the_measured_ones() -> None:
    page = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([a-z_]+)` \|.*\| ([0-9.]+) \|$", page, re.MULTILINE))

    assert documented == {kind.value: str(grade(kind)) for kind in LetterKind}
