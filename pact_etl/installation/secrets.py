"""Secrets this installation makes for itself, one file each, readable by its owner only.

Secrets that a county is given (mail service, vendor) come from its own secret store, not from here.
"""

import os
import re
import secrets
import tempfile
from pathlib import Path

from pact_etl.domain.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_RANDOM_BYTES = 64


def read_or_create(var: Path, name: str) -> str:
    """The secret of that name: 86 URL-safe characters, made on first use and the same ever after.

    Two processes that ask at once get the same answer, and a crash never leaves half a secret.

    Args:
        var: the installation's state folder.
        name: lower-case word, also the file's name.
    """
    return write_once(var, name, secrets.token_urlsafe(_RANDOM_BYTES))


def write_once(var: Path, name: str, content: str) -> str:
    """Keep `content` under `name` unless something is kept there already; return what is kept.

    Args:
        var: the installation's state folder.
        name: lower-case word, also the file's name.
        content: what a first caller wants to keep.
    """
    path = secret_path(var, name)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        _create(path, content)
    return path.read_text(encoding="utf-8")


def secret_path(var: Path, name: str) -> Path:
    """Where the secret of that name is kept.

    Raises:
        UsageError: the name is not a plain word.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a secret")
    return var / "secrets" / name


def _create(path: Path, content: str) -> None:
    """Write aside, then link: the name appears with its whole content or not at all."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp makes it 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name exists, so the first of two racing processes wins for both.
        path.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink()
