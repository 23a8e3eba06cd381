"""The one way in which setting letters fails. Its text carries piece ids and slugs, never a name or an address."""

from collections.abc import Mapping

from pact_etl.domain.errors import InvariantBroken


class LettersUnfit(InvariantBroken):
    """Some letters cannot be printed as they must be; the batch is not made without a decision about them.

    Attributes:
        faults: slug by piece id. The others of the batch can be rendered once these are held.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Name the pieces and what is wrong with each."""
        self.faults = dict(sorted(faults.items()))
        super().__init__(
            "letters unfit to print: "
            + ", ".join(f"{piece} {slug}" for piece, slug in self.faults.items())
        )
