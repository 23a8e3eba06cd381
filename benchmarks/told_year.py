"""A county's school year as a database that learnt of it night by night, for what looks back into the past.

The year is loaded in one night's files and then told anew: every night of the district calendars gets a submission of
its own, each mark is known from the night of its day on, and one in ten was first told otherwise and corrected two
nights later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import psycopg

from benchmarks.context import Context
from benchmarks.databases import Databases, fresh_server
from benchmarks.drops import SchoolDays, make_drop

DAY = 170

# Submissions know what came before them by their order, so the one that brought the year is put before it.
SPREAD = """
UPDATE submission SET as_of = DATE '2000-01-01';
CREATE TEMP TABLE night AS SELECT DISTINCT date FROM calendar_day WHERE is_instructional AND date <= %(last)s;
INSERT INTO submission (district_id, as_of, content_hash, status, covered_from, covered_to)
SELECT d.id, n.date, 'night', 'recorded', n.date, n.date FROM night n CROSS JOIN district d
ORDER BY n.date, d.id;
CREATE TEMP TABLE told AS
SELECT d.id AS district_id, f.date, min(s.id) AS first_told,
       min(s.id) FILTER (WHERE s.as_of >= f.date + 2) AS told_again
FROM district d CROSS JOIN (SELECT DISTINCT date FROM calendar_day) f
JOIN submission s ON s.district_id = d.id AND s.content_hash = 'night' AND s.as_of >= f.date
GROUP BY d.id, f.date;
INSERT INTO mark (district_id, student_id, school_id, date, status, raw_code, source_row, recorded_from, recorded_to)
SELECT m.district_id, m.student_id, m.school_id, m.date, 'absent_unexcused', m.raw_code, m.source_row, t.first_told,
       t.told_again
FROM mark m JOIN told t USING (district_id, date) WHERE m.id % 10 = 0 AND t.told_again IS NOT NULL;
UPDATE mark m
SET recorded_from = CASE WHEN m.id % 10 = 0 THEN COALESCE(t.told_again, t.first_told) ELSE t.first_told END
FROM told t WHERE t.district_id = m.district_id AND t.date = m.date AND m.recorded_to IS NULL;
UPDATE enrollment e SET recorded_from = t.first_told FROM told t
WHERE t.district_id = e.district_id AND t.date = GREATEST(e.entry_date, (SELECT min(date) FROM told));
INSERT INTO evaluation (as_of, rule, policy_version, new, standing, undone)
SELECT date, 'truant', 'told night by night', 0, 0, 0 FROM night ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldYear:
    """One school year as it became known.

    Attributes:
        databases: the server that holds it.
        name: of its database.
        first: of the school year.
        last: the last night told.
        marks: versions of marks there are.
        nights: nights told.
    """

    databases: Databases
    name: str
    first: date
    last: date
    marks: int
    nights: int


@contextmanager
def told_year(context: Context) -> Iterator[ToldYear]:
    """Load a school year to its 170th day and tell it night by night; the server goes when it is done with."""
    days = SchoolDays(config=context.config, seed=context.seed)
    last = days.near(DAY).day
    drop = make_drop(context, last, last)
    with fresh_server(context) as databases:
        name = databases.prepare_history(drop, last)
        marks, nights = _tell_by_night(databases, name, last)
        yield ToldYear(
            databases=databases, name=name, first=days.first, last=last, marks=marks, nights=nights
        )


def _tell_by_night(databases: Databases, name: str, last: date) -> tuple[int, int]:
    """Spread the year over its nights; versions of marks, and nights."""
    with psycopg.connect(databases.server.conninfo(name), autocommit=True) as connection:
        for statement in SPREAD.split(";\n"):
            connection.execute(statement, {"last": last} if "%(last)s" in statement else None)
        connection.execute("VACUUM (ANALYZE)")
        marks = connection.execute("SELECT count(*) FROM mark").fetchone()
        nights = connection.execute("SELECT count(DISTINCT as_of) FROM evaluation").fetchone()
    assert marks is not None
    assert nights is not None
    return int(marks[0]), int(nights[0])
