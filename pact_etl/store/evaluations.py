"""The log of evaluated nights."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear


def is_evaluated_later(connection: Connection, as_of: date, year: SchoolYear) -> bool:
    """Whether a later night of the same school year was evaluated already."""
    query = "SELECT count(*) FROM evaluation WHERE as_of > :as_of AND as_of <= :last"
    return bool(connection.execute(text(query), {"as_of": as_of, "last": year.last}).scalar_one())


def newest_evaluation(connection: Connection) -> date | None:
    """The newest evaluated night."""
    newest: date | None = connection.execute(text("SELECT max(as_of) FROM evaluation")).scalar_one()
    return newest


def book_evaluation(
    connection: Connection,
    as_of: date,
    policy_version: str,
    by_rule: Mapping[str, Mapping[str, int]],
) -> None:
    """Keep the night's counts by rule."""
    statement = """
        INSERT INTO evaluation (as_of, rule, policy_version, new, standing, undone)
        VALUES (:as_of, :rule, :version, :new, :standing, :undone)
        ON CONFLICT (as_of, rule) DO UPDATE SET policy_version = excluded.policy_version, new = excluded.new,
          standing = excluded.standing, undone = excluded.undone
    """
    for rule, counts in sorted(by_rule.items()):
        keys = {"as_of": as_of, "rule": rule, "version": policy_version}
        connection.execute(text(statement), keys | dict(counts))
