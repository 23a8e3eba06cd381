"""What the print vendor answered, what it was sent, and what it has left unanswered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.letter_balance import LetterTrace
from pact_etl.store.letter_values import piece_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPackage:
    """One package as it was handed over."""

    batch_id: int
    pdf_sha256: str
    pages: int
    sheets: int
    piece_ids: frozenset[str]


def sent_packages(connection: Connection) -> dict[str, SentPackage]:
    """Every package ever handed over, by name."""
    query = """
        SELECT b.id, b.package, b.pdf_sha256, b.pages, b.sheets, array_agg(n.id) AS notices
        FROM batch b JOIN notice n ON n.batch_id = b.id AND n.first_page IS NOT NULL
        WHERE b.status IN ('released', 'acknowledged') AND b.package IS NOT NULL AND n.content IS NOT NULL
        GROUP BY b.id ORDER BY b.id
    """
    return {
        row.package: SentPackage(
            batch_id=row.id,
            pdf_sha256=row.pdf_sha256,
            pages=row.pages,
            sheets=row.sheets,
            piece_ids=frozenset(piece_id(n) for n in row.notices),
        )
        for row in connection.execute(text(query))
    }


def files_read(connection: Connection) -> dict[str, str]:
    """File name to the sha256 it had when it was last read."""
    query = "SELECT DISTINCT ON (name) name, sha256 FROM vendor_file ORDER BY name, read_at DESC"
    return {row.name: row.sha256 for row in connection.execute(text(query))}


def book_file(connection: Connection, name: str, sha256: str, as_of: date, outcome: str) -> None:
    """Keep that a file was read and what became of it."""
    statement = """
        INSERT INTO vendor_file (name, sha256, as_of, outcome) VALUES (:name, :sha256, :as_of, :outcome)
        ON CONFLICT DO NOTHING
    """
    keys = {"name": name, "sha256": sha256, "as_of": as_of, "outcome": outcome}
    connection.execute(text(statement), keys)


def book_dates(connection: Connection, column: str, dates: Mapping[int, date]) -> list[int]:
    """Keep when letters were mailed or returned, by what the vendor says.

    Args:
        connection: inside a transaction.
        column: `mailed_on` or `returned_on`.
        dates: by letter.

    Returns:
        The letters of which that was not known.
    """
    statement = f"""
        UPDATE notice n SET {column} = d.day
        FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[])) AS d (id, day)
        WHERE n.id = d.id AND n.{column} IS NULL RETURNING n.id
    """
    keys = {"ids": list(dates), "days": list(dates.values())}
    return sorted(connection.execute(text(statement), keys).scalars())


def unacknowledged_batches(connection: Connection, released_by: date) -> list[int]:
    """Batches handed over by a date that the vendor has not acknowledged."""
    query = """
        SELECT id FROM batch b WHERE status = 'released' AND pieces > 0 AND released_as_of <= :day
          AND NOT EXISTS (SELECT FROM vendor_file v
                          WHERE v.name = b.package || '.ack' AND v.outcome = 'vendor_rejected')
        ORDER BY id
    """
    return [row.id for row in connection.execute(text(query), {"day": released_by})]


def letters_not_mailed(connection: Connection, released_by: date) -> int:
    """Letters handed over by a date that the vendor has not reported as mailed."""
    query = """
        SELECT count(*) FROM notice n JOIN batch b ON b.id = n.batch_id
        WHERE n.status IN ('packaged', 'acknowledged') AND b.released_as_of <= :day
    """
    return int(connection.execute(text(query), {"day": released_by}).scalar_one())


def letter_traces(connection: Connection, since: date) -> list[LetterTrace]:
    """Every letter of batches from a date on that a named person approved, with what has become of it, by its events.

    Letters of long ago are destroyed when their time is over, so that whole years no longer add up.
    """
    query = """
        SELECT n.id, n.batch_id, b.status AS batch_status, b.released_as_of, n.mailed_on, n.returned_on,
               COALESCE(bool_or(e.event = 'package'), false) AS is_packaged,
               COALESCE(bool_or(e.event = 'acknowledge'), false) AS is_acknowledged,
               COALESCE(bool_or(e.event = 'deliver'), false) AS is_delivered,
               n.status = 'failed' AS is_failed, n.status IN ('withdrawn', 'held') AS is_left_out
        FROM notice n JOIN batch b ON b.id = n.batch_id JOIN notice_event e ON e.notice_id = n.id AND e.is_applied
        WHERE b.as_of >= :since
        GROUP BY n.id, b.id HAVING bool_or(e.event = 'approve') ORDER BY n.id
    """
    return [
        LetterTrace(
            letter=row.id,
            batch=row.batch_id,
            day=None if row.batch_status == "approved" else row.released_as_of,
            is_packaged=row.is_packaged,
            is_acknowledged=row.is_acknowledged,
            is_failed=row.is_failed,
            is_left_out=row.is_left_out,
            is_delivered=row.is_delivered,
            mailed_on=row.mailed_on,
            returned_on=row.returned_on,
        )
        for row in connection.execute(text(query), {"since": since})
    ]


def booked_pieces(connection: Connection, since: date) -> dict[int, int]:
    """Pieces by batch, of every package that was handed over of batches from a date on."""
    query = """
        SELECT id, pieces FROM batch
        WHERE status IN ('released', 'acknowledged') AND pieces > 0 AND as_of >= :since
    """
    return {row.id: row.pieces for row in connection.execute(text(query), {"since": since})}


def answered_numbers(connection: Connection) -> dict[int, bool]:
    """By sequence number of every package handed over, whether the vendor has accepted or refused it."""
    query = """
        SELECT b.sequence, b.status = 'acknowledged' OR EXISTS (
          SELECT FROM vendor_file v WHERE v.name = b.package || '.ack' AND v.outcome = 'vendor_rejected') AS answered
        FROM batch b WHERE b.status IN ('released', 'acknowledged') AND b.pieces > 0 AND b.sequence IS NOT NULL
    """
    return {row.sequence: row.answered for row in connection.execute(text(query))}
