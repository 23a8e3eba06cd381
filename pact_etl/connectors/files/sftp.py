"""A district's folder on its own SFTP server, read over asyncssh.

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

Protocol: SFTP version 3, draft-ietf-secsh-filexfer-02, which OpenSSH and every vendor's server speak.
"""

import asyncio
import contextlib
import logging
import math
import stat
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh

from pact_etl.domain.district import District
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

Answer = TypeVar("Answer")

TIMEOUT_SECONDS = 60
FETCH_SECONDS = 1800
HANG_UP_SECONDS = 5
CHUNK = 4 << 20
MOST_NAMES = 100_000
_PORT = 22
_HOME = "/~/"

_NOT_THERE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


class SftpFolder:
    """One folder, open between `with` and its end."""

    def __init__(self, district: District, below: str, secrets: Mapping[str, str]) -> None:
        """Read the settings; the server is asked only on entering.

        Raises:
            SettingsError: the URL, the host key or the credentials cannot be used.
        """
        self._slug = district.slug
        url = urlsplit(district.url or "")
        if url.scheme != "sftp" or not url.hostname or not url.username or url.password is not None:
            raise SettingsError(f"{self._slug}: url must be sftp://user@host[:port]/folder")
        try:
            port = url.port or _PORT
        except ValueError:
            raise SettingsError(f"{self._slug}: url has no usable port") from None
        folder = unquote(url.path)
        folder = folder.removeprefix(_HOME) if folder.startswith(_HOME) else folder or "/"
        self._folder = f"{folder.rstrip('/')}/{below}".rstrip("/") or "/"
        self._timeout = self._seconds(district, "timeout_seconds", TIMEOUT_SECONDS)
        self._ends = time.monotonic() + self._seconds(district, "fetch_seconds", FETCH_SECONDS)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._options: dict[str, Any] = {
            "host": url.hostname,
            "port": port,
            "username": unquote(url.username),
            "known_hosts": (_host_keys(district), [], []),
            **_login(self._slug, secrets),
            # Nothing of the account that this process happens to run under is used.
            "config": None,
            "agent_path": None,
            "gss_auth": False,
            "gss_kex": False,
            "x509_trusted_certs": None,
            "connect_timeout": self._timeout,
            "login_timeout": self._timeout,
        }

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            Retryable: nobody answered.
            Permanent: another host key than the pinned one, or the login was refused.
        """
        # The library would write host and user names into the log.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        self._runner = asyncio.Runner()
        try:
            self._connection = self._ask(asyncssh.connect(**self._options))
            self._sftp = self._ask(self._connection.start_sftp_client())
        except BaseException:
            self._hang_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up, whatever state the connection is in."""
        self._hang_up()

    def _hang_up(self) -> None:
        async def give_up() -> None:
            # Reads that were under way fail now, each with a complaint to the log that nobody needs.
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
            if self._connection is not None:
                self._connection.abort()
                await asyncio.wait_for(self._connection.wait_closed(), HANG_UP_SECONDS)

        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            self._runner.run(give_up())
        self._runner.close()

    def names(self) -> Sequence[str]:
        """See `Folder.names`.

        Raises:
            SubmissionRefused: FILE_TOO_LARGE, more names than any folder of exports has.
        """
        return self._ask(self._names())

    def look(self, name: str) -> tuple[int, float | None] | None:
        """See `Folder.look`."""
        seen = self._attributes(f"{self._folder}/{name}")
        if seen is None:
            return None
        if seen.size is None or (seen.permissions and not stat.S_ISREG(seen.permissions)):
            raise Retryable(f"{name} could not be read: it is no file")
        return seen.size, seen.mtime

    def changed(self) -> float | None:
        """See `Folder.changed`."""
        seen = self._attributes(self._folder)
        return None if seen is None else seen.mtime

    def read(self, name: str, size: int) -> bytes:
        """See `Folder.read`."""
        # Not as the task's result: leaving the runner makes Python write out a task with its result, at four times its
        # size (an error text of `signal.signal` that is thrown away).
        chunks: list[bytes] = []
        self._ask(self._read(name, size, chunks), seconds=math.inf)
        return b"".join(chunks)

    def put(self, name: str, content: bytes) -> None:
        """Write a file whole: under another name first, then renamed over whatever stands there."""
        self._ask(self._put(f"{self._folder}/{name}", content), seconds=math.inf)

    def wait(self, seconds: float) -> None:
        """See `Folder.wait`; the connection is kept alive meanwhile."""
        self._ask(asyncio.sleep(seconds), seconds=math.inf)

    def _attributes(self, path: str) -> asyncssh.SFTPAttrs | None:
        try:
            return self._ask(self._sftp.stat(path))
        except _Missing:
            return None

    async def _names(self) -> list[str]:
        found: list[str] = []
        try:
            async for entry in self._sftp.scandir(self._folder):
                name = entry.filename
                if isinstance(name, str) and "/" not in name and name not in (".", ".."):
                    found.append(name)
                if len(found) > MOST_NAMES:
                    raise SubmissionRefused(Reason.FILE_TOO_LARGE, detail="names in the folder")
        except _NOT_THERE:
            return []
        return found

    async def _read(self, name: str, size: int, chunks: list[bytes]) -> None:
        have = 0
        try:
            stream = await self._in_time(self._sftp.open(f"{self._folder}/{name}", "rb"))
            # One byte more than there should be shows a file that grew; one that grows for ever ends here too.
            while have <= size:
                chunk = await self._in_time(stream.read(min(CHUNK, size + 1 - have), have))
                if not isinstance(chunk, bytes) or not chunk:
                    break
                chunks.append(chunk)
                have += len(chunk)
            await self._in_time(stream.close())
        except _NOT_THERE:
            raise Retryable(f"{name} went away while it was read") from None

    async def _put(self, path: str, content: bytes) -> None:
        await self._in_time(self._sftp.makedirs(path.rsplit("/", 1)[0], exist_ok=True))
        part = f"{path}.part"
        stream = await self._in_time(self._sftp.open(part, "wb"))
        for start in range(0, len(content), CHUNK):
            await self._in_time(stream.write(content[start : start + CHUNK], start))
        await self._in_time(stream.close())
        await self._in_time(self._sftp.posix_rename(part, path))

    async def _in_time(self, answer: Awaitable[Answer], seconds: float | None = None) -> Answer:
        left = self._ends - time.monotonic()
        limit = self._timeout if seconds is None else seconds
        return await asyncio.wait_for(answer, max(min(limit, left), 0))

    def _ask(self, question: Awaitable[Answer], seconds: float | None = None) -> Answer:
        """Run one exchange, and say what went wrong in our own words: the library's name hosts and users."""
        try:
            return self._runner.run(self._in_time(question, seconds))
        except _NOT_THERE:
            raise _Missing from None
        except asyncssh.HostKeyNotVerifiable:
            raise Permanent(f"{self._slug}: the server's host key is not the pinned one") from None
        except asyncssh.KeyExchangeFailed:
            raise Permanent(
                f"{self._slug}: the server has no key of the pinned kind, or old ciphers alone"
            ) from None
        except asyncssh.PermissionDenied:
            raise Permanent(f"{self._slug}: the server refused the login") from None
        except asyncssh.SFTPPermissionDenied:
            raise Permanent(f"{self._slug}: the server refused to show a file") from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            kind = type(error).__name__
            raise Retryable(f"{self._slug}: the server did not answer: {kind}") from None

    @staticmethod
    def _seconds(district: District, option: str, default: int) -> int:
        value = district.options.get(option, default)
        if not isinstance(value, int) or value <= 0:
            raise SettingsError(f"{district.slug}: option {option} is no number of seconds")
        return value


class _Missing(Exception):
    """The server has no such file."""


def _host_keys(district: District) -> list[asyncssh.SSHKey]:
    lines = str(district.options.get("host_key", "")).strip().splitlines()
    if not lines:
        raise SettingsError(f"{district.slug}: option host_key must pin the server's public key")
    try:
        return [asyncssh.import_public_key(line.strip()) for line in lines if line.strip()]
    except asyncssh.KeyImportError:
        raise SettingsError(f"{district.slug}: option host_key is no public key") from None


def _login(slug: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    key, password = secrets.get("private_key"), secrets.get("password")
    if not key and not password:
        raise SettingsError(f"{slug}: credentials have neither private_key nor password")
    return {"client_keys": [_private_key(slug, key)] if key else None, "password": password}


def _private_key(slug: str, key: str) -> asyncssh.SSHKey:
    try:
        if key.lstrip().startswith("-----BEGIN"):
            return asyncssh.import_private_key(key)
        return asyncssh.read_private_key(Path(key).expanduser())
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise SettingsError(f"{slug}: private_key is no key that can be read") from None
