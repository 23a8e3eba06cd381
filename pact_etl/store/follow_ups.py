"""Letters that follow another one: what calls for them, what was decided, and whether they add up."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.case import Result
from pact_etl.domain.follow_up import (
    FollowedStudent,
    FollowUpBalance,
    FollowUpDecision,
    FollowUpRules,
    Occasion,
    kinds_in_force,
)
from pact_etl.domain.letter_kind import INVITING, LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.task_outcome import Outcome
from pact_etl.store.tasks import close_tasks

# A letter that the vendor refused counts as there: a night makes another only where a person asked for it.
HAS_LETTER = """
EXISTS (SELECT FROM notice x WHERE x.follows = {follows} AND x.kind = {kind}
        AND x.status NOT IN ('withdrawn', 'rejected')
        AND (x.status <> 'failed' OR x.first_page IS NOT NULL AND NOT EXISTS (
          SELECT FROM notice_event y WHERE y.notice_id = x.id AND y.event = 'retry' AND y.is_applied)))"""

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

# An approver's no to the letter itself stands until a person clears it.
IS_REJECTED = """
EXISTS (SELECT FROM notice x JOIN notice_event e ON e.notice_id = x.id AND e.event = 'reject'
        WHERE x.follows = n.id AND x.kind = :kind AND x.status = 'rejected'
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
SELECT n.id AS follows, h.key AS household_key, m.slug AS meeting, m.date <= :as_of AS is_past,
       COALESCE(n.returned_on <= :as_of, false) AS came_back,
       i.id AS invitation_id, i.student_id, i.sequence, f.district_id, COALESCE(g.id, f.id) AS finding_id,
       g.id IS NOT NULL AS stands,
       {is_called_for} AS is_called_for, {is_clear} AS is_clear, {is_invited} AS is_invited,
       {has_letter} AS has_letter,
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

BOOK = """
INSERT INTO follow_up AS u (kind, follows, as_of, status, reason) VALUES (:kind, :follows, :as_of, :status, :reason)
ON CONFLICT (follows, kind) DO UPDATE
SET status = excluded.status, reason = excluded.reason,
    as_of = CASE WHEN (u.status, u.reason) IS NOT DISTINCT FROM (excluded.status, excluded.reason)
            THEN u.as_of ELSE excluded.as_of END
RETURNING id
"""

# What a person has closed stays closed.
TASK = """
INSERT INTO staff_task AS t (follow_up_id, reason, owner, as_of, due_on)
VALUES (:follow_up, :reason, :owner, CAST(:as_of AS date), :due_on)
ON CONFLICT (follow_up_id, reason) DO UPDATE
SET closed_as_of = NULL, owner = excluded.owner, as_of = excluded.as_of, due_on = excluded.due_on
WHERE t.closed_as_of IS NOT NULL AND NOT EXISTS (SELECT FROM task_closing c WHERE c.task_id = t.id)
"""

CLOSE = """
UPDATE staff_task SET closed_as_of = :as_of
WHERE follow_up_id = :follow_up AND closed_as_of IS NULL AND reason <> ALL(:reasons)
"""

INVITE = """
INSERT INTO invitation (student_id, school_year, sequence, finding_id, as_of, status)
SELECT i.student_id, i.school_year, :sequence, :finding, :as_of, 'planned' FROM invitation i WHERE i.id = :earlier
ON CONFLICT (student_id, school_year, sequence) WHERE status <> 'withdrawn'
DO UPDATE SET status = 'planned', reason = NULL, finding_id = excluded.finding_id, as_of = excluded.as_of
WHERE invitation.status = 'held'
"""

CLOSE_OF_INVITATION = """
UPDATE staff_task t SET closed_as_of = :as_of FROM invitation i
WHERE t.invitation_id = i.id AND i.id = :invitation AND t.closed_as_of IS NULL AND i.as_of = :as_of
"""

INVITED = """
SELECT k.id FROM invitation i JOIN invitation k ON k.student_id = i.student_id AND k.school_year = i.school_year
WHERE i.id = :earlier AND k.sequence = :sequence AND k.status = 'planned'
"""

LETTER = """
INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, email, language, status, follows)
SELECT :kind, h.id, m.id, :batch, :recipient, :address, :email, :language, 'planned', :follows
FROM household h, meeting m WHERE h.key = :key AND m.slug = :meeting
RETURNING id
"""

# What was held, or whose letter never left, and is called for no longer.
NOT_CALLED_FOR = f"""
UPDATE follow_up u SET status = 'withdrawn', reason = 'not_called_for', as_of = :as_of
WHERE u.status <> 'withdrawn' AND NOT {HAS_LETTER.format(follows="u.follows", kind="u.kind")}
  AND NOT EXISTS (SELECT FROM unnest(CAST(:follows AS bigint[]), CAST(:kinds AS text[])) o (follows, kind)
                  WHERE o.follows = u.follows AND o.kind = u.kind)
RETURNING u.id
"""

BALANCE = f"""
SELECT count(*) AS proposed,
       count(*) FILTER (WHERE has_letter) AS planned,
       count(*) FILTER (WHERE NOT has_letter AND status = 'held' AND has_task) AS held,
       count(*) FILTER (WHERE NOT has_letter AND status = 'withdrawn') AS withdrawn
FROM (
  SELECT u.status, {HAS_LETTER.format(follows="p.follows", kind="p.kind")} AS has_letter,
         EXISTS (SELECT FROM staff_task t WHERE t.follow_up_id = u.id AND (t.closed_as_of IS NULL
                   OR EXISTS (SELECT FROM task_closing c WHERE c.task_id = t.id))) AS has_task
  FROM (SELECT follows, kind FROM follow_up WHERE as_of BETWEEN :first AND :last
        UNION SELECT * FROM unnest(CAST(:follows AS bigint[]), CAST(:kinds AS text[]))) p
  LEFT JOIN follow_up u ON u.follows = p.follows AND u.kind = p.kind
) proposed
"""

HELD = "SELECT kind, reason, count(*) AS n FROM follow_up WHERE status = 'held' GROUP BY 1, 2 ORDER BY 1, 2"

# Rejected or failed letters of a batch: what they were for waits, and a second invitation was none.
ENDED = """
SELECT DISTINCT u.id FROM notice n JOIN follow_up u ON u.follows = n.follows AND u.kind = n.kind
WHERE n.batch_id = :batch AND n.status = ANY(:ended)
"""
TAKE_INVITATIONS_BACK = """
UPDATE invitation i SET status = 'withdrawn', reason = :reason
FROM notice_student s JOIN notice n ON n.id = s.notice_id
WHERE s.invitation_id = i.id AND n.batch_id = :batch AND n.kind = 'second_invitation' AND n.status = ANY(:ended)
  AND i.status = 'planned'
  AND NOT EXISTS (SELECT FROM notice_student o JOIN notice x ON x.id = o.notice_id
                  WHERE o.invitation_id = i.id AND x.status NOT IN ('withdrawn', 'failed', 'rejected'))
"""

# The family has the letter that takes the wrong one back, in every home that got it: nothing is left to do.
TAKEN_BACK = """
SELECT t.id FROM staff_task t
WHERE t.reason = 'mailed_then_undone' AND t.closed_as_of IS NULL
  AND EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id
              WHERE s.invitation_id = t.invitation_id AND n.kind = 'disregard' AND n.mailed_on <= :as_of)
  AND NOT EXISTS (
    SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id
    WHERE s.invitation_id = t.invitation_id AND n.kind = ANY(:inviting) AND n.mailed_on IS NOT NULL
      AND n.returned_on IS NULL
      AND NOT EXISTS (SELECT FROM notice x WHERE x.follows = n.id AND x.kind = 'disregard' AND x.mailed_on <= :as_of))
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
        for follows, students in groupby(rows, key=lambda row: row.follows):
            occasion = _occasion(kind, follows, list(students))
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


def _occasion(kind: LetterKind, follows: int, rows: Sequence[Any]) -> Occasion:
    first = rows[0]
    students = tuple(
        FollowedStudent(
            student_id=row.student_id,
            district_id=row.district_id,
            invitation_id=row.invitation_id,
            finding_id=row.finding_id,
            stands=row.stands,
            is_called_for=row.is_called_for,
        )
        for row in rows
    )
    return Occasion(
        kind=kind,
        follows=follows,
        household_key=first.household_key,
        meeting=first.meeting,
        sequence=max(row.sequence for row in rows) + 1,
        came_back=first.came_back,
        is_clear=all(row.is_clear for row in rows),
        is_past=first.is_past,
        is_invited=first.is_invited,
        has_letter=first.has_letter,
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


def apply_follow_ups(
    connection: Connection, as_of: date, batch_id: int, decisions: Sequence[FollowUpDecision]
) -> None:
    """Write what a night decided; repeating it changes nothing."""
    for one in decisions:
        status = "planned" if one.envelope else "withdrawn" if one.is_withdrawn else "held"
        keys: dict[str, Any] = {
            "kind": one.occasion.kind.value,
            "follows": one.occasion.follows,
            "as_of": as_of,
            "status": status,
            "reason": one.reason.value if one.reason else None,
        }
        follow_up = connection.execute(text(BOOK), keys).scalar_one()
        _keep_tasks(connection, follow_up, as_of, one.tasks)
        if one.envelope is not None:
            _write_letter(connection, as_of, batch_id, one)


def _keep_tasks(
    connection: Connection, follow_up: int, as_of: date, tasks: Sequence[tuple[str, str, date]]
) -> None:
    """Open what waits and close what no longer does."""
    for reason, owner, due_on in tasks:
        keys = {"follow_up": follow_up, "reason": reason, "owner": owner, "due_on": due_on}
        connection.execute(text(TASK), keys | {"as_of": as_of})
    reasons = [reason for reason, _, _ in tasks]
    keys = {"follow_up": follow_up, "as_of": as_of, "reasons": reasons}
    connection.execute(text(CLOSE), keys)


def _write_letter(
    connection: Connection, as_of: date, batch_id: int, decision: FollowUpDecision
) -> None:
    occasion, envelope = decision.occasion, decision.envelope
    assert envelope is not None
    invitations = [s.invitation_id for s in decision.students]
    if occasion.kind is LetterKind.SECOND_INVITATION:
        invitations = [_invite(connection, as_of, occasion.sequence, s) for s in decision.students]
    keys: dict[str, Any] = {
        "kind": occasion.kind.value,
        "batch": batch_id,
        "recipient": envelope.recipient,
        "address": "\n".join(envelope.lines),
        "email": envelope.email if occasion.kind.invites else None,
        "language": envelope.language,
        "follows": occasion.follows,
        "key": envelope.household_key,
        "meeting": decision.meeting,
    }
    notice = connection.execute(text(LETTER), keys).scalar_one()
    connection.execute(
        text("INSERT INTO notice_student (notice_id, invitation_id) VALUES (:notice, :invitation)"),
        [{"notice": notice, "invitation": invitation} for invitation in invitations],
    )


def _invite(connection: Connection, as_of: date, sequence: int, student: FollowedStudent) -> int:
    """The student's further invitation, made where another home's letter has not made it yet."""
    keys = {"sequence": sequence, "earlier": student.invitation_id}
    made = keys | {"finding": student.finding_id, "as_of": as_of}
    connection.execute(text(INVITE), made)
    invitation = int(connection.execute(text(INVITED), keys).scalar_one())
    done = {"invitation": invitation, "as_of": as_of}
    connection.execute(text(CLOSE_OF_INVITATION), done)
    return invitation


def withdraw_uncalled(connection: Connection, as_of: date, called: Sequence[Occasion]) -> None:
    """Withdraw what waits although nothing calls for it any more, and close its tasks."""
    keys = {"as_of": as_of, **_named(called)}
    for row in connection.execute(text(NOT_CALLED_FOR), keys).all():
        _keep_tasks(connection, row.id, as_of, ())


def follow_up_balance(
    connection: Connection, year: SchoolYear, called: Sequence[Occasion]
) -> FollowUpBalance:
    """The equation over a school year's letters that follow another, with what calls for one tonight."""
    keys = {"first": year.first, "last": year.last, **_named(called)}
    row = connection.execute(text(BALANCE), keys).mappings().one()
    return FollowUpBalance(**{name: int(count) for name, count in row.items()})


def follow_ups_held(connection: Connection) -> dict[str, int]:
    """How many wait, by `kind: reason`."""
    return {f"{row.kind}: {row.reason}": int(row.n) for row in connection.execute(text(HELD))}


def hold_ended(
    connection: Connection,
    batch_id: int,
    ended: Sequence[str],
    reason: Reason,
    owner: str,
    as_of: date,
    due_on: date,
) -> None:
    """Hold what a batch's rejected or failed letters were to follow, each with a task.

    Args:
        connection: inside the transaction that ended the letters, before their invitations are closed.
        batch_id: theirs.
        ended: the states of the letters that are meant.
        reason: of the hold.
        owner: whose work it is.
        as_of: since when.
        due_on: until when.
    """
    keys = {"batch": batch_id, "ended": list(ended)}
    connection.execute(text(TAKE_INVITATIONS_BACK), keys | {"reason": reason.value})
    for row in connection.execute(text(ENDED), keys).all():
        connection.execute(
            text(
                "UPDATE follow_up SET status = 'held', reason = :reason, as_of = :as_of WHERE id = :id"
            ),
            {"id": row.id, "reason": reason.value, "as_of": as_of},
        )
        _keep_tasks(connection, row.id, as_of, [(reason.value, owner, due_on)])


def of_their_own(connection: Connection, letters: Sequence[int]) -> list[int]:
    """Those of some letters that follow no other one."""
    query = "SELECT id FROM notice WHERE id = ANY(:letters) AND follows IS NULL ORDER BY id"
    return list(connection.execute(text(query), {"letters": list(letters)}).scalars())


def close_taken_back(connection: Connection, as_of: date) -> int:
    """Close the task about a wrong letter once the one that takes it back is in the mail; how many."""
    keys = {"as_of": as_of, "inviting": sorted(INVITING)}
    ids = list(connection.execute(text(TAKEN_BACK), keys).scalars())
    why = "the letter that takes the wrong one back was mailed"
    close_tasks(connection, ids, Outcome.FAMILY_WRITTEN_TO, "reconcile", why, as_of)
    return len(ids)


def _named(called: Sequence[Occasion]) -> dict[str, Any]:
    return {"follows": [o.follows for o in called], "kinds": [o.kind.value for o in called]}
