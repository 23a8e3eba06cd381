"""Pulling a letter: until its package is out it can be taken out of its batch, and then it is in no package."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text

from pact_etl.delivery import VendorFolder
from pact_etl.domain.errors import UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult
from pact_etl.simulator.vendor import SimulatedVendor
from pact_etl.steps import release as release_step
from pact_etl.steps.holds import clear
from pact_etl.steps.plan import plan
from pact_etl.steps.pull import pull, pull_batch
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.tasks import list_tasks
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import (
    NEXT_NIGHT,
    NIGHT,
    approved_batch,
    excuse,
    one,
    piece,
    planned_batch,
    statuses,
)
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration


def pulled(using: Collaborators, code: str) -> StepResult:
    return pull(using, code, by="dana", reason="the school called")


def manifest(using: Collaborators) -> str:
    [path] = sealed_packages(Path(using.settings.vendor))
    with open_package(using.settings.vendor_keys, path) as package:
        return package.read("manifest.csv").decode()


def test_a_pulled_letter_stays_and_its_student_waits_for_a_person(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    code = piece(using)

    assert pulled(using, code).counts == {"pulled": 1}
    released = release_batch(using, batch)

    assert released.counts["pieces"] == 1
    assert code not in manifest(using)
    assert statuses(using) == {"rejected": 1, "packaged": 1}
    assert one(using, "SELECT reason FROM invitation WHERE status = 'held'") == "letter_taken_out"
    [task] = list_tasks(using, NIGHT)
    assert (task["reason"], task["owner"]) == ("letter_taken_out", "pact_supervisor")
    kept = "SELECT answer || ' ' || said_by || ' ' || reason FROM approval WHERE answer = 'pull'"
    assert one(using, kept) == "pull dana the school called"


def test_pulling_again_changes_nothing(using: Collaborators) -> None:
    approved_batch(using, ["01"])
    code = piece(using)
    pulled(using, code)

    assert pulled(using, code).counts == {"pulled": 0}
    assert one(using, "SELECT count(*) FROM approval WHERE answer = 'pull'") == 1


def test_a_letter_that_was_handed_over_is_not_pulled(using: Collaborators) -> None:
    release_batch(using, approved_batch(using, ["01"]))

    with pytest.raises(UsageError, match="handed over"):
        pulled(using, piece(using))


@pytest.mark.parametrize(
    ("code", "said"), [("P0000009999", "no letter"), ("1001", "ten digits"), ("P1001", "ten")]
)
def test_a_letter_that_is_none_is_not_pulled(using: Collaborators, code: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pulled(using, code)


def test_a_pull_needs_a_name_and_a_reason(using: Collaborators) -> None:
    approved_batch(using, ["01"])

    with pytest.raises(UsageError, match="reason"):
        pull(using, piece(using), by="dana", reason=" ")
    with pytest.raises(UsageError, match="name"):
        pull(using, piece(using), by="", reason="seen")


def test_a_batch_of_which_every_letter_was_pulled_sends_nothing(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    pulled(using, piece(using))

    assert release_batch(using, batch).status == "skipped"
    assert not sealed_packages(Path(using.settings.vendor))


def test_a_whole_batch_can_be_stopped_until_it_is_out(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])

    stopped = pull_batch(using, batch, by="dana", reason="the wrong week")

    assert stopped.counts == {"pulled": 2, "out": 0}
    assert pull_batch(using, batch, by="dana", reason="again").counts == {"pulled": 0, "out": 0}
    assert release_batch(using, batch).status == "skipped"
    assert statuses(using) == {"rejected": 2}
    assert {task["reason"] for task in list_tasks(using, NIGHT)} == {"letter_taken_out"}


def test_of_a_batch_that_is_out_nothing_is_pulled_and_it_is_said(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    release_batch(using, batch)

    assert pull_batch(using, batch, by="dana", reason="late").counts == {"pulled": 0, "out": 2}
    assert statuses(using) == {"packaged": 2}


def test_stopping_a_batch_needs_a_name_and_a_reason(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    for by, reason in (("", "seen"), ("dana", " ")):
        with pytest.raises(UsageError):
            pull_batch(using, batch, by=by, reason=reason)
    assert statuses(using) == {"approved": 1}


def test_a_pulled_letter_is_planned_again_only_after_a_person_has_looked(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch_with_a_pull(using))
    excuse(using, students=("01", "02"))
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0

    student = str(one(using, "SELECT 'S' || student_id FROM invitation WHERE status = 'held'"))
    until = NEXT_NIGHT + timedelta(days=30)
    clear(using, student, Reason.LETTER_TAKEN_OUT, NEXT_NIGHT, until, "dana")

    assert plan(using, NEXT_NIGHT).counts["letters"] == 1
    assert list_tasks(using, NEXT_NIGHT) == []


def approved_batch_with_a_pull(using: Collaborators) -> int:
    batch = approved_batch(using, ["01", "02"])
    pulled(using, piece(using))
    return batch


def test_a_letter_pulled_after_it_was_set_is_no_piece_of_the_package(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01", "02"])

    def crash(self: VendorFolder, package: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(RuntimeError):
            release_batch(using, batch)
    assert statuses(using) == {"rendered": 2}
    pulled(using, piece(using))
    release_batch(using, batch)
    SimulatedVendor(using.settings.vendor, seed=1, keys=using.settings.vendor_keys).visit(NIGHT)

    assert reconcile_vendor(using, NIGHT).counts["acknowledged"] == 1
    balance: Any = vendor_balance(using, NIGHT)
    [day] = balance["days"].values()
    assert (len(day["approved"]), len(day["left_out"]), len(day["acknowledged"])) == (2, 1, 1)
    assert balance["broken_packages"] == []


def test_a_package_that_is_out_and_not_booked_cannot_be_pulled_from(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = approved_batch(using, ["01"])
    whole = VendorFolder.hand_over

    def crash(self: VendorFolder, package: Any) -> None:
        whole(self, package)
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(VendorFolder, "hand_over", crash)
        with pytest.raises(RuntimeError):
            release_batch(using, batch)

    with pytest.raises(UsageError, match="handed over"):
        pulled(using, piece(using))
    assert release_batch(using, batch).counts["pieces"] == 1


@pytest.mark.parametrize("students", [["01"], ["01", "02"]])
@pytest.mark.parametrize("before", [1, 2])
def test_a_pull_between_two_steps_of_a_release_still_counts(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch, before: int, students: list[str]
) -> None:
    batch = approved_batch(using, students)
    code = piece(using)
    entered = 0

    @contextmanager
    def interrupted(engine: Engine, name: str) -> Iterator[Any]:
        nonlocal entered
        if entered == before:
            pulled(using, code)
        entered += 1
        with slice_transaction(engine, name) as connection:
            yield connection

    monkeypatch.setattr(release_step, "slice_transaction", interrupted)
    release_batch(using, batch)

    left = len(students) - 1
    assert statuses(using) == {"rejected": 1} | ({"packaged": left} if left else {})
    if left:
        assert code not in manifest(using)
    assert len(sealed_packages(Path(using.settings.vendor))) == left
    logged = one(using, "SELECT count(DISTINCT notice_id) FROM disclosure")
    assert logged == left


def test_of_a_pull_and_a_release_in_the_same_moment_one_comes_first(using: Collaborators) -> None:
    batch = approved_batch(using, ["01", "02"])
    code, together = piece(using), Barrier(2)

    def release() -> StepResult:
        together.wait()
        return release_batch(using, batch)

    def try_to_pull() -> bool:
        together.wait()
        try:
            return pulled(using, code).counts == {"pulled": 1}
        except UsageError:
            return False

    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(release), pool.submit(try_to_pull)
        released, was_pulled = (future.result() for future in running)

    assert released.counts["pieces"] == (1 if was_pulled else 2)
    assert (code in manifest(using)) is not was_pulled


def test_a_letter_can_be_pulled_before_anybody_has_answered(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    pulled(using, piece(using))

    assert statuses(using) == {"rejected": 1, "planned": 1}
    assert plan(using, NIGHT).counts["letters"] == 2  # the pulled one is not made anew
    assert statuses(using) == {"rejected": 1, "planned": 1}


def test_a_student_who_is_also_written_to_at_another_home_keeps_that_letter(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01"])
    with using.engine.begin() as connection:
        connection.execute(text("INSERT INTO household (key) VALUES ('other home')"))
        connection.execute(
            text(
                "INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, language, status)"
                " SELECT kind, (SELECT id FROM household WHERE key = 'other home'), meeting_id, batch_id, 'Pat 99',"
                " address, language, status FROM notice"
            )
        )
        connection.execute(
            text(
                "INSERT INTO notice_student SELECT n.id, i.id FROM notice n, invitation i"
                " WHERE n.recipient = 'Pat 99'"
            )
        )
    pulled(using, piece(using, "99"))

    assert one(using, "SELECT status FROM invitation") == "planned"
    assert [task["reason"] for task in list_tasks(using, NIGHT)] == ["letter_taken_out"]
