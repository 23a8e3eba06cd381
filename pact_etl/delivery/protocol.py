"""What any print vendor must be able to do for us, however its files travel."""

from dataclasses import dataclass
from typing import Protocol

from pact_etl.delivery.sealing import SealedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A package as it lies in the vendor's reach.

    Attributes:
        was_there: the same package had been handed over before; nothing was written.
    """

    name: str
    file_name: str
    sha256: str
    size: int
    was_there: bool


class PrintVendor(Protocol):
    """The vendor's side as the steps see it."""

    def hand_over(self, package: SealedPackage) -> HandOver:
        """Put a package where the vendor picks it up. Repeating a finished hand-over changes nothing.

        Args:
            package: what to print.

        Raises:
            Retryable: the vendor's side did not answer as it should.
            InvariantBroken: another package lies there under the same name.
        """
        ...

    def inbound(self) -> dict[str, bytes]:
        """Every finished file the vendor has written for us, by file name, oldest name first.

        Raises:
            Retryable: the vendor's side did not answer as it should.
        """
        ...
