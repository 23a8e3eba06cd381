"""Long-lived processes: started so that they are known from their first moment, and stopped whole.

Each runs in a session of its own and is recorded in a file before it becomes the program it is
started for. A record names the process by id and start time, because ids are given away again.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_RECORDER = "pact_etl.installation.recorded"
_RECORD_SECONDS = 20
_POLL_SECONDS = 0.05
# What is left of a session once its leader has gone is given this long.
_CHILD_PATIENCE_SECONDS = 3
_KILL_SECONDS = 10
# The kernel counts a start time in ticks since boot; two readings may differ by one tick.
_SAME_START_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One started process."""

    pid: int
    started: float


def start(
    command: Sequence[str], *, record: Path, log: Path, environment: Mapping[str, str]
) -> Record:
    """Start a program that outlives its caller; return once it is recorded.

    Args:
        command: the program and its arguments.
        record: where its process is written down.
        log: what it prints is added here.
        environment: the whole environment it gets.

    Raises:
        TimeoutError: the program did not even begin.
    """
    record.unlink(missing_ok=True)
    for path in (record, log):
        path.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        starter = subprocess.Popen(
            [sys.executable, "-m", _RECORDER, str(record), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
            umask=0o077,
        )
    deadline = time.monotonic() + _RECORD_SECONDS
    while time.monotonic() < deadline:
        found = read_record(record)
        if found is not None:
            # It stays our child for as long as we live; nobody waits for it, so do not warn.
            starter.returncode = 0
            return found
        if starter.poll() is not None:
            break
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"{record.stem} did not begin; see {log.name}")


def read_record(path: Path) -> Record | None:
    """What is written down, if anything readable is."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_record(path: Path) -> None:
    """Write down the process that calls this. The file appears whole."""
    started = psutil.Process().create_time()
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(json.dumps({"pid": os.getpid(), "started": started}), encoding="utf-8")
    aside.replace(path)


def is_alive(record: Record) -> bool:
    """Whether the recorded process itself still runs."""
    return _leader(record) is not None


def stop(record: Record, *, patience_seconds: float) -> bool:
    """End the recorded process and everything it has left in its session.

    Args:
        record: what was started.
        patience_seconds: how long it may take to end by itself before it is killed.

    Returns:
        Whether anything still ran.
    """
    family = _family(record)
    leader = _leader(record)
    if leader is not None:
        _signal([leader], signal.SIGTERM)
        psutil.wait_procs([leader], timeout=patience_seconds)
    family = _merged(family, _family(record))
    _signal(family, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(family, timeout=min(patience_seconds, _CHILD_PATIENCE_SECONDS))
    _signal(stubborn, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=_KILL_SECONDS)
    return bool(family)


def _leader(record: Record) -> psutil.Process | None:
    if _is_given_away(record):
        return None
    try:
        process = psutil.Process(record.pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _is_given_away(record: Record) -> bool:
    """Whether the id belongs to a process that was started at another time."""
    try:
        started: float = psutil.Process(record.pid).create_time()
    except psutil.NoSuchProcess:
        return False
    return abs(started - record.started) > _SAME_START_SECONDS


def _family(record: Record) -> list[psutil.Process]:
    """The process, its descendants, and what is left of its session where it is gone itself."""
    leader = _leader(record)
    family = [] if leader is None else [leader, *leader.children(recursive=True)]
    if _is_given_away(record):
        return []  # a session of that name is somebody else's as well
    return _merged(family, [p for p in psutil.process_iter() if _in_session(p, record)])


def _in_session(process: psutil.Process, record: Record) -> bool:
    try:
        in_session = os.getsid(process.pid) == record.pid
        return in_session and process.create_time() >= record.started - _SAME_START_SECONDS
    except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
        return False


def _merged(first: list[psutil.Process], second: list[psutil.Process]) -> list[psutil.Process]:
    return list(dict.fromkeys([*first, *second]))


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
