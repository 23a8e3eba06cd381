"""Rows set aside: kept by submission, resolved by a later statement of the same day, and what they hold up."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Integer, delete, literal_column, select, text

from pact_etl.store.copying import copy_in
from pact_etl.store.submissions import Submission
from pact_etl.store.tables.submissions import quarantined_row

if TYPE_CHECKING:
    import pandas as pd  # half a second that who asks about one student does not have


def replace_quarantine(connection: Connection, submission_id: int, rows: "pd.DataFrame") -> None:
    """Keep exactly these rows as the submission's quarantine.

    Args:
        connection: inside a transaction.
        submission_id: whose.
        rows: columns table, file, row, field, reason, local_id, school_code, date, code.
    """
    connection.execute(
        delete(quarantined_row).where(quarantined_row.c.submission_id == submission_id)
    )
    copy_in(
        connection,
        quarantined_row,
        rows.rename(columns={"table": "table_name"}),
        submission_id=submission_id,
    )


def quarantine_reasons(connection: Connection, submission_id: int) -> dict[str, int]:
    """Reason code to number of rows."""
    c = quarantined_row.c
    count = literal_column("count(*)", Integer)
    query = (
        select(c.reason, count)
        .where(c.submission_id == submission_id)
        .group_by(c.reason)
        .order_by(c.reason)
    )
    return {reason: n for reason, n in connection.execute(query)}


def resolve_quarantine(connection: Connection, one: Submission) -> None:
    """Earlier quarantined attendance that this submission states anew no longer stands."""
    statement = """
        UPDATE quarantined_row q SET resolved_by = :submission
        FROM submission earlier
        WHERE earlier.id = q.submission_id AND earlier.district_id = :district AND q.submission_id <> :submission
          AND q.resolved_by IS NULL AND q.table_name = 'attendance'
          AND (q.date BETWEEN :first AND :last
               OR EXISTS (SELECT FROM staging_student_days n WHERE n.submission_id = :submission
                   AND n.local_id = q.local_id AND q.date BETWEEN n.first AND n.last
                   AND COALESCE(n.school_code, q.school_code) = q.school_code)
               OR (q.local_id, q.school_code, q.date) IN (
                   SELECT local_id, school_code, date FROM staging_marks WHERE submission_id = :submission))
    """
    parameters = {"submission": one.id, "district": one.district_id}
    connection.execute(
        text(statement), parameters | {"first": one.covered_from, "last": one.covered_to}
    )


def held_schools(connection: Connection) -> dict[int, str]:
    """School id to the reason why no letter may leave for it: an unknown code or an outlying day still unresolved."""
    query = """
        SELECT s.id, min(q.reason)
        FROM quarantined_row q
        JOIN submission b ON b.id = q.submission_id
        JOIN school s ON s.district_id = b.district_id AND s.school_code = q.school_code
        WHERE q.resolved_by IS NULL AND q.reason IN ('unknown_code', 'school_day_outlier')
          AND b.status = 'recorded'
        GROUP BY s.id
    """
    return {school_id: reason for school_id, reason in connection.execute(text(query))}


def held_schools_of(connection: Connection, slug: str) -> dict[str, str]:
    """School code to reason, of one district's schools whose letters wait."""
    held = held_schools(connection)
    query = """
        SELECT s.id, s.school_code FROM school s JOIN district d ON d.id = s.district_id
        WHERE d.slug = :slug AND s.id = ANY(:held)
    """
    rows = connection.execute(text(query), {"slug": slug, "held": list(held)})
    return {row.school_code: held[row.id] for row in rows}


def unknown_codes(connection: Connection, submission_id: int) -> dict[str, int]:
    """Raw code to rows, of a submission's codes that nobody has explained. Codes are not personal data."""
    query = """
        SELECT code, count(*) AS n FROM quarantined_row
        WHERE submission_id = :id AND reason = 'unknown_code' GROUP BY code ORDER BY code
    """
    rows = connection.execute(text(query), {"id": submission_id})
    return {str(row.code): int(row.n) for row in rows}


def unexplained(connection: Connection, slug: str) -> "pd.DataFrame":
    """A district's attendance rows of unknown code that no later submission states.

    Columns submission, row, local_id, school_code, date, code.
    """
    import pandas as pd

    query = """
        SELECT q.submission_id AS submission, q.row, q.local_id, q.school_code, q.date, q.code
        FROM quarantined_row q
        JOIN submission b ON b.id = q.submission_id
        JOIN district d ON d.id = b.district_id
        WHERE d.slug = :slug AND q.resolved_by IS NULL AND q.reason = 'unknown_code' AND b.status = 'recorded'
          AND q.local_id IS NOT NULL AND q.school_code IS NOT NULL AND q.date IS NOT NULL
        ORDER BY q.submission_id, q.row
    """
    rows = connection.execute(text(query), {"slug": slug}).mappings().all()
    return pd.DataFrame(
        rows, columns=["submission", "row", "local_id", "school_code", "date", "code"]
    )


def quarantined_rows(connection: Connection, submission_id: int) -> "pd.DataFrame":
    """A submission's quarantine: columns table, file, row, field, reason."""
    import pandas as pd

    query = """
        SELECT table_name AS "table", file, row, field, reason FROM quarantined_row
        WHERE submission_id = :id ORDER BY file, row, id
    """
    rows = connection.execute(text(query), {"id": submission_id}).mappings().all()
    return pd.DataFrame(rows, columns=["table", "file", "row", "field", "reason"])
