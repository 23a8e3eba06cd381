"""A district's folder on its own SFTP server.

`district.url` is `sftp://user@host:port/folder`; the folder is absolute on the server (`/~/folder` begins at the
account's home), and the district's `path` goes on below it. Nothing is ever written there; answers go to a folder of
their own (option `returns`, see `returning`).

Options a district sets:
- `host_key`: the server's public key as `ssh-ed25519 AAAA...`; several lines while a key is being changed. Without it
  nothing is opened: a key is never trusted because it came first.
- `timeout_seconds`: for the login and for each single answer; 60.
- `fetch_seconds`: for a night's fetch as a whole; 1800.
Credentials: `private_key` (a path, or the key itself as PEM or OpenSSH text, without a passphrase) or `password`; both
are tried, the key first.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from pact_etl.domain.district import District
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.transport.sftp import Missing, SftpLogin, SftpSession, TooManyNames
from pact_etl.transport.trouble import TransportFault, Trouble

TIMEOUT_SECONDS = 60
FETCH_SECONDS = 1800
MOST_NAMES = 100_000

_REFUSALS = {
    Trouble.HOST_KEY_UNKNOWN: "the server's host key is not the pinned one",
    Trouble.NO_COMMON_KEY: "the server has no key of the pinned kind, or old ciphers alone",
    Trouble.LOGIN_REFUSED: "the server refused the login",
    Trouble.PERMISSION_DENIED: "the server refused to show a file",
}


class SftpFolder:
    """One folder, open between `with` and its end."""

    def __init__(self, district: District, below: str, secrets: Mapping[str, str]) -> None:
        """Read the settings; the server is asked only on entering.

        Raises:
            SettingsError: the URL, the host key or the credentials cannot be used.
        """
        self._slug = district.slug
        login = SftpLogin.read(
            district.url or "",
            who=self._slug,
            host_key=str(district.options.get("host_key", "")),
            private_key=secrets.get("private_key"),
            password=secrets.get("password"),
            timeout_seconds=self._seconds(district, "timeout_seconds", TIMEOUT_SECONDS),
            session_seconds=self._seconds(district, "fetch_seconds", FETCH_SECONDS),
        )
        self._folder = f"{login.folder.rstrip('/')}/{below}".rstrip("/") or "/"
        self._session = SftpSession(login)

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            Retryable: nobody answered.
            Permanent: another host key than the pinned one, or the login was refused.
        """
        with self._told():
            self._session.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up, whatever state the connection is in."""
        self._session.__exit__(kind, error, trace)

    def names(self) -> Sequence[str]:
        """See `Folder.names`.

        Raises:
            SubmissionRefused: FILE_TOO_LARGE, more names than any folder of exports has.
        """
        try:
            with self._told():
                return self._session.names(self._folder, MOST_NAMES)
        except TooManyNames:
            raise SubmissionRefused(Reason.FILE_TOO_LARGE, detail="names in the folder") from None

    def look(self, name: str) -> tuple[int, float | None] | None:
        """See `Folder.look`."""
        with self._told():
            seen = self._session.look(f"{self._folder}/{name}")
        if seen is None:
            return None
        if seen.size is None or (seen.permissions and not stat.S_ISREG(seen.permissions)):
            raise Retryable(f"{name} could not be read: it is no file")
        return seen.size, seen.mtime

    def changed(self) -> float | None:
        """See `Folder.changed`."""
        with self._told():
            seen = self._session.look(self._folder)
        return None if seen is None else seen.mtime

    def read(self, name: str, size: int) -> bytes:
        """See `Folder.read`."""
        try:
            with self._told():
                return self._session.read(f"{self._folder}/{name}", size)
        except Missing:
            raise Retryable(f"{name} went away while it was read") from None

    def put(self, name: str, content: bytes) -> None:
        """Write a file whole: under another name first, then renamed over whatever stands there."""
        path = f"{self._folder}/{name}"
        with self._told():
            self._session.make_folder(path.rsplit("/", 1)[0])
            self._session.write(f"{path}.part", content)
            self._session.replace(f"{path}.part", path)

    def wait(self, seconds: float) -> None:
        """See `Folder.wait`; the connection is kept alive meanwhile."""
        with self._told():
            self._session.wait(seconds)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except TransportFault as fault:
            refusal = _REFUSALS.get(fault.trouble)
            if refusal is not None:
                raise Permanent(f"{self._slug}: {refusal}") from None
            kind = fault.kind or fault.trouble.value
            raise Retryable(f"{self._slug}: the server did not answer: {kind}") from None

    @staticmethod
    def _seconds(district: District, option: str, default: int) -> int:
        value = district.options.get(option, default)
        if not isinstance(value, int) or value <= 0:
            raise SettingsError(f"{district.slug}: option {option} is no number of seconds")
        return value
