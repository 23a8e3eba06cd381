"""How a step's result ends its task, and that nobody else's words get into a log."""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def endings(ask_airflow: Any) -> dict[str, Any]:
    answer: dict[str, Any] = ask_airflow("describe_endings.py")
    return answer


def test_a_step_that_is_done_hands_on_its_result_and_nothing_else(endings: dict[str, Any]) -> None:
    assert endings["done"]["handed_on"] == {
        "step": "collect",
        "status": "done",
        "as_of": "2026-09-01",
        "district": None,
        "counts": {},
        "reasons": {"file_missing": 1},
        "ids": {},
    }


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("late", "AirflowException"),  # asked again, then red
        ("retryable", "AirflowException"),
        ("foreign", "AirflowException"),
        ("held", "AirflowFailException"),  # red at once
        ("permanent", "AirflowFailException"),
        ("usage", "AirflowFailException"),
        ("invariant", "AirflowFailException"),
        ("other_of_ours", "AirflowFailException"),
        ("skipped", "AirflowSkipException"),
    ],
)
def test_airflow_is_told(endings: dict[str, Any], ending: str, told: str) -> None:
    assert endings[ending]["raised"] == told


def test_a_held_or_late_task_says_its_reason(endings: dict[str, Any]) -> None:
    assert "file_missing" in endings["held"]["text"]
    assert "file_missing" in endings["late"]["text"]


def test_the_text_of_a_foreign_error_reaches_neither_airflow_nor_a_log(
    endings: dict[str, Any],
) -> None:
    assert "Canary" not in str(endings)
    assert "ValueError" in endings["foreign"]["text"]
    assert "fail_foreign" in endings["log"]  # its place does, so that it can be found


def test_an_alert_shows_its_numbers_and_its_heading_once_in_each_log(
    endings: dict[str, Any],
) -> None:
    line = "somebody is needed [batches=[3] runbook=vendor-silent]"

    assert [one for one in endings["log"].splitlines() if "somebody" in one] == [line, line]
