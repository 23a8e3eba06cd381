"""Airflow in an installation: comes up, lets people in, survives crashes, goes down without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pact_etl.domain.errors import UsageError
from pact_etl.installation import processes, services
from pact_etl.installation.airflow import AirflowSettings, password

pytestmark = pytest.mark.integration

SERVICES = ("scheduler", "dag-processor", "api-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(var: Path) -> Iterator[AirflowSettings]:
    """A new installation, stopped whatever the test did."""
    settings = AirflowSettings(var=var, port=free_port())
    yield settings
    services.stop(settings)


def ask(settings: AirflowSettings, path: str, *, token: str = "", body: Any = None) -> Any:
    request = urllib.request.Request(
        settings.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith((b"{", b"[")) else text.decode()


def sign_in(settings: AirflowSettings, user: str) -> str:
    body = {"username": user, "password": password(settings.var, user)}
    return str(ask(settings, "/auth/token", body=body)["access_token"])


def pid_of(settings: AirflowSettings, name: str) -> int:
    record = processes.read_record(settings.var / "run" / f"{name}.json")
    assert record is not None
    return record.pid


def processes_of(var: Path) -> list[str]:
    """Command lines of whatever still runs for an installation."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            if process.environ().get("PACT_VAR") == str(var):
                found.append(" ".join(process.info["cmdline"] or []))
        except psutil.Error:
            continue
    return found


def test_an_installation_lives_its_life(settings: AirflowSettings) -> None:
    """One long test, because each start of Airflow takes many seconds."""
    started = services.start(settings)
    assert set(started.services) == set(SERVICES)
    assert {c["status"] for c in services.health(settings).values()} == {"healthy"}

    # People are let in with the passwords that were made, and nobody without.
    token = sign_in(settings, "operator")
    assert ask(settings, "/api/v2/importErrors", token=token)["total_entries"] == 0
    assert 'id="county_night-collect"' in ask(settings, "/pact/runbook", token=token)
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(settings, "/pact/runbook")
    assert refused.value.code in {401, 403}

    # Starting again finds everything running.
    before = [pid_of(settings, name) for name in SERVICES]
    assert services.start(settings).services == ()
    assert [pid_of(settings, name) for name in SERVICES] == before

    # A service that was killed is started again, and nothing of the dead one stays.
    killed = pid_of(settings, "scheduler")
    os.kill(killed, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(killed)], timeout=10)
    assert services.start(settings).services == ("scheduler",)
    schedulers = [c for c in processes_of(settings.var) if "airflow scheduler" in c]
    assert len(schedulers) == 1

    # Stopping leaves nothing, and can be repeated.
    assert services.stop(settings) == (*SERVICES, "postgres")
    assert processes_of(settings.var) == []
    assert services.stop(settings) == ()


def test_a_start_that_was_killed_does_not_block_the_next(settings: AirflowSettings) -> None:
    program = (
        "import sys, pathlib\n"
        "from pact_etl.installation.airflow import AirflowSettings\n"
        "from pact_etl.installation.services import start\n"
        "start(AirflowSettings(var=pathlib.Path(sys.argv[1]), port=int(sys.argv[2])))"
    )
    command = [sys.executable, "-c", program, str(settings.var), str(settings.port)]
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(command, timeout=6, check=False, capture_output=True)  # kills it

    services.start(settings)

    assert len([c for c in processes_of(settings.var) if "-m airflow scheduler" in c]) == 1
    services.stop(settings)
    assert processes_of(settings.var) == []


def test_a_port_that_is_taken_is_named_and_nothing_is_started(settings: AirflowSettings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port))
        other.listen()
        with pytest.raises(UsageError, match=str(settings.port)):
            services.start(settings)

    assert processes_of(settings.var) == []
