"""Where every finding of the invitation line has gone, counted from the record itself."""

from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.balance import Balance
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule

# Each way out is asked by itself, so that a finding which takes none of them, or two, unbalances the count.
BALANCE = """
SELECT count(*) AS findings,
       count(*) FILTER (WHERE is_planned) AS planned,
       count(*) FILTER (WHERE NOT is_planned AND has_ended) AS withdrawn,
       count(*) FILTER (WHERE NOT has_ended AND is_held) AS held,
       count(*) FILTER (WHERE NOT has_ended AND is_invited AND NOT is_planned) AS already_invited
FROM (
  SELECT f.ended_as_of IS NOT NULL AS has_ended,
         EXISTS (SELECT FROM invitation i WHERE i.finding_id = f.id AND i.student_id = f.student_id
           AND i.sequence = 1 AND i.status = 'planned') AS is_planned,
         EXISTS (SELECT FROM invitation i WHERE i.student_id = f.student_id AND i.school_year = f.school_year
           AND i.sequence = 1 AND i.status = 'planned') AS is_invited,
         EXISTS (SELECT FROM invitation i WHERE i.student_id = f.student_id AND i.school_year = f.school_year
           AND i.sequence = 1 AND i.status = 'held' AND i.reason IS NOT NULL) AS is_held
  FROM finding f
  WHERE f.rule = :rule AND f.school_year = :school_year AND f.as_of BETWEEN :first AND :last
) found
"""


def balance_of(connection: Connection, year: SchoolYear, first: date, last: date) -> Balance:
    """The equation over the findings of a school year that were opened from one night to another, both inclusive."""
    keys = {"rule": Rule.CHRONIC_TRUANT_CANDIDATE.value, "school_year": year.name}
    row = connection.execute(text(BALANCE), keys | {"first": first, "last": last}).mappings().one()
    ends = {name: int(count) for name, count in row.items() if name != "findings"}
    return Balance(name="findings", whole=int(row["findings"]), ends=ends)
