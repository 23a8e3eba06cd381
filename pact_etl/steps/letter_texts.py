"""What letters say, looked at before any is sent: the lint, who has vetted what, and samples for a reviewer's eyes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pact_etl.domain.county import County
from pact_etl.domain.letter import Missed
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.wording import LetterWording
from pact_etl.letters import render_batch
from pact_etl.letters.languages import fingerprints, template_languages
from pact_etl.letters.lawful import unlawful_text
from pact_etl.letters.lint import page_faults, wording_faults
from pact_etl.letters.samples import SAMPLE_DISTRICT, longest_letter, sample_letter

MACHINE_DRAFT = "MACHINE DRAFT, NOT VETTED"
SAMPLE = "SAMPLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStatus:
    """One kind in one language.

    Attributes:
        sha256: of its words, as a review names them.
        reviewer: who vetted these very words; empty is a machine draft that nobody has.
    """

    kind: LetterKind
    language: str
    sha256: str
    reviewer: str
    read_on: date | None


def lint(county: County, law: LetterWording) -> dict[str, list[str]]:
    """The faults of every kind in every language it exists in, by `kind/language`; sets the longest letter of each.

    Args:
        county: whose own words are read where it has them.
        law: words that no letter may use.
    """
    own = county.sender.own_words
    found = {
        f"{kind}/{code}": [
            *wording_faults(code, kind, own),
            *(f"unlawful: {word}" for word in unlawful_text(code, kind, own, law)),
            *page_faults(code, kind, own),
        ]
        for kind in LetterKind
        for code in sorted(template_languages(kind))
    }
    return {place: faults for place, faults in found.items() if faults}


def text_statuses(county: County) -> list[TextStatus]:
    """Every text there is, and who in this county has vetted it."""
    reviews = {(one.kind, one.language, one.sha256): one for one in county.mailing.reviews}
    statuses = []
    for kind in LetterKind:
        for code, sha256 in fingerprints(kind, county.sender.own_words).items():
            review = reviews.get((kind, code, sha256))
            statuses.append(
                TextStatus(
                    kind=kind,
                    language=code,
                    sha256=sha256,
                    reviewer=review.reviewer if review else "",
                    read_on=review.read_on if review else None,
                )
            )
    return statuses


def write_samples(
    county: County, out: Path, kinds: Sequence[LetterKind], languages: Sequence[str] = ()
) -> list[Path]:
    """One PDF for each kind and language: a usual letter for each count of days, and the longest plausible one.

    Every page says across it that it is a sample, or that its words are a machine draft that nobody has vetted.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for status in text_statuses(county):
        if status.kind not in kinds or (languages and status.language not in languages):
            continue
        word = SAMPLE if status.reviewer else MACHINE_DRAFT
        counts = tuple(Missed) if status.kind.carries_record else (Missed.DAYS,)
        letters = [
            replace(letter, english_copy=False, piece_id=f"P{number:010d}")
            for number, letter in enumerate(
                (
                    *(sample_letter(status.kind, status.language, word, one) for one in counts),
                    longest_letter(status.kind, status.language, word),
                ),
                start=1,
            )
        ]
        path = out / f"{status.kind}-{status.language}.pdf"
        sender = SAMPLE_DISTRICT if status.kind.is_districts else county.sender
        path.write_bytes(render_batch(letters, sender).pdf)
        written.append(path)
    return written
