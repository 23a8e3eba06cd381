"""A print vendor behind a folder: `out/` is ours to write and the vendor's to read, `in/` the other way round.

A file is there whole or not at all, and only then announced by a trigger file of the same name. How a file becomes
whole is said by the place the folder lies in: a plain folder or anything else fsspec opens, an SFTP server with a
pinned host key (`sftp://`), an object store (`s3://`).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec

from pact_etl.delivery.package import TEST_PREFIX
from pact_etl.delivery.places import PART, FilesystemPlace, Place, VendorAccess
from pact_etl.delivery.protocol import HandOver
from pact_etl.delivery.sealing import SEALED, SealedPackage
from pact_etl.domain.errors import InvariantBroken, Permanent, Retryable, SettingsError
from pact_etl.transport.trouble import TransportFault, Trouble

logger = logging.getLogger(__name__)

OUT = "out"
IN = "in"
TEST = "test"
TRIGGER = ".trg"

HEADINGS = {
    Trouble.HOST_KEY_UNKNOWN: "vendor-host-key",
    Trouble.NO_COMMON_KEY: "vendor-host-key",
    Trouble.LOGIN_REFUSED: "vendor-login-refused",
    Trouble.PERMISSION_DENIED: "vendor-rights",
    Trouble.PLACE_MISSING: "vendor-rights",
    Trouble.NO_SPACE: "vendor-no-space",
}
"""Where the runbook says what to do; everything else stands under `vendor-unreachable`."""


class VendorFolder:
    """The real `PrintVendor` of this county: two folders under one URL."""

    def __init__(
        self,
        url: str,
        *,
        access: VendorAccess | None = None,
        filesystem: fsspec.AbstractFileSystem | None = None,
        is_test: bool = False,
    ) -> None:
        """Open nothing yet.

        Args:
            url: the folder that holds `out/` and `in/`.
            access: what opens it beside the URL.
            filesystem: instead of the one the URL names, for a test.
            is_test: the exchange of test packages, in a folder of its own below the real one's.

        Raises:
            SettingsError: nothing installed opens this kind of URL, or what opens it is missing or unusable.
        """
        self.url = f"{url.rstrip('/')}/{TEST}" if is_test else url
        self._is_test = is_test
        self._place = _place(url, access or VendorAccess(), filesystem)
        self._base = f"{TEST}/" if is_test else ""

    def hand_over(self, package: SealedPackage) -> HandOver:
        """See `PrintVendor.hand_over`. A crash at any point and a repeat end in the same two files."""
        if package.name.startswith(TEST_PREFIX) is not self._is_test:
            raise InvariantBroken(f"{package.name}: not for this folder")
        target, trigger = self._paths(package.name)
        with self._open() as place:
            was_there = self._is_handed_over(place, package)
            if not was_there:
                if not place.holds(target, package.sha256, len(package.content)):
                    place.put(target, package.content)
                # In the form of `sha256sum`, so that the vendor can check with the tool it has.
                place.put(trigger, _line(package.name, package.sha256))
            place.sweep(target)
            place.sweep(trigger)
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

    def confirm(self, name: str, sha256: str) -> None:
        """Look at a package that an earlier run announced; nothing is written.

        Args:
            name: the package's.
            sha256: as it was booked before it left.

        Raises:
            InvariantBroken: what lies there is not what was booked.
        """
        target, trigger = self._paths(name)
        with self._open() as place:
            announced = place.read(trigger)
            if announced is not None and announced != _line(name, sha256):
                raise InvariantBroken(f"{name}: announced under another hash than was booked")
            if place.exists(target) and not place.holds(target, sha256):
                raise InvariantBroken(f"{name}: announced, but not as it was sent")
            place.sweep(target)
            place.sweep(trigger)
        logger.info("package was handed over before", extra={"batch": name})

    def is_announced(self, name: str) -> bool:
        """Whether a package may be in the vendor's hands: it was announced, or the vendor has answered it.

        Args:
            name: the package's.
        """
        with self._open() as place:
            return self._may_be_taken(place, name)

    def discard(self, name: str) -> None:
        """Remove a package that was written and never announced, so that nobody can take it for the one to print.

        Raises:
            InvariantBroken: it was announced.
        """
        with self._open() as place:
            if self._may_be_taken(place, name):
                raise InvariantBroken(f"{name}: announced, and not ours to remove any more")
            place.remove(self._paths(name)[0])

    def inbound(self) -> dict[str, bytes]:
        """See `PrintVendor.inbound`. Files still being written end in `.part` and are left alone."""
        folder = f"{self._base}{IN}"
        with self._open() as place:
            found = {
                name: place.read(f"{folder}/{name}")
                for name in place.names(folder)
                if not name.endswith(PART)
            }
        return {name: content for name, content in found.items() if content is not None}

    def _may_be_taken(self, place: Place, name: str) -> bool:
        return place.exists(self._paths(name)[1]) or place.exists(self._answer(name))

    def _is_handed_over(self, place: Place, package: SealedPackage) -> bool:
        """Whether nothing is left to do: both files lie there, or the vendor has answered already."""
        target, trigger = self._paths(package.name)
        if place.exists(self._answer(package.name)):
            return True
        if not place.exists(trigger):
            return False
        is_ours = place.read(trigger) == _line(package.name, package.sha256)
        if not is_ours or not place.holds(target, package.sha256, len(package.content)):
            raise InvariantBroken(f"{package.file_name}: announced, but not as it was sent")
        return True

    def _paths(self, name: str) -> tuple[str, str]:
        """Where a package and its trigger lie."""
        out = f"{self._base}{OUT}"
        return f"{out}/{name}{SEALED}", f"{out}/{name}{TRIGGER}"

    def _answer(self, name: str) -> str:
        return f"{self._base}{IN}/{name}.ack"

    @contextmanager
    def _open(self) -> Iterator[Place]:
        """The place, and its faults once, as the steps know them: told in the log, with where the runbook helps."""
        try:
            with self._place as place:
                yield place
        except TransportFault as fault:
            heading = HEADINGS.get(fault.trouble, "vendor-unreachable")
            extra = {"fault": fault.trouble.value, "runbook": heading}
            logger.error("the vendor's folder cannot be used", extra=extra)
            kind = Permanent if fault.trouble.is_final else Retryable
            raise kind(f"vendor folder: {fault} (runbook: {heading})") from None


def _line(name: str, sha256: str) -> bytes:
    return f"{sha256}  {name}{SEALED}\n".encode()


def _place(url: str, access: VendorAccess, filesystem: fsspec.AbstractFileSystem | None) -> Place:
    scheme = url.partition("://")[0] if "://" in url else ""
    if "::" in scheme:
        raise SettingsError("the vendor's folder: url must name one place, not a chain of them")
    if filesystem is None and scheme in {"sftp", "ssh"}:
        # Never fsspec's own: it trusts any host key.
        from pact_etl.delivery.sftp_place import SftpPlace

        return SftpPlace(url, access)
    if filesystem is None and scheme in {"s3", "s3a"}:
        from pact_etl.delivery.object_place import ObjectPlace

        return ObjectPlace(url, access)
    return FilesystemPlace(url, filesystem)
