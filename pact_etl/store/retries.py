"""Failed letters that a named person wants made again, and the letters that take their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.letter_kind import INVITING
from pact_etl.domain.truancy import Rule
from pact_etl.store.batches import RELEASED_SQL

# A letter to which an approver said no, or that could not be set, has taken nobody's place: the home has none.
_REPLACED = """
EXISTS (SELECT FROM notice r WHERE r.replaces_id = n.id AND r.status NOT IN ('withdrawn', 'rejected')
        AND (r.status <> 'failed' OR r.first_page IS NOT NULL))"""

REFUSED = f"""
SELECT n.id FROM notice n JOIN notice_student s ON s.notice_id = n.id
WHERE s.invitation_id = :invitation AND n.status = 'failed' AND n.content IS NOT NULL AND NOT {_REPLACED}
ORDER BY n.id
"""
_ASKED_FOR = """
n.status = 'failed' AND EXISTS (SELECT FROM notice_event e WHERE e.notice_id = n.id AND e.event = 'retry')
"""

# The person's last word about the invitation was to try again, the finding stands tonight, and no letter has taken the
# failed one's place yet. Only another invitation's letter can be too recent. What followed another letter is called for
# anew by that (`follow_ups`).
ASKED = f"""
SELECT DISTINCT ON (i.id) i.id AS invitation_id, g.id AS finding_id, i.student_id, d.slug, g.as_of,
       (SELECT e.grade FROM enrollment_span e WHERE e.district_id = g.district_id AND e.student_id = g.student_id
        ORDER BY e.entry_date DESC LIMIT 1) AS grade,
       (SELECT max(b.released_as_of) FROM invitation p JOIN notice_student ps ON ps.invitation_id = p.id
        JOIN notice m ON m.id = ps.notice_id JOIN batch b ON b.id = m.batch_id
        WHERE p.student_id = i.student_id AND p.id <> i.id AND p.status = 'planned'
          AND b.status IN {RELEASED_SQL} AND m.kind = ANY(:inviting)
          AND m.status NOT IN ('withdrawn', 'failed', 'void')) AS last_letter
FROM invitation i
JOIN finding f ON f.id = i.finding_id
JOIN finding g ON g.district_id = f.district_id AND g.student_id = i.student_id AND g.school_year = f.school_year
  AND g.rule = :rule AND g.ended_as_of IS NULL
JOIN district d ON d.id = g.district_id
JOIN staff_task t ON t.invitation_id = i.id AND t.reason = 'letter_refused' AND t.closed_as_of IS NOT NULL
JOIN LATERAL (SELECT outcome FROM task_closing c WHERE c.task_id = t.id ORDER BY c.id DESC LIMIT 1) c
  ON c.outcome = 'retry'
WHERE i.status = 'planned' AND i.school_year = :school_year
  AND EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id
              WHERE s.invitation_id = i.id AND n.follows IS NULL AND {_ASKED_FOR} AND NOT {_REPLACED})
ORDER BY i.id, g.id DESC
"""

# Homes that have, or are about to have, a letter about the student, or of whose letter a person said no; no to a letter
# that was made again opens its task once more, and whoever closes that for another try has the last word.
REACHED = """
SELECT DISTINCT s.invitation_id, h.key FROM notice_student s JOIN notice n ON n.id = s.notice_id
JOIN household h ON h.id = n.household_id
WHERE s.invitation_id = ANY(:invitations) AND n.kind = ANY(:inviting)
  AND n.status NOT IN ('withdrawn', 'failed', 'returned')
  AND (n.status <> 'rejected' OR n.replaces_id IS NULL)
"""

# The same home's where it has one.
LINK = f"""
UPDATE notice m SET replaces_id = (
  SELECT n.id FROM notice_student a JOIN notice_student b ON b.invitation_id = a.invitation_id
  JOIN notice n ON n.id = b.notice_id
  WHERE a.notice_id = m.id AND n.kind = m.kind AND {_ASKED_FOR} AND NOT {_REPLACED}
  ORDER BY n.household_id = m.household_id DESC, n.id DESC LIMIT 1)
WHERE m.batch_id = :batch AND m.status = 'planned' AND m.replaces_id IS NULL
"""

# Another home of the student has its letter, so that the invitation goes on and nothing of it waits.
UNREACHED = """
SELECT DISTINCT i.id FROM notice m
JOIN notice_student s ON s.notice_id = m.id JOIN invitation i ON i.id = s.invitation_id
WHERE m.batch_id = :batch AND m.replaces_id IS NOT NULL AND i.status = 'planned'
  AND m.status = ANY(:ended) AND (m.status <> 'failed' OR m.first_page IS NULL)
ORDER BY i.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A student whose failed letter is to be made again; the fields are those of a `Candidate`."""

    invitation_id: int
    finding_id: int
    student_id: int
    slug: str
    as_of: date
    grade: str | None
    last_letter: date | None
    refused: str | None = None  # a home whose letter a person said no to counts as reached


def refused_letters(connection: Connection, invitation_id: int) -> list[int]:
    """An invitation's letters that the vendor refused and whose place no other has taken."""
    return list(connection.execute(text(REFUSED), {"invitation": invitation_id}).scalars())


def letters_to_retry(connection: Connection, school_year: str) -> list[Retried]:
    """Students whose failed letter a person wants again, and of whom a finding stands."""
    keys = {
        "rule": Rule.CHRONIC_TRUANT_CANDIDATE.value,
        "school_year": school_year,
        "inviting": sorted(INVITING),
    }
    return [Retried(**row) for row in connection.execute(text(ASKED), keys).mappings()]


def homes_reached(connection: Connection, invitations: list[int]) -> set[tuple[int, str]]:
    """Invitation and household key of every letter that stands, or that a person took out."""
    rows = connection.execute(
        text(REACHED), {"invitations": invitations, "inviting": sorted(INVITING)}
    )
    return {(row.invitation_id, row.key) for row in rows}


def retries_ended(connection: Connection, batch_id: int, ended: Sequence[str]) -> list[int]:
    """Invitations of which one home's letter was made again in a batch and has ended, while another home has its own.

    Args:
        connection: after the invitations without any letter were closed.
        batch_id: the batch.
        ended: the states of the letters that are meant; what the vendor refused is not.
    """
    rows = connection.execute(text(UNREACHED), {"batch": batch_id, "ended": list(ended)})
    return list(rows.scalars())


def link_retries(connection: Connection, batch_id: int) -> int:
    """Say of each planned letter of a batch whose place it takes; how many do."""
    connection.execute(text(LINK), {"batch": batch_id})
    query = "SELECT count(*) FROM notice WHERE batch_id = :batch AND replaces_id IS NOT NULL"
    return int(connection.execute(text(query), {"batch": batch_id}).scalar_one())
