"""Run one thing in a process of its own and see how long it took and how much memory it held at most.

Every measured thing of ours prints one JSON object as its last line; that is its result. Two of its keys are taken
here: `peak_mb` (see `memory`), and `uncounted`, seconds it spent on showing that it was right.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
_SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process, from start to end.

    Attributes:
        seconds: wall time, start of the interpreter and imports included.
        cpu_seconds: of the process itself and its threads; the database's own time is not in it.
        peak_mb: the process's largest resident memory.
        database_mb: the most the database's processes held beyond what they share.
        result: what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    database_mb: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return asdict(self)


class MeasurementFailed(Exception):
    """A measured process did not end well; its own words are shown."""


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    database_pid: int | None = None,
) -> Run:
    """Run Python with some arguments and measure it.

    Args:
        arguments: behind the interpreter, such as `-m benchmarks.night_run`.
        environment: variables on top of this process's own; `PACT_*` of this process are not handed on.
        database_pid: the database server whose memory to watch meanwhile.

    Raises:
        MeasurementFailed: the process failed.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PACT_")}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        watch = _Watch(database_pid)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=inherited | dict(environment or {}),
            stdout=out,
            stderr=err,
        )
        # wait4 tells this child's own use; psutil could only guess between two looks.
        try:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
        except BaseException:  # whoever stops the benchmarks stops what they started
            process.kill()
            process.wait()
            raise
        finally:
            database_mb = watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            words = err.read().decode(errors="replace")[-4000:]
            raise MeasurementFailed(
                f"{' '.join(arguments)} ended with {process.returncode}\n{words}"
            )
        out.seek(0)
        lines = out.read().decode().strip().splitlines()
    # A command measured as it is typed ends with words of its own.
    result = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Run(
        seconds=seconds - result.pop("uncounted", 0.0),
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=result.pop("peak_mb", 0.0),
        database_mb=database_mb,
        result=result,
    )


class _Watch:
    """Looks at a database server's processes from time to time; cheap, so that it does not disturb."""

    def __init__(self, pid: int | None) -> None:
        self._pid, self._peak, self._done = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if pid is not None:
            self._thread.start()

    def stop(self) -> float:
        """End and tell the peak in megabytes."""
        self._done.set()
        if self._pid is not None:
            self._thread.join()
        return self._peak / 2**20

    def _look(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, _own_memory(self._pid))


def _own_memory(pid: int | None) -> int:
    total = 0
    try:
        for child in psutil.Process(pid).children():
            memory = child.memory_info()
            total += max(memory.rss - getattr(memory, "shared", 0), 0)
    except psutil.NoSuchProcess:
        pass  # a session ended while we looked
    return total
