"""Where a night's time goes: Python's own profiler, and the database's time by statement."""

import cProfile
import io
import pstats
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_TOP = 40
_LABEL = 110


class Statements:
    """Adds up the time of every distinct statement of an engine; COPY goes past it and stands in Python's profile."""

    def __init__(self, engine: Engine) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._times: dict[str, int] = defaultdict(int)
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def report(self) -> str:
        """The costliest statements."""
        top = sorted(self._seconds, key=lambda label: -self._seconds[label])[:_TOP]
        rows = [f"{self._seconds[s]:9.3f} {self._times[s]:6d}  {s}" for s in top]
        return "\n".join(["", "statements: seconds, times", *rows, ""])

    def _before(self, *arguments: Any) -> None:
        arguments[4].bench_began = time.perf_counter()

    def _after(self, *arguments: Any) -> None:
        label = " ".join(str(arguments[2]).split())[:_LABEL]
        self._seconds[label] += time.perf_counter() - arguments[4].bench_began
        self._times[label] += 1


@contextmanager
def profiled(path: Path) -> Iterator[None]:
    """Profile a block and write the longest calls to a file, by their own time and with what they call."""
    profile = cProfile.Profile()
    profile.enable()
    yield
    profile.disable()
    words = io.StringIO()
    statistics = pstats.Stats(profile, stream=words).strip_dirs()
    statistics.sort_stats("tottime").print_stats(_TOP)
    statistics.sort_stats("cumulative").print_stats(_TOP)
    path.write_text(words.getvalue(), encoding="utf-8")


def phase_table(laps: dict[str, dict[str, float]]) -> str:
    """Seconds by district and phase, as text in columns."""
    phases = list(dict.fromkeys(phase for own in laps.values() for phase in own))
    width = max(len(name) for name in laps)
    lines = [" " * width + "".join(f"{phase:>11}" for phase in phases)]
    for name, own in laps.items():
        cells = [f"{own[phase]:11.3f}" if phase in own else " " * 11 for phase in phases]
        lines.append(f"{name:<{width}}" + "".join(cells))
    totals = [sum(own.get(phase, 0.0) for own in laps.values()) for phase in phases]
    lines.append(f"{'in all':<{width}}" + "".join(f"{total:11.3f}" for total in totals))
    return "\n".join(lines)
