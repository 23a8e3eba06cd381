"""Where the embedded server's socket lives: its path must be short and closed to other users."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from pact_etl.domain.errors import SettingsError
from pact_etl.installation.postgres_account import Account, hand_over, open_way_to

# macOS ends a socket's path at 104 bytes, Linux at 108; file name and a final zero take 18 of them.
_LONGEST_DIRECTORY = 84
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


def socket_directory(var: Path, account: Account) -> Path:
    """A folder for the socket, closed to all but the server: below `var` unless that is deep.

    Args:
        var: the installation's state folder, resolved.
        account: whom the folder shall belong to.

    Raises:
        SettingsError: somebody else holds every place that would do.
    """
    for candidate in (_within(var), *_elsewhere(var)):
        if not _fits(candidate):
            continue
        candidate.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_made_by_us(candidate, account):
            candidate.chmod(0o700)
            hand_over(candidate, account)
            open_way_to(candidate, account)
            return candidate
    raise SettingsError(
        "no folder is short enough for the database's socket: use a shorter PACT_VAR or TMPDIR"
    )


def remove_socket_directory(var: Path, directory: Path) -> None:
    """Take away a short folder that `socket_directory` made outside of `var`."""
    if directory in _elsewhere(var):
        shutil.rmtree(directory, ignore_errors=True)


def _within(var: Path) -> Path:
    return var / "run" / "postgres"


def _elsewhere(var: Path) -> list[Path]:
    key = hashlib.sha256(str(var).encode()).hexdigest()[:12]
    return [Path(base).resolve() / f"pact-{key}" for base in (tempfile.gettempdir(), "/tmp")]  # noqa: S108


def _fits(directory: Path) -> bool:
    """Short, and free of characters that would need quoting in one of the places that name it."""
    return len(str(directory).encode()) <= _LONGEST_DIRECTORY and set(str(directory)) <= _PLAIN


def _is_made_by_us(directory: Path, account: Account) -> bool:
    """In a shared temporary folder anybody can take a name first, or lay a link under it."""
    status = directory.lstat()
    return not directory.is_symlink() and status.st_uid in {account.uid, os.geteuid()}
