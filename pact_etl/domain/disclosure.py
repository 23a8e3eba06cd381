"""Under which written basis a record may reach whom, for one district on one day.

Nobody gets anything without one (EC 49076, 34 CFR 99.31): which bases exist is the county's and each district's own
agreement, written in `config/county.yaml`; that one is needed is decided here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

LETTER_RECIPIENTS = ("district_attorney", "print_vendor", "household")
"""Who gets to see a student's record when a letter is released: whose letter it is, who prints it, who reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The recorded legal basis under which data reaches a recipient, both days inclusive.

    `districts` names the ones whose agreement it is; None stands for every district.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    recipient: str
    legal_basis: str
    from_: date
    to: date | None = None
    districts: list[str] | None = None

    def covers(self, district: str, day: date) -> bool:
        """Whether the basis holds for a district's records on a day; an empty text is no basis."""
        return (
            bool(self.legal_basis.strip())
            and (self.districts is None or district in self.districts)
            and self.from_ <= day
            and (self.to is None or day <= self.to)
        )


def basis_for(
    disclosures: Iterable[Disclosure], district: str, recipient: str, day: date
) -> str | None:
    """The text of the basis in force, or None: then nothing of this district may reach the recipient.

    A district's own agreement goes before one for everybody, a later one before an earlier one.
    """
    fitting = [d for d in disclosures if d.recipient == recipient and d.covers(district, day)]
    if not fitting:
        return None
    return max(fitting, key=lambda d: (d.districts is not None, d.from_)).legal_basis


def may_release_letters(
    disclosures: Iterable[Disclosure],
    district: str,
    day: date,
    recipients: Sequence[str] = LETTER_RECIPIENTS,
) -> bool:
    """Whether everybody who gets to see a letter may see this district's records."""
    known = list(disclosures)
    return all(basis_for(known, district, recipient, day) is not None for recipient in recipients)
