"""A child of two homes: one home's letter never sends the other home's twice, nor one that was pulled."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.errors import Retryable
from pact_etl.domain.packaging import PackageLimits
from pact_etl.domain.reasons import Reason
from pact_etl.steps import release
from pact_etl.steps.answer import expire_unanswered
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import clear
from pact_etl.steps.plan import plan
from pact_etl.steps.pull import pull
from pact_etl.steps.release import release_batch
from pact_etl.steps.release_package import hand_over
from pact_etl.steps.tasks import close, list_tasks
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster
from tests.integration.steps.letters import DAYS, MISSED, NEXT_NIGHT, NIGHT, approve_planned, one
from tests.integration.steps.release_packages import rows

pytestmark = pytest.mark.integration

LETTERS = "SELECT split_part(recipient, ' ', 1), status FROM notice"


def homes(
    using: Collaborators,
    night: date,
    mothers_street: str = "12 Oak St",
    fathers_street: str = "99 Elm St",
) -> None:
    """A night on which a child over the line has a mother and a father in two homes."""
    frames = roster(["01"])
    mother = frames["guardians"].assign(street=mothers_street)
    father = mother.assign(
        guardian_id="G2", first_name="Ivo", street=fathers_street, contact_order=2
    )
    guardians = pd.concat([mother, father], ignore_index=True)
    known = frames | {"guardians": guardians, "marks": marks({"01": MISSED})}
    record_submission(using.engine, night, known, covers_days=60)
    evaluate(using, night)


def with_a_package_each(using: Collaborators) -> Collaborators:
    alone = [PackageLimits(from_=FIRST_DAY, pieces=1, pages=1000, bytes=10**7, why="a test")]
    vendor = replace(using.county.vendor, package_limits=alone)
    return replace(using, county=replace(using.county, vendor=vendor))


def mothers_piece(using: Collaborators) -> str:
    letter = one(using, "SELECT max(id) FROM notice WHERE recipient LIKE 'Rosa%'")
    return f"P{letter:010d}"


def test_an_invitation_taken_back_for_one_home_takes_the_other_homes_letter_along(
    using: Collaborators,
) -> None:
    using = with_a_package_each(using)
    homes(using, NIGHT)
    batch = approve_planned(using)
    homes(using, NEXT_NIGHT, mothers_street="500 New St")

    release_batch(using, batch)
    plan(using, NEXT_NIGHT)

    assert rows(using, LETTERS) == [
        ("Ivo", "planned"),
        ("Ivo", "withdrawn"),
        ("Rosa", "planned"),
        ("Rosa", "withdrawn"),
    ]


def test_a_home_that_changes_after_the_other_ones_letter_is_out_is_somebodys_task(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    using = with_a_package_each(using)
    homes(using, NIGHT)
    batch = approve_planned(using)
    first = one(using, "SELECT recipient FROM notice ORDER BY id LIMIT 1")
    with monkeypatch.context() as broken:
        handed: list[object] = []

        def once(*given: object) -> None:
            if handed:
                raise Retryable("the folder is full")
            handed.append(given)
            hand_over(*given)  # type: ignore[arg-type]

        broken.setattr(release, "hand_over", once)
        with pytest.raises(Retryable):
            release_batch(using, batch)
    moved = "fathers_street" if str(first).startswith("Rosa") else "mothers_street"
    homes(using, NEXT_NIGHT, **{moved: "500 New St"})

    release_batch(using, batch)
    plan(using, NEXT_NIGHT)

    assert sorted(status for _, status in rows(using, LETTERS)) == ["packaged", "withdrawn"]
    [task] = list_tasks(using, NEXT_NIGHT)
    assert task["reason"] == "home_without_letter"
    close(using, task["task"], "reached_by_phone", "dana", "the other parent was told", NEXT_NIGHT)
    assert list_tasks(using, NEXT_NIGHT) == []


def test_a_home_whose_letter_cannot_be_set_is_somebodys_task_though_the_other_one_has_its_own(
    using: Collaborators,
) -> None:
    homes(using, NIGHT)
    batch = approve_planned(using)
    with using.engine.begin() as connection:
        connection.execute(
            text("UPDATE notice SET recipient = '\u13a0' WHERE recipient LIKE 'Rosa%'")
        )

    release_batch(using, batch)

    assert sorted(status for _, status in rows(using, LETTERS)) == ["failed", "packaged"]
    assert [task["reason"] for task in list_tasks(using, NIGHT)] == ["home_without_letter"]


def test_a_pulled_letter_does_not_come_back_because_nobody_answered_for_the_other_one(
    using: Collaborators,
) -> None:
    homes(using, NIGHT)
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    pull(using, mothers_piece(using), by="dana", reason="not to this home")
    expire_unanswered(using, batch)
    homes(using, NEXT_NIGHT)

    assert plan(using, NEXT_NIGHT).reasons == {"letter_taken_out": 1}
    assert rows(using, LETTERS) == [("Ivo", "withdrawn"), ("Rosa", "rejected")]

    clear(using, "oak-grove:01", Reason.LETTER_TAKEN_OUT, NEXT_NIGHT, DAYS[59], "erin")
    assert plan(using, NEXT_NIGHT).counts["letters"] == 2


def test_a_no_stands_though_the_finding_ends_and_comes_back(using: Collaborators) -> None:
    homes(using, NIGHT)
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=False, by="dana", reason="ask the school first")
    record_submission(using.engine, NEXT_NIGHT, {"marks": marks({"01": {}})}, covers_days=60)
    evaluate(using, NEXT_NIGHT)
    plan(using, NEXT_NIGHT)
    homes(using, DAYS[31])

    assert plan(using, DAYS[31]).reasons == {"batch_rejected": 1}


def test_a_clearance_does_not_outlast_the_next_no_though_both_name_one_night(
    using: Collaborators,
) -> None:
    homes(using, NIGHT)
    first = plan(using, NIGHT).ids["batch"]
    propose(using, first)
    decide_on(using, first, approved=False, by="dana", reason="no")
    clear(using, "oak-grove:01", Reason.BATCH_REJECTED, NEXT_NIGHT, DAYS[59], "erin")
    homes(using, NEXT_NIGHT)
    second = plan(using, NEXT_NIGHT).ids["batch"]
    propose(using, second)
    decide_on(using, second, approved=False, by="dana", reason="still no")
    homes(using, DAYS[31])

    assert plan(using, DAYS[31]).reasons == {"batch_rejected": 1}
