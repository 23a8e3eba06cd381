"""The embedded database: starts anywhere, is found again, survives every crash, stops when told."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from pact_etl.installation import postgres
from pact_etl.installation.postgres_server import find_postmaster

pytestmark = pytest.mark.integration

START = (
    "import sys, pathlib; from pact_etl.installation.postgres import ensure_running\n"
    "print(ensure_running(pathlib.Path(sys.argv[1])).url('pact'))"
)


def start_in_another_process(var: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START, str(var)], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def postmaster_pid(var: Path) -> int:
    postmaster = find_postmaster(var / "postgres")
    assert postmaster is not None
    return postmaster.pid


def databases(server: postgres.EmbeddedPostgres) -> set[str]:
    with psycopg.connect(
        host=str(server.socket_directory), user="postgres", dbname="pact"
    ) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_server_outlives_the_process_that_started_it_and_is_found_by_the_next(var: Path) -> None:
    url = start_in_another_process(var)
    pid = postmaster_pid(var)

    server = postgres.ensure_running(var)

    assert server.url("pact") == url
    assert postmaster_pid(var) == pid
    assert set(postgres.DATABASES) <= databases(server)


def test_many_first_starts_at_once_make_one_server(var: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: start_in_another_process(var), range(4)))

    assert len(urls) == 1
    running = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(var / "postgres") in (process.info["cmdline"] or [])
    ]
    assert len(running) == 1


def test_stopping_is_repeatable_and_what_was_kept_is_there_after_the_next_start(var: Path) -> None:
    server = postgres.ensure_running(var)
    with psycopg.connect(
        host=str(server.socket_directory), user="postgres", dbname="pact"
    ) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")

    assert postgres.stop(var) is True
    assert postgres.stop(var) is False
    assert find_postmaster(var / "postgres") is None

    server = postgres.ensure_running(var)
    with psycopg.connect(
        host=str(server.socket_directory), user="postgres", dbname="pact"
    ) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_killed_server_is_started_again(var: Path) -> None:
    postgres.ensure_running(var)
    killed = postmaster_pid(var)
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)

    server = postgres.ensure_running(var)

    assert postmaster_pid(var) != killed
    assert set(postgres.DATABASES) <= databases(server)


def test_a_left_over_process_id_that_is_now_another_program_does_not_block(var: Path) -> None:
    postgres.ensure_running(var)
    pid_file = var / "postgres" / "postmaster.pid"
    left_over = pid_file.read_text().splitlines()
    postgres.stop(var)
    pid_file.write_text("\n".join([str(os.getpid()), *left_over[1:], ""]))

    postgres.ensure_running(var)

    assert postmaster_pid(var) != os.getpid()


@pytest.mark.parametrize("content", ["", "not a number\n", "12"])
def test_a_half_written_pid_file_does_not_block(var: Path, content: str) -> None:
    postgres.ensure_running(var)
    postgres.stop(var)
    (var / "postgres" / "postmaster.pid").write_text(content)

    assert set(postgres.DATABASES) <= databases(postgres.ensure_running(var))


def test_a_half_made_data_directory_is_made_again(var: Path) -> None:
    (var / "postgres.new" / "base").mkdir(parents=True)
    (var / "postgres.new" / "PG_VERSION").write_text("18")

    assert set(postgres.DATABASES) <= databases(postgres.ensure_running(var))
    assert not (var / "postgres.new").exists()


def test_a_server_whose_socket_was_swept_away_is_reachable_again(var: Path) -> None:
    server = postgres.ensure_running(var)
    (server.socket_directory / ".s.PGSQL.5432").unlink()

    assert set(postgres.DATABASES) <= databases(postgres.ensure_running(var))


def test_a_deep_var_works_and_leaves_nothing_in_the_temporary_folder(var: Path) -> None:
    deep = var / ("d" * 60) / ("e e" * 20)
    server = postgres.ensure_running(deep)
    try:
        assert set(postgres.DATABASES) <= databases(server)
        assert not server.socket_directory.is_relative_to(deep)
    finally:
        postgres.stop(deep)
    assert not server.socket_directory.exists()


def test_the_log_keeps_no_values_of_failed_statements(var: Path) -> None:
    server = postgres.ensure_running(var)
    with (
        psycopg.connect(
            host=str(server.socket_directory), user="postgres", dbname="pact", autocommit=True
        ) as connection,
    ):
        connection.execute("CREATE TABLE person (name text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES ('Canary')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('Canary')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT 'Canary'::int")
    postgres.stop(var)

    assert "Canary" not in postgres.server_log(var).read_text()
