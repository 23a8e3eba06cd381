"""Letters that follow another one: what was decided, what became of it, and whether they add up."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.balance import Balance
from pact_etl.domain.follow_up import FollowedStudent, FollowUpDecision, Occasion, words_of
from pact_etl.domain.letter_kind import INVITING, LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.domain.task_outcome import Outcome
from pact_etl.store.follow_up_occasions import CALLED_AS, HAS_LETTER, TAKES_BACK
from pact_etl.store.tasks import close_tasks

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

_HAS_LETTER = HAS_LETTER.format(follows="u.follows", kind="u.kind")
# What was held, or whose letter never left, and is called for no longer. A letter that was taken back for one student
# stays so, whatever waited for another one.
NOT_CALLED_FOR = f"""
UPDATE follow_up u SET as_of = :as_of, status = CASE WHEN {_HAS_LETTER} THEN 'planned' ELSE 'withdrawn' END,
  reason = CASE WHEN {_HAS_LETTER} THEN NULL ELSE 'not_called_for' END
WHERE (u.status = 'held' OR u.status <> 'withdrawn' AND NOT {_HAS_LETTER})
  AND NOT EXISTS (SELECT FROM unnest(CAST(:follows AS bigint[]), CAST(:kinds AS text[])) o (follows, kind)
                  WHERE o.follows = u.follows AND o.kind = u.kind)
RETURNING u.id
"""

# A letter there does not answer for a student whom it does not name (`lacking`).
BALANCE = f"""
SELECT count(*) AS proposed,
       count(*) FILTER (WHERE has_letter) AS planned,
       count(*) FILTER (WHERE NOT has_letter AND status = 'held' AND has_task) AS held,
       count(*) FILTER (WHERE NOT has_letter AND status = 'withdrawn') AS withdrawn
FROM (
  SELECT u.status, {HAS_LETTER.format(follows="p.follows", kind="p.kind")}
           AND NOT EXISTS (SELECT FROM unnest(CAST(:lacking AS bigint[]), CAST(:lacking_kinds AS text[]))
                             l (follows, kind) WHERE l.follows = p.follows AND l.kind = p.kind) AS has_letter,
         EXISTS (SELECT FROM staff_task t WHERE t.follow_up_id = u.id AND (t.closed_as_of IS NULL
                   OR EXISTS (SELECT FROM task_closing c WHERE c.task_id = t.id))) AS has_task
  FROM (SELECT follows, kind FROM follow_up WHERE as_of BETWEEN :first AND :last
        UNION SELECT * FROM unnest(CAST(:follows AS bigint[]), CAST(:kinds AS text[]))) p
  LEFT JOIN follow_up u ON u.follows = p.follows AND u.kind = p.kind
) proposed
"""

HELD = "SELECT kind, reason, count(*) AS n FROM follow_up WHERE status = 'held' GROUP BY 1, 2 ORDER BY 1, 2"

# Rejected or failed letters of a batch: what they were for waits, and a second invitation was none.
ENDED = f"""
SELECT DISTINCT u.id FROM notice n JOIN follow_up u ON u.follows = n.follows AND u.kind = {CALLED_AS.format(n="n")}
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
TAKEN_BACK = f"""
SELECT t.id FROM staff_task t
WHERE t.reason = 'mailed_then_undone' AND t.closed_as_of IS NULL
  AND EXISTS (SELECT FROM notice_student s JOIN notice x ON x.id = s.notice_id
              WHERE s.invitation_id = t.invitation_id AND {TAKES_BACK} AND x.mailed_on <= :as_of)
  AND NOT EXISTS (
    SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id
    WHERE s.invitation_id = t.invitation_id AND n.kind = ANY(:inviting) AND n.mailed_on IS NOT NULL
      AND n.returned_on IS NULL
      AND NOT EXISTS (SELECT FROM notice x JOIN notice_student xs ON xs.notice_id = x.id
                      AND xs.invitation_id = t.invitation_id
                      WHERE x.follows = n.id AND {TAKES_BACK} AND x.mailed_on <= :as_of))
"""


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
        "kind": words_of(occasion).value,
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
    connection: Connection,
    year: SchoolYear,
    called: Sequence[Occasion],
    lacking: Sequence[Occasion],
) -> Balance:
    """The equation over a school year's letters that follow another.

    Args:
        connection: inside the planning transaction.
        year: the school year.
        called: what calls for one tonight.
        lacking: those of them that got none tonight and want one, whatever letter is there already.
    """
    keys = {"first": year.first, "last": year.last, **_named(called)}
    keys["lacking"] = [one.follows for one in lacking]
    keys["lacking_kinds"] = [one.kind.value for one in lacking]
    row = connection.execute(text(BALANCE), keys).mappings().one()
    ends = {name: int(count) for name, count in row.items() if name != "proposed"}
    return Balance(name="proposed", whole=int(row["proposed"]), ends=ends)


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
