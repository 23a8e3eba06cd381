"""What the record knows of a district and its files, for those who only look."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, Engine, func, select

from pact_etl.store.tables.submissions import district, submission, submission_file


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look at the record; the database itself refuses whatever would write."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection
        connection.rollback()


def is_known(connection: Connection, slug: str) -> bool:
    """Whether anything was ever collected of a district."""
    found = select(func.count()).select_from(district).where(district.c.slug == slug)
    return bool(connection.execute(found).scalar_one())


def content_was_sent_before(connection: Connection, slug: str, as_of: date, sha256: str) -> bool:
    """Whether a district sent these bytes, whatever their name, for a night before this one."""
    query = (
        select(func.count())
        .select_from(submission_file)
        .join(submission, submission.c.id == submission_file.c.submission_id)
        .join(district, district.c.id == submission.c.district_id)
        .where(
            submission_file.c.sha256 == sha256,
            district.c.slug == slug,
            submission.c.as_of < as_of,
        )
    )
    return bool(connection.execute(query).scalar_one())
