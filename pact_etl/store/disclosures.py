"""The log of what was disclosed to whom, written in the transaction of the release itself."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.county import Disclosure
from pact_etl.domain.errors import InvariantBroken

LOG = """
INSERT INTO disclosure (notice_id, student_id, recipient, what, legal_basis, as_of)
SELECT s.notice_id, i.student_id, :recipient, 'letter_with_attendance_record', :basis, :as_of
FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
WHERE s.notice_id = ANY(:notices)
ON CONFLICT DO NOTHING
"""


def log_disclosures(
    connection: Connection, notices: Sequence[int], bases: Sequence[Disclosure], as_of: date
) -> None:
    """Log every student on these letters for every recipient (EC 49064, 34 CFR 99.32).

    Raises:
        InvariantBroken: the county has written down no legal basis; nothing may be released.
    """
    if not bases or any(not basis.legal_basis.strip() for basis in bases):
        raise InvariantBroken("no legal basis is configured for the release of letters")
    for basis in bases:
        keys = {"recipient": basis.recipient, "basis": basis.legal_basis, "as_of": as_of}
        connection.execute(text(LOG), keys | {"notices": list(notices)})
