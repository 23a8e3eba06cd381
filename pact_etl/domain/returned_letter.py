"""What a district is told of a letter that came back, for its office to mend the address: no name, no address."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pact_etl.domain.address import PostalAddress, normalise
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Adult, folded, is_protected

COLUMNS = (
    "student_id",
    "contact_ids",
    "letter",
    "mailed_on",
    "returned_on",
    "endorsement",
    "new_address_on_label",
)

NOT_SAID = "not_said"
"""The vendor could not read the stamp."""

PROTECTED = frozenset(
    {
        Reason.SAFE_AT_HOME,
        Reason.FOSTER_YOUTH,
        Reason.HOMELESS_YOUTH,
        Reason.UNACCOMPANIED_YOUTH,
        Reason.DECEASED,
        Reason.DO_NOT_SEND,
    }
)
"""Of whom no list speaks: no letter goes to them any more, and a row would point at them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One adult of a student under the district's own contact id."""

    local_id: str
    adult: Adult


def new_address_on_label(endorsement: str) -> str:
    """`yes` where the post office prints the new address on the piece it returns, `unknown` where nobody knows.

    It does so after it has stopped forwarding and before it forgets the order (Domestic Mail Manual, section 507).
    """
    if endorsement in {NOT_SAID, "other"}:
        return "unknown"
    return "yes" if endorsement == "forwarding_expired" else "no"


def speaks_of(flags: Collection[Reason], adults: Iterable[Adult]) -> bool:
    """Whether the list may have a row about a student.

    Args:
        flags: what the record and persons' holds say of the student.
        adults: everybody around the student.
    """
    return not PROTECTED & set(flags) and not any(is_protected(a.address) for a in adults)


def contacts_written_to(
    recipient: str, lines: tuple[str, ...], contacts: Iterable[Contact]
) -> tuple[str, ...]:
    """The district's contact ids behind an envelope: those of this name at this address, else those of this name.

    Args:
        recipient: the name on the envelope.
        lines: the envelope below it.
        contacts: the student's adults as the district has them now; it may have mended the address.
    """
    named = [
        one
        for one in contacts
        if folded(one.adult.name) == folded(recipient)
        and one.adult.has_rights
        and not one.adult.restrained
        and not one.adult.deceased
    ]
    there = [one for one in named if _lines(one.adult) == lines]
    return tuple(sorted(one.local_id for one in there or named))


def _lines(adult: Adult) -> tuple[str, ...] | None:
    postal = normalise(adult.address)
    return postal.lines if isinstance(postal, PostalAddress) else None
