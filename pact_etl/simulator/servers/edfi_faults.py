"""What can be switched on at our fake of an Ed-Fi ODS; all off at first, each may be changed while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True, kw_only=True)
class Faults:
    """Numbers of requests count those for data, over all threads; 0 means never.

    Attributes:
        token_lives: requests after which a token is refused.
        throttle_every: every which request is told to wait (429).
        retry_after: what it is told, as the header says it.
        fail_every: every which request fails (500).
        break_every: every which answer ends in the middle.
        slow: seconds before each page.
        on_page: called before each page with its number, to move rows while they are read.
        repeats: a resource whose every page is its first.
        total_off: added to every Total-Count.
        bodies: by resource, what it answers instead of a page.
        forbidden: resources that are refused (403).
        has_cursor: whether cursor paging is known.
        has_delete_keys: whether deletes name their keys (ODS 6.1 and later).
        has_versions: whether there are change versions at all.
    """

    token_lives: int = 0
    throttle_every: int = 0
    retry_after: str = "0"
    fail_every: int = 0
    break_every: int = 0
    slow: float = 0.0
    on_page: Callable[[int], None] | None = None
    repeats: str = ""
    total_off: int = 0
    bodies: dict[str, bytes] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    has_cursor: bool = True
    has_delete_keys: bool = True
    has_versions: bool = True


class Turns:
    """Counts over threads."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = Lock()
        self.count = 0

    def next(self) -> int:
        """The next number, from 1."""
        with self._lock:
            self.count += 1
            return self.count


def is_due(every: int, turn: int) -> bool:
    """Whether it is the turn of a fault."""
    return bool(every) and turn % every == 0
