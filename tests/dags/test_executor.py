"""The executor: an answer that comes within a second of its question is not lost."""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def passed_on(ask_airflow: Any) -> dict[str, list[str]]:
    answer: dict[str, list[str]] = ask_airflow("describe_executor.py")
    return answer


def test_the_end_of_a_process_is_passed_on(passed_on: dict[str, list[str]]) -> None:
    assert passed_on["plain"] == ["success"]


def test_the_end_of_a_process_is_kept_while_the_task_is_on_its_way_again(
    passed_on: dict[str, list[str]],
) -> None:
    assert passed_on["first_of_two"] == []
    assert passed_on["second_of_two"] == ["success"]


def test_a_failure_is_always_passed_on(passed_on: dict[str, list[str]]) -> None:
    assert passed_on["broken"] == ["failed"]


def test_a_task_handed_in_twice_before_it_began_has_one_end(
    passed_on: dict[str, list[str]],
) -> None:
    assert passed_on["handed_in_twice"] == ["success"]


def test_another_try_is_another_matter(passed_on: dict[str, list[str]]) -> None:
    assert passed_on["other_try"] == ["success"]
