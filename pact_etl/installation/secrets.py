"""Secrets in files that only their owner may read: those this installation makes for itself, and those districts gave.

Secrets of the mail service and the vendor come from the county's own secret store, not from here.
"""

import os
import re
import secrets
import tempfile
from pathlib import Path

import yaml

from pact_etl.domain.errors import SettingsError, UsageError

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


def read_credentials(folder: Path, slug: str) -> dict[str, str]:
    """A district's secrets, as its connector names them.

    Args:
        folder: where one YAML file per district lies.
        slug: the district's.

    Raises:
        SettingsError: there is no such file, others may read it, or it is no mapping of names to texts.
    """
    path = folder / f"{slug}.yaml"
    if not path.is_file():
        raise SettingsError(f"{path.name}: not in the folder of credentials; see docs/settings.md")
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path.name}: others may read these credentials; chmod 600")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        # The file's own text stays out of the message.
        raise SettingsError(f"{path.name}: {type(error).__name__}") from None
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise SettingsError(f"{path.name}: not a mapping of names to quoted texts")
    return {str(name): value for name, value in content.items()}


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
