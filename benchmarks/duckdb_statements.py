"""The SQL of the yardstick `duckdb_night`: what is kept of the files, the written rule of a day, and the counts.

Ranks stand for statuses; of two statements about one day or period the smaller rank, the kinder one, holds.
"""

STATUSES = (
    *(
        "exempt",
        "present",
        "suspended_in",
        "independent_study",
        "absent_excused",
        "partial_excused",
    ),
    *("suspended_out", "independent_study_incomplete", "absent_unverified", "tardy"),
    *("partial_unexcused", "absent_mixed", "absent_unexcused", "attendance_recovery"),
)
"""From kindest to the family to hardest: of two statements about one day or period the smaller rank holds."""

RANK = {status: rank for rank, status in enumerate(STATUSES)}
TABLES = """
CREATE TABLE file (path VARCHAR, district INTEGER, night DATE, decides_to DATE, kind VARCHAR);
CREATE TABLE district (district INTEGER, slug VARCHAR, id_digits INTEGER, exit_shift INTEGER, last_day DATE);
CREATE TABLE code (district INTEGER, code VARCHAR, from_day DATE, to_day DATE, rank TINYINT);
CREATE TABLE stated (student BIGINT, school INTEGER, date DATE, period INTEGER, rank TINYINT, minutes INTEGER);
CREATE TABLE stated_period AS FROM stated;
CREATE TABLE school_row (school INTEGER, level VARCHAR, periods INTEGER, night DATE);
CREATE TABLE student_row (student BIGINT, ssid BIGINT, birth DATE, night DATE);
CREATE TABLE enrollment_row (
  student BIGINT, school INTEGER, entry_date DATE, exit_date DATE, track VARCHAR, night DATE
);
CREATE TABLE calendar_row (school INTEGER, track VARCHAR, date DATE, is_taught BOOLEAN, night DATE);
"""

STUDENT = "f.district * 100000000000 + local_id"
READ = {
    "schools": "INSERT INTO school_row SELECT school_code, level, periods_per_day, f.night {from_}",
    "students": f"INSERT INTO student_row SELECT {STUDENT}, ssid, birth_date, f.night {{from_}}",
    "enrollments": f"INSERT INTO enrollment_row SELECT {STUDENT}, school_code, entry_date,"
    " COALESCE(exit_date - d.exit_shift, DATE '9999-01-01'), {track}, f.night {from_} JOIN district d USING (district)",
    "calendar": "INSERT INTO calendar_row SELECT school_code, {track}, date, instructional IN ({yes}), f.night {from_}",
    "attendance": f"""
        INSERT INTO {{target}} SELECT {STUDENT}, school_code, date, {{period}},
          CASE WHEN c.rank = {RANK["tardy"]} AND {{minutes}} > 30 THEN {RANK["partial_unexcused"]}
               WHEN c.rank = {RANK["partial_unexcused"]} AND {{minutes}} <= 30 THEN {RANK["tardy"]}
               ELSE c.rank END, {{minutes}}
        {{from_}} JOIN code c ON c.district = f.district AND c.code = {{code}} AND date BETWEEN from_day AND to_day
        WHERE date <= f.decides_to""",
}

# Whole-day rows: the kindest statement about a day holds.
MARKS_OF_DAYS = """
CREATE TABLE mark AS SELECT student, school, date, min(rank) AS rank FROM stated GROUP BY ALL
"""

# Period rows: the kindest statement about a period holds, then the day by the written rule. Ranks that count nowhere
# are left NULL.
MARKS_OF_PERIODS = f"""
INSERT INTO mark
WITH period AS (
  SELECT student, school, date, period, min(rank * 4096 + 2048 - COALESCE(minutes, -1)) AS packed
  FROM stated_period GROUP BY ALL
), timed AS (
  SELECT student, school, date, p.packed // 4096 AS rank, 2048 - p.packed % 4096 AS stated, s.periods,
         CASE WHEN stated > 0 THEN stated ELSE s.period_minutes END AS minutes,
         p.period BETWEEN 1 AND s.periods AS inside,
         rank = {RANK["absent_unexcused"]} AS unexcused,
         rank = {RANK["absent_unverified"]} AS unverified,
         rank IN ({RANK["absent_excused"]}, {RANK["suspended_out"]}, {RANK["independent_study_incomplete"]})
           AS reasoned,
         rank IN ({RANK["tardy"]}, {RANK["partial_unexcused"]}, {RANK["absent_mixed"]}) AS late
  FROM period p JOIN school s USING (school)
), day AS (
  SELECT student, school, date, any_value(periods) AS periods,
         count(*) FILTER (inside AND (unexcused OR unverified OR reasoned)) AS missed,
         count(*) FILTER (inside AND (unverified OR reasoned)) AS missed_otherwise,
         COALESCE(sum(minutes) FILTER (unexcused), 0) AS unexcused_minutes,
         count(*) FILTER (unverified) AS unverified,
         min(rank) FILTER (reasoned) AS kindest,
         COALESCE(max(CASE WHEN stated <= 0 AND rank > {RANK["tardy"]} THEN 31 ELSE stated END) FILTER (late), 0)
           AS latest
  FROM timed GROUP BY ALL
)
SELECT student, school, date,
       CASE WHEN missed >= periods THEN
              CASE WHEN missed_otherwise = 0 THEN {RANK["absent_unexcused"]}
                   WHEN unexcused_minutes > 30 THEN {RANK["absent_mixed"]}
                   WHEN unverified > 0 THEN {RANK["absent_unverified"]}
                   ELSE kindest END
            WHEN unexcused_minutes > 30 OR latest > 30 THEN {RANK["partial_unexcused"]} END AS rank
FROM day
"""

ROSTER = """
CREATE TABLE school AS
WITH latest AS (
  SELECT school, arg_max(GREATEST(periods, 1), night) AS periods, arg_max(level, night) AS level
  FROM school_row GROUP BY school
)
SELECT school, periods, CASE level WHEN 'middle' THEN 300 WHEN 'high' THEN 360 ELSE 280 END // periods AS period_minutes
FROM latest;

CREATE TABLE person AS
WITH latest AS (
  SELECT student, arg_max(ssid, night) AS ssid, arg_max(birth, night) AS birth FROM student_row GROUP BY student
)
SELECT student, ssid,
       date_trunc('month', birth) + INTERVAL 6 YEAR + to_days(CAST(day(birth) - 1 AS INTEGER)) AS bound_from,
       date_trunc('month', birth) + INTERVAL 18 YEAR + to_days(CAST(day(birth) - 1 AS INTEGER)) AS bound_to
FROM latest;

CREATE TABLE span AS
WITH latest AS (
  SELECT student, school, entry_date, arg_max(exit_date, night) AS exit_date, arg_max(track, night) AS track
  FROM enrollment_row GROUP BY student, school, entry_date
)
SELECT student, school, entry_date, CASE WHEN (school, track) IN (SELECT (school, track) FROM calendar_row) THEN track
         ELSE '' END AS track,
       LEAST(exit_date, COALESCE(lead(entry_date) OVER (PARTITION BY student ORDER BY entry_date) - 1, exit_date))
         AS exit_date
FROM latest;

CREATE TABLE calendar AS
WITH latest AS (
  SELECT school, track, date, arg_max(is_taught, night) AS is_taught FROM calendar_row GROUP BY school, track, date
), every AS (
  SELECT school, track, CAST(unnest(generate_series($first, $last, INTERVAL 1 DAY)) AS DATE) AS date
  FROM (SELECT DISTINCT school, track FROM calendar_row)
), stated AS (
  SELECT e.school, e.track, e.date, COALESCE(o.is_taught, c.is_taught, false) AS is_taught
  FROM every e LEFT JOIN latest o ON o.school = e.school AND o.track = e.track AND o.date = e.date
  LEFT JOIN latest c ON c.school = e.school AND c.track = '' AND c.date = e.date
)
SELECT school, track, date, is_taught,
       count(*) FILTER (is_taught) OVER (PARTITION BY school, track ORDER BY date) AS number
FROM stated;
"""

COUNT = f"""
CREATE TABLE tally AS
WITH enrolled AS (
  SELECT s.student, CAST(sum(GREATEST(b.number - COALESCE(a.number, 0), 0)) AS INTEGER) AS enrolled_days
  FROM span s JOIN district d ON d.district = s.student // 100000000000
  JOIN calendar b ON b.school = s.school AND b.track = s.track AND b.date = LEAST(s.exit_date, d.last_day)
  LEFT JOIN calendar a ON a.school = s.school AND a.track = s.track AND a.date = GREATEST(s.entry_date, $first) - 1
  WHERE s.entry_date <= s.exit_date AND s.entry_date <= d.last_day
  GROUP BY s.student
), counted AS (
  SELECT m.student,
         count(*) FILTER (of_age AND waited >= 3 AND m.rank = {RANK["absent_unexcused"]}) AS unexcused_days,
         count(*) FILTER (of_age AND waited >= 3 AND m.rank >= {RANK["partial_unexcused"]}) AS occasions,
         count(*) FILTER (m.rank <> {RANK["partial_unexcused"]}) AS absent_days
  FROM (SELECT m.student, m.rank, m.date >= p.bound_from AND m.date < p.bound_to AS of_age,
               l.number - c.number AS waited
        FROM mark m
        JOIN district d ON d.district = m.student // 100000000000
        JOIN span s ON s.student = m.student AND s.school = m.school AND m.date BETWEEN s.entry_date AND s.exit_date
        JOIN calendar c ON c.school = m.school AND c.track = s.track AND c.date = m.date AND c.is_taught
        JOIN calendar l ON l.school = m.school AND l.track = s.track AND l.date = d.last_day
        JOIN person p ON p.student = m.student
        WHERE m.rank IN ({", ".join(str(RANK[s]) for s in STATUSES if s.startswith("absent"))},
                         {RANK["suspended_out"]}, {RANK["independent_study_incomplete"]}, {RANK["partial_unexcused"]})
  ) m GROUP BY m.student
)
SELECT student, enrolled_days, COALESCE(unexcused_days, 0) AS unexcused_days, COALESCE(occasions, 0) AS occasions,
       COALESCE(absent_days, 0) AS absent_days,
       occasions >= 3 AS is_truant,
       10 * unexcused_days >= enrolled_days AND unexcused_days >= 3 AND enrolled_days >= 20 AS is_chronic_truant,
       10 * absent_days >= enrolled_days AND enrolled_days >= 20 AS is_chronic_absentee
FROM enrolled LEFT JOIN counted USING (student)
"""

OVER = """
SELECT d.slug, lpad(CAST(t.student % 100000000000 AS VARCHAR), d.id_digits, '0'), p.ssid,
       unexcused_days, enrolled_days, occasions, absent_days,
       CAST(is_truant AS INTEGER), CAST(is_chronic_truant AS INTEGER), CAST(is_chronic_absentee AS INTEGER)
FROM tally t JOIN person p USING (student) JOIN district d ON d.district = t.student // 100000000000
WHERE is_truant OR is_chronic_truant OR is_chronic_absentee
ORDER BY ALL
"""
