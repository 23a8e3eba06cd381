"""The `pact` command as an operator types it: its JSON, its exit codes, and that every command explains itself."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.domain.errors import UsageError
from pact_etl.steps.evaluate import evaluate
from pact_etl.wiring import collaborators
from tests.conftest import ROOT
from tests.factories import district, marks, record_submission, roster
from tests.integration.steps.letters import MISSED
from tests.integration.steps.letters import NIGHT as CASE_NIGHT

pytestmark = pytest.mark.integration

COMMANDS = [
    "simulate",
    "night",
    "reread",
    "approve",
    "letter",
    "confirm-volume",
    "identity",
    "district",
    "release",
    "reconcile",
    "remind",
    "outcomes",
    "scorecard",
    "status",
    "why",
    "case",
    "cases",
    "tasks",
    "void",
    "vendor",
    "hold",
    "tasks",
    "what-if",
    "up",
    "down",
    "demo",
]
NIGHT = "2026-11-18"


def simulated(pact: Callable[..., Any], tmp_path: Path, *faults: str) -> None:
    arguments = [part for fault in faults for part in ("--fault", fault)]
    nights = ("--from", NIGHT, "--to", NIGHT)
    made = pact(
        "simulate",
        "--out",
        str(tmp_path / "drop"),
        *nights,
        "--scale",
        "0.01",
        *arguments,
        "--json",
    )
    assert made.exit_code == 0, made.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])

    assert shown.exit_code == 0
    assert command in shown.output


def test_a_whole_night_by_hand(pact: Callable[..., Any], tmp_path: Path) -> None:
    simulated(pact, tmp_path)

    done = pact("night", "--as-of", NIGHT, "--json")
    assert done.exit_code == 0, done.output
    night = json.loads(done.stdout)
    counts = night["districts"]["san-juan-unified"]["counts"]
    assert counts["received"] == sum(
        counts[name] for name in ("recorded", "unchanged", "quarantined")
    )
    batch, letters = str(night["batch"]), night["plan"]["letters"]
    unknown = pact("approve", batch, "--by", "dana", "--except", "P0000000001", "--reason", "moved")
    assert "P0000000001" in str(unknown.exception)
    approved = pact("approve", batch, "--by", "dana", "--json")
    assert json.loads(approved.stdout)["counts"]["approved"] == letters
    pulled = pact("letter", "pull", "P0000001001", "--by", "dana", "--reason", "moved", "--json")
    assert json.loads(pulled.stdout)["counts"] == {"pulled": 1}
    letters -= 1
    [released] = json.loads(pact("release", "--json").stdout)
    assert released["counts"]["pieces"] == letters
    too_late = pact("letter", "pull", "P0000001002", "--by", "dana", "--reason", "moved")
    assert "handed over" in str(too_late.exception)
    reconciled = json.loads(pact("reconcile", "--as-of", NIGHT, "--json").stdout)
    assert reconciled["counts"]["acknowledged"] == 0
    report = json.loads(pact("status", "--json").stdout)
    assert report["letters"] == {"packaged": letters, "rejected": 1}
    explained = json.loads(pact("why", "S1", "--as-of", NIGHT, "--json").stdout)
    assert explained["student"] == "S1"
    for command in (("night", "--as-of", NIGHT), ("status",), ("why", "S1")):
        assert pact(*command).exit_code == 0


def test_a_case_by_hand(pact: Callable[..., Any], tmp_path: Path) -> None:
    using = collaborators()
    frames = roster(["01"]) | {"marks": marks({"01": MISSED})}
    of = district("san-juan-unified")
    record_submission(using.engine, CASE_NIGHT, frames, of=of, covers_days=60)
    evaluate(using, CASE_NIGHT)
    day = CASE_NIGHT.isoformat()
    entered = ("--on", day, "--as-of", day, "--by", "dana")

    [case] = json.loads(
        pact("case", "show", "san-juan-unified:01", "--as-of", day, "--json").stdout
    )
    called = ("--way", "phone", "--whom", "guardian", "--result", "reached", *entered)
    assert "entered" in pact("case", "contact", case["case"], *called).stdout
    assert "stood there already" in pact("case", "contact", case["case"], *called).stdout
    to = ("--to", "da_meeting", "--referred-by", "district")
    referral = json.loads(pact("case", "refer", case["case"], *to, *entered, "--json").stdout)
    set_for = ("--on", (CASE_NIGHT + timedelta(days=2)).isoformat(), *entered[2:])
    assert not pact("case", "act", referral["entry"], "--what", "meeting_set", *set_for).exit_code
    shown = pact("case", "show", case["case"], "--as-of", day).stdout
    assert "da_meeting_notice_served" in shown
    assert "OVERDUE" in shown
    due = json.loads(pact("cases", "due", "--as-of", day, "--json").stdout)
    assert due["san-juan-unified"]["overdue"] == {"da_meeting_notice_served": 1}
    period = ("--from", day, "--to", day, "--as-of", day, "--by", "dana")
    out = tmp_path / "out"
    told = pact("district", "back-report", "san-juan-unified", *period, "--out", str(out), "--json")
    assert json.loads(told.stdout)["counts"] == {"referrals": 1, "rows": 1, "released": 1}
    assert len(list(out.iterdir())) == 2
    later = ("district", "back-reports-due", "--as-of", "2026-12-05", "--json")
    due_by_schedule = [json.loads(pact(*later).stdout)["counts"] for _ in "ab"]
    assert [counts["reports"] for counts in due_by_schedule] == [0, 0], "told by hand"
    back = ("--reason", "wrong_entry", "--as-of", day, "--by", "dana")
    assert not pact("case", "retract", referral["entry"], *back).exit_code
    closing = ("--reason", "record_corrected", *entered)
    assert not pact("case", "close", case["case"], *closing).exit_code
    assert "closed 1" in pact("cases", "due", "--as-of", day).stdout


def test_first_notices_of_a_district(pact: Callable[..., Any]) -> None:
    using = collaborators()
    natomas = using.district("natomas-unified")
    frames = roster(["01"]) | {"marks": marks({"01": MISSED})}
    record_submission(using.engine, CASE_NIGHT, frames, of=natomas, covers_days=60)
    evaluate(using, CASE_NIGHT)
    command = ("district", "first-notices", natomas.slug, "--as-of", CASE_NIGHT.isoformat())

    made = json.loads(pact(*command, "--json").stdout)

    assert (made["status"], made["counts"]["new_made"], made["counts"]["pages"]) == ("done", 1, 2)
    folder = using.settings.returns / CASE_NIGHT.isoformat() / natomas.slug
    assert (folder / "first_notices.pdf").exists()
    assert "made 1" in pact(*command).stdout
    assert "first notices of natomas-unified: truants 1, made 1" in pact("status").stdout


TASK = ("tasks", "close", "T1", "--as-of", NIGHT, "--by", "dana", "--reason", "seen")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tasks",), "--as-of"),
        (
            ("district", "first-notices", "robla-elementary", "--as-of", NIGHT),
            "robla-elementary makes its own first notices",
        ),
        ((*TASK, "--outcome", "retry"), "no task T1"),
        (("void", "approve", "nowhere", *TASK[3:]), "no district"),
        (("void", "decline", "elk-grove-unified", *TASK[3:]), "no void waits"),
    ],
)
def test_a_person_who_closes_or_answers_nothing_is_told_so(
    pact: Callable[..., Any], arguments: tuple[str, ...], said: str
) -> None:
    done = pact(*arguments)

    assert isinstance(done.exception, UsageError)  # which ends with exit code 2
    assert said in str(done.exception)


def test_a_held_district_ends_with_its_own_exit_code(
    pact: Callable[..., Any], tmp_path: Path
) -> None:
    simulated(pact, tmp_path, f"header_renamed:galt-joint-union-high:{NIGHT}")

    done = pact("night", "--as-of", NIGHT, "--district", "galt-joint-union-high", "--json")

    assert done.exit_code == 3
    held = json.loads(done.stdout)["districts"]["galt-joint-union-high"]
    assert (held["status"], held["reasons"]) == ("held", {"header_changed": 1})


def test_wrong_use_has_an_exit_code_of_its_own() -> None:
    import subprocess
    import sys

    called = subprocess.run(
        [sys.executable, "-m", "pact_etl.cli", "night", "--as-of", "tomorrow"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )

    assert called.returncode == 2
