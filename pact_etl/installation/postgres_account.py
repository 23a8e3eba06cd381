"""Which operating system user the embedded server runs as. PostgreSQL refuses to run as root.

For everyone but root the answer is: as yourself, and nothing here does anything.
"""

import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

_ACCOUNT = "pact-postgres"
_FALLBACK_ACCOUNT = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user to run the server as."""

    uid: int
    gid: int

    def owns(self, path: Path) -> bool:
        """Whether the path belongs to this user."""
        return path.lstat().st_uid == self.uid


def server_account(data: Path) -> Account:
    """The owner of existing data; else ourselves, or a user without rights where we are root.

    Args:
        data: the data directory, which need not exist.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        return Account(uid=data.stat().st_uid, gid=data.stat().st_gid)
    entry = _dedicated_account()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def hand_over(path: Path, account: Account) -> None:
    """Make a file or directory the server's own."""
    if not account.owns(path):
        os.chown(path, account.uid, account.gid)


def open_way_to(path: Path, account: Account) -> None:
    """Let the server's user pass through, not list, every folder above a path.

    Matters only where root keeps the installation in a folder closed to others, like its home.
    """
    if os.geteuid() != 0:
        return
    for folder in path.parents:
        status = folder.stat()
        if not _may(status, account, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH):
            folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            logger.warning("folder opened for passing through", extra={"folder": str(folder)})


def open_programs(programs: Path, account: Account) -> None:
    """Let the server's user run PostgreSQL's programs, which a strict umask may have closed."""
    if os.geteuid() != 0:
        return
    open_way_to(programs, account)
    for path in (programs, *programs.rglob("*")):
        status = path.stat()
        wanted = stat.S_IROTH | (stat.S_IXOTH if status.st_mode & stat.S_IXUSR else 0)
        if status.st_uid != account.uid and status.st_mode & wanted != wanted:
            path.chmod(stat.S_IMODE(status.st_mode) | wanted)


def _may(status: os.stat_result, account: Account, owner: int, group: int, others: int) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & owner)
    if status.st_gid == account.gid:
        return bool(status.st_mode & group)
    return bool(status.st_mode & others)


def _dedicated_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [
            useradd,
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/false",
        ]
        # A second installation may be adding the same user just now: only the outcome matters.
        subprocess.run([*command, _ACCOUNT], check=False, capture_output=True)
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        return pwd.getpwnam(_FALLBACK_ACCOUNT)
