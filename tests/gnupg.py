"""GnuPG as a vendor has it, with a home of its own."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


class Gpg:
    """One keyring. Calling it runs gpg with these arguments; what it said stands in `stderr`, with status lines."""

    def __init__(self, home: Path) -> None:
        self._environment = os.environ | {"GNUPGHOME": str(home)}

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        plain = ["gpg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
        return subprocess.run(
            [*plain, "--status-fd", "2", *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
        )

    def make_key(self, primary: str, sub: str, certificate: Path, *, sub_ends: str = "1y") -> str:
        """A key of these kinds, its certificate written; its fingerprint."""
        self("--quick-gen-key", "vendor@print.example", primary, "default", "never")
        listed = self("--list-keys", "--with-colons").stdout.decode().splitlines()
        own = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
        self("--quick-add-key", own, sub, "encr", sub_ends)
        certificate.write_bytes(self("--armor", "--export", own).stdout)
        return own

    def close(self) -> None:
        """Let its helpers end."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self._environment, check=True)


@contextlib.contextmanager
def running_gpg() -> Iterator[Gpg]:
    """An empty keyring, or a skipped test where there is no GnuPG."""
    if shutil.which("gpg") is None:
        pytest.skip("GnuPG is not installed")
    # Not under the test's own folder: the path of a socket may have a hundred characters only.
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        found = Gpg(Path(home))
        try:
            yield found
        finally:
            found.close()
