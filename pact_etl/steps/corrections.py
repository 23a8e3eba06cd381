"""Corrections: what a night changed about the past, and which findings and letters that touched."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pact_etl.domain.correction import days_back
from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.store.corrections import NEVER_LEFT, NightCorrections, corrections_of
from pact_etl.store.letter_values import piece_id
from pact_etl.wiring import Collaborators, collaborators

STILL_HERE = frozenset(
    {LetterStatus.PLANNED, LetterStatus.APPROVED, LetterStatus.RENDERED, LetterStatus.HELD}
)
"""Planning and release look at these again; those that are out can only be followed by another letter."""


def run(as_of: date) -> StepResult:
    """List a night's corrections with this process's own collaborators."""
    report = list_corrections(collaborators(), as_of)
    counts: Counter[str] = Counter()
    for one in report.values():
        counts.update({kind: found["count"] for kind, found in one["kinds"].items()})
        for name in ("letters_pending", "letters_out", "mailed_then_undone"):
            counts[name] += len(one[name])
    return StepResult(
        step="corrections", status=StepStatus.DONE, as_of=as_of, counts=dict(sorted(counts.items()))
    )


def list_corrections(
    using: Collaborators, as_of: date, slugs: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Every district's corrections of one night; JSON-safe, opaque ids only.

    Returns:
        Slug to `kinds` (kind to count, median and most days back), `findings` (rule to undone, fell, opened),
        `letters_by_state` (how many letters about a student who was touched, by their state today), `letters_pending`
        and `letters_out` (their codes), `mailed_then_undone` (codes of letters that are out although their finding
        was undone).
    """
    with using.engine.begin() as connection:
        found = corrections_of(connection, as_of, using.policy_on)
    return {slug: _district(found, slug) for slug in slugs or _districts(found)}


def _districts(found: NightCorrections) -> list[str]:
    said = {slug for slug, _ in found.kinds} | {letter["slug"] for letter in found.letters}
    said |= {
        slug for slug, rules in found.findings.items() if any(n["undone"] for n in rules.values())
    }
    return sorted(said)


def _district(found: NightCorrections, slug: str) -> dict[str, Any]:
    letters = [one for one in found.letters if one["slug"] == slug]
    pending = [one for one in letters if LetterStatus(one["status"]) in STILL_HERE]
    out = [one for one in letters if LetterStatus(one["status"]) not in STILL_HERE | NEVER_LEFT]
    return {
        "kinds": {
            kind.value: asdict(days_back(counted))
            for (district, kind), counted in sorted(found.kinds.items())
            if district == slug
        },
        "findings": dict(found.findings.get(slug, {})),
        "letters_by_state": dict(sorted(Counter(one["status"] for one in letters).items())),
        "letters_pending": _codes(pending),
        "letters_out": _codes(out),
        "mailed_then_undone": _codes([one for one in out if one["is_undone"]]),
    }


def _codes(letters: list[dict[str, Any]]) -> list[str]:
    return [piece_id(one["notice"]) for one in letters]
