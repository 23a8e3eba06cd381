"""What a hostile case is: input, the road it takes, and the one end it must have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pact_etl.domain.reasons import Reason
from tests.hostile.speakers import NIGHT, Files, Speaker

Key = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The whole submission ends with this reason, naming this file where one is to blame."""

    reason: Reason
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The rest is loaded.

    Attributes:
        aside: rows set aside, by "table reason".
        without: students whose good mark is not there.
        also: marks beside or instead of the good ones.
        rows: attendance rows received; what the input says, counted by whoever wrote the case.
    """

    aside: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    also: Mapping[Key, str] = field(default_factory=dict)
    rows: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input. `make` gives its files; they are made when needed, for some are large."""

    family: str
    name: str
    speaker: Callable[[], Speaker]
    make: Callable[[], Files]
    end: Refused | Loaded
    as_of: date = NIGHT

    @property
    def id(self) -> str:
        """How test output names it."""
        return f"{self.family}: {self.name}"


def refused(reason: Reason, file: str | None = None) -> Refused:
    return Refused(reason=reason, file=file)


def loaded(
    *,
    without: tuple[str, ...] = (),
    also: Mapping[Key, str] | None = None,
    rows: int = 3,
    **aside: int,
) -> Loaded:
    """`attendance__invalid_date=1` is one row of attendance set aside for it."""
    named = {key.replace("__", " "): count for key, count in aside.items()}
    return Loaded(aside=named, without=without, also=also or {}, rows=rows)


def swap(content: bytes, old: bytes, new: bytes, count: int = -1) -> bytes:
    """`bytes.replace` that must find something to replace."""
    assert old in content
    return content.replace(old, new, count)
