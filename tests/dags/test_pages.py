"""Our pages in Airflow: a proof shows families' names, so it opens for those who may answer for it and no other."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def got(ask_airflow: Any, airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    passwords = airflow_home / "passwords.json"
    passwords.write_text(json.dumps({"viewer": "v" * 20, "operator": "o" * 20}))
    answer: dict[str, Any] = ask_airflow(
        "describe_pages.py",
        environment={
            "PACT_VAR": str(tmp_path_factory.mktemp("pages")),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "viewer:viewer,operator:op",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__API_AUTH__JWT_SECRET": "s" * 64,
        },
    )
    return answer


def test_a_stranger_sees_no_page(got: Any) -> None:
    assert got["stranger"]["status"] == 401
    assert got["stranger at the runbook"]["status"] == 401


def test_a_link_opened_without_a_sign_in_asks_for_it_and_comes_back(got: Any) -> None:
    asked = got["stranger in a browser"]

    assert asked["status"] == 303
    assert asked["to"] == "/auth/login?next=/pact/proofs/7.pdf"


def test_a_viewer_may_read_the_runbook_and_no_proof(got: Any) -> None:
    assert got["viewer"]["status"] == 403
    assert got["viewer at the runbook"]["status"] == 200


@pytest.mark.parametrize("who", ["operator", "operator by cookie"])
def test_whoever_may_answer_sees_the_proof_and_no_cache_keeps_it(got: Any, who: str) -> None:
    page = got[who]

    assert (page["status"], page["is_proof"]) == (200, True)
    assert page["headers"]["content-type"] == "application/pdf"
    assert page["headers"]["cache-control"] == "no-store"
    assert page["headers"]["x-content-type-options"] == "nosniff"


def test_no_other_file_can_be_had_by_a_path(got: Any) -> None:
    for tricks in (got["tricks"], got["strangers' tricks"]):
        assert {path: one for path, one in tricks.items() if one["is_proof"]} == {}
        assert {one["status"] for one in tricks.values()} <= {401, 404}
