"""Where a vendor's folder can lie: what every such place must be able to do, and the plain folder.

A file put there is whole or invisible, and what stands there afterwards is what was put: each place keeps that promise
in the way it can. Which files lie where, and in what order, is `VendorFolder`'s.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from pact_etl.domain.errors import SettingsError
from pact_etl.transport.trouble import TransportFault, Trouble, trouble_of

PART = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAccess:
    """What opens a place beside its URL; each kind of place takes what it needs.

    Attributes:
        host_key: of an SFTP server, as `ssh-ed25519 AAAA...`, one a line.
        private_key: our key for it, a path or the key itself.
        password: for it, where there is no key.
        s3_endpoint: of an object store that is not Amazon's own.
        s3_region: of the bucket.
        s3_key_id: with `s3_secret`, the login; without, what the AWS environment has.
        timeout_seconds: for each single answer.
        transfer_seconds: for a whole hand-over or a whole reading.
    """

    host_key: str = ""
    private_key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_key_id: str | None = None
    s3_secret: str | None = field(default=None, repr=False)
    timeout_seconds: int = 60
    transfer_seconds: int = 1800


class Place(Protocol):
    """Files by their path below the vendor's folder, reachable between `with` and its end.

    Whatever goes wrong is a `TransportFault`.
    """

    def __enter__(self) -> Self:
        """Connect."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a file is there."""
        ...

    def holds(self, path: str, sha256: str, size: int | None = None) -> bool:
        """Whether a file is there with exactly this content."""
        ...

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where it is not there (any more)."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder; none where it does not exist."""
        ...

    def put(self, path: str, content: bytes) -> None:
        """Write a file whole, over whatever a dead run left there, and look at it once more before it is seen."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, if it is there, and what is left of a `put` that died."""
        ...

    def sweep(self, path: str) -> None:
        """Remove what is left of a `put` that died, beside the file it was to make."""
        ...


class FilesystemPlace:
    """A folder of this machine, mounted or its own, or whatever else fsspec opens without a login."""

    def __init__(self, url: str, filesystem: fsspec.AbstractFileSystem | None = None) -> None:
        """Open nothing yet.

        Args:
            url: of the folder.
            filesystem: instead of the one the URL names.

        Raises:
            SettingsError: no package is installed for this kind of URL.
        """
        try:
            found, root = url_to_fs(url)
        except (ImportError, ValueError):
            # The URL may hold a password; its scheme says enough.
            scheme = url.partition("://")[0]
            raise SettingsError(
                f"the vendor's folder: nothing installed here opens {scheme}:// (docs/settings.md)"
            ) from None
        self._fs, self._root = filesystem or found, root.rstrip("/")

    def __enter__(self) -> Self:
        """Forget what was listed before."""
        with _told():
            self._fs.invalidate_cache()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is kept open."""

    def exists(self, path: str) -> bool:
        """See `Place.exists`."""
        with _told():
            self._fs.invalidate_cache()
            return bool(self._fs.exists(self._at(path)))

    def holds(self, path: str, sha256: str, size: int | None = None) -> bool:
        """See `Place.holds`: size first, it is cheap, then the hash."""
        with _told():
            self._fs.invalidate_cache()
            if not self._fs.exists(self._at(path)):
                return False
            if size is not None and self._fs.size(self._at(path)) != size:
                return False
            with self._fs.open(self._at(path), "rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest() == sha256

    def read(self, path: str) -> bytes | None:
        """See `Place.read`."""
        with _told():
            try:
                return bytes(self._fs.cat_file(self._at(path)))
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[str]:
        """See `Place.names`."""
        with _told():
            self._fs.invalidate_cache()
            if not self._fs.exists(self._at(folder)):
                return []
            entries = self._fs.ls(self._at(folder), detail=True)
            return sorted(e["name"].rsplit("/", 1)[-1] for e in entries if e["type"] == "file")

    def put(self, path: str, content: bytes) -> None:
        """See `Place.put`: under another name first, then renamed."""
        part = path + PART
        with _told():
            self._fs.makedirs(self._at(path).rsplit("/", 1)[0], exist_ok=True)
            self._fs.pipe_file(self._at(part), content)
        self._open_to_vendor(part)
        if not self.holds(part, hashlib.sha256(content).hexdigest(), len(content)):
            raise TransportFault(Trouble.NOT_AS_WRITTEN)
        with _told():
            self._fs.mv(self._at(part), self._at(path))

    def _open_to_vendor(self, path: str) -> None:
        """Let the vendor's account read what ours has written: it is sealed, and services write for themselves."""
        if isinstance(self._fs, LocalFileSystem):
            with suppress(
                PermissionError
            ):  # a mount that has no modes of its own decides by itself
                Path(self._at(path)).chmod(0o644)

    def remove(self, path: str) -> None:
        """See `Place.remove`."""
        with _told():
            for one in (path, path + PART):
                if self._fs.exists(self._at(one)):
                    self._fs.rm_file(self._at(one))

    def sweep(self, path: str) -> None:
        """See `Place.sweep`; also what a crash between copy and delete leaves where a rename is that."""
        with _told():
            if self._fs.exists(self._at(path + PART)):
                self._fs.rm_file(self._at(path + PART))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The text of a transport's error may hold a host or a user name; its kind says enough.
        raise TransportFault(trouble_of(error), type(error).__name__) from error
