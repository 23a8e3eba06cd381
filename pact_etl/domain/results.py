"""What a step leaves behind, good or bad: counts, reason codes and opaque ids. The only thing a task hands on."""

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class StepStatus(StrEnum):
    """How a step ended."""

    DONE = "done"
    HELD = "held"  # the submission was refused; a person or a new file must act
    LATE = "late"  # nothing usable has arrived yet; trying again may help
    SKIPPED = "skipped"  # there was nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One run of one step. Never holds a name, an address or a value out of a row."""

    step: str
    status: StepStatus
    as_of: date
    district: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe, for the orchestrator and for `--json`."""
        return asdict(self) | {"as_of": self.as_of.isoformat(), "status": self.status.value}
