"""What became of findings: every one is planned, held, withdrawn or about somebody invited already. Nothing else.

The equation is `findings = planned + held + withdrawn + already_invited`. A finding that is none of these is a child
lost in between, and `unaccounted` says how many there are.
"""

from dataclasses import asdict, dataclass

from pact_etl.domain.errors import InvariantBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingBalance:
    """Findings over the invitation line, each counted once.

    Attributes:
        findings: all of them, counted by themselves.
        planned: an invitation rests on the finding, however far its letters have come.
        held: the student's invitation waits, with a reason and a task.
        withdrawn: the finding ended before any invitation rested on it.
        already_invited: the student has an invitation of this school year by another finding.
    """

    findings: int
    planned: int
    held: int
    withdrawn: int
    already_invited: int

    @property
    def unaccounted(self) -> int:
        """Findings that are none of these; anything but 0 is a fault of ours."""
        return self.findings - self.planned - self.held - self.withdrawn - self.already_invited

    def as_counts(self) -> dict[str, int]:
        """The equation with what is missing in it, for a step's result."""
        return asdict(self) | {"unaccounted": self.unaccounted}

    def require(self) -> None:
        """Stop where a finding is lost.

        Raises:
            InvariantBroken: says how many.
        """
        if self.unaccounted:
            raise InvariantBroken(
                f"{self.unaccounted} of {self.findings} findings are not planned, held, withdrawn or invited already"
            )
