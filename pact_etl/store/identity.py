"""Who is who: which student a district's row speaks of, and the questions only a person can answer.

A statewide id joins a row to a student only if birth date and first name agree with what every other record of that
student says; a name alone never joins anybody. A local id that suddenly carries another birth date and another first
name is not believed to be the same child. Whatever is in doubt stays apart, is asked as a question, and holds the
letters of everybody concerned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError
from pact_etl.store.submissions import Submission

# Letters of the first given name without accents; scripts without such letters are compared as they stand.
FIRST_NAME = (
    "COALESCE(NULLIF(regexp_replace(normalize(lower(split_part({0}, ' ', 1)), NFKD), '[^a-z]', '', 'g'), ''),"
    " lower(split_part({0}, ' ', 1)))"
)
# Jo and Jose may be one child, Ana and Eva are not.
NAMES_DIFFER = "NOT (starts_with({0}, {1}) OR starts_with({1}, {0}))"

CLAIMS = f"""
CREATE TEMP TABLE claim ON COMMIT DROP AS
SELECT n.local_id, n.ssid, n.birth_date, {FIRST_NAME.format("n.first_name")} AS first_name,
       s.id AS named, r.student_id AS own, o.ssid AS own_ssid,
       CASE
         WHEN r.student_id IS NOT NULL AND r.birth_date <> n.birth_date
              AND {NAMES_DIFFER.format(FIRST_NAME.format("r.first_name"), FIRST_NAME.format("n.first_name"))}
         THEN 'reused_id'
       END AS doubt
FROM staging_students n
LEFT JOIN student s ON s.ssid = n.ssid
LEFT JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
LEFT JOIN student o ON o.id = r.student_id
WHERE n.submission_id = :s
  AND ((n.ssid IS NOT NULL AND n.ssid IS DISTINCT FROM o.ssid)
       OR (r.student_id IS NOT NULL AND r.birth_date <> n.birth_date))
"""

ANALYZE_CLAIMS = "ANALYZE claim"

# Two rows of one file under one statewide id ...
DOUBT_TWINS = f"""
UPDATE claim c SET doubt = 'shared_ssid' FROM claim k
WHERE c.doubt IS NULL AND c.ssid IS DISTINCT FROM c.own_ssid AND k.ssid = c.ssid AND k.local_id <> c.local_id
  AND (k.birth_date <> c.birth_date OR {NAMES_DIFFER.format("k.first_name", "c.first_name")})
"""

# ... and a row beside every other record of the student who has its id.
DOUBT_STRANGERS = f"""
UPDATE claim c SET doubt = 'shared_ssid' FROM student_record k
WHERE c.doubt IS NULL AND c.ssid IS DISTINCT FROM c.own_ssid AND k.student_id = c.named
  AND (k.district_id, k.local_id) <> (:d, c.local_id)
  AND (k.birth_date <> c.birth_date OR {NAMES_DIFFER.format(FIRST_NAME.format("k.first_name"), "c.first_name")})
"""

# The past of a row that changes hands can only be moved if it is nobody else's and meets nobody else's.
DOUBT_MIXED_HISTORY = """
UPDATE claim c SET doubt = 'mixed_history'
WHERE c.doubt IS NULL AND c.own IS NOT NULL AND c.named IS NOT NULL AND c.own <> c.named AND (
  EXISTS (SELECT FROM student_record k WHERE k.district_id = :d AND k.student_id = c.own AND k.local_id <> c.local_id)
  OR EXISTS (SELECT FROM enrollment e WHERE e.district_id = :d AND e.student_id = c.named)
  OR EXISTS (SELECT FROM mark m WHERE m.district_id = :d AND m.student_id = c.named AND m.recorded_to IS NULL))
"""

# Two rows with a past each get one statewide id in one night. Where the pasts meet (one day, one stay, one adult, one
# finding of both), or both would move to a third student, neither is moved: which of the two is right, nobody knows.
DOUBT_TWO_PASTS = """
UPDATE claim c SET doubt = 'mixed_history' FROM claim k
WHERE c.doubt IS NULL AND k.ssid = c.ssid AND k.local_id <> c.local_id AND k.own <> c.own
  AND k.own_ssid IS DISTINCT FROM k.ssid AND c.own_ssid IS DISTINCT FROM c.ssid
  AND NOT EXISTS (SELECT FROM identity_question q
    WHERE q.district_id = :d AND q.local_id = k.local_id AND q.ssid = k.ssid AND q.answer = 'other')
  AND (c.named IS NOT NULL OR (c.own_ssid IS NOT NULL AND k.own_ssid IS NOT NULL)
    OR EXISTS (SELECT FROM mark a JOIN mark b ON (b.school_id, b.date) = (a.school_id, a.date)
      WHERE a.student_id = c.own AND b.student_id = k.own AND a.recorded_to IS NULL AND b.recorded_to IS NULL)
    OR EXISTS (SELECT FROM enrollment a JOIN enrollment b ON (b.school_id, b.entry_date) = (a.school_id, a.entry_date)
      WHERE a.student_id = c.own AND b.student_id = k.own AND a.recorded_to IS NULL AND b.recorded_to IS NULL)
    OR EXISTS (SELECT FROM guardianship a JOIN guardianship b ON b.guardian_id = a.guardian_id
      WHERE a.student_id = c.own AND b.student_id = k.own)
    OR EXISTS (SELECT FROM finding a JOIN finding b ON (b.school_year, b.rule) = (a.school_year, a.rule)
      WHERE a.student_id = c.own AND b.student_id = k.own AND a.district_id = :d AND b.district_id = :d
        AND a.ended_as_of IS NULL AND b.ended_as_of IS NULL))
"""

BELIEVE_ANSWERS = """
UPDATE claim c SET doubt = NULL FROM identity_question q
WHERE q.district_id = :d AND q.local_id = c.local_id AND q.ssid = COALESCE(c.ssid, '') AND q.answer = 'same'
  AND c.doubt = 'shared_ssid'
"""

ASK = """
INSERT INTO identity_question (district_id, local_id, ssid, doubt, opened_by)
SELECT :d, local_id, COALESCE(ssid, ''), doubt, :s FROM claim WHERE doubt IS NOT NULL
ON CONFLICT (district_id, local_id, ssid) DO NOTHING
"""

# A student who was known by the district's own id alone keeps his past when the statewide id arrives.
ADOPT = """
UPDATE student t SET ssid = c.ssid
FROM (SELECT DISTINCT ON (ssid) ssid, own FROM claim
      WHERE doubt IS NULL AND named IS NULL AND own IS NOT NULL AND own_ssid IS NULL ORDER BY ssid, local_id) c
WHERE t.id = c.own
"""

# Ordered, so that two districts that share students take the same locks in the same order.
INSERT_STUDENTS = """
INSERT INTO student (ssid)
SELECT DISTINCT ssid FROM claim WHERE doubt IS NULL AND ssid IS NOT NULL ORDER BY ssid
ON CONFLICT (ssid) DO NOTHING
"""

NAME_CLAIMS = """
UPDATE claim c SET named = s.id FROM student s WHERE s.ssid = c.ssid AND c.doubt IS NULL
"""

MOVES = """
CREATE TEMP TABLE moved_student ON COMMIT DROP AS
SELECT own, named FROM claim WHERE doubt IS NULL AND own IS NOT NULL AND named IS NOT NULL AND own <> named
"""

# What a person entered about one id holds for the child; a clearance was given for what was known then.
_KEPT_HOLD = (
    "h.reason, h.is_clearance, h.as_of, h.until, h.entered_by FROM hold_by_hand h"
    " JOIN {moved} ON h.student_id = m.own WHERE h.lifted_as_of IS NULL AND NOT h.is_clearance"
    " ON CONFLICT (student_id, reason, is_clearance) WHERE lifted_as_of IS NULL DO NOTHING"
)
_HOLD = "INSERT INTO hold_by_hand (student_id, reason, is_clearance, as_of, until, entered_by) "

MOVE = (
    _HOLD + "SELECT m.named, " + _KEPT_HOLD.format(moved="moved_student m"),
    "UPDATE mark t SET student_id = m.named FROM moved_student m WHERE t.student_id = m.own AND t.district_id = :d",
    "UPDATE enrollment t SET student_id = m.named FROM moved_student m"
    " WHERE t.student_id = m.own AND t.district_id = :d",
    # A step that the district told under both ids was one step.
    "UPDATE ladder_step t SET recorded_to = t.recorded_from FROM moved_student m, ladder_step k"
    " WHERE t.student_id = m.own AND k.student_id = m.named AND t.district_id = :d AND k.district_id = :d"
    " AND t.recorded_to IS NULL AND k.recorded_to IS NULL"
    " AND (k.step, k.section, k.date) = (t.step, t.section, t.date)",
    "UPDATE ladder_step t SET student_id = m.named FROM moved_student m"
    " WHERE t.student_id = m.own AND t.district_id = :d",
    "UPDATE guardianship t SET student_id = m.named FROM moved_student m, guardian g"
    " WHERE t.student_id = m.own AND g.id = t.guardian_id AND g.district_id = :d",
    # A letter that is out under one id is the child's: what waits under the other would be a second one.
    "UPDATE invitation k SET status = 'withdrawn' FROM moved_student m, invitation t, finding f"
    " WHERE k.student_id = m.named AND k.status = 'held' AND t.student_id = m.own AND t.status = 'planned'"
    " AND (t.school_year, t.sequence) = (k.school_year, k.sequence) AND f.id = t.finding_id AND f.district_id = :d"
    " AND EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id WHERE s.invitation_id = t.id"
    " AND n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered'))",
    "UPDATE invitation t SET student_id = m.named FROM moved_student m, finding f"
    " WHERE t.student_id = m.own AND f.id = t.finding_id AND f.district_id = :d"
    " AND NOT EXISTS (SELECT FROM invitation k WHERE k.student_id = m.named AND k.school_year = t.school_year"
    " AND k.sequence = t.sequence AND k.status <> 'withdrawn')",
    "UPDATE first_notice t SET student_id = m.named FROM moved_student m"
    " WHERE t.student_id = m.own AND t.district_id = :d"
    " AND NOT EXISTS (SELECT FROM first_notice k WHERE k.student_id = m.named AND k.district_id = :d"
    " AND k.school_year = t.school_year)"
    # Of two ids that turn out to be one child the older notice is the child's.
    " AND NOT EXISTS (SELECT FROM moved_student o JOIN first_notice k ON k.student_id = o.own"
    " WHERE o.named = m.named AND k.district_id = :d AND k.school_year = t.school_year AND k.id < t.id)",
    "UPDATE finding t SET student_id = m.named FROM moved_student m WHERE t.student_id = m.own AND t.district_id = :d",
    # Two cases of one child and year are read as one; entries stay where they were made.
    "UPDATE case_file t SET joined_to = k.id FROM moved_student m, case_file k"
    " WHERE t.student_id = m.own AND t.district_id = :d AND t.joined_to IS NULL AND k.student_id = m.named"
    " AND k.district_id = :d AND k.school_year = t.school_year AND k.joined_to IS NULL",
    "UPDATE case_file t SET joined_to = k.id FROM moved_student m,"
    " (SELECT o.named, c.school_year, min(c.id) AS id FROM moved_student o JOIN case_file c"
    "  ON c.student_id = o.own AND c.district_id = :d AND c.joined_to IS NULL GROUP BY o.named, c.school_year) k"
    " WHERE t.student_id = m.own AND t.district_id = :d AND t.joined_to IS NULL AND k.named = m.named"
    " AND k.school_year = t.school_year AND k.id <> t.id",
    "UPDATE case_file t SET joined_to = f.joined_to FROM case_file f"
    " WHERE f.id = t.joined_to AND f.joined_to IS NOT NULL",
    "UPDATE case_file t SET student_id = m.named FROM moved_student m"
    " WHERE t.student_id = m.own AND t.district_id = :d",
    "DELETE FROM tally t USING moved_student m WHERE t.student_id = m.own AND t.district_id = :d",
    "DELETE FROM tally_due t USING moved_student m WHERE t.student_id = m.own AND t.district_id = :d",
    "INSERT INTO tally_due SELECT :d, named FROM moved_student ON CONFLICT DO NOTHING",
)

# A student without a statewide id, or with one in doubt, is known by the district's own id alone.
ANONYMOUS = """
CREATE TEMP TABLE anonymous_student ON COMMIT DROP AS
SELECT n.local_id, nextval(pg_get_serial_sequence('student', 'id')) AS student_id
FROM staging_students n LEFT JOIN claim c ON c.local_id = n.local_id
WHERE n.submission_id = :s AND (n.ssid IS NULL OR c.doubt IS NOT NULL)
  AND NOT EXISTS (SELECT FROM student_record r WHERE r.district_id = :d AND r.local_id = n.local_id)
"""
INSERT_ANONYMOUS = (
    "INSERT INTO student (id) OVERRIDING SYSTEM VALUE SELECT student_id FROM anonymous_student"
)

LINK = (ADOPT, INSERT_STUDENTS, NAME_CLAIMS, MOVES, *MOVE)
STATEMENTS = (
    *(
        CLAIMS,
        ANALYZE_CLAIMS,
        DOUBT_TWINS,
        DOUBT_STRANGERS,
        DOUBT_MIXED_HISTORY,
        DOUBT_TWO_PASTS,
        BELIEVE_ANSWERS,
        ASK,
    ),
    *LINK,
    *(ANONYMOUS, INSERT_ANONYMOUS),
)


QUESTION = """
SELECT q.district_id, q.ssid, q.doubt, q.opened_by FROM identity_question q JOIN district d ON d.id = q.district_id
WHERE d.slug = :slug AND q.local_id = :local_id AND q.answer IS NULL ORDER BY q.opened_by LIMIT 1
"""

CLOSE = """
UPDATE identity_question SET answer = :answer, answered_by = :by, answered_at = now()
WHERE district_id = :d AND local_id = :local_id AND ssid = :ssid
"""

CLAIM_OF_ANSWER = """
CREATE TEMP TABLE claim ON COMMIT DROP AS
SELECT r.local_id, CAST(:ssid AS text) AS ssid, s.id AS named, r.student_id AS own, o.ssid AS own_ssid,
       CAST(NULL AS text) AS doubt
FROM student_record r JOIN student o ON o.id = r.student_id LEFT JOIN student s ON s.ssid = :ssid
WHERE r.district_id = :d AND r.local_id = :local_id
"""
RELINK = """
UPDATE student_record r SET student_id = c.named FROM claim c
WHERE r.district_id = :d AND r.local_id = c.local_id AND c.named IS NOT NULL
"""

# What was recorded since the question was asked is about the child who has the id now; the other child has left.
SPLIT = (
    "CREATE TEMP TABLE split ON COMMIT DROP AS SELECT r.student_id AS own,"
    " nextval(pg_get_serial_sequence('student', 'id')) AS new FROM student_record r"
    " WHERE r.district_id = :d AND r.local_id = :local_id",
    "INSERT INTO student (id) OVERRIDING SYSTEM VALUE SELECT new FROM split",
    "UPDATE student_record r SET student_id = new FROM split WHERE r.district_id = :d AND r.local_id = :local_id",
    _HOLD + "SELECT m.new, " + _KEPT_HOLD.format(moved="split m"),
    "UPDATE mark t SET student_id = new FROM split"
    " WHERE t.student_id = own AND t.district_id = :d AND t.recorded_from >= :s",
    "UPDATE enrollment t SET student_id = new FROM split"
    " WHERE t.student_id = own AND t.district_id = :d AND t.recorded_from >= :s",
    "UPDATE ladder_step t SET student_id = new FROM split"
    " WHERE t.student_id = own AND t.district_id = :d AND t.recorded_from >= :s",
    "UPDATE enrollment t SET recorded_to = :s FROM split"
    " WHERE t.student_id = own AND t.district_id = :d AND t.recorded_to IS NULL",
    "UPDATE guardianship t SET student_id = new FROM split, guardian g"
    " WHERE t.student_id = own AND g.id = t.guardian_id AND g.district_id = :d AND t.changed_by >= :s",
    "UPDATE guardianship t SET ended_by = :s FROM split, guardian g"
    " WHERE t.student_id = own AND g.id = t.guardian_id AND g.district_id = :d AND t.ended_by IS NULL",
    "INSERT INTO tally_due SELECT :d, unnest(ARRAY[own, new]) FROM split ON CONFLICT DO NOTHING",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether a district's row and whoever else is known under its ids are one child."""

    slug: str
    local_id: str
    doubt: str
    opened_on: date


def settle_identities(connection: Connection, one: Submission) -> None:
    """Make the temporary tables `claim` and `anonymous_student`: who each staged student is.

    Args:
        connection: inside the transaction that records the submission.
        one: the submission.
    """
    _run(connection, STATEMENTS, {"s": one.id, "d": one.district_id})


def open_questions(connection: Connection) -> list[Question]:
    """Every question that nobody has answered, oldest first. Holds no name; the ids are the district's own."""
    query = """
        SELECT d.slug, q.local_id, q.doubt, s.as_of AS opened_on FROM identity_question q
        JOIN district d ON d.id = q.district_id JOIN submission s ON s.id = q.opened_by
        WHERE q.answer IS NULL ORDER BY s.as_of, d.slug, q.local_id
    """
    return [Question(**row) for row in connection.execute(text(query)).mappings()]


def answer_question(
    connection: Connection, slug: str, local_id: str, *, is_same: bool, by: str
) -> None:
    """Close a district's question about one of its rows, and act on the answer.

    The same child: the row joins the student who has its statewide id, and its past moves along. Another child: a row
    under a re-used id begins anew, and what was recorded before the question stays with the child it was about.

    Raises:
        UsageError: no such question is open, or the pasts of two students cannot be told apart any more.
    """
    row = connection.execute(text(QUESTION), {"slug": slug, "local_id": local_id}).one_or_none()
    if row is None:
        raise UsageError(f"{slug}: no open question about that student")
    keys = {"d": row.district_id, "local_id": local_id}
    if is_same and row.doubt == "mixed_history":
        raise UsageError(f"{slug}: two pasts in one district cannot be joined; see the runbook")
    if is_same and row.doubt == "shared_ssid":
        _run(connection, (CLAIM_OF_ANSWER,), keys | {"ssid": row.ssid})
        _run(connection, (DOUBT_MIXED_HISTORY,), keys)
        if connection.execute(text("SELECT count(*) FROM claim WHERE doubt IS NOT NULL")).scalar():
            raise UsageError(f"{slug}: two pasts in one district cannot be joined; see the runbook")
        _run(connection, (*LINK, RELINK), keys)
    if not is_same and row.doubt == "reused_id":
        _run(connection, SPLIT, keys | {"s": row.opened_by})
    answer = {"answer": "same" if is_same else "other", "by": by}
    connection.execute(text(CLOSE), keys | {"ssid": row.ssid} | answer)


def students_in_question(connection: Connection, students: Sequence[int]) -> frozenset[int]:
    """Those of some students about whom a question is open: the row's own student, and who has the id it claims."""
    query = """
        SELECT r.student_id FROM identity_question q
        JOIN student_record r ON r.district_id = q.district_id AND r.local_id = q.local_id
        WHERE q.answer IS NULL AND r.student_id = ANY(:students)
        UNION
        SELECT s.id FROM identity_question q JOIN student s ON s.ssid = q.ssid
        WHERE q.answer IS NULL AND s.id = ANY(:students)
    """
    found = connection.execute(text(query), {"students": list(students)})
    return frozenset(found.scalars())


def _run(connection: Connection, statements: Sequence[str], keys: Mapping[str, object]) -> None:
    for statement in statements:
        used = {name: value for name, value in keys.items() if f":{name}" in statement}
        connection.execute(text(statement), used)
