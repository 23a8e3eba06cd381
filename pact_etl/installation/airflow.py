"""How Airflow is set up in an installation on one machine: its file, environment and users.

Starting and stopping it is `services.py`. Everything lies below `<var>/airflow`.
"""

import base64
import configparser
import hashlib
import io
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pact_etl.installation.postgres import EmbeddedPostgres
from pact_etl.installation.secrets import read_or_create, write_once

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# Operators answer approvals and retry; viewers look; the administrator can do everything.
USERS = {"operator": "op", "viewer": "viewer", "admin": "admin"}

Options = dict[str, dict[str, str | int | float | bool]]

_PASSWORD_BYTES = 15
# Imported once and shared by the processes of all tasks; Great Expectations alone takes each of them seconds.
# Our own package is not among them, so that a task always runs the code as it is on disk.
_PRELOADED = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "alembic.command",
    "great_expectations.expectations",
    "lxml.etree",
    "pandas",
    "psycopg",
    "pyarrow.compute",
    "pyarrow.csv",
    "pydantic_settings",
    "sqlalchemy.dialects.postgresql",
)
_RETRY_SECONDS = 600
# Two cores: a third and fourth task fill the moments in which others wait for the database.
_PARALLELISM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowSettings:
    """What makes one installation's Airflow different from another's."""

    var: Path
    port: int
    # How long Airflow waits before it asks again for a district's missing file.
    retry_seconds: int = _RETRY_SECONDS
    # `PACT_*` variables that tasks shall see instead of the caller's.
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Airflow's own folder."""
        return self.var / "airflow"

    @property
    def url(self) -> str:
        """Where the user interface is."""
        return f"http://{HOST}:{self.port}"


def password(var: Path, user: str) -> str:
    """A user's password, made on first use.

    Args:
        var: the installation's state folder.
        user: one of `USERS`.
    """
    return write_once(var, f"airflow-{user}", secrets.token_urlsafe(_PASSWORD_BYTES))


def write_configuration(settings: AirflowSettings, database: EmbeddedPostgres) -> bool:
    """Write `airflow.cfg` and the users' passwords. Returns whether anything changed.

    Args:
        settings: the installation.
        database: the server that holds Airflow's metadata.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = {user: password(settings.var, user) for user in USERS}
    parser = configparser.RawConfigParser()
    parser.read_dict(_escaped(_options(settings, database)))
    text = io.StringIO()
    parser.write(text)
    changed = _write_private(settings.home / "airflow.cfg", text.getvalue())
    return _write_private(_passwords_file(settings), json.dumps(passwords)) or changed


def environment(settings: AirflowSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of Airflow's processes and so of every task.

    Args:
        settings: the installation.
        inherited: the caller's own, without its Airflow variables: they would win over our file.
    """
    passed = {name: value for name, value in inherited.items() if not name.startswith("AIRFLOW_")}
    passed |= settings.overrides
    local = ",".join(filter(None, [passed.get("no_proxy"), HOST, "localhost"]))
    return passed | {
        "AIRFLOW_HOME": str(settings.home),
        "PACT_VAR": str(settings.var),
        "PACT_AIRFLOW_PORT": str(settings.port),
        "GX_ANALYTICS_ENABLED": "False",
        # Tasks talk to the API server on this machine, never through a proxy.
        "no_proxy": local,
        "NO_PROXY": local,
        "PYTHONUNBUFFERED": "1",
        # macOS refuses to fork processes that have used its frameworks, unless told so.
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }


def inherited_environment() -> dict[str, str]:
    """The caller's environment, to be handed on; nothing here reads a setting from it."""
    return dict(os.environ)


def _options(settings: AirflowSettings, database: EmbeddedPostgres) -> Options:
    var, logs = settings.var, settings.var / "log" / "airflow"
    return {
        "core": {
            "dags_folder": str(ROOT / "dags"),
            "plugins_folder": str(ROOT / "plugins"),
            "load_examples": False,
            # In plugins/: the local executor, made safe for answers that come fast.
            "executor": "steady_executor.SteadyLocalExecutor",
            "parallelism": _PARALLELISM,
            "default_task_retry_delay": settings.retry_seconds,
            # Each DAG says itself whether a new installation runs it.
            "dags_are_paused_at_creation": False,
            "default_timezone": "America/Los_Angeles",
            "execution_api_server_url": f"{settings.url}/execution/",
            "fernet_key": _fernet_key(read_or_create(var, "airflow-fernet")),
            "simple_auth_manager_users": ",".join(f"{u}:{role}" for u, role in USERS.items()),
            "simple_auth_manager_passwords_file": str(_passwords_file(settings)),
        },
        "database": {"sql_alchemy_conn": database.url("airflow", driver="psycopg2")},
        "api": {
            "base_url": settings.url,
            "host": HOST,
            "port": settings.port,
            "workers": 1,
            "secret_key": read_or_create(var, "airflow-session"),
            "instance_name": "PACT",
        },
        "api_auth": {"jwt_secret": read_or_create(var, "airflow-jwt")},
        # Without this a worker stays taken for five seconds after its task has ended.
        "workers": {"min_heartbeat_interval": 1, "execution_api_timeout": 30},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.5,
            # A task whose process was killed is noticed within two minutes.
            "task_instance_heartbeat_timeout": 120,
            "catchup_by_default": False,
            "mp_start_method": "forkserver",
            "mp_forkserver_preload": ",".join(_PRELOADED),
        },
        "dag_processor": {"min_file_process_interval": 60, "print_stats_interval": 600},
        "logging": {
            "base_log_folder": str(logs),
            "dag_processor_child_process_log_directory": str(logs / "dag_processor"),
            "file_task_handler_new_folder_permissions": "0o700",
            "file_task_handler_new_file_permissions": "0o600",
            "colored_console_log": False,
            # Their lines about each call and each function tell nobody anything.
            "namespace_levels": "http.access=WARNING great_expectations=WARNING",
        },
        "usage_data_collection": {"enabled": False},
    }


def _passwords_file(settings: AirflowSettings) -> Path:
    return settings.home / "passwords.json"


def _fernet_key(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()


def _escaped(options: Options) -> dict[str, dict[str, str]]:
    """Airflow reads its file with interpolation, where a lone percent sign is an error."""
    return {
        section: {name: str(value).replace("%", "%%") for name, value in values.items()}
        for section, values in options.items()
    }


def _write_private(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
    return True
