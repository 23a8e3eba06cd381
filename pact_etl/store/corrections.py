"""What a night's submissions changed about the past, read back from the bitemporal record; any past night can be asked.

Letters are told in the state they are in when somebody asks. A calendar keeps its newest word alone: a day that a later
night changed once more is that night's.

A row that a submission opened over one it closed is a change; one it only closed was taken back; one it only opened
about a day that an earlier submission had covered came late.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import Status
from pact_etl.domain.correction import CorrectionKind, kind_of_mark
from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import Rule
from pact_etl.store.notices import INVITES
from pact_etl.store.undone import STANDS, Claim, undone_claims

# The night's recorded submissions of a district, and how far the ones before them had spoken.
TONIGHT = """
CREATE TEMP TABLE of_night ON COMMIT DROP AS
SELECT s.id, d.slug, s.district_id, p.told_to
FROM submission s JOIN district d ON d.id = s.district_id
LEFT JOIN LATERAL (SELECT max(e.covered_to) AS told_to FROM submission e
  WHERE e.district_id = s.district_id AND e.id < s.id AND e.status IN ('recorded', 'superseded')) p ON true
WHERE s.as_of = :as_of AND s.status IN ('recorded', 'superseded') AND s.covered_to IS NOT NULL
"""

MARKS = """
CREATE TEMP TABLE changed_mark ON COMMIT DROP AS
SELECT n.slug, n.district_id, c.student_id, c.date, c.status AS before, o.status AS after
FROM of_night n JOIN mark c ON c.recorded_to = n.id
LEFT JOIN mark o ON o.recorded_from = n.id AND o.student_id = c.student_id AND o.school_id = c.school_id
  AND o.date = c.date
UNION ALL
SELECT n.slug, n.district_id, o.student_id, o.date, NULL, o.status
FROM of_night n JOIN mark o ON o.recorded_from = n.id AND o.date <= n.told_to
WHERE NOT EXISTS (SELECT FROM mark c WHERE c.recorded_to = n.id AND c.student_id = o.student_id
                    AND c.school_id = o.school_id AND c.date = o.date)
"""

ENROLLMENTS = """
CREATE TEMP TABLE changed_enrollment ON COMMIT DROP AS
WITH closed AS (SELECT e.*, n.id AS by, n.slug FROM of_night n JOIN enrollment e ON e.recorded_to = n.id),
     opened AS (SELECT e.*, n.id AS by, n.slug, n.told_to FROM of_night n JOIN enrollment e ON e.recorded_from = n.id),
     paired AS (
       SELECT c.slug, c.district_id, c.student_id, c.entry_date AS entry_before, c.exit_date AS exit_before,
              o.id AS after_id, o.entry_date AS entry_after, o.exit_date AS exit_after
       FROM closed c
       LEFT JOIN LATERAL (SELECT * FROM opened o WHERE o.by = c.by AND o.student_id = c.student_id
           AND o.school_id = c.school_id ORDER BY abs(o.entry_date - c.entry_date), o.id LIMIT 1) o ON true)
SELECT slug, district_id, student_id, entry_before, exit_before, after_id, entry_after, exit_after FROM paired
UNION ALL
SELECT o.slug, o.district_id, o.student_id, NULL, NULL, o.id, o.entry_date, o.exit_date FROM opened o
WHERE o.entry_date <= o.told_to AND NOT EXISTS (SELECT FROM paired p WHERE p.after_id = o.id)
"""

COUNT_MARKS = """
SELECT slug, before, after, CAST(:as_of AS date) - date AS back, count(*) AS n FROM changed_mark
GROUP BY 1, 2, 3, 4
"""

COUNT_ENROLLMENTS = """
SELECT slug,
       CASE WHEN after_id IS NULL THEN 'enrollment_removed' WHEN entry_before IS NULL THEN 'enrollment_added'
            WHEN entry_before <> entry_after THEN 'entry_moved' ELSE 'exit_moved' END AS kind,
       CAST(:as_of AS date) - CASE
         WHEN entry_before IS NULL OR after_id IS NULL THEN COALESCE(entry_after, entry_before)
         WHEN entry_before <> entry_after THEN LEAST(entry_before, entry_after)
         ELSE LEAST(COALESCE(exit_before, :as_of), COALESCE(exit_after, :as_of), CAST(:as_of AS date)) END AS back,
       count(*) AS n
FROM changed_enrollment
WHERE after_id IS NULL OR entry_before IS NULL OR entry_before <> entry_after
   OR exit_before IS DISTINCT FROM exit_after
GROUP BY 1, 2, 3
"""

COUNT_CALENDAR = """
SELECT n.slug, CAST(:as_of AS date) - c.date AS back, count(*) AS n
FROM of_night n JOIN calendar_day c ON c.changed_by = n.id AND c.date <= n.told_to
WHERE EXISTS (SELECT FROM submission e WHERE e.district_id = n.district_id AND e.id < n.id AND e.status = 'recorded')
GROUP BY 1, 2
"""

# Corrections of the days a student was enrolled at all: these can make or undo a finding though no mark was changed.
CHANGED_BASIS = """
CREATE TEMP TABLE changed_basis ON COMMIT DROP AS
SELECT slug, district_id, student_id FROM changed_enrollment
WHERE (entry_before, exit_before) IS DISTINCT FROM (entry_after, exit_after)
UNION
SELECT n.slug, n.district_id, e.student_id
FROM of_night n
JOIN (SELECT changed_by, school_id, date FROM calendar_day WHERE changed_by IN (SELECT id FROM of_night)) c
  ON c.changed_by = n.id AND c.date <= n.told_to
JOIN enrollment e ON e.school_id = c.school_id AND c.date BETWEEN e.entry_date AND COALESCE(e.exit_date, 'infinity')
  AND e.recorded_from <= n.id AND COALESCE(e.recorded_to, n.id) >= n.id
"""

# With the night whose record the letter prints; where none was printed, that of the finding itself.
ENDED = """
CREATE TEMP TABLE ended_finding ON COMMIT DROP AS
SELECT f.id, d.slug, f.district_id, f.student_id, f.rule, false AS is_undone,
       COALESCE((SELECT max(n.record_as_of) FROM invitation i JOIN notice_student s ON s.invitation_id = i.id
                 JOIN notice n ON n.id = s.notice_id WHERE i.finding_id = f.id), f.as_of) AS night
FROM finding f JOIN district d ON d.id = f.district_id
WHERE f.ended_as_of = :as_of
"""

# A calendar's change is about a whole school: of its students, only those with a finding that it made or undid.
TOUCHED = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT DISTINCT slug, district_id, student_id FROM changed_mark
UNION SELECT DISTINCT slug, district_id, student_id FROM changed_enrollment
UNION SELECT DISTINCT slug, district_id, student_id FROM ended_finding WHERE is_undone
UNION SELECT b.slug, b.district_id, b.student_id FROM changed_basis b
      JOIN finding f ON f.district_id = b.district_id AND f.student_id = b.student_id AND f.as_of = :as_of
"""

FINDINGS = """
SELECT d.slug, f.rule,
       count(*) FILTER (WHERE e.is_undone) AS undone,
       count(*) FILTER (WHERE NOT e.is_undone) AS fell,
       count(*) FILTER (WHERE f.as_of = :as_of AND t.student_id IS NOT NULL) AS opened
FROM finding f JOIN district d ON d.id = f.district_id
LEFT JOIN ended_finding e ON e.id = f.id
LEFT JOIN touched t ON t.district_id = f.district_id AND t.student_id = f.student_id
WHERE (f.ended_as_of = :as_of OR f.as_of = :as_of) GROUP BY 1, 2
"""

# Of the letters that will never leave, only those that this night's corrections stopped.
LETTERS = f"""
SELECT t.slug, n.id AS notice, n.status, f.district_id, f.student_id, f.rule, n.record_as_of AS night,
       {STANDS} AS stands, COALESCE(e.is_undone, false) AS was_undone
FROM touched t
JOIN invitation i ON i.student_id = t.student_id
JOIN finding f ON f.id = i.finding_id AND f.district_id = t.district_id
LEFT JOIN ended_finding e ON e.id = f.id
JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
WHERE i.as_of <= :as_of AND {INVITES} AND (n.status <> ALL(:over) OR e.is_undone) ORDER BY 1, 2
"""

NEVER_LEFT = frozenset({LetterStatus.WITHDRAWN, LetterStatus.REJECTED, LetterStatus.FAILED})
"""Letters that nobody got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightCorrections:
    """What a night changed about the past.

    `kinds` is (district slug, kind) to pairs of days back and count; `findings` is slug to rule to undone, fell and
    opened; `letters` are rows of slug, notice, status, is_undone. What is undone is told by what is known when somebody
    asks (`pact_etl.store.undone`).
    """

    kinds: Mapping[tuple[str, CorrectionKind], list[tuple[int, int]]]
    findings: Mapping[str, Mapping[str, Mapping[str, int]]]
    letters: list[dict[str, Any]]


def corrections_of(
    connection: Connection, as_of: date, policy_on: Callable[[date], Policy]
) -> NightCorrections:
    """Read a night's corrections.

    Args:
        connection: inside a transaction, for the temporary tables.
        as_of: the night.
        policy_on: law and county policy of a night.
    """
    for name, query in (
        ("of_night", TONIGHT),
        ("changed_mark", MARKS),
        ("changed_enrollment", ENROLLMENTS),
        ("changed_basis", CHANGED_BASIS),
        ("ended_finding", ENDED),
        ("touched", TOUCHED),
    ):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        connection.execute(text(query), {"as_of": as_of} if ":as_of" in query else {})
        if name == "ended_finding":
            _mark_undone(connection, policy_on)
    kinds: dict[tuple[str, CorrectionKind], list[tuple[int, int]]] = {}
    for row in connection.execute(text(COUNT_MARKS), {"as_of": as_of}):
        before, after = (Status(s) if s else None for s in (row.before, row.after))
        kinds.setdefault((row.slug, kind_of_mark(before, after)), []).append((row.back, row.n))
    for row in connection.execute(text(COUNT_ENROLLMENTS), {"as_of": as_of}):
        kinds.setdefault((row.slug, CorrectionKind(row.kind)), []).append((row.back, row.n))
    for row in connection.execute(text(COUNT_CALENDAR), {"as_of": as_of}):
        key = (row.slug, CorrectionKind.CALENDAR_CHANGED)
        kinds.setdefault(key, []).append((row.back, row.n))
    findings: dict[str, dict[str, dict[str, int]]] = {}
    for row in connection.execute(text(FINDINGS), {"as_of": as_of}):
        counts = {"undone": row.undone, "fell": row.fell, "opened": row.opened}
        findings.setdefault(row.slug, {})[row.rule] = counts
    letters = _letters(connection, as_of, policy_on)
    return NightCorrections(kinds=kinds, findings=findings, letters=letters)


def _mark_undone(connection: Connection, policy_on: Callable[[date], Policy]) -> None:
    """Tell findings that a correction undid from those that attended days brought below the line."""
    rows = connection.execute(text("SELECT * FROM ended_finding")).all()
    claims = {r.id: Claim(r.district_id, r.student_id, Rule(r.rule), r.night) for r in rows}
    undone = undone_claims(connection, claims.values(), policy_on)
    ids = [finding for finding, claim in claims.items() if claim in undone]
    statement = "UPDATE ended_finding SET is_undone = true WHERE id = ANY(:ids)"
    connection.execute(text(statement), {"ids": ids})


def _letters(
    connection: Connection, as_of: date, policy_on: Callable[[date], Policy]
) -> list[dict[str, Any]]:
    over = sorted(status.value for status in NEVER_LEFT)
    rows = connection.execute(text(LETTERS), {"as_of": as_of, "over": over}).all()
    claims = {
        row: Claim(row.district_id, row.student_id, Rule(row.rule), row.night)
        for row in rows
        if row.night is not None and not row.stands
    }
    undone = undone_claims(connection, claims.values(), policy_on)
    letters: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        one = letters.setdefault(
            (row.slug, row.notice),
            {"slug": row.slug, "notice": row.notice, "status": row.status, "is_undone": False},
        )
        is_out = row.night is not None and LetterStatus(row.status) not in NEVER_LEFT
        one["is_undone"] |= claims.get(row) in undone if is_out else row.was_undone
    return list(letters.values())
