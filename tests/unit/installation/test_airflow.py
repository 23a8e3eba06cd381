"""Airflow's set-up: complete in one file, closed to others, apart from other installations."""

import configparser
import json
import stat
from pathlib import Path

import pytest

from pact_etl.installation.airflow import (
    USERS,
    AirflowSettings,
    environment,
    password,
    write_configuration,
)
from pact_etl.installation.postgres import EmbeddedPostgres

DATABASE = EmbeddedPostgres(socket_directory=Path("/short/run"))


@pytest.fixture
def settings(tmp_path: Path) -> AirflowSettings:
    return AirflowSettings(var=tmp_path / "var", port=18099)


def read_options(settings: AirflowSettings) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(settings.home / "airflow.cfg")
    return parser


def test_the_file_names_our_folders_port_and_database(settings: AirflowSettings) -> None:
    write_configuration(settings, DATABASE)
    options = read_options(settings)

    assert Path(options["core"]["dags_folder"]).name == "dags"
    assert (Path(options["core"]["plugins_folder"]) / "steady_executor.py").exists()
    assert options["core"]["load_examples"] == "False"
    assert options["core"]["execution_api_server_url"] == "http://127.0.0.1:18099/execution/"
    assert options["api"]["host"] == "127.0.0.1"
    assert "postgres@/airflow?host=/short/run" in options["database"]["sql_alchemy_conn"]
    assert options["workers"]["min_heartbeat_interval"] == "1"
    assert options["usage_data_collection"]["enabled"] == "False"
    assert len(options["api_auth"]["jwt_secret"]) >= 64


def test_the_file_and_the_passwords_are_closed_to_others(settings: AirflowSettings) -> None:
    write_configuration(settings, DATABASE)

    for name in ("airflow.cfg", "passwords.json"):
        assert stat.S_IMODE((settings.home / name).stat().st_mode) == 0o600


def test_every_user_has_a_password_of_their_own(settings: AirflowSettings) -> None:
    write_configuration(settings, DATABASE)
    passwords = json.loads((settings.home / "passwords.json").read_text())

    assert passwords == {user: password(settings.var, user) for user in USERS}
    assert len(set(passwords.values())) == len(USERS)


def test_writing_the_same_again_is_no_change_and_another_port_is(settings: AirflowSettings) -> None:
    assert write_configuration(settings, DATABASE) is True
    assert write_configuration(settings, DATABASE) is False
    moved = AirflowSettings(var=settings.var, port=18100)
    assert write_configuration(moved, DATABASE) is True


def test_a_percent_sign_in_a_path_survives(tmp_path: Path) -> None:
    settings = AirflowSettings(var=tmp_path / "100%", port=18099)
    write_configuration(settings, DATABASE)

    assert "100%/" in read_options(settings)["logging"]["base_log_folder"]


def test_variables_of_another_airflow_do_not_reach_ours(settings: AirflowSettings) -> None:
    inherited = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW_HOME": "/elsewhere",
        "PATH": "/bin",
        "no_proxy": "intranet",
    }
    passed = environment(settings, inherited)

    assert "AIRFLOW__CORE__EXECUTOR" not in passed
    assert passed["AIRFLOW_HOME"] == str(settings.home)
    assert passed["PACT_VAR"] == str(settings.var)
    assert passed["PATH"] == "/bin"
    assert passed["NO_PROXY"] == passed["no_proxy"] == "intranet,127.0.0.1,localhost"
    assert passed["GX_ANALYTICS_ENABLED"] == "False"
