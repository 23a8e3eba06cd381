"""Airflow's REST API as an operator's script uses it: start a run, wait for it, answer what it asks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from pact_etl.domain.errors import Permanent, Retryable
from pact_etl.installation.airflow import AirflowSettings, password

_POLL_SECONDS = 0.5
_FINISHED = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """How a run ended, and how each of its tasks did: (task, name in the grid, state)."""

    dag: str
    run: str
    state: str
    tasks: tuple[tuple[str, str, str], ...] = field(default=())

    def count(self, state: str) -> int:
        """Tasks in a state."""
        return sum(1 for _, _, one in self.tasks if one == state)


class AirflowClient:
    """One signed-in user."""

    def __init__(self, settings: AirflowSettings, user: str = "operator") -> None:
        """Sign in.

        Raises:
            Retryable: Airflow does not answer.
            Permanent: it does not know the user.
        """
        self._http = httpx.Client(base_url=settings.url, timeout=30, trust_env=False)
        answer = self._call(
            "POST", "/auth/token", {"username": user, "password": password(settings.var, user)}
        )
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def wait_for_dags(self, dags: set[str], seconds: float) -> None:
        """Wait until Airflow has read these DAGs."""

        def read() -> bool:
            known = self._call("GET", "/api/v2/dags", parameters={"limit": 100})["dags"]
            return dags <= {dag["dag_id"] for dag in known}

        self._wait(read, seconds, "DAGs to be read")

    def pause(self, dag: str, *, is_paused: bool) -> None:
        """Stop a DAG's runs from starting, or let them start."""
        self._call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": is_paused})

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        """Start a run by name."""
        content = {"dag_run_id": run, "conf": conf, "logical_date": None}
        self._call("POST", f"/api/v2/dags/{dag}/dagRuns", content)

    def wait(self, dag: str, run: str, seconds: float) -> RunState:
        """Wait until a run ends.

        Raises:
            Retryable: it takes longer than that.
        """
        path = f"/api/v2/dags/{dag}/dagRuns/{run}"
        self._wait(lambda: self._call("GET", path)["state"] in _FINISHED, seconds, f"{dag} to end")
        tasks = self._call("GET", f"{path}/taskInstances", parameters={"limit": 500})
        return RunState(
            dag=dag,
            run=run,
            state=self._call("GET", path)["state"],
            tasks=tuple(
                (one["task_id"], one.get("rendered_map_index") or "", one["state"] or "")
                for one in tasks["task_instances"]
            ),
        )

    def wait_for_question(self, dag: str, seconds: float) -> dict[str, Any]:
        """Wait until a run of a DAG asks a person; the question with its run, subject and body."""
        found: list[dict[str, Any]] = []

        def asked() -> bool:
            answer = self._call(
                "GET",
                "/api/v2/dags/~/dagRuns/~/hitlDetails",
                parameters={"response_received": "false"},
            )
            found[:] = [q for q in answer["hitl_details"] if q["task_instance"]["dag_id"] == dag]
            return bool(found)

        self._wait(asked, seconds, f"{dag} to ask")
        return found[0]

    def answer(self, question: dict[str, Any], option: str, form: dict[str, Any]) -> None:
        """Answer a question as this user; the form has a value for every field of it."""
        one = question["task_instance"]
        path = (
            f"/api/v2/dags/{one['dag_id']}/dagRuns/{one['dag_run_id']}"
            f"/taskInstances/{one['task_id']}/{one['map_index']}/hitlDetails"
        )
        self._call("PATCH", path, {"chosen_options": [option], "params_input": form})

    def _wait(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise Retryable(f"Airflow: waited {seconds:.0f} s for {what}")
            time.sleep(_POLL_SECONDS)

    def _call(
        self,
        method: str,
        path: str,
        content: dict[str, Any] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, json=content, params=parameters)
        except httpx.TransportError as error:
            raise Retryable(f"Airflow: {type(error).__name__}") from error
        if answer.is_server_error:
            raise Retryable(f"Airflow: {answer.status_code}")
        if not answer.is_success:
            raise Permanent(f"Airflow: {answer.status_code} for {method} {path}")
        found: dict[str, Any] = answer.json()
        return found
