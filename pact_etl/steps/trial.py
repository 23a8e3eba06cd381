"""Trial: what a night would make of a district, without writing anything anywhere.

Fetches from the live source or drop, parses, and examines against what the record knows, in a transaction that the
database itself keeps from writing. The bytes are held in memory alone. The report has counts and codes, never a name
or an id.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from sqlalchemy import Connection

from pact_etl.connectors.files.file_patterns import split_member
from pact_etl.connectors.protocol import Parsed, Pull, RawFile
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.district import WHOLE, District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope
from pact_etl.steps.trial_outcome import Trial
from pact_etl.steps.trial_telling import ended, told
from pact_etl.store.calendars import is_instructional_night
from pact_etl.store.earlier_files import content_was_sent_before, is_known, reading
from pact_etl.store.staging import known_roster
from pact_etl.store.submissions import last_cursor
from pact_etl.validation import (
    Examined,
    Gates,
    Reference,
    examine_submission,
    looks_stale,
    window_of,
)
from pact_etl.wiring import Collaborators


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
        return ended(district, as_of, refused, expected=expected, files=files)
    return told(district, as_of, files, examined, scope, reference, everything=since is None)


def _examine(
    using: Collaborators,
    district: District,
    as_of: date,
    files: Sequence[RawFile],
    parsed: Parsed,
) -> tuple[Examined, Scope, Reference]:
    """As `validate` does it; what the record does not know yet is empty."""
    year = using.year_of(as_of)
    scope = parsed.scope.promised(whole_roster=district.roster == WHOLE)
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
