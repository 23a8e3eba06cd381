"""Tasks are closed by a named person with an outcome; a refused letter is made again only when one says so."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import add
from pact_etl.steps.plan import plan
from pact_etl.steps.pull import pull
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.tasks import close, list_tasks
from pact_etl.store.letter_values import piece_id
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    approve_planned,
    approved_batch,
    excuse,
    one,
    statuses,
)

pytestmark = pytest.mark.integration

LATER = DAYS[31]


@pytest.fixture
def refused(using: Collaborators) -> Collaborators:
    """The vendor will print neither of two letters."""
    release_batch(using, approved_batch(using, ["01", "02"]))
    vendor(using, spoiled=1.0).visit(NIGHT)
    reconcile_vendor(using, NIGHT)
    return using


def vendor(using: Collaborators, **habits: Any) -> SimulatedVendor:
    settings = using.settings
    kept = VendorHabits(**({"days_to_mail": 0} | habits))
    return SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=kept)


def retry(using: Collaborators, place: int = 0) -> None:
    tasks = [t for t in list_tasks(using, NIGHT) if t["reason"] == "letter_refused"]
    close(using, tasks[place]["task"], "retry", "dana", "page was torn", NEXT_NIGHT)


def row_of(using: Collaborators, query: str) -> list[int]:
    with using.engine.connect() as connection:
        return list(connection.execute(text(query)).one())


def test_a_list_of_tasks_says_which_letter_whose_work_until_when_and_how_it_can_end(
    refused: Collaborators,
) -> None:
    first, second = list_tasks(refused, NIGHT)

    assert first["letter"] != second["letter"]
    assert (first["owner"], first["detail"]) == ("pact_supervisor", "vendor_page_unreadable")
    assert first["outcomes"] == ["retry", "reached_by_phone", "given_up"]
    due = NIGHT + timedelta(days=2)
    assert (first["due_on"], first["is_overdue"]) == (due.isoformat(), False)
    assert len(list_tasks(refused, due + timedelta(days=1), overdue=True)) == 2
    assert list_tasks(refused, NIGHT, due_by=NIGHT) == []
    assert list_tasks(refused, NIGHT, owner="somebody_else") == []


def test_a_closed_task_keeps_who_when_the_outcome_and_why_and_cannot_be_changed(
    refused: Collaborators,
) -> None:
    task = list_tasks(refused, NIGHT)[0]["task"]

    for closed in (1, 0):  # said twice, kept once
        result = close(refused, task, "reached_by_phone", "dana", "they will come", NEXT_NIGHT)
        assert result.counts == {"closed": closed}

    kept = "SELECT closed_by || ' ' || as_of || ' ' || outcome || ': ' || reason FROM task_closing"
    assert one(refused, kept) == f"dana {NEXT_NIGHT} reached_by_phone: they will come"
    assert len(list_tasks(refused, NIGHT)) == 1
    with pytest.raises(UsageError, match="was closed on"):
        close(refused, task, "given_up", "dana", "no", NEXT_NIGHT)
    with pytest.raises(DBAPIError, match="append-only"), refused.engine.begin() as connection:
        connection.execute(text("UPDATE task_closing SET closed_by = 'nobody'"))


@pytest.mark.parametrize(
    ("task", "outcome", "by", "reason", "said"),
    [
        (None, "vanished", "dana", "x", "retry, reached_by_phone, given_up"),
        (None, "new_address", "dana", "x", "retry, reached_by_phone, given_up"),
        (None, "retry", " ", "x", "named person"),
        (None, "retry", "dana", "", "with a reason"),
        ("T999999", "retry", "dana", "x", "no task"),
        ("twelve", "retry", "dana", "x", "T and a number"),
    ],
)
def test_a_task_is_not_closed_by_nobody_without_a_reason_or_with_an_outcome_it_cannot_have(
    refused: Collaborators, task: str | None, outcome: str, by: str, reason: str, said: str
) -> None:
    known = list_tasks(refused, NIGHT)[0]["task"]
    with pytest.raises(UsageError, match=said):
        close(refused, task or known, outcome, by, reason, NEXT_NIGHT)
    assert len(list_tasks(refused, NIGHT)) == 2


def test_a_task_about_a_hold_is_not_closed_by_hand(using: Collaborators) -> None:
    record_submission(using.engine, DAYS[28], roster(["01"]))
    add(using, "oak-grove:01", Reason.DECEASED, DAYS[28], None, "dana")
    planned = {"marks": marks({"01": MISSED})}
    record_submission(using.engine, NIGHT, planned, covers_days=60)
    evaluate(using, NIGHT)
    plan(using, NIGHT)
    [task] = list_tasks(using, NIGHT)

    with pytest.raises(UsageError, match="ends by itself"):
        close(using, task["task"], "given_up", "dana", "x", NIGHT)


def test_without_a_persons_word_a_refused_letter_is_not_made_again(refused: Collaborators) -> None:
    assert plan(refused, LATER).counts["letters"] == 0


def test_a_letter_made_again_is_a_new_piece_that_is_approved_anew_and_says_whose_place_it_takes(
    refused: Collaborators,
) -> None:
    retry(refused)

    for _ in range(2):  # planned once, however often the night is run
        assert plan(refused, LATER).counts["letters"] == 1
    [old, new] = row_of(refused, "SELECT replaces_id, id FROM notice WHERE replaces_id > 0")
    assert new > old
    assert statuses(refused) == {"failed": 2, "planned": 1}
    batch = approve_planned(refused, LATER)
    release_batch(refused, batch)
    vendor(refused).visit(LATER)
    reconcile_vendor(refused, LATER)
    assert statuses(refused) == {"failed": 2, "mailed": 1}
    events = f"SELECT event FROM notice_event WHERE notice_id = {old} ORDER BY id DESC LIMIT 1"
    assert one(refused, events) == "retry"
    assert plan(refused, DAYS[32]).counts["letters"] == 0
    assert reconcile_vendor(refused, LATER).counts["balance_broken"] == 0


def test_a_letter_whose_finding_was_undone_meanwhile_is_not_made_again(
    refused: Collaborators,
) -> None:
    retry(refused)
    excuse(refused, "01", "02")

    assert plan(refused, LATER).counts["letters"] == 0


def test_a_letter_that_may_not_go_out_now_is_somebodys_task_again(refused: Collaborators) -> None:
    retry(refused)
    student = one(
        refused,
        "SELECT i.student_id FROM invitation i JOIN staff_task t ON t.invitation_id = i.id"
        " WHERE t.closed_as_of IS NOT NULL",
    )
    add(refused, f"S{student}", Reason.DECEASED, NEXT_NIGHT, None, "dana")

    assert plan(refused, LATER).counts["letters"] == 0
    assert len(list_tasks(refused, LATER)) == 2


def test_the_home_that_has_its_letter_gets_no_second_one_when_the_other_homes_is_made_again(
    one_home_of_two: Collaborators,
) -> None:
    retry(one_home_of_two)

    planned = plan(one_home_of_two, LATER)

    assert planned.counts["letters"] == 1
    query = "SELECT household_id FROM notice WHERE status = '{}'"
    made, failed, other = (
        one(one_home_of_two, query.format(s)) for s in ("planned", "failed", "acknowledged")
    )
    assert made == failed
    assert made != other


@pytest.mark.parametrize("how", ["rejected", "taken out", "unprintable"])
def test_a_letter_made_again_that_never_left_is_somebodys_task_though_the_other_home_has_its_own(
    one_home_of_two: Collaborators, how: str
) -> None:
    using = one_home_of_two
    [first] = list_tasks(using, NIGHT)
    retry(using)
    batch = plan(using, LATER).ids["batch"]
    propose(using, batch)
    if how == "rejected":
        decide_on(using, batch, approved=False, by="dana", reason="call first")
    else:
        decide_on(using, batch, approved=True, by="dana", reason="looks right")
        made = int(str(one(using, "SELECT max(id) FROM notice")))
        if how == "taken out":
            pull(using, piece_id(made), by="dana", reason="call first")
        else:
            with using.engine.begin() as connection:
                unprintable = "UPDATE notice SET recipient = '\u13a0' WHERE id = :id"
                connection.execute(text(unprintable), {"id": made})
            release_batch(using, batch)

    [again] = [t for t in list_tasks(using, LATER) if t["reason"] == "letter_refused"]
    if how != "unprintable":  # it names the newest letter that failed
        assert again["letter"] == first["letter"]
    assert plan(using, DAYS[32]).counts["letters"] == 0
    close(using, again["task"], "retry", "dana", "still wanted", DAYS[32])
    assert plan(using, DAYS[33]).counts["letters"] == 1


@pytest.fixture
def one_home_of_two(using: Collaborators) -> Collaborators:
    """Of the letters to a student's two homes the vendor will print one."""
    frames = roster(["01"])
    father = frames["guardians"].assign(guardian_id="G9", first_name="Luis", street="7 Elm St")
    guardians = pd.concat([frames["guardians"], father], ignore_index=True)
    stated = frames | {"guardians": guardians, "marks": marks({"01": MISSED})}
    record_submission(using.engine, NIGHT, stated, covers_days=60)
    evaluate(using, NIGHT)
    release_batch(using, approve_planned(using))
    vendor(using, days_to_mail=5).visit(NIGHT)
    [path] = (Path(using.settings.vendor) / "in").glob("*.ack")
    refused = piece_id(int(str(one(using, "SELECT max(id) FROM notice"))))
    rejected = [{"piece_id": refused, "reason": "page_missing"}]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rejected": rejected}))
    reconcile_vendor(using, NIGHT)
    assert statuses(using) == {"acknowledged": 1, "failed": 1}
    return using
