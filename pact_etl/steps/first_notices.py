"""First notices (EC 48260.5): set what a district prints, sends and answers for, and list for it what it sends by hand.

Files lie in the district's returns folder of the night; `hand_back` takes them to its own server. What is set is frozen
with its place in the PDF in one transaction; the files come into place after it, written again from what was frozen
where a run died in between.
"""

import logging
from collections import Counter
from datetime import date

from pact_etl.domain.errors import PactError, UsageError
from pact_etl.domain.first_notice import NoticeState, told
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.first_notice_counts import notice_counts
from pact_etl.steps.first_notice_files import staged_pdf, write_files
from pact_etl.steps.first_notice_letters import nights_notices, sender_of
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.first_notice_sets import TOLD, book_set
from pact_etl.store.first_notices import book_decisions, district_id
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


def run(as_of: date) -> StepResult:
    """Make them with this process's own collaborators."""
    return first_notices(collaborators(), as_of)


def first_notices(using: Collaborators, as_of: date) -> StepResult:
    """Set the night's first notices of every district that wants them; a second run changes nothing.

    One district's failure stops no other; the step is late as long as one is left. The counts are those of
    `district_notices`, summed.
    """
    wanting = [slug for slug, district in using.districts.items() if district.first_notices]
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for slug in wanting:
        try:
            done = district_notices(using, slug, as_of)
        except PactError as error:
            kind = type(error).__name__
            failed[kind] += 1
            extra = {"district": slug, "kind": kind, "runbook": "first-notices-not-made"}
            logger.error("first notices were not made", extra=extra)
            continue
        counts.update(done.counts)
        reasons.update(done.reasons)
    status = StepStatus.LATE if failed else StepStatus.DONE if wanting else StepStatus.SKIPPED
    return StepResult(
        step="first_notices",
        status=status,
        as_of=as_of,
        counts={"districts": len(wanting), **counts},
        reasons=dict(sorted((reasons + failed).items())),
    )


def district_notices(using: Collaborators, slug: str, as_of: date) -> StepResult:
    """One district's first notices of a night: decided, set and booked in one transaction, then written.

    A night that is not the newest evaluated is only written again. The counts hold two equations, of tonight's findings
    (`new_truants` = `new_made` + `new_held` + `new_already_noticed` + `new_withdrawn`) and of all in the school year
    since the district's notices are set here (`truants` = ...).

    Raises:
        UsageError: no such district, or one that makes its own notices.
        InvariantBroken: a truant is neither noticed nor held nor withdrawn; then nothing of the night is booked.
    """
    district = using.district(slug)
    if not district.first_notices:
        raise UsageError(f"{slug} makes its own first notices")
    year = using.year_of(as_of)
    folder = using.settings.returns / as_of.isoformat() / slug
    counts: dict[str, int] = {}
    reasons: Counter[str] = Counter()
    with slice_transaction(using.engine, f"first_notices:{slug}") as connection:
        key = district_id(connection, slug)
        if key is None or newest_evaluation(connection) is None:
            return StepResult(
                step="first_notices", status=StepStatus.SKIPPED, as_of=as_of, district=slug
            )
        if newest_evaluation(connection) == as_of:
            tonight = nights_notices(using, connection, district, key, as_of, staged_pdf(folder))
            book_decisions(connection, key, year, as_of, tonight.decisions)
            said = [one for one in tonight.decisions if one.state in TOLD]
            if said:
                letters = [(one.letter, one.students) for one in tonight.pieces]
                sha256 = tonight.pdf_sha256
                book_set(connection, key, year, as_of, said, letters, tonight.rendered, sha256)
            states = Counter(one.state for one in tonight.decisions)
            reasons.update(
                told(one.reason)
                for one in tonight.decisions
                if one.state is NoticeState.HELD and one.reason is not None
            )
            counts = {
                "pieces": len(tonight.pieces),
                "pages": sum(one.pages for one in tonight.rendered.values()),
                "undone": states[NoticeState.UNDONE],
            }
        counts |= notice_counts(using, connection, district, key, as_of)
    with slice_transaction(using.engine, f"first_notices:{slug}") as connection:
        counts["sets"] = write_files(connection, sender_of(using, district), key, as_of, folder)
    logger.info("first notices made", extra={"district": slug, **counts})
    return StepResult(
        step="first_notices",
        status=StepStatus.DONE,
        as_of=as_of,
        district=slug,
        counts=counts,
        reasons=dict(sorted(reasons.items())),
    )
