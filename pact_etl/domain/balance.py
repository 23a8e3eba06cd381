"""Whether everything that was proposed has gone somewhere: each item is counted in exactly one end, or it is lost.

Findings: `findings = planned + held + withdrawn + already_invited`. Letters that follow another one:
`proposed = planned + held + withdrawn`. Whole and ends are counted each by itself, from the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pact_etl.domain.errors import InvariantBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One equation.

    Attributes:
        name: of what is counted, as step results show it.
        whole: all of it.
        ends: where each one can have gone, and how many have.
    """

    name: str
    whole: int
    ends: Mapping[str, int]

    @property
    def unaccounted(self) -> int:
        """Those that went nowhere, less those counted twice; anything but 0 is a fault of ours."""
        return self.whole - sum(self.ends.values())

    def as_counts(self) -> dict[str, int]:
        """The equation with what is missing in it, for a step's result."""
        return {self.name: self.whole, **self.ends, "unaccounted": self.unaccounted}

    def require(self) -> None:
        """Stop where one is lost.

        Raises:
            InvariantBroken: says how many, and what they are not.
        """
        if self.unaccounted:
            raise InvariantBroken(
                f"{self.unaccounted} of {self.whole} {self.name} are not {', '.join(self.ends)}"
            )
