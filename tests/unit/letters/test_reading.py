"""Every English letter is plain: at or below grade six, one page, the count of days first."""

import re

import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.kinds import PARAGRAPHS
from tests.conftest import ROOT
from tests.unit.letters.reading import grade, prose


@pytest.mark.parametrize("kind", sorted(PARAGRAPHS))
def test_an_english_letter_reads_at_or_below_grade_six(kind: LetterKind) -> None:
    assert grade(kind) <= 6.0


@pytest.mark.parametrize("kind", [kind for kind in sorted(PARAGRAPHS) if kind.carries_record])
def test_the_count_of_days_comes_first(kind: LetterKind) -> None:
    assert "missed 8 of 60 school days" in ". ".join(prose(kind).split(". ")[:2])


def test_the_documented_grades_are_the_measured_ones() -> None:
    page = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([a-z_]+)` \|.*\| ([0-9.]+) \|$", page, re.MULTILINE))

    assert documented == {kind.value: str(grade(kind)) for kind in LetterKind}
