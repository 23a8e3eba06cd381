"""The exception tree. Texts carry slugs, file names and counts, never a value out of a row.

PactError
├── UsageError            the caller asked for something that does not exist
├── SettingsError         county, district or law settings cannot be used
├── SubmissionRefused     one district's submission cannot be used (terminal for that submission)
├── Retryable             an outside party did not answer; trying again may help
├── Permanent             an outside party said no; trying again will not help
└── InvariantBroken       our own bookkeeping does not add up; stop rather than send
"""

from pact_etl.domain.reasons import Reason


class PactError(Exception):
    """Base of every error this package raises on purpose."""


class UsageError(PactError):
    """The caller asked for something that does not exist or makes no sense."""


class SettingsError(PactError):
    """County, district or law settings cannot be used."""


class SubmissionRefused(PactError):
    """One district's submission cannot be used; other districts go on."""

    def __init__(
        self, reason: Reason, *, file: str | None = None, field: str | None = None, detail: str = ""
    ) -> None:
        """Name the fault.

        Args:
            reason: the reason code shown to the district.
            file: the file's name as sent.
            field: the canonical column, where one is at fault.
            detail: counts or column names, never row values.
        """
        self.reason = reason
        self.file = file
        self.field = field
        self.detail = detail
        super().__init__(" ".join(part for part in (reason.value, file, field, detail) if part))


class Retryable(PactError):
    """An outside party did not answer as it should; trying again may help."""


class Permanent(PactError):
    """An outside party refused; trying again will not help."""


class InvariantBroken(PactError):
    """Our own bookkeeping does not add up; stopping is safer than sending."""
