"""What if: past nights under another policy, and the difference to what was found, planned and sent. Changes nothing.

The nights from the first to the last one are run again; what stood before them, letters that had left among it, is
taken as it was. What a night knew is what submissions for it and for earlier nights had said. Only the newest word is
kept of calendars, birth dates, home languages and of who belongs to whom, so that these are read as they are now.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from pact_etl.districts.other_policy import OtherPolicy
from pact_etl.domain.errors import UsageError
from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import SchoolYear, school_year_of
from pact_etl.domain.truancy import Rule
from pact_etl.steps.what_if_figures import Edition, figures
from pact_etl.steps.what_if_letters import letters_of
from pact_etl.store.replay.findings import COUNTS, grades_on, replayed_findings
from pact_etl.store.replay.reading import (
    KnownDistrict,
    Nights,
    calendar_days_retold,
    districts_of,
    evaluated_nights,
    read_district,
)
from pact_etl.store.replay.recorded import (
    last_letters,
    recorded_findings,
    recorded_invitations,
    standing_before,
)
from pact_etl.store.undone import attendance_gone_through
from pact_etl.wiring import Collaborators

NO_FINDINGS = pd.DataFrame(
    columns=[
        "student_id",
        "rule",
        "opened",
        "ended",
        "as_of",
        *COUNTS,
        "district_id",
        "grade",
        "language",
    ]
)
READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def what_if(
    using: Collaborators, other: OtherPolicy, first: date, last: date, edition: Edition
) -> dict[str, Any]:
    """Run past nights again under another policy.

    Args:
        using: collaborators.
        other: the policy.
        first: the first night to run again.
        last: the last one.
        edition: for whose eyes the figures are.

    Returns:
        JSON-safe: `from`, `to`, `nights`, `policy_versions`, `findings` by rule and `letters` with their differences,
        `letters_by` district, grade, language and week, `known_as_now`; `students` where the edition names them.

    Raises:
        UsageError: no night of the span was evaluated, or its attendance has been destroyed.
    """
    found, planned, recorded, invited = [], [], [], []
    run: list[date] = []
    versions: set[str] = set()
    retold = 0
    with using.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(READ_ONLY)
        gone = attendance_gone_through(connection)
        if gone is not None and gone >= school_year_of(first).first:
            raise UsageError(
                f"attendance through {gone} was destroyed; its nights cannot be run again"
            )
        slugs = districts_of(connection)
        left = last_letters(connection, first)
        for year in _years(first, last):
            nights = evaluated_nights(connection, year, last)
            policies = {n: policy_of(using, other, n) for n in nights.dates if n >= first}
            if not policies:
                continue
            invitations = recorded_invitations(connection, year)
            before = (invitations["status"] == "planned") & (invitations["as_of"] < first)
            findings, since = _districts(
                connection,
                nights,
                policies,
                slugs,
                invitations[invitations["as_of"].between(first, last)],
            )
            letters = letters_of(
                findings[findings["rule"] == Rule.CHRONIC_TRUANT_CANDIDATE.value],
                nights,
                policies,
                other.county,
                left,
                already=set(invitations.loc[before, "student_id"]),
            )
            left |= dict(zip(letters["student_id"], letters["as_of"], strict=True))
            found.append(findings[findings["opened"] >= 0])
            planned.append(letters)
            recorded.append(recorded_findings(connection, year, first, last))
            invited.append(since)
            run += policies
            versions |= {policy.version for policy in policies.values()}
            retold += calendar_days_retold(connection, year, last)
    if not run:
        raise UsageError(f"no night from {first} to {last} was evaluated")
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "nights": len(run),
        "policy_versions": sorted(versions),
        **figures(
            pd.concat(found, ignore_index=True),
            pd.concat(planned, ignore_index=True),
            pd.concat(recorded, ignore_index=True),
            pd.concat(invited, ignore_index=True),
            slugs,
            edition,
        ),
        "known_as_now": {"calendar_days_told_later": retold},
    }


def policy_of(using: Collaborators, other: OtherPolicy, night: date) -> Policy:
    """Law and policy of a night as the other policy has them."""
    return Policy(
        law=other.law_as(using.statutes.on(night)),
        threshold=other.county.threshold_on(night),
        counting=other.county.counting_on(night),
    )


def _years(first: date, last: date) -> list[SchoolYear]:
    years = [school_year_of(first)]
    while years[-1].last < last:
        years.append(school_year_of(years[-1].last + timedelta(days=1)))
    return years


def _districts(
    connection: Connection,
    nights: Nights,
    policies: Mapping[date, Policy],
    districts: Collection[int],
    invitations: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Findings of every district and the recorded invitations, both with `grade` and `language` as of their night.

    A finding that stood before the first night has `opened` -1 and the night and U that it was really opened with.
    """
    statuses = set().union(
        *(p.counting.occasions | p.counting.absent | p.counting.exempt for p in policies.values())
    )
    standing = standing_before(connection, nights.year, min(policies))
    findings, invited = [NO_FINDINGS], [invitations.iloc[:0].assign(grade=None, language=None)]
    for district_id in districts:
        known = read_district(connection, district_id, nights, statuses)
        rows = replayed_findings(known, nights, policies, standing.get(district_id, {}))
        own = invitations[invitations["district_id"] == district_id]
        findings.append(_described(rows, known, nights).assign(district_id=district_id))
        invited.append(_described(own, known, nights))
    return tuple(
        pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
        for parts in (findings, invited)
    )  # type: ignore[return-value]


def _described(rows: pd.DataFrame, known: KnownDistrict, nights: Nights) -> pd.DataFrame:
    """With what letters are told apart by."""
    languages = known.students.set_index("student_id")["language"]
    return rows.assign(
        grade=grades_on(known, nights, rows["student_id"], rows["as_of"]).to_numpy(),
        language=rows["student_id"].map(languages).to_numpy(),
    )
