"""Invitations, their letters and the tasks beside them, written in bulk from the domain's decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert as upsert

from pact_etl.domain.county import Meeting
from pact_etl.domain.letter_kind import INVITING, LetterKind
from pact_etl.domain.routing import Envelope
from pact_etl.store.copying import copy_in
from pact_etl.store.tables.cases import meeting as meeting_table
from pact_etl.store.tables.staging import decided, enveloped, tasked
from pact_etl.store.tasks import BY_HAND_ONLY, CLOSE_WITHDRAWN, REOPEN

if TYPE_CHECKING:
    import pandas as pd  # half a second that who asks about one student does not have

KIND = LetterKind.PACT_INVITATION.value
SEQUENCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What planning decided about one candidate: envelopes to dated meetings, or a reason to hold."""

    finding_id: int
    student_id: int
    reason: str | None
    envelopes: tuple[tuple[Envelope, str], ...]  # with the meeting's slug
    tasks: tuple[tuple[str, str, date], ...]  # reason, owner, due date


def sync_meetings(connection: Connection, meetings: Sequence[Meeting]) -> None:
    """Make the database know every configured evening."""
    for one in meetings:
        statement = upsert(meeting_table).values(slug=one.slug, date=one.date)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_={"date": one.date},
                where=meeting_table.c.date != one.date,
            )
        )


def open_batch(connection: Connection, as_of: date) -> int | None:
    """Tonight's batch, made when missing; None when it has been shown to an approver already."""
    connection.execute(
        text(
            "INSERT INTO batch (as_of, status) VALUES (:as_of, 'open') ON CONFLICT (as_of) DO NOTHING"
        ),
        {"as_of": as_of},
    )
    row = connection.execute(
        text("SELECT id, status FROM batch WHERE as_of = :as_of FOR UPDATE"), {"as_of": as_of}
    ).one()
    return int(row.id) if row.status == "open" else None


def taken_meetings(
    connection: Connection, batch_id: int | None, households: Sequence[str] | None = None
) -> set[tuple[str, str]]:
    """(household key, meeting slug) pairs that already have an envelope outside tonight's open batch.

    Args:
        connection: any.
        batch_id: tonight's; None where there is none yet.
        households: keys of the only households to look at, where given.
    """
    only = "" if households is None else "AND h.key = ANY(:households)"
    query = f"""
        SELECT h.key, m.slug FROM notice n
        JOIN household h ON h.id = n.household_id JOIN meeting m ON m.id = n.meeting_id
        WHERE n.kind = ANY(:inviting) AND n.status NOT IN ('withdrawn', 'failed')
          AND NOT (n.kind = :kind AND n.batch_id IS NOT DISTINCT FROM CAST(:batch AS bigint) AND n.status = 'planned')
          {only}
    """
    keys: dict[str, object] = {"kind": KIND, "inviting": sorted(INVITING), "batch": batch_id}
    if households is not None:
        keys["households"] = list(households)
    return {(row.key, row.slug) for row in connection.execute(text(query), keys)}


INVITE = """
INSERT INTO invitation (student_id, school_year, sequence, finding_id, as_of, status, reason)
SELECT student_id, :school_year, :sequence, finding_id, :as_of,
       CASE WHEN reason IS NULL THEN 'planned' ELSE 'held' END, reason
FROM staging_decided WHERE as_of = :as_of
ON CONFLICT (student_id, school_year, sequence) WHERE status <> 'withdrawn'
DO UPDATE SET finding_id = excluded.finding_id, as_of = excluded.as_of, status = excluded.status,
              reason = excluded.reason
WHERE invitation.status = 'held'
"""

TASKS = f"""
INSERT INTO staff_task AS t (invitation_id, reason, owner, as_of, due_on)
SELECT i.id, n.reason, n.owner, CAST(:as_of AS date), n.due_on
FROM staging_tasked n JOIN invitation i ON i.student_id = n.student_id AND i.school_year = :school_year
  AND i.sequence = :sequence AND i.status <> 'withdrawn'
WHERE n.as_of = :as_of
{REOPEN}
"""

CLOSE_TASKS = f"""
UPDATE staff_task t SET closed_as_of = :as_of FROM staging_decided d, invitation i
WHERE d.as_of = :as_of AND i.student_id = d.student_id AND i.school_year = :school_year AND i.status <> 'withdrawn'
  AND i.sequence = :sequence AND t.invitation_id = i.id AND t.closed_as_of IS NULL
  AND t.reason NOT IN ({BY_HAND_ONLY})
  AND NOT EXISTS (SELECT FROM staging_tasked n WHERE n.as_of = :as_of AND n.student_id = d.student_id
                  AND n.reason = t.reason)
"""

HOUSEHOLDS = """
INSERT INTO household (key) SELECT DISTINCT household_key FROM staging_enveloped WHERE as_of = :as_of
ORDER BY household_key ON CONFLICT DO NOTHING
"""

LETTERS = """
INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, email, language, status)
SELECT DISTINCT ON (h.id, m.id) :kind, h.id, m.id, :batch, e.recipient, e.address, e.email, e.language, 'planned'
FROM staging_enveloped e JOIN household h ON h.key = e.household_key JOIN meeting m ON m.slug = e.meeting
WHERE e.as_of = :as_of
ORDER BY h.id, m.id, e.student_id
ON CONFLICT DO NOTHING
"""

STUDENTS = """
INSERT INTO notice_student (notice_id, invitation_id)
SELECT DISTINCT n.id, i.id
FROM staging_enveloped e
JOIN household h ON h.key = e.household_key
JOIN meeting m ON m.slug = e.meeting
JOIN notice n ON n.household_id = h.id AND n.meeting_id = m.id AND n.batch_id = :batch AND n.status = 'planned'
  AND n.kind = :kind
JOIN invitation i ON i.student_id = e.student_id AND i.school_year = :school_year AND i.sequence = :sequence
  AND i.status = 'planned'
WHERE e.as_of = :as_of
ON CONFLICT DO NOTHING
"""

STALE_HOLDS = """
UPDATE invitation i SET status = 'withdrawn', reason = f.ended_reason
FROM finding f WHERE f.id = i.finding_id AND i.status = 'held' AND f.ended_as_of IS NOT NULL
  AND i.school_year = :school_year
"""


def apply_decisions(
    connection: Connection,
    as_of: date,
    school_year: str,
    batch_id: int,
    decisions: Sequence[Decision],
) -> None:
    """Write tonight's invitations, letters and tasks; repeating it changes nothing.

    Args:
        connection: inside the planning transaction, the batch open and locked.
        as_of: the night.
        school_year: its name.
        batch_id: tonight's.
        decisions: one per candidate.
    """
    frames = _frames(decisions)
    for table, frame in zip((decided, enveloped, tasked), frames, strict=True):
        connection.execute(table.delete().where(table.c.as_of == as_of))
        copy_in(connection, table, frame, as_of=as_of)
    keys = {
        "as_of": as_of,
        "school_year": school_year,
        "sequence": SEQUENCE,
        "batch": batch_id,
        "kind": KIND,
    }
    for statement in (
        STALE_HOLDS,
        CLOSE_WITHDRAWN,
        INVITE,
        TASKS,
        CLOSE_TASKS,
        HOUSEHOLDS,
        LETTERS,
        STUDENTS,
    ):
        connection.execute(text(statement), {k: v for k, v in keys.items() if f":{k}" in statement})
    for table in (decided, enveloped, tasked):
        connection.execute(table.delete().where(table.c.as_of == as_of))


def planning_counts(connection: Connection, batch_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """Letters and students of a batch with the number of standing holds, and those holds by reason."""
    query = """
        SELECT count(DISTINCT n.id) AS letters, count(DISTINCT i.student_id) AS students
        FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
        WHERE n.batch_id = :batch
    """
    counts = connection.execute(text(query), {"batch": batch_id}).one()
    holds = connection.execute(
        text(
            "SELECT reason, count(*) AS n FROM invitation WHERE status = 'held' GROUP BY reason ORDER BY reason"
        )
    )
    held = {str(r.reason): int(r.n) for r in holds}
    return {
        "letters": int(counts.letters),
        "students": int(counts.students),
        "held": sum(held.values()),
    }, held


def _frames(
    decisions: Sequence[Decision],
) -> tuple["pd.DataFrame", "pd.DataFrame", "pd.DataFrame"]:
    import pandas as pd

    choices = [
        {"student_id": d.student_id, "finding_id": d.finding_id, "reason": d.reason}
        for d in decisions
    ]
    envelopes: list[Mapping[str, object]] = [
        {
            "student_id": d.student_id,
            "household_key": e.household_key,
            "meeting": meeting,
            "recipient": e.recipient,
            "address": "\n".join(e.lines),
            "language": e.language,
            "email": e.email,
        }
        for d in decisions
        for e, meeting in d.envelopes
    ]
    tasks = [
        {"student_id": d.student_id, "reason": reason, "owner": owner, "due_on": due}
        for d in decisions
        for reason, owner, due in d.tasks
    ]
    return (
        pd.DataFrame(choices, columns=["student_id", "finding_id", "reason"]),
        pd.DataFrame(
            envelopes,
            columns=[
                "student_id",
                "household_key",
                "meeting",
                "recipient",
                "address",
                "language",
                "email",
            ],
        ),
        pd.DataFrame(tasks, columns=["student_id", "reason", "owner", "due_on"]),
    )
