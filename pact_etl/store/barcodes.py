"""Serial numbers of Intelligent Mail barcodes, drawn for the letters of a batch once and for all."""

from datetime import date, timedelta

from sqlalchemy import Connection, text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.intelligent_mail import UNIQUE_DAYS_KEPT, MailerIdentity, barcode_digits

DRAW = """
UPDATE notice n SET imb_serial = drawn.number
FROM (SELECT id, nextval('imb_serial') AS number
      FROM (SELECT id FROM notice WHERE batch_id = :batch AND status = 'planned' AND imb_serial IS NULL
            ORDER BY id) waiting) drawn
WHERE n.id = drawn.id
RETURNING n.id, n.imb_serial, n.address
"""

WRITE = """
UPDATE notice n SET imb = w.imb FROM unnest(CAST(:ids AS bigint[]), CAST(:imbs AS text[])) w (id, imb) WHERE n.id = w.id
"""

# Mailer id and serial number are the last 15 of the 20 digits of the tracking code.
REPEATED = """
SELECT count(*) FROM notice n
JOIN notice o ON substr(o.imb, 6, 15) = substr(n.imb, 6, 15) AND o.id <> n.id
JOIN batch b ON b.id = o.batch_id
WHERE n.id = ANY(:ids) AND b.as_of >= :since
"""


def draw_barcodes(
    connection: Connection, batch_id: int, as_of: date, identity: MailerIdentity | None
) -> None:
    """Give every planned letter of a batch its barcode; one that has its own keeps it.

    Args:
        connection: in the transaction that shows the batch to an approver, the batch locked.
        batch_id: whose letters.
        as_of: the night of the batch.
        identity: of the county on that night; None draws nothing.

    Raises:
        InvariantBroken: a mailer id and serial number would come again too soon; the county needs another mailer id.
    """
    if identity is None:
        return
    drawn = connection.execute(text(DRAW), {"batch": batch_id}).all()
    if not drawn:
        return
    ids = [row.id for row in drawn]
    imbs = [
        barcode_digits(identity, row.imb_serial, row.address.rpartition("\n")[2]) for row in drawn
    ]
    connection.execute(text(WRITE), {"ids": ids, "imbs": imbs})
    since = as_of - timedelta(days=UNIQUE_DAYS_KEPT)
    if connection.execute(text(REPEATED), {"ids": ids, "since": since}).scalar_one():
        raise InvariantBroken(
            f"batch {batch_id}: serial numbers of mailer id {identity.mailer_id} would come again within "
            f"{UNIQUE_DAYS_KEPT} days; a further mailer id is needed"
        )
