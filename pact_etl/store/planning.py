"""What planning reads: standing findings without a letter, and the newest facts about those students."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.address import RawAddress
from pact_etl.domain.district import District, DistrictStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Adult, StudentFacts
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.suppression import NOTHING_BY_HAND
from pact_etl.domain.truancy import Rule
from pact_etl.store.batches import RELEASED_SQL
from pact_etl.store.holds import holds_by_hand
from pact_etl.store.identity import students_in_question
from pact_etl.store.notices import INVITES

# When an invitation about a student last left, in any school year, and the grade of the newest enrollment.
_LAST_LETTER = f"""
  SELECT max(b.released_as_of) AS last_letter
  FROM invitation p JOIN notice_student s ON s.invitation_id = p.id JOIN notice n ON n.id = s.notice_id
  JOIN batch b ON b.id = n.batch_id
  WHERE p.student_id = {{student}} AND p.status = 'planned' AND b.status IN {RELEASED_SQL}
    AND {INVITES} AND n.status NOT IN ('withdrawn', 'failed', 'void')"""
_GRADE = """
  SELECT e.grade FROM enrollment_span e
  WHERE e.district_id = {district} AND e.student_id = {student} ORDER BY e.entry_date DESC LIMIT 1"""

# A named person's no to a letter of the year, unless somebody has cleared it since. The finding may have ended and come
# back, or the letter's batch or its other home's letter may have ended otherwise: a no stands all the same.
_REFUSED = """
  SELECT n.reason AS refused FROM (
    SELECT x.id, CASE x.reason WHEN 'letter_taken_out' THEN x.reason ELSE 'batch_rejected' END AS reason, r.as_of
    FROM invitation p JOIN notice_student s ON s.invitation_id = p.id JOIN notice x ON x.id = s.notice_id
    JOIN notice_event r ON r.notice_id = x.id AND r.event = 'reject' AND r.is_applied
    WHERE p.student_id = f.student_id AND p.school_year = f.school_year AND p.sequence = 1 AND x.status = 'rejected'
      AND x.follows IS NULL) n
  WHERE NOT EXISTS (SELECT FROM hold_by_hand h WHERE h.student_id = f.student_id AND h.reason = n.reason
                      AND h.is_clearance AND h.lifted_as_of IS NULL AND h.as_of >= n.as_of)
  ORDER BY n.id DESC LIMIT 1"""

CANDIDATES = f"""
SELECT DISTINCT ON (f.student_id) f.id AS finding_id, f.student_id, d.slug, i.id AS invitation_id, f.as_of,
       g.grade, l.last_letter, o.refused
FROM finding f
JOIN district d ON d.id = f.district_id
LEFT JOIN invitation i ON i.student_id = f.student_id AND i.school_year = f.school_year AND i.status <> 'withdrawn'
  AND i.sequence = 1
LEFT JOIN LATERAL ({_GRADE.format(district="f.district_id", student="f.student_id")}) g ON true
LEFT JOIN LATERAL ({_LAST_LETTER.format(student="f.student_id")}) l ON true
LEFT JOIN LATERAL ({_REFUSED}) o ON true
WHERE f.rule = :rule AND f.school_year = :school_year AND f.ended_as_of IS NULL
  AND (i.id IS NULL OR (i.status = 'held' AND (i.reason NOT IN ('batch_rejected', 'letter_taken_out')
    OR EXISTS (SELECT FROM hold_by_hand h WHERE h.student_id = f.student_id AND h.reason = i.reason
                 AND h.is_clearance AND h.lifted_as_of IS NULL AND h.as_of >= i.as_of))))
ORDER BY f.student_id, f.as_of DESC, f.id DESC
"""

CANDIDATE = f"""
SELECT ({_GRADE.format(district=":district", student=":student")}) AS grade,
       ({_LAST_LETTER.format(student=":student")}) AS last_letter
"""

# Whom facts are asked about: students of findings, or one student of a district by itself.
OF_FINDINGS = "SELECT id, student_id, district_id, as_of FROM finding WHERE id = ANY(:findings)"
OF_STUDENT = """
SELECT 0 AS id, CAST(:student AS bigint) AS student_id, CAST(:district AS bigint) AS district_id,
       CAST(:found_on AS date) AS as_of
"""

FACTS = """
SELECT f.id AS finding_id, f.student_id, f.as_of, d.slug, p.birth_date, p.foster, p.homeless, p.do_not_send,
       p.unaccompanied, p.deceased, p.support_pending, e.school_id, e.school_code, e.is_charter, a.absent_days,
       a.excused_days, o.last_other_letter
FROM ({asked}) f
JOIN district d ON d.id = f.district_id
JOIN LATERAL (
  SELECT min(r.birth_date) AS birth_date, COALESCE(bool_or(r.foster), false) AS foster,
         COALESCE(bool_or(r.homeless), false) AS homeless, COALESCE(bool_or(r.do_not_send), false) AS do_not_send,
         COALESCE(bool_or(r.unaccompanied), false) AS unaccompanied, COALESCE(bool_or(r.deceased), false) AS deceased,
         COALESCE(bool_or(r.support_pending), false) AS support_pending
  FROM student_record r WHERE r.student_id = f.student_id
) p ON true
LEFT JOIN LATERAL (
  SELECT e.school_id, c.school_code, c.is_charter FROM enrollment_span e JOIN school c ON c.id = e.school_id
  WHERE e.district_id = f.district_id AND e.student_id = f.student_id AND :as_of BETWEEN e.entry_date AND e.exit_date
  ORDER BY e.entry_date DESC LIMIT 1
) e ON true
JOIN LATERAL (
  SELECT count(*) AS absent_days, count(*) FILTER (WHERE m.status = 'absent_excused') AS excused_days
  FROM mark m
  WHERE m.district_id = f.district_id AND m.student_id = f.student_id AND m.recorded_to IS NULL
    AND m.date BETWEEN :first AND :as_of AND m.status LIKE 'absent%'
) a ON true
JOIN LATERAL (
  SELECT max(s.date) AS last_other_letter FROM ladder_step s
  WHERE s.student_id = f.student_id AND s.recorded_to IS NULL AND s.date <= :as_of
    AND s.step IN ('family_notice', 'review_board_referral')
) o ON true
"""

ADULTS = """
SELECT f.id AS finding_id, g.id AS guardian_id, g.first_name, g.last_name, g.language, h.has_rights, h.restrained,
       h.contact_order, g.street, g.unit, g.city, g.state, g.zip, g.email, g.safe_at_home, g.deceased
FROM ({asked}) f
JOIN guardianship h ON h.student_id = f.student_id AND h.ended_by IS NULL
JOIN guardian g ON g.id = h.guardian_id AND g.district_id = f.district_id
ORDER BY f.id, h.contact_order, g.id
"""


# Below the name's own line. An address counts as bad for everybody: who lives there now is for the district to say.
RETURNED = """
SELECT DISTINCT substr(address, strpos(address, E'\n') + 1) AS lines FROM notice WHERE returned_on IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A student over the invitation line who has no letter yet.

    `refused` is the hold of a letter that a person said no to, where nobody has cleared it since.
    """

    finding_id: int
    student_id: int
    slug: str
    invitation_id: int | None
    as_of: date
    grade: str | None
    last_letter: date | None  # when an invitation about the student last left, in any school year
    refused: str | None = None


def candidates(connection: Connection, school_year: str) -> list[Candidate]:
    """Standing findings of the invitation line without a planned invitation, one per student, the newest first kept.

    A rejected one waits until a person has cleared it; a clearance does not outlast the next rejection.
    """
    keys = {"rule": Rule.CHRONIC_TRUANT_CANDIDATE.value, "school_year": school_year}
    return [Candidate(**row) for row in connection.execute(text(CANDIDATES), keys).mappings()]


def candidate_of(
    connection: Connection,
    student_id: int,
    district_id: int,
    slug: str,
    found_on: date,
) -> Candidate:
    """One student of a district as planning would see it, whether there is a finding or not."""
    asked = {"student": student_id, "district": district_id}
    row = connection.execute(text(CANDIDATE), asked).mappings().one()
    return Candidate(
        finding_id=0,
        student_id=student_id,
        slug=slug,
        invitation_id=None,
        as_of=found_on,
        **row,
    )


def facts_of(
    connection: Connection,
    findings: Sequence[int],
    as_of: date,
    districts: Mapping[str, District],
    held_schools: Mapping[int, str],
    braked: Collection[tuple[str, date]],
    lawful: Collection[str],
) -> dict[int, StudentFacts]:
    """Finding id to the newest facts about its student.

    Args:
        connection: any.
        findings: ids.
        as_of: on which day enrollment is asked.
        districts: by slug; one that is no longer configured counts as testing.
        held_schools: school id to the quarantine reason that holds it.
        braked: district and night of findings that wait for a person; see `volume`.
        lawful: slugs of the districts whose records may reach everybody who sees a letter; see `domain.disclosure`.
    """
    asked = {"findings": list(findings)}
    return _facts(connection, OF_FINDINGS, asked, as_of, districts, held_schools, braked, lawful)


def facts_of_student(
    connection: Connection,
    student_id: int,
    district_id: int,
    found_on: date,
    as_of: date,
    districts: Mapping[str, District],
    held_schools: Mapping[int, str],
    braked: Collection[tuple[str, date]],
    lawful: Collection[str],
) -> StudentFacts:
    """The same facts about one student of a district, whether there is a finding or not.

    Args:
        connection: any.
        student_id: who.
        district_id: whose record of the student.
        found_on: the night of the finding; where there is none, the night that is asked about.
        as_of: see `facts_of`, as for the others.
        districts: see `facts_of`.
        held_schools: see `facts_of`.
        braked: see `facts_of`.
        lawful: see `facts_of`.
    """
    asked = {"student": student_id, "district": district_id, "found_on": found_on}
    facts = _facts(connection, OF_STUDENT, asked, as_of, districts, held_schools, braked, lawful)
    return facts[0]


def _facts(
    connection: Connection,
    asked: str,
    keys: Mapping[str, Any],
    as_of: date,
    districts: Mapping[str, District],
    held_schools: Mapping[int, str],
    braked: Collection[tuple[str, date]],
    lawful: Collection[str],
) -> dict[int, StudentFacts]:
    adults: dict[int, list[Adult]] = defaultdict(list)
    for row in connection.execute(text(ADULTS.format(asked=asked)), keys).mappings():
        adults[row["finding_id"]].append(adult_of(row))
    holds = {school: _SCHOOL_HOLDS[reason] for school, reason in held_schools.items()}
    days = {"as_of": as_of, "first": school_year_of(as_of).first}
    rows = connection.execute(text(FACTS.format(asked=asked)), {**keys, **days}).all()
    by_hand = holds_by_hand(connection, [row.student_id for row in rows], as_of)
    in_question = students_in_question(connection, [row.student_id for row in rows])
    returned = _returned_to(connection)
    facts = {}
    for found in rows:
        district = districts.get(found.slug)
        told, cleared = by_hand.get(found.student_id, NOTHING_BY_HAND)
        facts[found.finding_id] = StudentFacts(
            student_id=found.student_id,
            birth_date=found.birth_date,
            foster=found.foster,
            homeless=found.homeless,
            do_not_send=found.do_not_send,
            is_enrolled=found.school_id is not None,
            district_status=district.status if district else DistrictStatus.TESTING,
            is_in_question=found.student_id in in_question,
            volume_jump=(found.slug, found.as_of) in braked,
            may_be_released=found.slug in lawful,
            school_hold=holds.get(found.school_id),
            adults=tuple(adults[found.finding_id]),
            unaccompanied=found.unaccompanied,
            deceased=found.deceased,
            support_pending=found.support_pending,
            charter_without_agreement=district is not None
            and found.school_id is not None
            and district.lacks_agreement(found.school_code, as_of, is_charter=found.is_charter),
            absent_days=found.absent_days,
            excused_days=found.excused_days,
            last_other_letter=found.last_other_letter,
            told=told,
            cleared=cleared,
            returned_to=returned,
        )
    return facts


def _returned_to(connection: Connection) -> frozenset[tuple[str, ...]]:
    """Every address that a letter has come back from, as the lines of its envelope; today's post counts as well."""
    rows = connection.execute(text(RETURNED))
    return frozenset(tuple(row.lines.split("\n")) for row in rows)


_SCHOOL_HOLDS = {
    Reason.UNKNOWN_CODE.value: Reason.SCHOOL_HELD_UNKNOWN_CODE,
    Reason.SCHOOL_DAY_OUTLIER.value: Reason.SCHOOL_HELD_OUTLIER,
}


def adult_of(row: Mapping[Any, Any]) -> Adult:
    """An adult out of a row of guardian and address; one without `email` is of no concern to emails."""
    names = ("street", "unit", "city", "state", "zip", "safe_at_home")
    plain = (
        "guardian_id",
        "first_name",
        "last_name",
        "language",
        "has_rights",
        "restrained",
        "contact_order",
        "deceased",
    )
    return Adult(
        address=RawAddress(**{name: row[name] or "" for name in names}),
        email=row.get("email"),
        **{name: row[name] for name in plain},
    )
