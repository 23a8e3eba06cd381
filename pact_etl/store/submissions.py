"""Submissions: opening, counting, refusing, and their quarantined rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.store.tables.submissions import (
    district as district_table,
)
from pact_etl.store.tables.submissions import (
    submission,
    submission_count,
    submission_file,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One district's delivery for one night."""

    id: int
    district_id: int
    slug: str
    as_of: date
    content_hash: str
    status: str
    refused_reason: str | None
    refused_file: str | None
    refused_field: str | None
    covered_from: date | None
    covered_to: date | None
    corrections: int
    silent_schools: tuple[str, ...]
    rederives: int | None


def sync_districts(connection: Connection, districts: Sequence[District]) -> None:
    """Make the database know every configured district by its slug."""
    for one in sorted(districts, key=lambda d: d.slug):
        row = {"slug": one.slug, "name": one.name, "cd_code": one.cd_code}
        statement = upsert(district_table).values(row)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_=row,
                where=(district_table.c.name != one.name)
                | (district_table.c.cd_code != one.cd_code),
            )
        )


def open_submission(
    connection: Connection,
    slug: str,
    as_of: date,
    content_hash: str,
    files: Mapping[str, tuple[str, int]],
    cursor: Mapping[str, str | int] | None = None,
) -> int:
    """The submission of these bytes for this night; the same bytes again are the same submission.

    Args:
        connection: inside a transaction.
        slug: the district's.
        as_of: the night.
        content_hash: under which the raw bytes are kept.
        files: name to (sha256, size in bytes).
        cursor: where its source's list of changes was read up to.
    """
    district_id = select(district_table.c.id).where(district_table.c.slug == slug).scalar_subquery()
    values = {
        "district_id": district_id,
        "as_of": as_of,
        "content_hash": content_hash,
        "status": "received",
        "cursor": None if cursor is None else dict(cursor),
    }
    connection.execute(upsert(submission).values(values).on_conflict_do_nothing())
    key = (submission.c.district_id == district_id, submission.c.as_of == as_of)
    found = connection.execute(
        select(submission.c.id).where(*key, submission.c.content_hash == content_hash)
    )
    submission_id = int(found.scalar_one())
    for name, (sha256, size) in sorted(files.items()):
        row = {"submission_id": submission_id, "name": name, "sha256": sha256, "bytes": size}
        connection.execute(upsert(submission_file).values(row).on_conflict_do_nothing())
    return submission_id


def open_rederivation(connection: Connection, original: Submission, content_hash: str) -> int:
    """A submission that reads an earlier one's kept bytes again; it speaks for the district's newest recorded night.

    The same rederivation of the same night is the same submission.

    Args:
        connection: inside a transaction.
        original: the submission whose bytes are read again.
        content_hash: tells one rederivation from another; the bytes are the original's.
    """
    newest = (
        select(func.max(submission.c.as_of))
        .where(submission.c.district_id == original.district_id, submission.c.status == "recorded")
        .scalar_subquery()
    )
    values = {
        "district_id": original.district_id,
        "as_of": newest,
        "content_hash": content_hash,
        "status": "received",
        "rederives": original.id,
    }
    connection.execute(upsert(submission).values(values).on_conflict_do_nothing())
    found = connection.execute(
        select(submission.c.id).where(
            submission.c.district_id == original.district_id,
            submission.c.as_of == newest,
            submission.c.content_hash == content_hash,
        )
    )
    return int(found.scalar_one())


def get_submission(connection: Connection, submission_id: int) -> Submission:
    """One submission.

    Raises:
        UsageError: there is none.
    """
    query = (
        select(submission, district_table.c.slug)
        .join(district_table, district_table.c.id == submission.c.district_id)
        .where(submission.c.id == submission_id)
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UsageError(f"no submission {submission_id}")
    values = {name: row[name] for name in Submission.__dataclass_fields__}
    return Submission(**values | {"silent_schools": tuple(row["silent_schools"] or ())})


def is_superseded(connection: Connection, one: Submission) -> bool:
    """Whether the district's record already rests on a later night."""
    later = select(func.count()).where(
        submission.c.district_id == one.district_id,
        submission.c.as_of > one.as_of,
        submission.c.status == "recorded",
    )
    return bool(connection.execute(later).scalar_one())


def was_sent_before(connection: Connection, one: Submission, file: str) -> bool:
    """Whether the district sent the very same file, under whatever name, for an earlier night."""
    same = submission_file.alias()
    query = (
        select(func.count())
        .select_from(submission_file)
        .join(same, same.c.sha256 == submission_file.c.sha256)
        .join(submission, submission.c.id == same.c.submission_id)
        .where(
            submission_file.c.submission_id == one.id,
            submission_file.c.name == file,
            submission.c.district_id == one.district_id,
            submission.c.as_of < one.as_of,
        )
    )
    return bool(connection.execute(query).scalar_one())


def last_cursor(connection: Connection, slug: str, as_of: date) -> dict[str, str | int] | None:
    """Where the newest recorded submission up to a night left off; None where there is none or it had no cursor."""
    query = (
        select(submission.c.cursor)
        .join(district_table, district_table.c.id == submission.c.district_id)
        .where(
            district_table.c.slug == slug,
            submission.c.as_of <= as_of,
            submission.c.status == "recorded",
            submission.c.rederives.is_(None),
        )
        .order_by(submission.c.as_of.desc(), submission.c.id.desc())
        .limit(1)
    )
    cursor: dict[str, str | int] | None = connection.execute(query).scalar_one_or_none()
    return cursor


def set_status(connection: Connection, submission_id: int, status: str, **fields: object) -> None:
    """Write a submission's state; which state follows which is the domain's to say."""
    connection.execute(
        update(submission).where(submission.c.id == submission_id).values(status=status, **fields)
    )


def replace_counts(
    connection: Connection,
    submission_id: int,
    received: Mapping[str, int],
    quarantined: Mapping[str, int],
) -> None:
    """Start the submission's books: per table, rows received and rows set aside."""
    connection.execute(
        delete(submission_count).where(submission_count.c.submission_id == submission_id)
    )
    rows = [
        {
            "submission_id": submission_id,
            "table_name": t,
            "received": n,
            "quarantined": quarantined.get(t, 0),
        }
        for t, n in sorted(received.items())
    ]
    if rows:
        connection.execute(insert(submission_count), rows)


def book_recorded(connection: Connection, submission_id: int, recorded: Mapping[str, int]) -> None:
    """Close the books: what was neither recorded nor quarantined brought nothing new."""
    c = submission_count.c
    statement = (
        update(submission_count)
        .where(c.submission_id == submission_id, c.table_name == bindparam("table"))
        .values(
            recorded=bindparam("n"),
            unchanged=c.received - c.quarantined - bindparam("n", type_=c.received.type),
        )
    )
    for table, n in sorted(recorded.items()):
        connection.execute(statement, {"table": table, "n": n})


def counts_of(connection: Connection, submission_id: int) -> dict[str, dict[str, int]]:
    """The submission's books: table to received, recorded, unchanged, quarantined."""
    c = submission_count.c
    rows = connection.execute(
        select(submission_count).where(c.submission_id == submission_id).order_by(c.table_name)
    )
    names = ("received", "recorded", "unchanged", "quarantined")
    return {r.table_name: {name: getattr(r, name) for name in names} for r in rows}
