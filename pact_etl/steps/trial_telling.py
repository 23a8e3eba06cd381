"""From what validation found to what a trial tells."""

import logging
from collections.abc import Sequence
from datetime import date

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepStatus
from pact_etl.domain.scope import Scope
from pact_etl.steps.collect import NOTHING_THERE
from pact_etl.steps.source_cautions import cautions_of_source, silences_of
from pact_etl.steps.source_codes import codes_of_source
from pact_etl.steps.trial_figures import address_faults, newest_shares, without_rights_holder
from pact_etl.steps.trial_outcome import Refused, Stated, TableBook, Trial, UnmappedCode
from pact_etl.validation import Examined, Reference, Validated

logger = logging.getLogger(__name__)


def ended(
    district: District,
    as_of: date,
    refused: SubmissionRefused,
    *,
    expected: bool,
    files: Sequence[RawFile],
) -> Trial:
    """Nothing to examine: late or skipped where nothing was there, held where it could not be read."""
    status = StepStatus.HELD
    if refused.reason in NOTHING_THERE and not files:
        status = StepStatus.LATE if expected else StepStatus.SKIPPED
    return Trial(
        district=district.slug,
        as_of=as_of.isoformat(),
        status=status.value,
        mail=district.status.value,
        refused=_refused(refused),
        files=len(files),
        bytes=sum(len(f.content) for f in files),
    )


def _refused(refused: SubmissionRefused) -> Refused:
    return Refused(
        reason=refused.reason.value,
        file=refused.file or "",
        field=refused.field or "",
        detail=refused.detail,
    )


def told(
    district: District,
    as_of: date,
    files: Sequence[RawFile],
    examined: Examined,
    scope: Scope,
    reference: Reference,
    *,
    everything: bool,
) -> Trial:
    """What was examined, with its books; held where a gate refused it."""
    validated, refusal = examined.validated, examined.refusal
    logger.info("tried", extra={"district": district.slug, "refused": refusal is not None})
    marks = validated.marks["status"].value_counts()
    return Trial(
        district=district.slug,
        as_of=as_of.isoformat(),
        status=(StepStatus.DONE if refusal is None else StepStatus.HELD).value,
        mail=district.status.value,
        refused=None if refusal is None else _refused(refusal),
        files=len(files),
        bytes=sum(len(f.content) for f in files),
        stated=Stated(
            first=validated.covered[0].isoformat(),
            last=validated.covered[1].isoformat(),
            whole_roster=scope.whole_roster,
            single_students=len(scope.rosters_of | {d.local_id for d in scope.student_days}),
            everything_asked=everything,
        ),
        tables=_books(validated),
        unmapped=_unmapped(district, files, validated),
        # A few changed students say nothing of what the source could say of others.
        cautions=cautions_of_source(district, files)
        + (silences_of(district, validated) if everything else ()),
        marks={str(s): int(n) for s, n in sorted(marks.items(), key=lambda i: (-i[1], str(i[0])))},
        shares=newest_shares(validated, reference, scope, as_of),
        students=len(validated.students),
        without_rights_holder=without_rights_holder(validated, reference, scope),
        address_faults=address_faults(validated),
    )


def _books(validated: Validated) -> dict[str, TableBook]:
    rows = validated.quarantined
    books = {}
    for table, received in validated.received.items():
        aside = rows.loc[rows["table"] == table, "reason"].value_counts()
        reasons = {str(reason): int(n) for reason, n in aside.items()}
        books[table] = TableBook(
            received=received,
            accepted=received - sum(reasons.values()),
            set_aside=dict(sorted(reasons.items(), key=lambda i: (-i[1], i[0]))),
        )
    return books


def _unmapped(
    district: District, files: Sequence[RawFile], validated: Validated
) -> tuple[UnmappedCode, ...]:
    rows = validated.quarantined
    counted = rows.loc[rows["reason"] == Reason.UNKNOWN_CODE, "code"].value_counts()
    said = codes_of_source(district, files) if len(counted) else {}
    return tuple(
        UnmappedCode(
            code=str(code),
            rows=int(n),
            source_says=said.get(str(code), ("", ""))[0],
            proposal=said.get(str(code), ("", ""))[1],
        )
        for code, n in sorted(counted.items(), key=lambda i: (-i[1], str(i[0])))
    )
