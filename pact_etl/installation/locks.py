"""One process at a time: the kernel frees a lock when its holder dies, so that none gets stale."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pact_etl.domain.errors import Retryable

_PAUSE_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, *, timeout_seconds: float = 300) -> Iterator[None]:
    """Hold the lock named by `path` for the length of the block.

    Args:
        path: a file for this purpose only; never deleted, as a deleted one locks nobody out.
        timeout_seconds: how long to wait for another process.

    Raises:
        Retryable: another process kept the lock all that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Retryable(f"{path.name} is held by another process") from None
                time.sleep(_PAUSE_SECONDS)
        yield
