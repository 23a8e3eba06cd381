"""Processes: recorded from their first moment, recognised by id and start time, stopped with all they left."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pact_etl.installation import processes
from pact_etl.installation.processes import Record

pytestmark = pytest.mark.integration

SLEEPER = "import time; time.sleep(600)"
# A service whose worker neither ends with it nor heeds a polite signal.
PARENT_OF_STUBBORN = """
import os, signal, time
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.setpgid(0, 0)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Record]]:
    """Start a Python program as a service; whatever it left is stopped after the test."""
    started: list[Record] = []

    def run(program: str) -> Record:
        record = processes.start(
            [sys.executable, "-c", program],
            record=tmp_path / "service.json",
            log=tmp_path / "service.log",
            environment=dict(os.environ),
        )
        started.append(record)
        return record

    yield run
    for record in started:
        processes.stop(record, patience_seconds=0.1)


def in_session(record: Record) -> list[int]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == record.pid and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return members


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_a_started_process_is_on_record_and_in_a_session_of_its_own(
    start: Callable[[str], Record], tmp_path: Path
) -> None:
    record = start(SLEEPER)

    assert processes.read_record(tmp_path / "service.json") == record
    assert processes.is_alive(record)
    assert os.getsid(record.pid) == record.pid != os.getsid(0)


def test_stopping_takes_a_stubborn_child_along_and_can_be_repeated(
    start: Callable[[str], Record],
) -> None:
    record = start(PARENT_OF_STUBBORN)
    wait_for(lambda: len(in_session(record)) == 2)

    assert processes.stop(record, patience_seconds=1) is True
    assert in_session(record) == []
    assert processes.stop(record, patience_seconds=1) is False


def test_what_a_killed_process_left_is_still_found(start: Callable[[str], Record]) -> None:
    record = start(PARENT_OF_STUBBORN)
    wait_for(lambda: len(in_session(record)) == 2)
    os.kill(record.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(record))

    assert processes.stop(record, patience_seconds=1) is True
    assert in_session(record) == []


def test_a_process_id_that_was_given_away_is_left_alone(start: Callable[[str], Record]) -> None:
    record = start(SLEEPER)
    stale = Record(pid=record.pid, started=record.started - 1000)

    assert not processes.is_alive(stale)
    assert processes.stop(stale, patience_seconds=0.1) is False
    assert processes.is_alive(record)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"pid": 1}'])
def test_an_unreadable_record_is_no_record(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "service.json"
    if content is not None:
        path.write_text(content)

    assert processes.read_record(path) is None


def test_what_a_process_prints_is_kept_in_its_log(
    start: Callable[[str], Record], tmp_path: Path
) -> None:
    start("print('hello', flush=True)")

    wait_for(lambda: "hello" in (tmp_path / "service.log").read_text())
