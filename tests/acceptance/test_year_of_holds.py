"""A whole school year: every hold and every exit of the letters is shown, and nothing is unaccounted for."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pact_etl.districts import load_county
from pact_etl.domain.district import DistrictStatus
from pact_etl.domain.notice import LETTER, LetterEvent, LetterStatus
from pact_etl.domain.reasons import HOLDS, WITHDRAWALS, Reason
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.approve import decide_on, expire_unanswered, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import add, clear, lift
from pact_etl.steps.plan import plan
from pact_etl.steps.pull import pull
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.volume import confirm
from pact_etl.store.batches import get_batch
from pact_etl.store.finding_balance import balance_of
from pact_etl.store.identity import answer_question
from pact_etl.wiring import Collaborators
from tests.acceptance import school_year as year
from tests.conftest import ROOT
from tests.factories import district, record_submission
from tests.integration.steps.letters import piece

pytestmark = [pytest.mark.integration, pytest.mark.acceptance]

SLUG = "oak-grove"
BY = "dana"

EXPLAINED = frozenset(
    {
        LetterStatus.MAILED,  # until nobody has returned it for so long that it counts as delivered
        LetterStatus.DELIVERED,  # until it comes back after all, or an excuse comes late
        LetterStatus.RETURNED,
        LetterStatus.FAILED,  # set aside at release with a task, or refused by the vendor with an alert
    }
)
"""Where a letter may stand at the end of the year although more can happen to it."""

# The machine has it and no step raises it: what is held is the invitation, whose letter is withdrawn.
NO_STEP_LEADS_THERE = frozenset({LetterStatus.HELD})


@dataclass
class Seen:
    """What the nights showed: reasons of holds with the nights, and faults of tasks."""

    holds: dict[str, set[date]] = field(default_factory=dict)
    ownerless: list[tuple[date, str]] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    planned: dict[date, int] = field(default_factory=dict)
    answered: dict[date, int] = field(default_factory=dict)


# Every standing hold with how many open tasks it has for its reason, and whether that has an owner and a date.
STANDING = """
SELECT i.reason, count(t.id) AS tasks, bool_and(t.owner <> '' AND t.due_on >= t.as_of) AS is_whole
FROM invitation i LEFT JOIN staff_task t
  ON t.invitation_id = i.id AND t.reason = i.reason AND t.closed_as_of IS NULL
WHERE i.status = 'held' GROUP BY i.id, i.reason
"""
REJECTED = """
SELECT :slug || ':' || r.local_id FROM invitation i JOIN student_record r ON r.student_id = i.student_id
WHERE i.status = 'held' AND i.reason = 'batch_rejected'
"""
EVENTS = "SELECT notice_id, event FROM notice_event WHERE is_applied ORDER BY id"
# Children whose letter left after a hold: each has a closed task of that reason and a package that it went into.
LIFTED = """
SELECT DISTINCT t.reason FROM staff_task t JOIN invitation held ON held.id = t.invitation_id
JOIN invitation i ON i.student_id = held.student_id AND i.school_year = held.school_year AND i.status <> 'withdrawn'
JOIN notice_student s ON s.invitation_id = i.id
JOIN notice_event e ON e.notice_id = s.notice_id AND e.event = 'package' AND e.is_applied
WHERE t.closed_as_of IS NOT NULL AND e.as_of >= t.as_of
"""
# What the letter about a child that left says first: the counts of the record as they were printed.
PRINTED = """
SELECT s.value ->> 'counts_late', jsonb_array_length(s.value -> 'unexcused_days'),
       jsonb_array_length(s.value -> 'occasions_partial') > 5
FROM notice n JOIN notice_event e ON e.notice_id = n.id AND e.event = 'package' AND e.is_applied
JOIN notice_student t ON t.notice_id = n.id JOIN invitation i ON i.id = t.invitation_id
JOIN student_record r ON r.student_id = i.student_id
CROSS JOIN LATERAL jsonb_array_elements(n.content -> 'students') s WHERE r.local_id = :name
"""
INVITED = """
SELECT DISTINCT r.local_id FROM invitation i JOIN student_record r ON r.student_id = i.student_id
WHERE i.school_year = :year
"""
ANSWERED = """
SELECT EXISTS (SELECT FROM follow_up u WHERE u.follows = n.id AND u.kind = 'disregard' AND (
  u.status = 'withdrawn' AND n.returned_on IS NOT NULL OR u.status = 'planned'
  OR EXISTS (SELECT FROM staff_task t WHERE t.follow_up_id = u.id AND t.closed_as_of IS NULL)))
FROM notice n WHERE n.status = 'void' AND n.kind = 'pact_invitation' AND n.mailed_on <= :last
"""
GONE = """
SELECT reason FROM invitation WHERE status = 'withdrawn' UNION
SELECT detail FROM notice_event WHERE event = 'withdraw' AND is_applied
"""


@pytest.fixture
def using(store: Engine, tmp_path: Path, throwaway_keys: Path) -> Collaborators:
    settings = Settings(
        var=tmp_path / "var", config=ROOT / "config", vendor_keys_folder=throwaway_keys
    )
    return Collaborators(
        settings=settings,
        engine=store,
        county=year.county_of(load_county(settings.config)),
        districts={SLUG: district()},
        statutes=load_statutes(),
    )


def look(using: Collaborators, as_of: date, seen: Seen, unaccounted: dict[date, int]) -> None:
    """Note every hold that stands, and how many findings of the year do not add up."""
    with using.engine.connect() as connection:
        for reason, tasks, is_whole in connection.execute(text(STANDING)):
            seen.holds.setdefault(reason, set()).add(as_of)
            if tasks != 1 or not is_whole:
                seen.ownerless.append((as_of, reason))
        seen.withdrawn.update(connection.execute(text(GONE)).scalars())
        of = using.year_of(as_of)
        unaccounted[as_of] = balance_of(connection, of, of.first, as_of).unaccounted


def visit(using: Collaborators, today: date, **habits: float) -> None:
    settings = using.settings
    kept = VendorHabits(days_to_mail=0, returned=0.4, **habits)  # type: ignore[arg-type]
    off = using.county.vendor.days_off
    clerk = SimulatedVendor(
        settings.vendor, seed=3, keys=settings.vendor_keys, habits=kept, days_off=off
    )
    clerk.visit(today)
    reconcile_vendor(using, today)


def on_turn(using: Collaborators, turn: int) -> Collaborators:
    """The collaborators of one night, with what the county or the district lacks on it."""
    status = DistrictStatus.TESTING if turn == year.TESTING else DistrictStatus.ACTIVE
    county = year.county_on(turn, using.county)
    return replace(using, county=county, districts={SLUG: district(status=status)})


def state(using: Collaborators, turn: int, as_of: date) -> None:
    """The district's whole word of a night, taken into the record and judged."""
    frames = year.frames_of(turn, as_of)
    record_submission(
        using.engine,
        as_of,
        frames,
        of=using.districts[SLUG],
        quarantined=year.set_aside(turn, as_of),
        covers_days=(as_of - year.FIRST_DAY).days + 1,
    )
    evaluate(using, as_of)


def by_hand(using: Collaborators, turn: int, as_of: date) -> None:
    """What persons do in the course of the year before the night's letters are planned."""
    of = {reason: f"{SLUG}:{reason.value}" for reason in Reason}
    until = as_of + timedelta(days=300)
    if turn == year.JUMP + 1:
        confirm(using, SLUG, year.NIGHTS[year.JUMP], BY, "a new school joined")
    if turn == year.DOUBT + 1:
        clear(using, of[Reason.MEDICAL_PATTERN], Reason.MEDICAL_PATTERN, as_of, until, BY)
    if turn == year.REJECTED + 2:
        with using.engine.connect() as connection:
            rejected = connection.execute(text(REJECTED), {"slug": SLUG}).scalars().all()
        for student in rejected:
            clear(using, student, Reason.BATCH_REJECTED, as_of, until, BY)
    if turn == year.PULLED + 2:
        taken_out = Reason.LETTER_TAKEN_OUT
        clear(using, of[taken_out], taken_out, as_of, until, BY)
    if turn == year.TOLD:
        add(using, f"{SLUG}:{year.TOLD_OF}", Reason.SUPPORT_PENDING, as_of, until, BY)
    if turn == year.TOLD + 2:
        lift(using, f"{SLUG}:{year.TOLD_OF}", Reason.SUPPORT_PENDING, as_of, BY)
    if turn == year.DOUBT + 1:
        with using.engine.begin() as connection:
            answer_question(connection, SLUG, year.STRANGER, is_same=False, by=BY)


def batch_status(using: Collaborators, batch: int) -> str:
    with using.engine.connect() as connection:
        return get_batch(connection, batch).status


def answer(using: Collaborators, batch: int, turn: int, as_of: date) -> None:
    """What becomes of the night's batch."""
    if turn == year.EXPIRED:
        expire_unanswered(using, batch)
        return
    if batch_status(using, batch) == "open":
        propose(using, batch)
    decide_on(using, batch, approved=turn != year.REJECTED, by=BY, reason="seen")
    if turn == year.REJECTED:
        return
    if turn == year.PULLED:
        pull(using, piece(using, Reason.LETTER_TAKEN_OUT.value), by=BY, reason="the school called")
    if turn == year.CORRECTED:
        state(using, turn, as_of + timedelta(days=year.CORRECTED_DAYS_LATER))
    release_batch(using, batch)


def run_year(using: Collaborators, seen: Seen) -> None:
    record_submission(using.engine, year.YEAR_BEFORE, year.frames_of_year_before(), covers_days=90)
    evaluate(using, year.YEAR_BEFORE)
    first = plan(using, year.YEAR_BEFORE)
    answer(using, first.ids["batch"], -1, year.YEAR_BEFORE)
    visit(using, year.YEAR_BEFORE)
    answer(using, first.ids["batch"], -1, year.YEAR_BEFORE)  # again, although it is acknowledged
    for turn, as_of in enumerate(year.NIGHTS):
        tonight = on_turn(using, turn)
        state(tonight, turn, as_of)
        by_hand(tonight, turn, as_of)
        planned = plan(tonight, as_of)
        look(tonight, as_of, seen, seen.planned)
        if planned.counts["letters"]:
            answer(tonight, planned.ids["batch"], turn, as_of)
            look(tonight, as_of, seen, seen.answered)
        # Nobody mails before the night whose record the letters print.
        late = timedelta(days=year.CORRECTED_DAYS_LATER if turn == year.CORRECTED else 0)
        visit(using, as_of + late, spoiled=turn == year.SPOILED, rejected=turn == year.REFUSED)
    visit(using, year.NIGHTS[-1] + timedelta(days=28))


@pytest.fixture
def lived(using: Collaborators) -> tuple[Collaborators, Seen]:
    """The year, lived through once."""
    seen = Seen()
    run_year(using, seen)
    return using, seen


def test_a_year_shows_every_hold_and_exit_and_loses_nobody(
    lived: tuple[Collaborators, Seen],
) -> None:
    using, seen = lived

    assert sorted(HOLDS - set(seen.holds)) == []
    assert sorted(WITHDRAWALS - seen.withdrawn) == []
    assert seen.ownerless == []
    assert [night for night, lost in seen.planned.items() if lost] == []
    # What nobody answered in time stands without an invitation until the next night plans it anew.
    assert [n for n, lost in seen.answered.items() if lost] == [year.NIGHTS[year.EXPIRED]]
    passed, ends = histories(using)
    reached = {LETTER.initial} | {after for _, after in passed}
    assert sorted(set(LetterStatus) - reached - NO_STEP_LEADS_THERE) == []
    assert not reached & NO_STEP_LEADS_THERE
    assert {end for end in ends if not LETTER.is_final(end)} <= EXPLAINED
    nobody_lost(using)
    assert every_void_letter_is_answered(using)
    with using.engine.connect() as connection:
        lifted = set(connection.execute(text(LIFTED)).scalars())
        printed = connection.execute(text(PRINTED), {"name": year.ONLY_LATE}).all()
    assert sorted(year.LIFTED - lifted) == []
    assert [tuple(row) for row in printed] == [("true", 0, True)]


def histories(
    using: Collaborators,
) -> tuple[set[tuple[LetterStatus, LetterStatus]], Counter[LetterStatus]]:
    """Every step from one status to another that some letter took, and where the letters ended."""
    now: dict[int, LetterStatus] = {}
    passed = set()
    with using.engine.connect() as connection:
        for notice, event in connection.execute(text(EVENTS)):
            before = now.get(notice, LETTER.initial)
            after = LETTER.advance(before, LetterEvent(event))
            assert isinstance(after, LetterStatus)
            passed.add((before, after))
            now[notice] = after
        stored = connection.execute(text("SELECT id, status FROM notice")).all()
    ends = {notice: LetterStatus(status) for notice, status in stored}
    assert ends == {notice: now.get(notice, LETTER.initial) for notice in ends}
    return passed, Counter(ends.values())


def every_void_letter_is_answered(using: Collaborators) -> bool:
    """There were some, and each that was mailed is to be taken back, or waits with a task, or came back unopened."""
    with using.engine.connect() as connection:
        answered = connection.execute(text(ANSWERED), {"last": year.NIGHTS[-2]}).scalars().all()
    return bool(answered) and all(answered)


def nobody_lost(using: Collaborators) -> None:
    """The whole year's findings add up, and every child of the year has an invitation."""
    last = year.NIGHTS[-1]
    of = using.year_of(last)
    with using.engine.connect() as connection:
        whole = balance_of(connection, of, of.first, last)
        invited = set(connection.execute(text(INVITED), {"year": of.name}).scalars())
    assert whole.whole >= len(year.CHILDREN)
    assert whole.unaccounted == 0
    assert min(whole.ends[end] for end in ("planned", "held", "withdrawn")) > 0
    assert {child.name for child in year.CHILDREN} - invited == set()
