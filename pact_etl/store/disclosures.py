"""The log of what was disclosed to whom, written in the transaction of the release itself."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.disclosure import LETTER_RECIPIENTS, Disclosure, basis_for
from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.served_notice import SERVED_RECIPIENTS
from pact_etl.store.letter_values import STILL_INVITED

# Whoever a letter names: also those for whom one that takes another back in part says that it stands.
ON_LETTERS = f"""
  SELECT DISTINCT s.notice_id, n.kind, i.student_id, d.slug
  FROM notice_student s JOIN notice n ON n.id = s.notice_id JOIN invitation i ON i.id = s.invitation_id
  JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
  WHERE s.notice_id = ANY(:notices)
  UNION SELECT o.id, o.kind, o.student_id, d.slug FROM ({STILL_INVITED}) o JOIN district d ON d.id = o.district_id
"""

LOG = f"""
INSERT INTO disclosure (notice_id, student_id, recipient, what, legal_basis, as_of)
SELECT o.notice_id, o.student_id, b.recipient,
       CASE WHEN o.kind = ANY(:with_record) THEN 'letter_with_attendance_record' ELSE o.kind || '_letter' END,
       b.basis, :as_of
FROM ({ON_LETTERS}) o
JOIN unnest(CAST(:slugs AS text[]), CAST(:recipients AS text[]), CAST(:bases AS text[])) b(slug, recipient, basis)
  ON b.slug = o.slug
ON CONFLICT DO NOTHING
"""


SERVED = """
INSERT INTO disclosure (served_notice_id, case_id, student_id, recipient, what, legal_basis, as_of)
VALUES (:notice, :case, :student, :recipient, 'meeting_notice_with_attendance_record', :basis, :as_of)
ON CONFLICT DO NOTHING
"""


def log_served_notice(
    connection: Connection,
    served_notice: int,
    case: int,
    student: int,
    slug: str,
    disclosures: Sequence[Disclosure],
    as_of: date,
) -> None:
    """Log a notice that is issued, for everybody who gets to see it.

    Raises:
        InvariantBroken: the district has no legal basis in force for one of them; nothing may be issued.
    """
    for recipient in SERVED_RECIPIENTS:
        basis = basis_for(disclosures, slug, recipient, as_of)
        if basis is None:
            raise InvariantBroken(f"no legal basis in force for {slug}: {recipient}")
        keys = {"notice": served_notice, "case": case, "student": student, "as_of": as_of}
        connection.execute(text(SERVED), keys | {"recipient": recipient, "basis": basis})


def log_letters(
    connection: Connection, notices: Sequence[int], disclosures: Sequence[Disclosure], as_of: date
) -> None:
    """Log every student on these letters for everybody who gets to see them (EC 49064, 34 CFR 99.32).

    Raises:
        InvariantBroken: a district has no legal basis in force for one of them; nothing may be released.
    """
    rows = connection.execute(text(ON_LETTERS), {"notices": list(notices)}).all()
    entries = [
        (slug, recipient, basis_for(disclosures, slug, recipient, as_of))
        for slug in sorted({row.slug for row in rows})
        for recipient in LETTER_RECIPIENTS
    ]
    missing = sorted(f"{slug}: {recipient}" for slug, recipient, basis in entries if basis is None)
    if missing:
        raise InvariantBroken(f"no legal basis in force for {', '.join(missing)}")
    columns = zip(*entries, strict=True) if entries else ([], [], [])
    slugs, recipients, bases = (list(column) for column in columns)
    keys = {"notices": list(notices), "slugs": slugs, "recipients": recipients, "bases": bases}
    with_record = [kind.value for kind in LetterKind if kind.carries_record]
    connection.execute(text(LOG), keys | {"as_of": as_of, "with_record": with_record})
