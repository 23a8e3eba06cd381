"""A print vendor behind a folder: `out/` is ours to write and the vendor's to read, `in/` the other way round.

Any place fsspec can open will do (`file://`, `memory://`, `sftp://`). A file is complete when its name says so: it is
written under `.part`, read back, renamed, and only then announced by a trigger file of the same name.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from fsspec.core import url_to_fs

from pact_etl.delivery.package import TEST_PREFIX
from pact_etl.delivery.protocol import HandOver
from pact_etl.delivery.sealing import SEALED, SealedPackage
from pact_etl.domain.errors import InvariantBroken, Retryable, SettingsError

logger = logging.getLogger(__name__)

OUT = "out"
IN = "in"
TEST = "test"
PART = ".part"
TRIGGER = ".trg"


class VendorFolder:
    """The real `PrintVendor` of this county: two folders under one URL."""

    def __init__(
        self,
        url: str,
        *,
        filesystem: fsspec.AbstractFileSystem | None = None,
        is_test: bool = False,
    ) -> None:
        """Open nothing yet.

        Args:
            url: the folder that holds `out/` and `in/`.
            filesystem: instead of the one the URL names, for a configured connection or a test.
            is_test: the exchange of test packages, in a folder of its own below the real one's.

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
        self._root = f"{root.rstrip('/')}/{TEST}" if is_test else root
        self._is_test = is_test
        self._fs = filesystem or found

    def hand_over(self, package: SealedPackage) -> HandOver:
        """See `PrintVendor.hand_over`. A crash at any point and a repeat end in the same two files."""
        if package.name.startswith(TEST_PREFIX) is not self._is_test:
            raise InvariantBroken(f"{package.name}: not for this folder")
        target = self._path(OUT, package.file_name)
        trigger = self._path(OUT, package.name + TRIGGER)
        with _translated():
            was_there = self._is_handed_over(package, target, trigger)
            if not was_there:
                self._fs.makedirs(self._path(OUT), exist_ok=True)
                if not self._holds(target, package.content):
                    self._write(target, package.content)
                # In the form of `sha256sum`, so that the vendor can check with the tool it has.
                self._write(trigger, f"{package.sha256}  {package.file_name}\n".encode())
            self._sweep(target, trigger)
        logger.info(
            "package handed over",
            extra={"batch": package.name, "pieces": package.pieces, "was_there": was_there},
        )
        return HandOver(
            name=package.name,
            file_name=package.file_name,
            sha256=package.sha256,
            size=len(package.content),
            was_there=was_there,
        )

    @property
    def url(self) -> str:
        """The folder that holds `out/` and `in/`."""
        return str(self._fs.unstrip_protocol(self._root))

    def confirm(self, name: str, sha256: str) -> None:
        """Look at a package that an earlier run announced; nothing is written.

        Args:
            name: the package's.
            sha256: as it was booked before it left.

        Raises:
            InvariantBroken: what lies there is not what was booked.
        """
        target, trigger = self._path(OUT, name + SEALED), self._path(OUT, name + TRIGGER)
        line = f"{sha256}  {name}{SEALED}\n".encode()
        with _translated():
            self._fs.invalidate_cache()
            if self._fs.exists(trigger) and self._fs.cat_file(trigger) != line:
                raise InvariantBroken(f"{name}: announced under another hash than was booked")
            if self._fs.exists(target) and self._sha256(target) != sha256:
                raise InvariantBroken(f"{name}: announced, but not as it was sent")
            self._sweep(target, trigger)
        logger.info("package was handed over before", extra={"batch": name})

    def is_announced(self, name: str) -> bool:
        """Whether a package may be in the vendor's hands: it was announced, or the vendor has answered it.

        Args:
            name: the package's.
        """
        with _translated():
            self._fs.invalidate_cache()
            places = (self._path(OUT, name + TRIGGER), self._path(IN, f"{name}.ack"))
            return any(self._fs.exists(place) for place in places)

    def discard(self, name: str) -> None:
        """Remove a package that was written and never announced, so that nobody can take it for the one to print.

        Raises:
            InvariantBroken: it was announced.
        """
        if self.is_announced(name):
            raise InvariantBroken(f"{name}: announced, and not ours to remove any more")
        with _translated():
            target = self._path(OUT, name + SEALED)
            for path in (target, target + PART):
                if self._fs.exists(path):
                    self._fs.rm_file(path)

    def inbound(self) -> dict[str, bytes]:
        """See `PrintVendor.inbound`. Files still being written end in `.part` and are left alone."""
        folder = self._path(IN)
        with _translated():
            if not self._fs.exists(folder):
                return {}
            self._fs.invalidate_cache()
            paths = sorted(
                entry["name"]
                for entry in self._fs.ls(folder, detail=True)
                if entry["type"] == "file"
            )
            return {
                path.rsplit("/", 1)[-1]: self._fs.cat_file(path)
                for path in paths
                if not path.endswith(PART)
            }

    def _is_handed_over(self, package: SealedPackage, target: str, trigger: str) -> bool:
        """Whether nothing is left to do: both files lie there, or the vendor has answered already."""
        self._fs.invalidate_cache()
        if self._fs.exists(self._path(IN, f"{package.name}.ack")):
            return True
        if not self._fs.exists(trigger):
            return False
        if not self._holds(target, package.content):
            raise InvariantBroken(f"{package.file_name}: announced, but not as it was sent")
        return True

    def _write(self, target: str, content: bytes) -> None:
        part = target + PART
        self._fs.pipe_file(part, content)
        if not self._holds(part, content):
            raise Retryable("what was read back is not what was written")
        self._fs.mv(part, target)

    def _sweep(self, *targets: str) -> None:
        """Remove what a crash between copy and delete leaves where the filesystem cannot rename."""
        for target in targets:
            if self._fs.exists(target + PART):
                self._fs.rm_file(target + PART)

    def _holds(self, path: str, content: bytes) -> bool:
        """Whether a file is there with exactly this content: size first, it is cheap, then the hash."""
        self._fs.invalidate_cache()
        if not self._fs.exists(path) or self._fs.size(path) != len(content):
            return False
        return self._sha256(path) == hashlib.sha256(content).hexdigest()

    def _sha256(self, path: str) -> str:
        with self._fs.open(path, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def _path(self, *parts: str) -> str:
        return "/".join((self._root.rstrip("/"), *parts))


@contextmanager
def _translated() -> Iterator[None]:
    """Faults of the transport, once, as the steps know them."""
    try:
        yield
    except OSError as error:
        # The text of a transport's error may hold a host or a user name; its kind says enough.
        raise Retryable(f"vendor folder: {type(error).__name__}") from error
