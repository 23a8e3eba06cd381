"""What the print vendor answered, what it was sent, and what it has left unanswered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.letter_balance import LetterTrace, NumberedPackage
from pact_etl.store.letter_values import piece_id
from pact_etl.store.packages import OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPackage:
    """One package as it was handed over."""

    package_id: int
    batch_id: int
    pdf_sha256: str
    pages: int
    sheets: int
    released_as_of: date
    piece_ids: frozenset[str]


def sent_packages(connection: Connection) -> dict[str, SentPackage]:
    """Every package ever handed over, by name."""
    query = """
        SELECT p.id, p.batch_id, p.name, p.pdf_sha256, p.pages, p.sheets, p.released_as_of, array_agg(n.id) AS notices
        FROM package p JOIN notice n ON n.package_id = p.id
        WHERE p.status = ANY(:out) AND n.content IS NOT NULL GROUP BY p.id ORDER BY p.id
    """
    return {
        row.name: SentPackage(
            package_id=row.id,
            batch_id=row.batch_id,
            pdf_sha256=row.pdf_sha256,
            pages=row.pages,
            sheets=row.sheets,
            released_as_of=row.released_as_of,
            piece_ids=frozenset(piece_id(n) for n in row.notices),
        )
        for row in connection.execute(text(query), {"out": list(OUT)})
    }


def files_read(connection: Connection) -> dict[str, str]:
    """File name to the sha256 it had when it was last read."""
    query = "SELECT DISTINCT ON (name) name, sha256 FROM vendor_file ORDER BY name, read_at DESC"
    return {row.name: row.sha256 for row in connection.execute(text(query))}


def files_unreadable(connection: Connection) -> list[str]:
    """Names of files of which nobody could read any version."""
    query = "SELECT name FROM vendor_file GROUP BY name HAVING bool_and(outcome = 'unreadable')"
    return list(connection.execute(text(query)).scalars())


def book_file(connection: Connection, name: str, sha256: str, as_of: date, outcome: str) -> None:
    """Keep that a file was read and what became of it."""
    statement = """
        INSERT INTO vendor_file (name, sha256, as_of, outcome) VALUES (:name, :sha256, :as_of, :outcome)
        ON CONFLICT DO NOTHING
    """
    keys = {"name": name, "sha256": sha256, "as_of": as_of, "outcome": outcome}
    connection.execute(text(statement), keys)


def booked_dates(connection: Connection, column: str, letters: Collection[int]) -> dict[int, date]:
    """When letters were mailed or returned, as far as the vendor has said; see `book_dates`."""
    query = f"SELECT id, {column} AS day FROM notice WHERE id = ANY(:ids) AND {column} IS NOT NULL"
    return {row.id: row.day for row in connection.execute(text(query), {"ids": list(letters)})}


def back_before_mailed(connection: Connection, letters: Collection[int]) -> dict[int, date]:
    """Letters that are mailed by their state and came back by an earlier report, with the day on which they did."""
    query = """
        SELECT id, returned_on FROM notice
        WHERE id = ANY(:ids) AND status = 'mailed' AND returned_on IS NOT NULL
    """
    rows = connection.execute(text(query), {"ids": list(letters)})
    return {row.id: row.returned_on for row in rows}


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


def unacknowledged_packages(connection: Connection, released_by: date) -> list[str]:
    """Names of packages handed over by a date that the vendor has neither acknowledged nor refused."""
    query = "SELECT name FROM package WHERE status = 'handed_over' AND released_as_of <= :day ORDER BY id"
    return [str(row.name) for row in connection.execute(text(query), {"day": released_by})]


def letters_not_mailed(connection: Connection, released_by: date) -> int:
    """Letters handed over by a date that the vendor has not reported as mailed."""
    query = """
        SELECT count(*) FROM notice n JOIN package p ON p.id = n.package_id
        WHERE n.status IN ('packaged', 'acknowledged') AND p.released_as_of <= :day
    """
    return int(connection.execute(text(query), {"day": released_by}).scalar_one())


def letter_traces(connection: Connection, since: date) -> list[LetterTrace]:
    """Every letter of batches from a date on that a named person approved, with what has become of it, by its events.

    Letters of long ago are destroyed when their time is over, so that whole years no longer add up.
    """
    query = """
        SELECT n.id, CASE WHEN p.status = ANY(:out) THEN p.name END AS package,
               CASE WHEN p.status = ANY(:out) THEN p.released_as_of
                    WHEN b.status <> 'approved' THEN b.released_as_of END AS day, n.mailed_on, n.returned_on,
               COALESCE(bool_or(e.event = 'package'), false) AS is_packaged,
               COALESCE(bool_or(e.event = 'acknowledge'), false) AS is_acknowledged,
               COALESCE(bool_or(e.event = 'deliver'), false) AS is_delivered,
               n.status = 'failed' AS is_failed, n.status IN ('withdrawn', 'held', 'rejected') AS is_left_out
        FROM notice n JOIN batch b ON b.id = n.batch_id LEFT JOIN package p ON p.id = n.package_id
        JOIN notice_event e ON e.notice_id = n.id AND e.is_applied
        WHERE b.as_of >= :since
        GROUP BY n.id, b.id, p.id HAVING bool_or(e.event = 'approve') ORDER BY n.id
    """
    return [
        LetterTrace(
            letter=row.id,
            package=row.package,
            day=row.day,
            is_packaged=row.is_packaged,
            is_acknowledged=row.is_acknowledged,
            is_failed=row.is_failed,
            is_left_out=row.is_left_out,
            is_delivered=row.is_delivered,
            mailed_on=row.mailed_on,
            returned_on=row.returned_on,
        )
        for row in connection.execute(text(query), {"since": since, "out": list(OUT)})
    ]


def booked_pieces(connection: Connection, since: date) -> dict[str, int]:
    """Pieces by name, of every package that was handed over of batches from a date on."""
    query = """
        SELECT p.name, p.pieces FROM package p JOIN batch b ON b.id = p.batch_id
        WHERE p.status = ANY(:out) AND b.as_of >= :since
    """
    keys = {"since": since, "out": list(OUT)}
    return {row.name: row.pieces for row in connection.execute(text(query), keys)}


def numbered_packages(connection: Connection) -> dict[int, NumberedPackage]:
    """Every package handed over, by its sequence number."""
    query = """
        SELECT sequence, released_as_of AS day, status <> 'handed_over' AS is_answered FROM package
        WHERE status = ANY(:out)
    """
    rows = connection.execute(text(query), {"out": list(OUT)})
    return {row.sequence: NumberedPackage(day=row.day, is_answered=row.is_answered) for row in rows}
