"""Returns: what goes back to a district about its delivery: a reject file and a one-page receipt.

Written after each submission was recorded or refused, over whatever an earlier run wrote. Beside them lie only what the
modules of scorecards, back-reports and returned letters put there.
"""

import os
import tempfile
from pathlib import Path

from sqlalchemy import Connection

from pact_etl.domain.address import count_faults
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.steps.kept import read_kept
from pact_etl.store.calendars import unstated_days
from pact_etl.store.quarantine import (
    held_schools_of,
    quarantine_reasons,
    quarantined_rows,
    unknown_codes,
)
from pact_etl.store.submissions import Submission, counts_of, get_submission
from pact_etl.store.unreachable import (
    addresses_stated,
    letters_held,
    letters_returned,
    students_without_reader,
)
from pact_etl.validation.receipt import Delivery, receipt, refusal
from pact_etl.validation.reject_file import reject_file
from pact_etl.wiring import Collaborators

REJECTS = "rejects.csv"
RECEIPT = "receipt.md"


def returns_folder(using: Collaborators, one: Submission) -> Path:
    """Where a district finds what we have to say about one night."""
    return using.settings.returns / one.as_of.isoformat() / one.slug


def write_returns(using: Collaborators, submission_id: int) -> None:
    """Write both files of one submission."""
    with using.engine.connect() as connection:
        one = get_submission(connection, submission_id)
        if one.rederives is not None:
            return  # nobody delivered anything
        folder = returns_folder(using, one)
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        delivery = _delivery(using, connection, one)
        if one.status != "recorded" and one.refused_reason:
            refused = SubmissionRefused(
                Reason(one.refused_reason), file=one.refused_file, field=one.refused_field
            )
            page = refusal(delivery, refused)
        else:
            page = receipt(delivery)
        rows = quarantined_rows(connection, one.id)
        # Read again so that the reject file can show the shape of each value at fault.
        tables = read_kept(using, connection, one).tables if len(rows) else []
    replace_file(folder / RECEIPT, page.encode())
    replace_file(folder / REJECTS, reject_file(rows, tables))


def _delivery(using: Collaborators, connection: Connection, one: Submission) -> Delivery:
    return Delivery(
        district=using.district(one.slug).name,
        as_of=one.as_of,
        books=counts_of(connection, one.id),
        reasons=quarantine_reasons(connection, one.id),
        unknown_codes=unknown_codes(connection, one.id),
        held_schools=held_schools_of(connection, one.slug),
        silent_schools=one.silent_schools,
        unstated_days=unstated_days(
            connection, one.district_id, using.year_of(one.as_of), one.as_of
        ),
        bad_addresses=count_faults(addresses_stated(connection, one.district_id, one.id)),
        students_without_reader=students_without_reader(connection, one.district_id, one.id),
        letters_returned=letters_returned(
            connection, one.district_id, using.year_of(one.as_of).name
        ),
        letters_held=letters_held(connection, one.district_id, using.year_of(one.as_of).name),
    )


def replace_file(path: Path, content: bytes) -> None:
    """Write whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(part).chmod(0o640)
    Path(part).replace(path)
