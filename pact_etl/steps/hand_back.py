"""Hand back: receipts, reject files and first notices of the last nights to the districts' own servers."""

import logging
from datetime import date, timedelta
from pathlib import Path

from pact_etl.connectors.files.returning import return_files, wants_returns
from pact_etl.domain.errors import PactError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

NIGHTS = 7
"""So many nights are looked at: a server that did not answer gets what it missed the next time."""


def run(as_of: date) -> StepResult:
    """Hand back with this process's own collaborators."""
    return hand_back(collaborators(), as_of)


def hand_back(using: Collaborators, as_of: date) -> StepResult:
    """Put what is missing there onto every district's server that wants it; a second run puts nothing.

    One district's failure stops no other; the step is late as long as one is left.
    """
    wanting = [slug for slug, district in using.districts.items() if wants_returns(district)]
    reasons: dict[str, int] = {}
    written = 0
    for slug in wanting:
        try:
            files = _files(using, slug, as_of)
            written += return_files(using.district(slug), using.sources.credentials, files)
        except PactError as error:
            kind = type(error).__name__
            reasons[kind] = reasons.get(kind, 0) + 1
            logger.warning("not handed back", extra={"district": slug, "kind": kind})
    done = StepStatus.LATE if reasons else StepStatus.DONE if wanting else StepStatus.SKIPPED
    return StepResult(
        step="hand_back",
        status=done,
        as_of=as_of,
        counts={"districts": len(wanting), "files": written},
        reasons=reasons,
    )


def _files(using: Collaborators, slug: str, as_of: date) -> dict[str, Path]:
    """What lies ready for a district, under names that tell the nights apart."""
    files = {}
    for back in range(NIGHTS):
        night = as_of - timedelta(days=back)
        folder = using.settings.returns / night.isoformat() / slug
        for path in sorted(folder.glob("*")):
            files[f"{night.isoformat()}-{path.name}"] = path
    return files
