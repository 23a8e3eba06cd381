"""The county in counts, for the status command and page."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

DISTRICTS = """
SELECT d.slug, s.as_of, s.status, s.refused_reason AS reason,
       (SELECT sum(received) FROM submission_count c WHERE c.submission_id = s.id) AS received,
       (SELECT sum(quarantined) FROM submission_count c WHERE c.submission_id = s.id) AS quarantined
FROM district d LEFT JOIN LATERAL (SELECT * FROM submission s WHERE s.district_id = d.id
  ORDER BY s.as_of DESC, s.id DESC LIMIT 1) s ON true
ORDER BY d.slug
"""

BATCHES = """
SELECT b.id, b.as_of, b.status, b.decided_by, p.pieces, p.pages, p.packages, p.packages_out, p.packages_acknowledged
FROM batch b LEFT JOIN LATERAL (
  SELECT sum(pieces)::int AS pieces, sum(pages)::int AS pages, NULLIF(count(*), 0) AS packages,
         NULLIF(count(*) FILTER (WHERE status IN ('handed_over', 'acknowledged', 'refused')), 0) AS packages_out,
         NULLIF(count(*) FILTER (WHERE status = 'acknowledged'), 0) AS packages_acknowledged
  FROM package WHERE batch_id = b.id) p ON true
WHERE b.status NOT IN ('open') OR EXISTS (SELECT FROM notice n WHERE n.batch_id = b.id)
ORDER BY b.as_of DESC LIMIT 20
"""

PACKAGES = """
SELECT batch_id AS batch, status, name, pieces, pages, released_as_of FROM package
WHERE batch_id IN (SELECT id FROM batch ORDER BY as_of DESC LIMIT 20) ORDER BY id
"""

COUNTED = {
    "findings": "SELECT rule, count(*) FROM finding WHERE ended_as_of IS NULL GROUP BY rule ORDER BY rule",
    "letters": "SELECT status, count(*) FROM notice GROUP BY status ORDER BY status",
    "holds": "SELECT reason, count(*) FROM invitation WHERE status = 'held' GROUP BY reason ORDER BY reason",
    "follow_ups": "SELECT kind || ' ' || status, count(*) FROM follow_up GROUP BY 1 ORDER BY 1",
    "served_notices": "SELECT status, count(*) FROM served_notice GROUP BY status ORDER BY status",
    "emails": "SELECT status, count(*) FROM email GROUP BY status ORDER BY status",
    "tasks": "SELECT owner, count(*) FROM staff_task WHERE closed_as_of IS NULL GROUP BY owner ORDER BY owner",
}

TASKS_BY_REASON = """
SELECT reason, count(*) AS open, count(*) FILTER (WHERE due_on < :as_of) AS overdue FROM staff_task
WHERE closed_as_of IS NULL GROUP BY reason ORDER BY reason
"""

BY_HAND = """
SELECT reason, count(*) FROM hold_by_hand WHERE NOT is_clearance AND as_of <= :as_of
  AND (until IS NULL OR :as_of <= until) AND (lifted_as_of IS NULL OR lifted_as_of > :as_of)
GROUP BY reason ORDER BY reason
"""


def waiting(connection: Connection, as_of: date) -> dict[str, Any]:
    """What waits for persons on a day: tasks by reason, open and overdue, and holds entered by hand, by reason."""
    tasks = connection.execute(text(TASKS_BY_REASON), {"as_of": as_of})
    by_hand = connection.execute(text(BY_HAND), {"as_of": as_of})
    return {
        "tasks_by_reason": {r.reason: {"open": r.open, "overdue": r.overdue} for r in tasks},
        "holds_by_hand": {reason: int(n) for reason, n in by_hand},
    }


def overview(connection: Connection) -> dict[str, Any]:
    """Counts only; ids are opaque."""
    report: dict[str, Any] = {
        "districts": [dict(r) for r in connection.execute(text(DISTRICTS)).mappings()],
        "batches": [dict(r) for r in connection.execute(text(BATCHES)).mappings()],
        "packages": [dict(r) for r in connection.execute(text(PACKAGES)).mappings()],
    }
    for name, query in COUNTED.items():
        report[name] = {key: int(n) for key, n in connection.execute(text(query))}
    return report
