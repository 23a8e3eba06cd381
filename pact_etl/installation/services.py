"""Airflow's processes on this machine: started together, watched until healthy, stopped whole."""

import http.client
import json
import logging
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from pact_etl.domain.errors import Permanent, UsageError
from pact_etl.installation import postgres, processes
from pact_etl.installation.airflow import (
    HOST,
    AirflowSettings,
    environment,
    inherited_environment,
    write_configuration,
)
from pact_etl.installation.locks import exclusive
from pact_etl.installation.postgres import EmbeddedPostgres

logger = logging.getLogger(__name__)

_HEALTHY_SECONDS = 180
_POLL_SECONDS = 0.5
_WATCHED = ("metadatabase", "scheduler", "dag_processor")
# In the order of stopping: tasks report to the API server until the scheduler is gone.
_PATIENCE_SECONDS = {"scheduler": 20.0, "dag-processor": 10.0, "api-server": 10.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What `start` found or made."""

    services: tuple[str, ...]
    seconds: float


def start(settings: AirflowSettings) -> Started:
    """Bring the database and Airflow up; does nothing where everything runs already.

    Safe to repeat and to call twice at once. What does not become healthy is stopped again.

    Raises:
        UsageError: another program holds the port.
        Permanent: a process ended or did not become healthy; its log says why.
    """
    began = time.monotonic()
    with exclusive(_lock(settings)):
        if not _is_alive(settings, "api-server") and _port_is_taken(settings.port):
            raise UsageError(
                f"port {settings.port} is in use by another program; set PACT_AIRFLOW_PORT"
            )
        database = postgres.ensure_running(settings.var)
        if write_configuration(settings, database):
            # Running processes have read another file; only new ones read this one.
            _stop_all(settings)
        _migrate(settings, database)
        missing = [name for name in _PATIENCE_SECONDS if not _is_alive(settings, name)]
        try:
            for name in missing:
                _stop_one(settings, name)  # what a crashed service may have left in its session
                _start_one(settings, name)
            _wait_until_healthy(settings)
        except BaseException:
            for name in missing:
                _stop_one(settings, name)
            raise
    return Started(services=tuple(missing), seconds=round(time.monotonic() - began, 1))


def stop(settings: AirflowSettings) -> tuple[str, ...]:
    """Stop Airflow and the embedded database. Returns the names of what still ran."""
    if not settings.var.exists():
        return ()
    with exclusive(_lock(settings)):
        stopped = _stop_all(settings)
        return (*stopped, "postgres") if postgres.stop(settings.var) else stopped


def health(settings: AirflowSettings) -> dict[str, dict[str, str | None]]:
    """Each component's own word on how it is; empty where nothing answers."""
    connection = http.client.HTTPConnection(HOST, settings.port, timeout=10)
    try:
        connection.request("GET", "/api/v2/monitor/health")
        answer = json.loads(connection.getresponse().read())
        return {name: answer.get(name) or {} for name in _WATCHED}
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()


def service_log(settings: AirflowSettings, name: str) -> Path:
    """Where a service's own output goes."""
    return settings.var / "log" / f"{name}.log"


def _record(settings: AirflowSettings, name: str) -> Path:
    return settings.var / "run" / f"{name}.json"


def _lock(settings: AirflowSettings) -> Path:
    return settings.var / "run" / "installation.lock"


def _command(settings: AirflowSettings, name: str) -> list[str]:
    arguments = {
        "scheduler": ["--skip-serve-logs"],  # the API server reads the same disk
        "dag-processor": [],
        "api-server": ["--host", HOST, "--port", str(settings.port)],
    }
    return [sys.executable, "-m", "airflow", name, *arguments[name]]


def _is_alive(settings: AirflowSettings, name: str) -> bool:
    record = processes.read_record(_record(settings, name))
    return record is not None and processes.is_alive(record)


def _start_one(settings: AirflowSettings, name: str) -> None:
    processes.start(
        _command(settings, name),
        record=_record(settings, name),
        log=service_log(settings, name),
        environment=environment(settings, inherited_environment()),
    )


def _stop_one(settings: AirflowSettings, name: str) -> bool:
    record = processes.read_record(_record(settings, name))
    if record is None:
        return False
    was_running = processes.stop(record, patience_seconds=_PATIENCE_SECONDS[name])
    _record(settings, name).unlink(missing_ok=True)
    return was_running


def _stop_all(settings: AirflowSettings) -> tuple[str, ...]:
    return tuple(name for name in _PATIENCE_SECONDS if _stop_one(settings, name))


def _migrate(settings: AirflowSettings, database: EmbeddedPostgres) -> None:
    """Skipped, for it takes seconds, where this version of Airflow has done it on this database."""
    marker = settings.home / "migrated"
    release = version("apache-airflow-core")
    if marker.exists() and marker.read_text() == f"{release} {_schema_version(database)}":
        return
    log = service_log(settings, "migrate")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(settings, inherited_environment()),
            check=False,
        )
    if done.returncode != 0:
        raise Permanent(f"Airflow's database could not be prepared; see {log}")
    marker.write_text(f"{release} {_schema_version(database)}")


def _schema_version(database: EmbeddedPostgres) -> str | None:
    with psycopg.connect(database.conninfo("airflow")) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return None if row is None else str(row[0])


def _port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _is_healthy(settings: AirflowSettings, component: str, answer: dict[str, str | None]) -> bool:
    """After a crash a component passes for healthy by the last heartbeat of its predecessor."""
    record = processes.read_record(_record(settings, component.replace("_", "-")))
    heartbeat = answer.get(f"latest_{component}_heartbeat")
    beat = 0.0 if heartbeat is None else datetime.fromisoformat(heartbeat).timestamp()
    is_new = record is None or beat >= record.started
    return is_new and answer.get("status") == "healthy"


def _wait_until_healthy(settings: AirflowSettings) -> None:
    deadline = time.monotonic() + _HEALTHY_SECONDS
    while time.monotonic() < deadline:
        for name in _PATIENCE_SECONDS:
            if not _is_alive(settings, name):
                raise Permanent(f"{name} ended; see {service_log(settings, name)}")
        answer = health(settings)
        if answer and all(_is_healthy(settings, name, answer[name]) for name in _WATCHED):
            return
        time.sleep(_POLL_SECONDS)
    raise Permanent(f"Airflow did not become healthy; see {settings.var / 'log'}")
