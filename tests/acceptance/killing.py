"""Dying at a boundary: before or after a commit, a rename, a write, or half-way through one.

A process that was killed does nothing more: once dead, every further boundary raises, in every thread. What is in the
database and on the disk stays as it was.
"""

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest import mock

from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Engine

_STEPS = "pact_etl.steps."


class Killed(BaseException):
    """Not an Exception, as a killed process is none."""


class Boundary(NamedTuple):
    """A place to die at: the step that was at work, what it did, and before, halfway or after it."""

    step: str
    deed: str
    when: str


class Killer:
    """Counts boundaries and kills at one of them.

    Attributes:
        seen: boundaries passed since the last `count_anew`.
        kills: by boundary.
    """

    def __init__(self) -> None:
        self.seen: Counter[Boundary] = Counter()
        self.kills: Counter[Boundary] = Counter()
        self._lock = threading.Lock()
        self._target: Boundary | None = None
        self._left = 0
        self._is_dead = self._is_off = False

    def arm(self, target: Boundary, left: int) -> None:
        """Live (again), and die when a boundary has been passed so many times."""
        self._target, self._left, self._is_dead = target, left, False

    def spare(self) -> None:
        """Live, and do not die."""
        self._target, self._is_dead = None, False

    def count_anew(self) -> Counter[Boundary]:
        """What was passed since the last call."""
        seen, self.seen = self.seen, Counter()
        return seen

    @contextmanager
    def off(self) -> Iterator[None]:
        """Somebody else's process is at work."""
        self._is_off = True
        try:
            yield
        finally:
            self._is_off = False

    @contextmanager
    def watching(self, engine: Engine) -> Iterator[None]:
        """Make boundaries of what changes anything: this engine's commits, and every rename and write of files."""
        local = LocalFileSystem
        deeds: list[tuple[Any, str, str]] = [
            (engine.dialect, "do_commit", "commit"),
            (os, "rename", "rename"),
            (os, "replace", "rename"),
            (local, "pipe_file", "write"),
            (local, "rm_file", "remove"),
        ]
        with ExitStack() as stack:
            for owner, name, deed in deeds:
                wrapped = self._around(deed, getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, wrapped))
            yield

    def _around(self, deed: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def dangerous(*args: Any, **kwargs: Any) -> Any:
            step = _step()
            if self._is_off or step is None:
                return call(*args, **kwargs)
            self._pass(Boundary(step, deed, "before"))
            if deed == "write":
                filesystem, path, content = args
                self._pass(
                    Boundary(step, deed, "halfway"),
                    lambda: call(filesystem, path, content[: len(content) // 2]),
                )
            result = call(*args, **kwargs)
            self._pass(Boundary(step, deed, "after"))
            return result

        return dangerous

    def _pass(self, at: Boundary, last_deed: Callable[[], Any] = lambda: None) -> None:
        with self._lock:
            if self._is_dead:
                raise Killed
            self.seen[at] += 1
            if at != self._target:
                return
            self._left -= 1
            if self._left > 0:
                return
            self._is_dead = True
            self.kills[at] += 1
        last_deed()
        raise Killed


def _step() -> str | None:
    """The step that is at work on this thread."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(_STEPS):
            return str(name.removeprefix(_STEPS))
        frame = frame.f_back  # type: ignore[assignment]
    return None
