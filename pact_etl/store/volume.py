"""New findings by district and night, and the jumps that a person has confirmed."""

from collections import defaultdict
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.truancy import Rule
from pact_etl.domain.volume import VolumeBrake, jumps

# A night without a finding counts as none, so the nights come from the log of evaluations.
NIGHTLY = """
SELECT d.slug, n.as_of, count(f.id) AS new,
       EXISTS (SELECT FROM volume_confirmation c WHERE c.district_id = d.id AND c.as_of = n.as_of) AS is_confirmed
FROM (SELECT DISTINCT as_of FROM evaluation WHERE as_of BETWEEN :first AND :last) n
CROSS JOIN district d
LEFT JOIN finding f ON f.district_id = d.id AND f.as_of = n.as_of AND f.rule = :rule
GROUP BY d.id, d.slug, n.as_of
ORDER BY d.slug, n.as_of
"""

CONFIRM = """
INSERT INTO volume_confirmation (district_id, as_of, confirmed_by, reason)
SELECT id, :as_of, :by, :reason FROM district WHERE slug = :slug
ON CONFLICT (district_id, as_of) DO NOTHING
"""


def braked_nights(
    connection: Connection,
    year: SchoolYear,
    brake: VolumeBrake,
    rule: Rule = Rule.CHRONIC_TRUANT_CANDIDATE,
) -> frozenset[tuple[str, date]]:
    """District and night of every jump in a rule's new findings that nobody has confirmed yet."""
    keys = {"first": year.first, "last": year.last, "rule": rule.value}
    before: dict[str, list[int]] = defaultdict(list)
    braked = set()
    for row in connection.execute(text(NIGHTLY), keys):
        if jumps(row.new, before[row.slug], brake) and not row.is_confirmed:
            braked.add((row.slug, row.as_of))
        before[row.slug].append(row.new)
    return frozenset(braked)


def confirm_volume(connection: Connection, slug: str, as_of: date, by: str, reason: str) -> None:
    """Remember that a person has looked at a district's jump and found it right; the first answer stays."""
    connection.execute(text(CONFIRM), {"slug": slug, "as_of": as_of, "by": by, "reason": reason})
