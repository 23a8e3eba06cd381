"""Letters that follow another one: which letters call for one on a night, and of which students."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.case import Result
from pact_etl.domain.follow_up import FollowedStudent, FollowUpRules, Occasion, kinds_in_force
from pact_etl.domain.letter_kind import INVITING, TAKING_BACK, LetterKind

_TAKING_BACK = ", ".join(f"'{kind}'" for kind in sorted(TAKING_BACK))
CALLED_AS = f"CASE WHEN {{n}}.kind IN ({_TAKING_BACK}) THEN 'disregard' ELSE {{n}}.kind END"
TAKES_BACK = f"x.kind IN ({_TAKING_BACK})"

# A letter that the vendor refused counts as there: a night makes another only where a person asked for it.
_IS_THERE = """
x.status NOT IN ('withdrawn', 'rejected')
AND (x.status <> 'failed' OR x.first_page IS NOT NULL AND NOT EXISTS (
  SELECT FROM notice_event y WHERE y.notice_id = x.id AND y.event = 'retry' AND y.is_applied))"""
HAS_LETTER = f"""
EXISTS (SELECT FROM notice x WHERE x.follows = {{follows}} AND {CALLED_AS.format(n="x")} = {{kind}} AND {_IS_THERE})"""

# A letter is taken back for each of its students once; one that has not left yet may still turn out to be wrong itself.
_HERE = "x.status IN ('planned', 'approved', 'rendered')"
IS_UNDER_WAY = f"EXISTS (SELECT FROM notice x WHERE x.follows = n.id AND {TAKES_BACK} AND {_HERE})"
IS_TOLD = f"""
EXISTS (SELECT FROM notice x JOIN notice_student xs ON xs.notice_id = x.id AND xs.invitation_id = i.id
        WHERE x.follows = n.id AND {TAKES_BACK} AND {_IS_THERE} AND NOT {_HERE})"""

# Of whom it is wrong is still to be said by a person, or its evening is not held on the day that it said.
IS_SETTLED = """
(n.content -> 'meeting' ->> 'date' = to_char(m.date, 'YYYY-MM-DD') AND NOT EXISTS (
  SELECT FROM void_wait w
  WHERE w.notice_id = n.id AND w.ended_as_of IS NULL AND w.answer IS DISTINCT FROM 'approved'))"""

# What is undone is `after_mailing`'s to say: it makes the letter void, or a task where it stands for somebody else too.
UNDONE_IN_PART = """
(g.id IS NULL AND EXISTS (SELECT FROM staff_task t WHERE t.invitation_id = i.id AND t.reason = 'mailed_then_undone'
                          AND t.closed_as_of IS NULL))"""

# What a person entered of the evening that the letter invited to, and nobody took back.
ENTERED = """
EXISTS (SELECT FROM case_file c JOIN case_entry e ON e.case_id = c.id
        WHERE c.district_id = f.district_id AND c.student_id = i.student_id AND c.school_year = i.school_year
          AND e.kind = 'meeting' AND e.about IS NULL AND e.date = m.date AND e.result = ANY({results})
          AND e.as_of <= :as_of
          AND NOT EXISTS (SELECT FROM case_entry r WHERE r.about = e.id AND r.kind = 'retraction'))"""

OTHER_HOMES = """
EXISTS (SELECT FROM notice o JOIN notice_student os ON os.notice_id = o.id
        JOIN invitation oi ON oi.id = os.invitation_id
        WHERE oi.student_id = i.student_id AND o.meeting_id = n.meeting_id AND o.household_id <> n.household_id
          AND o.kind = ANY(:inviting) AND o.mailed_on <= :as_of)"""

IS_INVITED = """
EXISTS (SELECT FROM notice o JOIN meeting om ON om.id = o.meeting_id
        WHERE o.household_id = n.household_id AND o.kind = ANY(:inviting) AND om.date > :as_of
          AND o.status NOT IN ('withdrawn', 'failed', 'rejected', 'void'))"""

# An approver's no to a letter about the student stands until a person clears it.
IS_REJECTED = f"""
EXISTS (SELECT FROM notice x JOIN notice_event e ON e.notice_id = x.id AND e.event = 'reject'
        JOIN notice_student xs ON xs.notice_id = x.id JOIN invitation xi ON xi.id = xs.invitation_id
        WHERE x.follows = n.id AND {CALLED_AS.format(n="x")} = :kind AND x.status = 'rejected'
          AND xi.student_id = i.student_id
          AND NOT EXISTS (SELECT FROM hold_by_hand b WHERE b.student_id = i.student_id AND b.is_clearance
            AND b.reason = COALESCE(x.reason, 'batch_rejected') AND b.lifted_as_of IS NULL AND b.as_of >= e.as_of))"""

# Few letters have either, so the others are not looked at one by one.
WITH_TASK = """
n.id IN (SELECT ts.notice_id FROM staff_task t JOIN notice_student ts ON ts.invitation_id = t.invitation_id
         WHERE t.reason = 'mailed_then_undone' AND t.closed_as_of IS NULL)"""
WITH_ENTRY = """
n.id IN (SELECT es.notice_id FROM case_entry e JOIN case_file c ON c.id = e.case_id
         JOIN invitation ei ON ei.student_id = c.student_id AND ei.school_year = c.school_year
         JOIN notice_student es ON es.invitation_id = ei.id WHERE e.kind = 'meeting' AND e.about IS NULL)"""

IN_TIME = f"{WITH_ENTRY} AND m.date BETWEEN :earliest AND :latest AND n.status IN ('mailed', 'delivered', 'returned')"
CAME = ENTERED.format(results=":came")
STAYED_AWAY = ENTERED.format(results=":results")

# By kind: which letters may call for it, of which students it is true, and whether the letter as a whole is clear.
CALLS = {
    LetterKind.DISREGARD: (
        f"(n.status = 'void' OR (n.status IN ('mailed', 'delivered') AND {WITH_TASK}))",
        f"(n.status = 'void' OR {UNDONE_IN_PART})",
        "n.status = 'void'",
    ),
    LetterKind.SECOND_INVITATION: (
        f"{IN_TIME} AND i.sequence <= :at_most",
        f"({STAYED_AWAY} AND NOT {CAME})",
        f"NOT {CAME}",
    ),
    LetterKind.THANK_YOU: (IN_TIME, CAME, f"NOT {OTHER_HOMES}"),
}

OCCASIONS = """
SELECT n.id AS follows, h.key AS household_key, m.slug AS meeting, m.date, m.date <= :as_of AS is_past,
       COALESCE(n.returned_on <= :as_of, false) AS came_back,
       i.id AS invitation_id, i.student_id, i.sequence, f.district_id, COALESCE(g.id, f.id) AS finding_id,
       g.id IS NOT NULL AS stands,
       {is_called_for} AS is_called_for, {is_clear} AS is_clear, {is_invited} AS is_invited,
       {has_letter} AS has_letter, {is_told} AS is_told, {is_under_way} AS is_under_way,
       COALESCE({is_settled}, false) AS is_settled,
       {is_rejected} AS is_rejected
FROM notice n
JOIN household h ON h.id = n.household_id
JOIN meeting m ON m.id = n.meeting_id
JOIN notice_student s ON s.notice_id = n.id
JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id
LEFT JOIN finding g ON g.district_id = f.district_id AND g.student_id = i.student_id AND g.school_year = f.school_year
  AND g.rule = f.rule AND g.ended_as_of IS NULL
WHERE n.kind = ANY(:inviting) AND n.mailed_on <= :as_of AND {which} {only}
ORDER BY n.id, i.student_id
"""


def occasions(
    connection: Connection,
    as_of: date,
    rules: FollowUpRules | None,
    only: Sequence[int] | None = None,
) -> list[Occasion]:
    """Every letter that calls for another one on a night, by kind and then by letter.

    Args:
        connection: any.
        as_of: the night.
        rules: the county's, for what follows an evening; taking a wrong letter back is looked for always.
        only: earlier letters to look at; all where None.
    """
    found = []
    for kind in kinds_in_force(rules):
        which, is_called_for, is_clear = CALLS[kind]
        query = OCCASIONS.format(
            which=which,
            is_called_for=is_called_for,
            is_clear=is_clear,
            is_invited=IS_INVITED,
            is_rejected=IS_REJECTED,
            is_told=IS_TOLD,
            is_under_way=IS_UNDER_WAY,
            is_settled=IS_SETTLED,
            has_letter=HAS_LETTER.format(follows="n.id", kind=":kind"),
            only="" if only is None else "AND n.id = ANY(:only)",
        )
        keys: dict[str, Any] = {
            "kind": kind.value,
            "as_of": as_of,
            "inviting": sorted(INVITING),
            "came": [Result.ATTENDED.value],
            "only": list(only or ()),
            **_span(kind, as_of, rules),
        }
        rows = connection.execute(
            text(query), {k: v for k, v in keys.items() if f":{k}" in query}
        ).all()
        taken_back_from = _taken_back_from(as_of, rules)
        for follows, students in groupby(rows, key=lambda row: row.follows):
            occasion = _occasion(kind, follows, list(students), taken_back_from)
            if _is_one(occasion):
                found.append(occasion)
    return found


def _span(kind: LetterKind, as_of: date, rules: FollowUpRules | None) -> dict[str, Any]:
    """The days of the evenings that a night may answer to, and what else a county's rule says."""
    if rules is None or kind is LetterKind.DISREGARD:
        return {}
    second = rules.second_invitation if kind is LetterKind.SECOND_INVITATION else None
    rule = second or rules.thank_you
    assert rule is not None  # a kind without a rule is not looked for
    keys: dict[str, Any] = {
        "earliest": max(as_of - timedelta(days=rule.within_days), rules.from_),
        "latest": as_of - timedelta(days=rule.after_days),
    }
    if second is not None:
        keys |= {"results": [r.value for r in second.after], "at_most": second.at_most}
    return keys


def _taken_back_from(as_of: date, rules: FollowUpRules | None) -> date:
    """The earliest evening of a letter that is still taken back by letter on a night."""
    if rules is None or rules.late_disregard is None:
        return as_of + timedelta(days=1)
    return max(as_of - timedelta(days=rules.late_disregard.within_days), rules.from_)


def _occasion(
    kind: LetterKind, follows: int, rows: Sequence[Any], taken_back_from: date
) -> Occasion:
    first = rows[0]
    students = tuple(
        FollowedStudent(
            student_id=row.student_id,
            district_id=row.district_id,
            invitation_id=row.invitation_id,
            finding_id=row.finding_id,
            stands=row.stands,
            is_called_for=row.is_called_for,
            is_told=row.is_told,
        )
        for row in rows
    )
    has_letter = first.has_letter
    if kind is LetterKind.DISREGARD:
        has_letter = first.is_under_way or all(s.is_told for s in students if s.is_called_for)
    return Occasion(
        kind=kind,
        follows=follows,
        household_key=first.household_key,
        meeting=first.meeting,
        sequence=max(row.sequence for row in rows) + 1,
        came_back=first.came_back,
        is_clear=all(row.is_clear for row in rows),
        is_past=first.is_past,
        is_too_late=first.date < taken_back_from,
        is_settled=first.is_settled,
        is_invited=first.is_invited,
        has_letter=has_letter,
        is_rejected=any(row.is_rejected for row in rows),
        students=students,
    )


def _is_one(occasion: Occasion) -> bool:
    """Whether the letter calls for another one at all."""
    called = [s.is_called_for for s in occasion.students]
    if occasion.kind is LetterKind.DISREGARD:
        # Undone as a whole and not void: whoever makes it void has not done so yet.
        return any(called) and (occasion.is_clear or not all(called))
    if occasion.kind is LetterKind.SECOND_INVITATION:
        return any(called) and occasion.is_clear
    return any(called)
