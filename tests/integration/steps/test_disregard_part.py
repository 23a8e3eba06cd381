"""A letter that is wrong for some of its children is taken back for those, each once, and stands for the others."""

import re
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pact_etl.domain.reasons import Reason
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import add
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import DAYS, MISSED, NEXT_NIGHT, NIGHT, approve_planned, one
from tests.integration.steps.test_disregard import (
    DUE,
    HELD,
    LATER,
    TASK,
    letter_text,
    vendor_visits,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def siblings(using: Collaborators) -> Collaborators:
    """One letter about three children was mailed; then the days of the first turn out to be excused."""
    frames = roster(["01", "02", "03"])
    frames["guardians"] = frames["guardians"].assign(guardian_id="G1", last_name="Lopez")
    frames |= {"marks": marks(dict.fromkeys(("01", "02", "03"), MISSED))}
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    release_batch(using, approve_planned(using))
    vendor_visits(using)
    wrong_about(using, NEXT_NIGHT, "01")
    return using


def wrong_about(using: Collaborators, night: date, *students: str) -> None:
    """By what the district says on a night, these were excused, and the others of three were not."""
    told = {
        s: dict.fromkeys(MISSED, "absent_excused" if s in students else "absent_unexcused")
        for s in ("01", "02", "03")
    }
    record_submission(using.engine, night, {"marks": marks(told)})
    evaluate(using, night)
    reconcile_vendor(using, night)


TAKEN_BACK = """
SELECT string_agg(one, ', ' ORDER BY one) FROM (
  SELECT n.kind || ' ' || n.status || ' ' || string_agg(r.local_id, '+' ORDER BY r.local_id) AS one
  FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
  JOIN student_record r ON r.student_id = i.student_id WHERE n.kind LIKE 'disregard%' GROUP BY n.id) letters
"""


def test_a_letter_wrong_for_one_child_is_taken_back_for_that_child_and_stands_for_the_others(
    siblings: Collaborators,
) -> None:
    batch = plan(siblings, NEXT_NIGHT).ids["batch"]
    assert one(siblings, TAKEN_BACK) == "disregard_part planned 01"

    body, text_of = letter_text(siblings, batch)
    assert "| disregard_part | 1 |" in body
    # All three bear the same first name.
    assert re.search(r"What it said about Ana \w+ was wrong\.", text_of)
    assert re.search(r"For Ana \w+ and Ana \w+, the invitation still stands\.", text_of)
    evening = one(
        siblings, "SELECT min(m.date) FROM meeting m JOIN notice n ON n.meeting_id = m.id"
    )
    assert isinstance(evening, date)
    assert f"{evening:%B} {evening.day}, {evening.year}" in text_of
    assert "Attendance record" not in text_of


def test_each_child_is_taken_back_once_whatever_turns_out_wrong_in_whichever_order(
    siblings: Collaborators,
) -> None:
    release_batch(siblings, approve_planned(siblings, NEXT_NIGHT))
    vendor_visits(siblings)
    assert one(siblings, TASK) == 0
    told = "SELECT count(DISTINCT student_id) FROM disclosure WHERE what = 'disregard_part_letter'"
    assert one(siblings, told) == 3  # it names all three

    wrong_about(siblings, LATER, "01", "02")
    release_batch(siblings, approve_planned(siblings, LATER))
    vendor_visits(siblings)
    wrong_about(siblings, DAYS[32], "01", "02", "03")
    assert one(siblings, "SELECT status FROM notice WHERE follows IS NULL") == "void"
    planned = plan(siblings, DAYS[32])

    mailed = "disregard_part mailed 01, disregard_part mailed 02"
    assert one(siblings, TAKEN_BACK) == f"disregard planned 03, {mailed}"
    assert planned.counts["follow_ups_unaccounted"] == 0
    assert one(siblings, "SELECT count(*) FROM follow_up") == 1
    assert plan(siblings, DAYS[33]).counts["letters"] == 0
    twice = """INSERT INTO notice_student (notice_id, invitation_id)
        SELECT max(s.notice_id), min(s.invitation_id) FROM notice_student s JOIN notice n ON n.id = s.notice_id
        WHERE n.kind LIKE 'disregard%'"""
    with pytest.raises(IntegrityError, match="once"), siblings.engine.begin() as connection:
        connection.execute(text(twice))


def test_a_letter_in_part_that_is_wrong_itself_by_release_never_leaves_and_one_for_both_follows(
    siblings: Collaborators,
) -> None:
    batch = approve_planned(siblings, NEXT_NIGHT)
    wrong_about(siblings, LATER, "01", "02")

    assert release_batch(siblings, batch).counts["pieces"] == 0
    plan(siblings, LATER)
    assert one(siblings, TAKEN_BACK) == "disregard_part planned 01+02, disregard_part withdrawn 01"


def test_what_waits_for_one_child_is_held_although_another_has_its_letter(
    siblings: Collaborators,
) -> None:
    release_batch(siblings, approve_planned(siblings, NEXT_NIGHT))
    vendor_visits(siblings)
    wrong_about(siblings, LATER, "01", "02")
    add(siblings, "oak-grove:02", Reason.SUPPORT_PENDING, LATER, LATER, "dana")
    planned = plan(siblings, LATER)
    held = {k: planned.counts[f"follow_ups_{k}"] for k in ("proposed", "planned", "held")}
    assert held == {"proposed": 1, "planned": 0, "held": 1}

    record_submission(  # the days of the second came back: nothing waits any more
        siblings.engine, DAYS[32], {"marks": marks(dict.fromkeys(("02", "03"), MISSED))}
    )
    evaluate(siblings, DAYS[32])
    assert plan(siblings, DAYS[32]).counts["follow_ups_planned"] == 1
    assert one(siblings, DUE) == 0


def test_a_child_for_whom_the_evening_may_not_stand_holds_the_letter_about_the_other(
    siblings: Collaborators,
) -> None:
    batch = approve_planned(siblings, NEXT_NIGHT)
    add(siblings, "oak-grove:03", Reason.DECEASED, NEXT_NIGHT, None, "dana")

    assert release_batch(siblings, batch).counts["pieces"] == 0
    plan(siblings, LATER)
    assert one(siblings, HELD) == "held deceased"


def test_an_evening_that_was_struck_out_stands_for_nobody(siblings: Collaborators) -> None:
    batch = approve_planned(siblings, NEXT_NIGHT)
    slug = one(
        siblings, "SELECT m.slug FROM meeting m JOIN notice n ON n.meeting_id = m.id LIMIT 1"
    )
    left = [m for m in siblings.county.meetings if m.slug != slug]
    without = replace(siblings, county=replace(siblings.county, meetings=left))

    assert release_batch(without, batch).counts["pieces"] == 0
    plan(without, LATER)
    assert (one(without, HELD), one(without, DUE)) == ("held undone_in_part", 1)
