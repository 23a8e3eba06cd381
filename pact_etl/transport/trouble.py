"""What can go wrong between us and a place that holds files, in one vocabulary whatever the place is."""

import errno
from enum import StrEnum

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Trouble(StrEnum):
    """The kinds. Values are reason codes: they stand in logs and alerts."""

    UNREACHABLE = "unreachable"  # nobody answered, or something we have no better word for
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    HOST_KEY_UNKNOWN = "host_key_unknown"  # another key than the pinned one
    NO_COMMON_KEY = "no_common_key"  # no key of the pinned kind, or old ciphers alone
    LOGIN_REFUSED = "login_refused"
    PERMISSION_DENIED = "permission_denied"
    NO_SPACE = "no_space"
    PLACE_MISSING = (
        "place_missing"  # the folder or the bucket that the settings name does not exist
    )
    NOT_AS_WRITTEN = "not_as_written"  # what was read back differs

    @property
    def is_final(self) -> bool:
        """Whether trying again cannot help before a person has done something."""
        return self in _FINAL


_FINAL = frozenset(
    {
        Trouble.HOST_KEY_UNKNOWN,
        Trouble.NO_COMMON_KEY,
        Trouble.LOGIN_REFUSED,
        Trouble.PERMISSION_DENIED,
        Trouble.PLACE_MISSING,
    }
)


class TransportFault(Exception):
    """A place that holds files did not do as asked. Its text names neither host, user nor path."""

    def __init__(self, trouble: Trouble, kind: str = "") -> None:
        """Name the fault.

        Args:
            trouble: its reason code.
            kind: the class of the error that told it.
        """
        self.trouble = trouble
        self.kind = kind
        super().__init__(" ".join(part for part in (trouble.value, kind) if part))


def trouble_of(error: OSError) -> Trouble:
    """What an error of the operating system, or of a client that speaks as it does, comes to."""
    if error.errno in _FULL:
        return Trouble.NO_SPACE
    if isinstance(error, TimeoutError):
        return Trouble.TIMED_OUT
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return Trouble.PERMISSION_DENIED
    if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return Trouble.CONNECTION_LOST
    return Trouble.UNREACHABLE
