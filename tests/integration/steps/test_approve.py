"""Approval: what is shown, what is kept, and that nothing leaves without it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pact_etl.domain.errors import UsageError
from pact_etl.steps.approve import decide_on, expire_unanswered, propose
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import (
    NEXT_NIGHT,
    NIGHT,
    approved_batch,
    excuse,
    one,
    planned_batch,
    statuses,
)

pytestmark = pytest.mark.integration


def test_the_proposal_holds_counts_and_samples_but_no_name(using: Collaborators) -> None:
    proposal = propose(using, planned_batch(using, ["01", "02"]))

    assert proposal.subject == "Approve 2 letters of 2026-09-18"
    assert "| Oak Grove | eng | 2 |" in proposal.body
    assert "4 unexcused of 30 schooldays" in proposal.body
    assert "Rosa" not in proposal.body
    proof = Path(proposal.body.split("`")[1])
    assert proof.read_bytes().startswith(b"%PDF")
    assert proof.stat().st_mode & 0o777 == 0o600


def test_a_letter_that_cannot_be_set_does_not_keep_the_others_from_being_shown(
    using: Collaborators,
) -> None:
    batch = planned_batch(using, ["01", "02"])
    with using.engine.begin() as connection:
        unprintable = "UPDATE notice SET recipient = '\u13a0\u13b3' WHERE recipient = 'Rosa 01'"
        connection.execute(text(unprintable))

    proposal = propose(using, batch)

    assert "**1 letters cannot be set**" in proposal.body
    assert Path(proposal.body.split("`")[-2]).read_bytes().startswith(b"%PDF")
    decide_on(using, batch, approved=True, by="dana", reason="looks right")
    assert release_batch(using, batch).counts == {
        "packages": 1,
        "pieces": 1,
        "pages": 2,
        "withdrawn": 0,
        "failed": 1,
    }


def test_a_batch_that_nobody_approved_is_not_released(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])

    with pytest.raises(UsageError, match="not approved"):
        release_batch(using, batch)


def test_an_answer_needs_a_name(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    with pytest.raises(UsageError, match="name"):
        decide_on(using, batch, approved=True, by=" ", reason="")


def test_a_batch_must_be_shown_before_it_is_answered(using: Collaborators) -> None:
    with pytest.raises(UsageError, match="open"):
        decide_on(using, planned_batch(using, ["01"]), approved=True, by="dana", reason="")


def test_the_answer_is_kept_with_who_and_why(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])

    kept = one(
        using,
        f"SELECT status || ' ' || decided_by || ' ' || decided_reason FROM batch WHERE id = {batch}",
    )
    assert kept == "approved dana looks right"


def test_a_rejection_is_a_rejection_and_waits_for_a_person(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    decide_on(using, batch, approved=False, by="dana", reason="wrong school")

    assert statuses(using) == {"rejected": 1}
    assert one(using, "SELECT status || ' ' || reason FROM invitation") == "held batch_rejected"
    with pytest.raises(UsageError):
        release_batch(using, batch)
    excuse(using, students=("01",))
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0


def test_a_shown_batch_takes_no_more_letters(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    assert plan(using, NIGHT).status == "skipped"


def test_a_batch_nobody_answered_is_planned_anew_the_next_night(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    expire_unanswered(using, batch)
    excuse(using, students=("01",))

    assert plan(using, NEXT_NIGHT).counts["letters"] == 1
    assert statuses(using) == {"withdrawn": 1, "planned": 1}
