"""What the rest of the system knows of a mail service: one call, four ways to end.

The call is at most once by construction: the caller commits its claim first, and only `Retryable`
lets it claim again. `Uncertain` is never sent again without a person or an event of the provider.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

from pact_etl.domain.errors import PactError

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailText:
    """What one email says, twice: the plain text is the message, the HTML only repeats it."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEmail:
    """One email to one address.

    Attributes:
        email_id: our own id of it; comes back with every event of the provider.
        category: what kind it is, such as `reminder_7`.
        to_address: the recipient; kept out of `repr`, which ends up in logs and tracebacks.
    """

    email_id: str
    category: str
    to_address: str = field(repr=False)
    content: EmailText = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse anything but opaque words where the provider keeps what it is told for ever."""
        for name in ("email_id", "category"):
            if not _OPAQUE.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must be an opaque word of letters, digits, - and _")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider queued the email. Whether it arrives, its events say.

    Attributes:
        message_id: the provider's id, or None where it gave none; events then match by `email_id`.
    """

    message_id: str | None


class Uncertain(PactError):
    """The request left and no usable answer came: the email may be out, so never send it again."""


class EmailSender(Protocol):
    """Something that sends one email."""

    def send(self, email: OutgoingEmail) -> Accepted:
        """Hand one email over.

        Raises:
            Retryable: it was certainly not accepted; trying again may help.
            Permanent: it was refused; trying again will not help.
            Uncertain: nobody knows; only a person or the provider's events may settle it.
        """
