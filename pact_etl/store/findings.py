"""Findings: which students' counts are over which line, opened and ended set-based, with the marks as evidence."""

from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule, Tally, counted_by, rules_met
from pact_etl.store.spans import make_spans
from pact_etl.store.tallies import CLEARED_MARKS, marks_parameters

# A finding ends when its line is no longer met: because a correction took days away, or because attended days
# brought the ratio down. The two are told apart, for the first concerns letters already sent.
END = """
UPDATE finding f SET ended_as_of = :as_of,
       ended_reason = CASE WHEN COALESCE(t.{count}, 0) < f.{count} THEN 'corrected' ELSE 'ratio_fell' END
FROM finding g LEFT JOIN tonight t ON t.district_id = g.district_id AND t.student_id = g.student_id
WHERE f.id = g.id AND f.rule = :rule AND f.school_year = :school_year AND f.ended_as_of IS NULL
  AND NOT EXISTS (SELECT FROM verdict v WHERE v.rule = :rule
    AND (v.unexcused_days, v.occasions, v.absent_days, v.enrolled_days)
      = (t.unexcused_days, t.occasions, t.absent_days, t.enrolled_days))
"""

NEW = """
CREATE TEMP TABLE new_finding ON COMMIT DROP AS
SELECT t.* FROM tonight t JOIN verdict v ON v.rule = :rule
  AND (v.unexcused_days, v.occasions, v.absent_days, v.enrolled_days)
    = (t.unexcused_days, t.occasions, t.absent_days, t.enrolled_days)
WHERE NOT EXISTS (SELECT FROM finding f WHERE f.district_id = t.district_id AND f.student_id = t.student_id
  AND f.school_year = :school_year AND f.rule = :rule AND f.ended_as_of IS NULL)
"""

OPEN = """
INSERT INTO finding (district_id, student_id, school_year, rule, policy_version, as_of, unexcused_days, occasions,
                     absent_days, enrolled_days, evidence)
SELECT n.district_id, n.student_id, :school_year, :rule, :version, :as_of, n.unexcused_days, n.occasions,
       n.absent_days, n.enrolled_days, COALESCE(e.ids, '{{}}')
FROM new_finding n
LEFT JOIN (
  SELECT district_id, student_id, array_agg(id ORDER BY date, id) AS ids
  FROM ({counted}) counted WHERE status = ANY(:statuses) AND (is_of_age OR NOT :of_age_only)
    AND (is_cleared OR NOT :cleared_only)
  GROUP BY district_id, student_id
) e USING (district_id, student_id)
"""

COUNTS = """
SELECT rule, count(*) FILTER (WHERE as_of = :as_of AND ended_as_of IS NULL) AS new,
       count(*) FILTER (WHERE ended_as_of IS NULL) AS standing,
       count(*) FILTER (WHERE ended_as_of = :as_of) AS undone
FROM finding WHERE school_year = :school_year GROUP BY rule
"""


def judge(connection: Connection, policy: Policy) -> None:
    """Let the domain decide every distinct combination of tonight's counts; makes the temporary table `verdict`."""
    combinations = connection.execute(
        text("SELECT DISTINCT unexcused_days, occasions, absent_days, enrolled_days FROM tonight")
    )
    verdicts = [
        (rule.value, c.unexcused_days, c.occasions, c.absent_days, c.enrolled_days)
        for c in combinations
        for rule in rules_met(Tally(**c._mapping), policy)
    ]
    connection.execute(text("DROP TABLE IF EXISTS verdict"))
    connection.execute(
        text(
            "CREATE TEMP TABLE verdict (rule text, unexcused_days int, occasions int, absent_days int,"
            " enrolled_days int) ON COMMIT DROP"
        )
    )
    if verdicts:
        columns = dict(zip("ruoad", map(list, zip(*verdicts, strict=True)), strict=True))
        statement = (
            "INSERT INTO verdict SELECT * FROM unnest(CAST(:r AS text[]), CAST(:u AS int[]),"
            " CAST(:o AS int[]), CAST(:a AS int[]), CAST(:d AS int[]))"
        )
        connection.execute(text(statement), columns)
    connection.execute(text("ANALYZE verdict"))


def update_findings(
    connection: Connection, year: SchoolYear, as_of: date, policy: Policy
) -> dict[str, dict[str, int]]:
    """End what no longer holds and open what is new, given `tonight` and `verdict`.

    Returns:
        Rule to counts: new, standing (new ones included), undone.
    """
    for rule in Rule:
        counted = counted_by(rule, policy)
        keys = {"rule": rule.value, "school_year": year.name}
        connection.execute(text(END.format(count=counted.count)), keys | {"as_of": as_of})
        connection.execute(text("DROP TABLE IF EXISTS new_finding"))
        connection.execute(text(NEW), keys)
        make_spans(connection, "new_finding")
        parameters = keys | {
            "statuses": sorted(counted.statuses),
            "of_age_only": counted.of_age_only,
            "cleared_only": counted.cleared_only,
            "version": policy.version,
            "as_of": as_of,
        }
        marks = marks_parameters(year, as_of, policy)
        connection.execute(text(OPEN.format(counted=CLEARED_MARKS)), marks | parameters)
    rows = connection.execute(text(COUNTS), {"as_of": as_of, "school_year": year.name}).mappings()
    counted_rows = {r["rule"]: {k: int(r[k]) for k in ("new", "standing", "undone")} for r in rows}
    return {
        r.value: counted_rows.get(r.value, {"new": 0, "standing": 0, "undone": 0}) for r in Rule
    }


def students_over(connection: Connection, rule: Rule) -> set[tuple[int, int]]:
    """(district id, student id) pairs whose counts of `tonight` are over a line by `verdict`."""
    query = """
        SELECT DISTINCT t.district_id, t.student_id FROM tonight t JOIN verdict v ON v.rule = :rule
          AND (v.unexcused_days, v.occasions, v.absent_days, v.enrolled_days)
            = (t.unexcused_days, t.occasions, t.absent_days, t.enrolled_days)
    """
    return {
        (row.district_id, row.student_id)
        for row in connection.execute(text(query), {"rule": rule.value})
    }
