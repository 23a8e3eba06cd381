"""Schools, students, guardians, enrollments and calendars out of staging: set-based upserts that keep provenance.

A flag that makes letters wait is taken back by a "no" alone, never by silence: what is not said stands as it was.
A roster row that is not sent says nothing, except where the submission states rosters whole: there an enrollment or
guardian that is missing has ended. A row that is sent wins over what was known. Each function returns how
many staged rows changed the record, counted so that a repeat of the same submission gives the same answer.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.identity import settle_identities
from pact_etl.store.staging import MANY_ROWS
from pact_etl.store.submissions import Submission

SCHOOLS = """
MERGE INTO school t
USING (SELECT * FROM staging_schools WHERE submission_id = :s) n
ON t.district_id = :d AND t.school_code = n.school_code
WHEN MATCHED AND (t.name, t.level, t.periods_per_day, t.phone, t.is_charter)
     IS DISTINCT FROM (n.name, n.level, n.periods_per_day, n.phone, COALESCE(n.charter, t.is_charter))
THEN UPDATE SET name = n.name, level = n.level, periods_per_day = n.periods_per_day, phone = n.phone,
     is_charter = COALESCE(n.charter, t.is_charter), changed_by = :s
WHEN NOT MATCHED THEN INSERT (district_id, school_code, name, level, periods_per_day, phone, is_charter, changed_by)
     VALUES (:d, n.school_code, n.name, n.level, n.periods_per_day, n.phone, COALESCE(n.charter, false), :s)
"""

STUDENT_RECORDS = """
MERGE INTO student_record t
USING (
  SELECT n.local_id, n.first_name, n.last_name, n.birth_date, n.home_language,
         COALESCE(n.foster, r.foster, false) AS foster, COALESCE(n.homeless, r.homeless, false) AS homeless,
         COALESCE(n.do_not_send, r.do_not_send, false) AS do_not_send,
         COALESCE(n.unaccompanied, r.unaccompanied, false) AS unaccompanied,
         COALESCE(n.deceased, r.deceased, false) AS deceased,
         COALESCE(n.support_pending, r.support_pending, false) AS support_pending,
         COALESCE(c.named, a.student_id, r.student_id) AS student_id
  FROM staging_students n
  LEFT JOIN claim c ON c.local_id = n.local_id AND c.doubt IS NULL
  LEFT JOIN anonymous_student a ON a.local_id = n.local_id
  LEFT JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
  WHERE n.submission_id = :s
) n
ON t.district_id = :d AND t.local_id = n.local_id
WHEN MATCHED AND (t.student_id, t.first_name, t.last_name, t.birth_date, t.home_language, t.foster, t.homeless,
                  t.do_not_send, t.unaccompanied, t.deceased, t.support_pending)
     IS DISTINCT FROM (n.student_id, n.first_name, n.last_name, n.birth_date, n.home_language, n.foster, n.homeless,
                  n.do_not_send, n.unaccompanied, n.deceased, n.support_pending)
THEN UPDATE SET student_id = n.student_id, first_name = n.first_name, last_name = n.last_name,
     birth_date = n.birth_date, home_language = n.home_language, foster = n.foster, homeless = n.homeless,
     do_not_send = n.do_not_send, unaccompanied = n.unaccompanied, deceased = n.deceased,
     support_pending = n.support_pending, changed_by = :s
WHEN NOT MATCHED THEN INSERT (district_id, local_id, student_id, first_name, last_name, birth_date, home_language,
     foster, homeless, do_not_send, unaccompanied, deceased, support_pending, changed_by)
     VALUES (:d, n.local_id, n.student_id, n.first_name, n.last_name, n.birth_date, n.home_language,
     n.foster, n.homeless, n.do_not_send, n.unaccompanied, n.deceased, n.support_pending, :s)
"""

# One adult comes once per child; the last row of the file holds for what the rows share. Some systems keep an adult's
# whole name in the last name.
GUARDIANS = """
MERGE INTO guardian t
USING (
  SELECT DISTINCT ON (guardian_id) guardian_id, COALESCE(first_name, '') AS first_name, last_name, language, street,
         unit, city, state, zip, email, phone, safe_at_home,
         bool_or(deceased) OVER (PARTITION BY guardian_id) AS deceased
  FROM staging_guardians WHERE submission_id = :s
  ORDER BY guardian_id, local_id DESC
) n
ON t.district_id = :d AND t.local_id = n.guardian_id
WHEN MATCHED AND (t.first_name, t.last_name, t.language, t.street, t.unit, t.city, t.state, t.zip, t.email, t.phone,
                  t.safe_at_home, t.deceased)
     IS DISTINCT FROM (n.first_name, n.last_name, n.language, n.street, n.unit, n.city, n.state, n.zip, n.email,
                  n.phone, n.safe_at_home, COALESCE(n.deceased, t.deceased))
THEN UPDATE SET first_name = n.first_name, last_name = n.last_name, language = n.language, street = n.street,
     unit = n.unit, city = n.city, state = n.state, zip = n.zip, email = n.email, phone = n.phone,
     safe_at_home = n.safe_at_home, deceased = COALESCE(n.deceased, t.deceased), changed_by = :s
WHEN NOT MATCHED THEN INSERT (district_id, local_id, first_name, last_name, language, street, unit, city, state, zip,
     email, phone, safe_at_home, deceased, changed_by)
     VALUES (:d, n.guardian_id, n.first_name, n.last_name, n.language, n.street, n.unit, n.city, n.state, n.zip,
     n.email, n.phone, n.safe_at_home, COALESCE(n.deceased, false), :s)
"""

GUARDIANSHIPS = """
MERGE INTO guardianship t
USING (
  SELECT DISTINCT ON (g.id, r.student_id) g.id AS guardian_id, r.student_id, n.relation, n.lives_with, n.has_rights,
         n.restrained, n.contact_order
  FROM staging_guardians n
  JOIN guardian g ON g.district_id = :d AND g.local_id = n.guardian_id
  JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
  WHERE n.submission_id = :s
  ORDER BY g.id, r.student_id, n.contact_order
) n
ON t.guardian_id = n.guardian_id AND t.student_id = n.student_id
WHEN MATCHED AND (t.relation, t.lives_with, t.has_rights, t.restrained, t.contact_order, t.ended_by)
     IS DISTINCT FROM (n.relation, n.lives_with, n.has_rights, COALESCE(n.restrained, t.restrained), n.contact_order,
     NULL)
THEN UPDATE SET relation = n.relation, lives_with = n.lives_with, has_rights = n.has_rights,
     restrained = COALESCE(n.restrained, t.restrained), contact_order = n.contact_order, ended_by = NULL,
     changed_by = :s
WHEN NOT MATCHED THEN INSERT (guardian_id, student_id, relation, lives_with, has_rights, restrained, contact_order,
     changed_by)
     VALUES (n.guardian_id, n.student_id, n.relation, n.lives_with, n.has_rights, COALESCE(n.restrained, false),
     n.contact_order, :s)
"""

# Students whose rosters are stated whole, but for those with a row set aside: that row might be the missing one.
STATED_ROSTERS = """
CREATE TEMP TABLE stated_roster ON COMMIT DROP AS
SELECT DISTINCT r.student_id FROM student_record r
WHERE r.district_id = :d
  AND (r.local_id IN (SELECT local_id FROM staging_rosters WHERE submission_id = :s)
       OR EXISTS (SELECT FROM staging_rosters WHERE submission_id = :s AND local_id IS NULL))
  AND NOT EXISTS (SELECT FROM quarantined_row q
    WHERE q.submission_id = :s AND q.table_name IN ('enrollments', 'guardians')
      AND (q.local_id = r.local_id OR q.local_id IS NULL))
"""

# A guardian of this student in another district is that district's to end.
END_GUARDIANSHIPS = """
UPDATE guardianship t SET ended_by = :s
FROM stated_roster w, guardian g
WHERE t.student_id = w.student_id AND g.id = t.guardian_id AND g.district_id = :d AND t.ended_by IS NULL
  AND NOT EXISTS (SELECT FROM staging_guardians n JOIN student_record r
    ON r.district_id = :d AND r.local_id = n.local_id
    WHERE n.submission_id = :s AND r.student_id = t.student_id AND n.guardian_id = g.local_id)
"""

INCOMING_ENROLLMENTS = """
CREATE TEMP TABLE incoming_enrollment ON COMMIT DROP AS
SELECT DISTINCT ON (r.student_id, s.id, n.entry_date)
       r.student_id, s.id AS school_id, n.entry_date, n.exit_date, n.grade, COALESCE(n.track, '') AS track,
       count(*) OVER (PARTITION BY r.student_id, s.id, n.entry_date) AS rows
FROM staging_enrollments n
JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
JOIN school s ON s.district_id = :d AND s.school_code = n.school_code
WHERE n.submission_id = :s
ORDER BY r.student_id, s.id, n.entry_date, n.exit_date NULLS LAST
"""

CLOSE_ENROLLMENTS = """
UPDATE enrollment t SET recorded_to = :s FROM incoming_enrollment n
WHERE t.recorded_to IS NULL AND (t.student_id, t.school_id, t.entry_date) = (n.student_id, n.school_id, n.entry_date)
  AND (t.exit_date, t.grade, t.track) IS DISTINCT FROM (n.exit_date, n.grade, n.track)
"""

# Of this school year only: a source that states a roster whole does not tell of years gone by.
CLOSE_MISSING_ENROLLMENTS = """
UPDATE enrollment t SET recorded_to = :s FROM stated_roster w
WHERE t.recorded_to IS NULL AND t.district_id = :d AND t.student_id = w.student_id
  AND COALESCE(t.exit_date, 'infinity') >= :first
  AND NOT EXISTS (SELECT FROM incoming_enrollment n
    WHERE (n.student_id, n.school_id, n.entry_date) = (t.student_id, t.school_id, t.entry_date))
"""

OPEN_ENROLLMENTS = """
INSERT INTO enrollment (district_id, student_id, school_id, entry_date, exit_date, grade, track, recorded_from)
SELECT :d, n.student_id, n.school_id, n.entry_date, n.exit_date, n.grade, n.track, :s FROM incoming_enrollment n
WHERE NOT EXISTS (SELECT FROM enrollment t WHERE t.recorded_to IS NULL
  AND (t.student_id, t.school_id, t.entry_date) = (n.student_id, n.school_id, n.entry_date))
"""

DUE_BY_ENROLLMENT = """
INSERT INTO tally_due
SELECT DISTINCT :d, student_id FROM enrollment WHERE district_id = :d AND (recorded_from = :s OR recorded_to = :s)
ON CONFLICT DO NOTHING
"""

CALENDAR_TRACKS = """
INSERT INTO calendar_track
SELECT DISTINCT s.id, n.track FROM staging_calendar n
JOIN school s ON s.district_id = :d AND s.school_code = n.school_code
WHERE n.submission_id = :s AND n.track <> ''
ON CONFLICT DO NOTHING
"""

CALENDAR = """
MERGE INTO calendar_day t
USING (
  SELECT s.id AS school_id, COALESCE(n.track, '') AS track, n.date, n.instructional
  FROM staging_calendar n JOIN school s ON s.district_id = :d AND s.school_code = n.school_code
  WHERE n.submission_id = :s
) n
ON t.school_id = n.school_id AND t.track = n.track AND t.date = n.date
WHEN MATCHED AND (t.is_instructional <> n.instructional OR t.changed_by IS NULL)
THEN UPDATE SET is_instructional = n.instructional, changed_by = :s
WHEN NOT MATCHED THEN INSERT (school_id, track, date, is_instructional, changed_by)
     VALUES (n.school_id, n.track, n.date, n.instructional, :s)
"""

CHANGED_CALENDARS = """
CREATE TEMP TABLE changed_calendar ON COMMIT DROP AS
SELECT DISTINCT c.school_id FROM calendar_day c JOIN school s ON s.id = c.school_id
WHERE s.district_id = :d AND c.changed_by = :s
"""

# Every date of the year gets a row, so that a span may begin or end on a weekend.
FILL_CALENDARS = """
INSERT INTO calendar_day (school_id, date, is_instructional)
SELECT c.school_id, d::date, false
FROM changed_calendar c, generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') d
ON CONFLICT DO NOTHING
"""

# What a track does not state of itself is as in the common calendar, also when that changes later.
FILL_TRACKS = """
INSERT INTO calendar_day AS t (school_id, track, date, is_instructional)
SELECT k.school_id, k.track, c.date, c.is_instructional
FROM changed_calendar JOIN calendar_track k USING (school_id)
JOIN calendar_day c ON c.school_id = k.school_id AND c.track = '' AND c.date BETWEEN :first AND :last
ON CONFLICT (school_id, track, date) DO UPDATE SET is_instructional = excluded.is_instructional
WHERE t.changed_by IS NULL AND t.is_instructional <> excluded.is_instructional
"""

NUMBER_CALENDARS = """
UPDATE calendar_day t SET day_number = n.day_number, weekend_day_number = n.weekend_day_number
FROM (
  SELECT school_id, track, date,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) < 6) OVER so_far AS day_number,
         count(*) FILTER (WHERE is_instructional AND extract(isodow FROM date) > 5) OVER so_far AS weekend_day_number
  FROM calendar_day JOIN changed_calendar USING (school_id) WHERE date BETWEEN :first AND :last
  WINDOW so_far AS (PARTITION BY school_id, track ORDER BY date)
) n
WHERE t.school_id = n.school_id AND t.track = n.track AND t.date = n.date
  AND (t.day_number, t.weekend_day_number) <> (n.day_number, n.weekend_day_number)
"""

DUE_BY_CALENDAR = """
INSERT INTO tally_due
SELECT DISTINCT e.district_id, e.student_id FROM enrollment e JOIN changed_calendar c USING (school_id)
WHERE e.recorded_to IS NULL
ON CONFLICT DO NOTHING
"""

RECORDED = {
    "schools": "SELECT count(*) FROM staging_schools n JOIN school t ON t.district_id = :d"
    " AND t.school_code = n.school_code WHERE n.submission_id = :s AND t.changed_by = :s",
    "students": "SELECT count(*) FROM staging_students n JOIN student_record t ON t.district_id = :d"
    " AND t.local_id = n.local_id WHERE n.submission_id = :s AND t.changed_by = :s",
    "guardians": "SELECT count(*) FROM staging_guardians n"
    " JOIN guardian g ON g.district_id = :d AND g.local_id = n.guardian_id"
    " JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id"
    " JOIN guardianship t ON t.guardian_id = g.id AND t.student_id = r.student_id"
    " WHERE n.submission_id = :s AND (g.changed_by = :s OR t.changed_by = :s)",
    "enrollments": "SELECT COALESCE(sum(n.rows), 0) FROM incoming_enrollment n JOIN enrollment t"
    " ON (t.student_id, t.school_id, t.entry_date) = (n.student_id, n.school_id, n.entry_date)"
    " WHERE t.recorded_to IS NULL AND t.recorded_from = :s",
    "calendar": "SELECT count(*) FROM staging_calendar n JOIN school s ON s.district_id = :d"
    " AND s.school_code = n.school_code JOIN calendar_day t ON t.school_id = s.id"
    " AND t.track = COALESCE(n.track, '') AND t.date = n.date"
    " WHERE n.submission_id = :s AND t.changed_by = :s",
}


def record_roster(connection: Connection, one: Submission, year: SchoolYear) -> dict[str, int]:
    """Take over everything staged but the marks.

    Args:
        connection: inside the transaction that records the submission.
        one: the submission.
        year: whose calendar is numbered.

    Returns:
        Table to staged rows that changed the record.
    """
    keys = {"s": one.id, "d": one.district_id}
    span = {"first": year.first, "last": year.last}
    _run(connection, SCHOOLS, keys)
    settle_identities(connection, one)
    _tell_planner(connection, keys, "staging_students", "school, student")
    _run(connection, STUDENT_RECORDS, keys)
    _tell_planner(connection, keys, "staging_students", "student_record")
    _run(connection, GUARDIANS, keys)
    _tell_planner(connection, keys, "staging_guardians", "guardian")
    _run(connection, GUARDIANSHIPS, keys)
    _run(connection, STATED_ROSTERS, keys)
    _run(connection, END_GUARDIANSHIPS, keys)
    _run(connection, INCOMING_ENROLLMENTS, keys)
    _run(connection, CLOSE_ENROLLMENTS, keys)
    _run(connection, CLOSE_MISSING_ENROLLMENTS, keys | {"first": year.first})
    _run(connection, OPEN_ENROLLMENTS, keys)
    _run(connection, DUE_BY_ENROLLMENT, keys)
    _run(connection, CALENDAR_TRACKS, keys)
    _run(connection, CALENDAR, keys)
    _run(connection, CHANGED_CALENDARS, keys)
    for statement in (FILL_CALENDARS, FILL_TRACKS, NUMBER_CALENDARS, DUE_BY_CALENDAR):
        _run(connection, statement, span)
    return {
        table: int(connection.execute(text(query), keys).scalar_one())
        for table, query in RECORDED.items()
    }


def _tell_planner(
    connection: Connection, keys: Mapping[str, object], staged: str, tables: str
) -> None:
    """Refresh statistics after a large load, so that the next statement is not planned for an empty table."""
    count = text(f"SELECT count(*) FROM {staged} WHERE submission_id = :s")
    if connection.execute(count, {"s": keys["s"]}).scalar_one() >= MANY_ROWS:
        connection.execute(text(f"ANALYZE {tables}"))


def _run(connection: Connection, statements: str, parameters: Mapping[str, object]) -> None:
    for statement in statements.split(";\n"):
        used = {name: value for name, value in parameters.items() if f":{name}" in statement}
        connection.execute(text(statement), used)
