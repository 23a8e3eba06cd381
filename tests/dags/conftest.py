"""Airflow as the DAG files see it: parsed once, in a process of its own, with nothing of ours imported before."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAGS, PLUGINS = ROOT / "dags", ROOT / "plugins"

# What the DAG files share is imported from their folder, as Airflow does.
sys.path.insert(0, str(DAGS))


def airflow_environment(home: Path) -> dict[str, str]:
    """An Airflow without a database or examples."""
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
    }


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Airflow may fill."""
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="session")
def ask_airflow(airflow_home: Path) -> Any:
    """Run a script beside Airflow and read the JSON document it writes last."""

    def ask(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(script)), *arguments],
            env=airflow_environment(airflow_home) | dict(environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return ask


@pytest.fixture(scope="session")
def bag(ask_airflow: Any) -> dict[str, Any]:
    """Everything that is to be known of the DAG files; see `describe_bag.py`."""
    answer: dict[str, Any] = ask_airflow("describe_bag.py")
    return answer
