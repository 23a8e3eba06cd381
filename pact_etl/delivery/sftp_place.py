"""A vendor's folder on an SFTP server, the vendor's own or the county's, whose host key is pinned."""

import hashlib
import stat
from types import TracebackType
from typing import Self

from pact_etl.delivery.places import PART, VendorAccess
from pact_etl.transport.sftp import Missing, SftpLogin, SftpSession, TooManyNames
from pact_etl.transport.trouble import TransportFault, Trouble

MOST_NAMES = 100_000
_NAMED = (
    "PACT_VENDOR_HOST_KEY",
    "PACT_VENDOR_PRIVATE_KEY",
    "PACT_VENDOR_PRIVATE_KEY and PACT_VENDOR_PASSWORD",
)


class SftpPlace:
    """One folder; every `with` is a connection of its own. See `Place` for what each method promises."""

    def __init__(self, url: str, access: VendorAccess) -> None:
        """Read the settings; the server is asked only on entering.

        Raises:
            SettingsError: the URL, the host key or the credentials cannot be used.
        """
        self._login = SftpLogin.read(
            url,
            who="the vendor's folder",
            host_key=access.host_key,
            private_key=access.private_key,
            password=access.password,
            timeout_seconds=access.timeout_seconds,
            session_seconds=access.transfer_seconds,
            named=_NAMED,
        )
        self._root = self._login.folder.rstrip("/")
        self._session: SftpSession

    def __enter__(self) -> Self:
        """Connect."""
        self._session = SftpSession(self._login)
        self._session.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._session.__exit__(kind, error, trace)

    def exists(self, path: str) -> bool:
        """See `Place.exists`."""
        return self._session.look(self._at(path)) is not None

    def holds(self, path: str, sha256: str, size: int | None = None) -> bool:
        """See `Place.holds`: size first, it is cheap, then the hash."""
        seen = self._session.look(self._at(path))
        if seen is None or (size is not None and seen.size is not None and seen.size != size):
            return False
        content = self.read(path)
        return content is not None and hashlib.sha256(content).hexdigest() == sha256

    def read(self, path: str) -> bytes | None:
        """See `Place.read`."""
        seen = self._session.look(self._at(path))
        if seen is None:
            return None
        try:
            return self._session.read(self._at(path), seen.size or 0)
        except Missing:
            return None

    def names(self, folder: str) -> list[str]:
        """See `Place.names`."""
        try:
            names = self._session.names(self._at(folder), MOST_NAMES)
        except TooManyNames:
            raise TransportFault(Trouble.UNREACHABLE, "too many names") from None
        return sorted(name for name in names if self._is_file(f"{folder}/{name}"))

    def put(self, path: str, content: bytes) -> None:
        """See `Place.put`: under another name first, then renamed."""
        part = path + PART
        self._make_folder_of(path)
        try:
            self._session.write(self._at(part), content)
            if not self.holds(part, hashlib.sha256(content).hexdigest(), len(content)):
                # Some servers take what no longer fits without a word.
                fits = self._session.has_room(self._at(part), len(content))
                raise TransportFault(Trouble.NOT_AS_WRITTEN if fits else Trouble.NO_SPACE)
            self._session.replace(self._at(part), self._at(path))
        except Missing:
            # Somebody took away what we had just written.
            raise TransportFault(Trouble.NOT_AS_WRITTEN) from None

    def remove(self, path: str) -> None:
        """See `Place.remove`."""
        self._session.remove(self._at(path))
        self.sweep(path)

    def sweep(self, path: str) -> None:
        """See `Place.sweep`."""
        if self._session.look(self._at(path + PART)) is not None:
            self._session.remove(self._at(path + PART))

    def _make_folder_of(self, path: str) -> None:
        folder = self._at(path).rsplit("/", 1)[0]
        if self._session.look(folder) is not None:
            return
        # Below a folder that is not there lies nothing the vendor looks at: the settings name another place.
        if self._root and self._session.look(self._root) is None:
            raise TransportFault(Trouble.PLACE_MISSING)
        self._session.make_folder(folder)

    def _is_file(self, path: str) -> bool:
        seen = self._session.look(self._at(path))
        return seen is not None and (not seen.permissions or stat.S_ISREG(seen.permissions))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root or self._login.folder == "/" else path
