"""Policy over the DAG files: they load, lightly, and each says whose it is and what to do when it is red."""

from pathlib import Path
from typing import Any

import pytest

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
DAG_IDS = [
    "county_night",
    "letter_batch",
    "outcomes",
    "pull_letter",
    "reconcile",
    "remind",
    "reread",
    "retain",
    "scorecards",
]
# A DAG file is parsed every minute; these take seconds to import and belong into tasks.
HEAVY = {
    "vl_convert",
    "pandas",
    "numpy",
    "pyarrow",
    "great_expectations",
    "typst",
    "sendgrid",
    "pact_etl.steps",
}


def test_the_bag_holds_the_dags_and_no_errors(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}
    assert sorted(bag["dags"]) == DAG_IDS


def test_parsing_imports_nothing_heavy(bag: dict[str, Any]) -> None:
    assert not HEAVY & set(bag["modules"])


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_says_what_to_do_when_it_is_red(bag: dict[str, Any], dag_id: str) -> None:
    dag = bag["dags"][dag_id]

    assert "### When something is red" in dag["doc"]
    assert "pact" in dag["tags"]
    assert dag["catchup"] is False
    assert dag["serialized"]


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_task_has_an_owner_retries_and_a_failure_callback(
    bag: dict[str, Any], dag_id: str
) -> None:
    for task_id, task in bag["dags"][dag_id]["tasks"].items():
        assert task["owner"] == "pact-operations", task_id
        assert task["retries"] >= (0 if task_id == "nothing_leaves" else 2), task_id
        assert task["has_callback"], task_id


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_is_named_in_its_dags_triage_notes(bag: dict[str, Any], dag_id: str) -> None:
    dag = bag["dags"][dag_id]
    # These fail for reasons that the runbook alone explains.
    in_runbook_only = {"list_districts", "ask_for_approval", "describe"}
    missing = {t for t in dag["tasks"] if t.rsplit(".", 1)[-1] not in dag["doc"]}

    assert {t.rsplit(".", 1)[-1] for t in missing} <= in_runbook_only


def test_every_task_has_a_heading_in_the_runbook(bag: dict[str, Any]) -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    headings = {line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("##")}
    wanted = {f"{d}: {t.rsplit('.', 1)[-1]}" for d in DAG_IDS for t in bag["dags"][d]["tasks"]}

    assert wanted <= headings
    assert set(DAG_IDS) <= headings


def test_each_district_is_one_mapped_group_that_shows_its_name(bag: dict[str, Any]) -> None:
    tasks = bag["dags"]["county_night"]["tasks"]
    mapped = {task_id for task_id, task in tasks.items() if task["is_mapped"]}

    assert mapped == {f"each_district.{t}" for t in ("collect", "validate", "record")}
    assert {tasks[t]["label_template"] for t in mapped} == {"{{ district }}"}


def test_each_district_gets_its_own_scorecard_and_shows_its_name(bag: dict[str, Any]) -> None:
    task = bag["dags"]["scorecards"]["tasks"]["scorecard"]

    assert task["label_template"] == "{{ district }}"
    assert task["upstream"] == ["list_districts"]


def test_a_dead_district_blocks_neither_the_county_nor_its_own_receipt(bag: dict[str, Any]) -> None:
    tasks = bag["dags"]["county_night"]["tasks"]

    assert tasks["evaluate"]["trigger_rule"] == "all_done"
    assert tasks["evaluate"]["upstream"] == ["each_district.record"]


def test_a_missing_district_makes_the_night_red(bag: dict[str, Any]) -> None:
    task = bag["dags"]["county_night"]["tasks"]["all_districts_in"]

    assert task["trigger_rule"] == "none_failed"
    assert sorted(task["upstream"]) == ["each_district.record", "first_notices"]


def test_first_notices_go_back_with_the_receipt_which_goes_without_them_too(
    bag: dict[str, Any],
) -> None:
    tasks = bag["dags"]["county_night"]["tasks"]

    assert tasks["first_notices"]["upstream"] == ["evaluate"]
    assert (tasks["hand_back"]["upstream"], tasks["hand_back"]["trigger_rule"]) == (
        ["first_notices"],
        "all_done",
    )


def test_letters_are_released_only_behind_a_recorded_decision(bag: dict[str, Any]) -> None:
    tasks = bag["dags"]["letter_batch"]["tasks"]

    assert tasks["release"]["upstream"] == ["wait_for_release"]
    assert tasks["release"]["trigger_rule"] == "all_success"
    decisions = ["record_decision", "record_second_decision"]
    assert tasks["wait_for_release"]["upstream"] == decisions
    assert tasks["wait_for_release"]["trigger_rule"] == "none_failed_min_one_success"
    assert tasks["record_decision"]["upstream"] == ["approve"]
    assert tasks["record_decision"]["trigger_rule"] == "all_done"
    assert tasks["record_second_decision"]["upstream"] == ["approve_again"]
    assert tasks["approve_again"]["upstream"] == ["describe_again"]
    assert tasks["describe_again"]["upstream"] == ["record_decision"]


def test_a_new_installation_expects_nothing_of_districts_until_it_is_switched_on(
    bag: dict[str, Any],
) -> None:
    assert [d for d in DAG_IDS if bag["dags"][d]["paused"]] == [
        "county_night",
        "reread",
        "scorecards",
    ]
