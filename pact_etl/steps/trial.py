"""Trial: what a night would make of a district, without writing anything anywhere.

Fetches from the live source or drop, parses, and examines against what the record knows, in a transaction that the
database itself keeps from writing. The bytes are held in memory alone. The report has counts and codes, never a name
or an id.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.connectors.files.file_patterns import split_member
from pact_etl.connectors.protocol import Parsed, Pull, RawFile
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.district import WHOLE, District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepStatus
from pact_etl.domain.scope import Scope
from pact_etl.steps.collect import NOTHING_THERE
from pact_etl.steps.trial_figures import (
    SchoolShare,
    address_faults,
    newest_shares,
    without_rights_holder,
)
from pact_etl.store.calendars import is_instructional_night
from pact_etl.store.earlier_files import content_was_sent_before, is_known, reading
from pact_etl.store.staging import known_roster
from pact_etl.store.submissions import last_cursor
from pact_etl.validation import (
    Examined,
    Gates,
    Reference,
    Validated,
    examine_submission,
    looks_stale,
    window_of,
)
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBook:
    """One table's books: received is accepted plus what was set aside."""

    received: int
    accepted: int
    set_aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedCode:
    """A code nobody has said the meaning of; `source_says` and `proposal` where the source describes its codes."""

    code: str
    rows: int
    source_says: str = ""
    proposal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why the submission would not be used."""

    reason: str
    file: str = ""
    field: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the source says it states whole."""

    first: str
    last: str
    whole_roster: bool
    single_students: int
    everything_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One dry run.

    Attributes:
        district: its slug.
        as_of: the night.
        status: how the night would end: done, held, late, or skipped on a day without school.
        mail: the district's status; letters leave for `active` alone.
        refused: what would refuse it.
        files, bytes: what was fetched.
        stated: window and scope.
        tables: books by table.
        unmapped: codes without a meaning.
        marks: student-days by canonical status.
        shares: share absent on the newest days, of the largest schools.
        students: accepted tonight.
        without_rights_holder: of them, those whom nobody could be written to about.
        address_faults: addresses of rights holders that no envelope can carry, by fault.
    """

    district: str
    as_of: str
    status: str
    mail: str
    refused: Refused | None = None
    files: int = 0
    bytes: int = 0
    stated: Stated | None = None
    tables: dict[str, TableBook] = field(default_factory=dict)
    unmapped: tuple[UnmappedCode, ...] = ()
    marks: dict[str, int] = field(default_factory=dict)
    shares: tuple[SchoolShare, ...] = ()
    students: int = 0
    without_rights_holder: int = 0
    address_faults: dict[str, int] = field(default_factory=dict)

    @property
    def is_fine(self) -> bool:
        """Whether the night would end without a hold and every code has a meaning."""
        return self.status not in {StepStatus.HELD, StepStatus.LATE} and not self.unmapped

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return asdict(self) | {"fine": self.is_fine}


def try_district(using: Collaborators, slug: str, as_of: date) -> Trial:
    """Dry-run one district's night.

    Args:
        using: collaborators; of the record only reading is asked.
        slug: the district's.
        as_of: the night.

    Raises:
        UsageError: the district is not configured.
        Retryable: the source did not answer.
        Permanent: the source refused us.
    """
    district = using.district(slug)
    with reading(using.engine) as connection:
        known = is_known(connection, slug)
        expected = is_instructional_night(connection, slug, as_of) if known else True
        since = last_cursor(connection, slug, as_of) if known else None
    connector = connector_for(district, using.sources)
    pull = Pull(as_of=as_of, year_start=using.year_of(as_of).first, since=since)
    files: Sequence[RawFile] = ()
    try:
        files = connector.fetch(district, pull).files
        parsed = connector.parse(district, files)
        examined, scope, reference = _examine(using, district, as_of, files, parsed)
    except SubmissionRefused as refused:
        return _ended(district, as_of, refused, expected=expected, files=files)
    return _report(district, as_of, files, examined, scope, reference, everything=since is None)


def _examine(
    using: Collaborators,
    district: District,
    as_of: date,
    files: Sequence[RawFile],
    parsed: Parsed,
) -> tuple[Examined, Scope, Reference]:
    """As `validate` does it; what the record does not know yet is empty."""
    scope, year = parsed.scope, using.year_of(as_of)
    if district.roster == WHOLE and scope.window is None:
        scope = replace(scope, whole_roster=True)
    window = window_of(scope, district, as_of, year.first)
    reference = Reference()
    with reading(using.engine) as connection:
        if is_known(connection, district.slug):
            if scope.window is None and _is_stale(connection, district, as_of, files, parsed):
                raise SubmissionRefused(Reason.STALE_FILE, file=_attendance_file(parsed))
            roster = known_roster(connection, district.slug, year.first, window)
            reference = Reference(**{f.name: getattr(roster, f.name) for f in fields(roster)})
    examined = examine_submission(
        district=district,
        as_of=as_of,
        year=year,
        tables=parsed.tables,
        reference=reference,
        gates=Gates(**using.county.gates),
        limits=using.statutes.occasion_limits(),
        suites=using.settings.expectations,
        scope=scope,
    )
    return examined, scope, reference


def _attendance_file(parsed: Parsed) -> str:
    return next((t.file for t in parsed.tables if t.table == "attendance"), "")


def _is_stale(
    connection: Connection,
    district: District,
    as_of: date,
    files: Sequence[RawFile],
    parsed: Parsed,
) -> bool:
    name = split_member(_attendance_file(parsed))[0]
    content = next((f.content for f in files if f.name == name), None)
    if content is None:
        return False
    sha256 = hashlib.sha256(content).hexdigest()
    frame = next(t.frame for t in parsed.tables if t.table == "attendance")
    return content_was_sent_before(connection, district.slug, as_of, sha256) and looks_stale(
        frame, district, as_of
    )


def _ended(
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


def _report(
    district: District,
    as_of: date,
    files: Sequence[RawFile],
    examined: Examined,
    scope: Scope,
    reference: Reference,
    *,
    everything: bool,
) -> Trial:
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


def codes_of_source(district: District, files: Sequence[RawFile]) -> dict[str, tuple[str, str]]:
    """What a source says of its own codes: title and kind, and the meaning to propose where its schools agree.

    Args:
        district: whose.
        files: what was fetched; only an Aeries describes its codes.
    """
    if district.connector != "aeries_api":
        return {}
    from pact_etl.connectors.aeries.codes import suggested_codes

    said: dict[str, tuple[list[str], set[str]]] = {}
    for one in suggested_codes(files):
        texts, proposals = said.setdefault(one.code, ([], set()))
        flag = ", partial-day truant" if one.is_partial_day_truant else ""
        texts.append(f"{one.title}, type {one.type_code}{flag}")
        proposals.add(one.proposal.value if one.proposal else "")
    return {
        code: ("; ".join(texts), proposals.pop() if len(proposals) == 1 else "")
        for code, (texts, proposals) in said.items()
    }
