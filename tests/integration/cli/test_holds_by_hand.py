"""Holds, tasks, a rejected batch and a question about another policy, as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pact_etl.domain.errors import UsageError
from pact_etl.steps.approve import propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.wiring import collaborators
from tests.factories import district, marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NEXT_NIGHT, NIGHT

pytestmark = pytest.mark.integration

DAY, NEXT = NIGHT.isoformat(), NEXT_NIGHT.isoformat()
STUDENT = "san-juan-unified:01"
UNTIL = ("--until", "2026-12-31", "--by", "dana")


@pytest.fixture
def found(pact: Callable[..., Any]) -> None:
    """Two students over the invitation line."""
    using = collaborators()
    frames = roster(["01", "02"]) | {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    of = district("san-juan-unified")
    record_submission(using.engine, NIGHT, frames, of=of, covers_days=60)
    evaluate(using, NIGHT)


@pytest.fixture
def batch(found: None) -> int:
    """Letters about both, planned and shown."""
    using = collaborators()
    number = plan(using, NIGHT).ids["batch"]
    propose(using, number)
    return number


def told(ran: Any) -> Any:
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def is_wrong_use(ran: Any) -> bool:
    """Exit code 2 in a process of its own; here the error itself."""
    return isinstance(ran.exception, UsageError) or ran.exit_code == 2


def test_a_hold_entered_listed_worked_on_and_lifted(pact: Callable[..., Any], found: None) -> None:
    held = ("hold", "add", STUDENT, "--reason", "support_pending", "--as-of", DAY)
    assert is_wrong_use(pact(*held, "--by", "dana")), "it needs an end"
    assert told(pact(*held, *UNTIL, "--json"))["reasons"] == {"support_pending": 1}
    assert is_wrong_use(pact("hold", "add", "S9", *held[3:], *UNTIL)), "no such student"
    wrong = ("hold", "clear", STUDENT, "--reason", "safe_at_home", "--as-of", DAY)
    assert is_wrong_use(pact(*wrong, *UNTIL)), "a protection is never cleared"
    [entry] = told(pact("hold", "list", "--as-of", DAY, "--json"))
    assert (entry["kind"], entry["reason"], entry["by"]) == ("hold", "support_pending", "dana")
    assert "support_pending" in pact("hold", "list", "--as-of", DAY).stdout
    plan(collaborators(), NIGHT)

    [task] = told(pact("tasks", "--as-of", "2026-12-24", "--json"))
    assert (task["reason"], task["is_overdue"]) == ("support_pending", True)
    shown = pact("tasks", "--as-of", "2026-12-24").stdout
    assert "OVERDUE" in shown
    assert "1 open, 1 overdue" in shown
    assert told(pact("tasks", "--as-of", DAY, "--owner", "nobody", "--json")) == []
    status = told(pact("status", "--json"))
    assert status["tasks_by_reason"] == {"support_pending": {"open": 1, "overdue": 0}}
    assert status["holds_by_hand"] == {"support_pending": 1}
    assert status["cases"]["open"] == 2
    assert "cases: open 2" in pact("status").stdout

    lift = ("hold", "lift", STUDENT, "--reason", "support_pending", "--as-of", DAY, "--by", "dana")
    assert told(pact(*lift, "--json"))["counts"] == {"lifted": 1}
    assert is_wrong_use(pact(*lift)), "nothing of the kind stands any more"


def test_the_letters_of_a_rejected_batch_are_planned_anew_once_a_person_has_decided_again(
    pact: Callable[..., Any], batch: int
) -> None:
    said_no = ("approve", str(batch), "--by", "dana", "--reject", "--reason", "odd")
    assert pact(*said_no).exit_code == 0
    again = ("hold", "clear", "--batch", str(batch), "--as-of", NEXT, *UNTIL)
    assert is_wrong_use(pact(*again, "--reason", "medical_pattern"))
    assert is_wrong_use(pact("hold", "clear", "--reason", "batch_rejected", *again[4:]))
    assert len(told(pact("tasks", "--as-of", NEXT, "--json"))) == 2

    cleared = told(pact(*again, "--reason", "batch_rejected", "--json"))

    assert cleared["counts"] == {"students": 2}
    assert plan(collaborators(), NEXT_NIGHT).counts["letters"] == 2
    assert told(pact("tasks", "--as-of", NEXT, "--json")) == []
    assert is_wrong_use(pact(*again, "--reason", "batch_rejected")), "nothing waits any more"


def test_another_policy_is_asked_about_and_nothing_is_changed(
    pact: Callable[..., Any], batch: int, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("thresholds:\n  - {minimum_unexcused_days: 9}\n", encoding="utf-8")
    asked = ("what-if", "--policy", str(policy), "--from", DAY, "--to", DAY)

    report = told(pact(*asked, "--json"))

    assert (report["letters"]["would"], report["letters"]["recorded"]) == (0, 2)
    assert told(pact("status", "--json"))["letters"] == {"planned": 2}
    assert "run again" in pact(*asked).stdout
    assert is_wrong_use(pact(*asked, "--publish", "--students"))
    assert is_wrong_use(pact(*asked[:3], "--from", NEXT, "--to", DAY))
    assert is_wrong_use(pact("what-if", "--policy", "nowhere.yaml", *asked[3:]))
