"""The one SFTP client: a session on a server whose host key is pinned, with a limit to every wait.

A key is never trusted because it came first: without a pinned one nothing is opened. Nothing of the account that this
process happens to run under (agent, configuration, known hosts) is used.

Protocol: SFTP version 3, draft-ietf-secsh-filexfer-02, which OpenSSH and every vendor's server speak.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh

from pact_etl.domain.errors import SettingsError
from pact_etl.transport.trouble import TransportFault, Trouble, trouble_of

Answer = TypeVar("Answer")

HANG_UP_SECONDS = 5
READ_CHUNK = 4 << 20
WRITE_CHUNK = 1 << 20
_PORT = 22
_HOME = "/~/"

_NOT_THERE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


class Missing(Exception):
    """The server has no such file."""


class TooManyNames(Exception):
    """A folder holds more names than was allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpLogin:
    """A server, who we are there, and how long we wait.

    Attributes:
        host_keys: public keys of the server; either is right while it changes its key.
        folder: of the URL, absolute on the server or from the account's home.
        timeout_seconds: for the login and for each single answer.
        session_seconds: for everything between entering and leaving.
    """

    host: str
    port: int
    user: str
    folder: str
    host_keys: tuple[asyncssh.SSHKey, ...]
    private_key: asyncssh.SSHKey | None = field(repr=False)
    password: str | None = field(repr=False)
    timeout_seconds: float
    session_seconds: float

    @classmethod
    def read(
        cls,
        url: str,
        *,
        who: str,
        host_key: str,
        private_key: str | None,
        password: str | None,
        timeout_seconds: float,
        session_seconds: float,
        named: tuple[str, str, str] = ("option host_key", "private_key", "credentials"),
    ) -> "SftpLogin":
        """Read settings as people write them.

        Args:
            url: `sftp://user@host[:port]/folder`; `/~/folder` begins at the account's home.
            who: whose server it is, for error texts.
            host_key: `ssh-ed25519 AAAA...`, several lines while a key is being changed.
            private_key: a path, or the key itself as PEM or OpenSSH text, without a passphrase.
            password: tried after the key.
            timeout_seconds: see the class.
            session_seconds: see the class.
            named: what host key, private key and both credentials are called where they are set.

        Raises:
            SettingsError: the URL, the host key or the credentials cannot be used.
        """
        of_host, of_key, of_both = named
        parts = urlsplit(url)
        if parts.scheme != "sftp" or not parts.hostname or not parts.username or parts.password:
            raise SettingsError(f"{who}: url must be sftp://user@host[:port]/folder")
        try:
            port = parts.port or _PORT
        except ValueError:
            raise SettingsError(f"{who}: url has no usable port") from None
        if not private_key and not password:
            raise SettingsError(f"{who}: {of_both} have neither private_key nor password")
        folder = unquote(parts.path)
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username),
            folder=folder.removeprefix(_HOME) if folder.startswith(_HOME) else folder or "/",
            host_keys=_host_keys(f"{who}: {of_host}", host_key),
            private_key=_private_key(f"{who}: {of_key}", private_key) if private_key else None,
            password=password,
            timeout_seconds=timeout_seconds,
            session_seconds=session_seconds,
        )


class SftpSession:
    """A connection, open between `with` and its end. Whatever goes wrong is a `TransportFault`."""

    def __init__(self, login: SftpLogin) -> None:
        """Ask nobody yet; the time for the session begins now."""
        self._login = login
        self._ends = time.monotonic() + login.session_seconds
        self._connection: asyncssh.SSHClientConnection | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            TransportFault: nobody answered, another host key than the pinned one, or the login was refused.
        """
        # The library would write host and user names into the log.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        self._runner = asyncio.Runner()
        login = self._login
        try:
            self._connection = self._ask(
                asyncssh.connect(
                    host=login.host,
                    port=login.port,
                    username=login.user,
                    known_hosts=(list(login.host_keys), [], []),
                    client_keys=[login.private_key] if login.private_key else None,
                    password=login.password,
                    config=None,
                    agent_path=None,
                    gss_auth=False,
                    gss_kex=False,
                    x509_trusted_certs=None,
                    connect_timeout=login.timeout_seconds,
                    login_timeout=login.timeout_seconds,
                )
            )
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

    def names(self, folder: str, most: int) -> list[str]:
        """Names of everything in a folder; none where it does not exist.

        Raises:
            TooManyNames: there are more than `most`.
        """
        return self._ask(self._names(folder, most))

    def look(self, path: str) -> asyncssh.SFTPAttrs | None:
        """What the server says of a file; None where it is not there."""
        try:
            return self._ask(self._sftp.stat(path))
        except Missing:
            return None

    def read(self, path: str, size: int) -> bytes:
        """A file's bytes, at most one more than the size it should have.

        Raises:
            Missing: it is not there.
        """
        # Not as the task's result: leaving the runner makes Python write out a task with its result, at four times its
        # size (an error text of `signal.signal` that is thrown away).
        chunks: list[bytes] = []
        self._ask(self._read(path, size, chunks), seconds=math.inf)
        return b"".join(chunks)

    def write(self, path: str, content: bytes) -> None:
        """Write a file, in its final place and not at once: give it a name that nobody reads, then `replace`."""
        try:
            self._ask(self._write(path, content), seconds=math.inf)
        except Missing:
            raise TransportFault(Trouble.PLACE_MISSING) from None

    def has_room(self, path: str, size: int) -> bool:
        """Whether so many bytes more would fit beside a file, as far as the server says."""
        return self._ask(self._has_room(path, size))

    def replace(self, path: str, target: str) -> None:
        """Rename a file over whatever stands there.

        Raises:
            Missing: there is no such file.
        """
        self._ask(self._replace(path, target))

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(Missing):
            self._ask(self._sftp.remove(path))

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it, where they are missing."""
        self._ask(self._sftp.makedirs(path, exist_ok=True))

    def wait(self, seconds: float) -> None:
        """Let time pass; the connection is kept alive meanwhile."""
        self._ask(asyncio.sleep(seconds), seconds=math.inf)

    async def _names(self, folder: str, most: int) -> list[str]:
        found: list[str] = []
        try:
            async for entry in self._sftp.scandir(folder):
                name = entry.filename
                if isinstance(name, str) and "/" not in name and name not in (".", ".."):
                    found.append(name)
                if len(found) > most:
                    raise TooManyNames
        except _NOT_THERE:
            return []
        return found

    async def _read(self, path: str, size: int, chunks: list[bytes]) -> None:
        have = 0
        stream = await self._in_time(self._sftp.open(path, "rb"))
        # One byte more than there should be shows a file that grew; one that grows for ever ends here too.
        while have <= size:
            chunk = await self._in_time(stream.read(min(READ_CHUNK, size + 1 - have), have))
            if not isinstance(chunk, bytes) or not chunk:
                break
            chunks.append(chunk)
            have += len(chunk)
        await self._in_time(stream.close())

    async def _write(self, path: str, content: bytes) -> None:
        try:
            stream = await self._in_time(self._sftp.open(path, "wb"))
            for start in range(0, len(content), WRITE_CHUNK):
                await self._in_time(stream.write(content[start : start + WRITE_CHUNK], start))
            await self._in_time(stream.close())
        except asyncssh.SFTPFailure:
            # Version 3 has no word for a full disk; OpenSSH tells how much is left when asked.
            if await self._has_room(path, len(content)):
                raise
            raise TransportFault(Trouble.NO_SPACE) from None

    async def _has_room(self, path: str, size: int) -> bool:
        try:
            left = await self._in_time(self._sftp.statvfs(path.rsplit("/", 1)[0] or "/"))
        except (asyncssh.Error, OSError, TimeoutError):
            return True
        return left.bavail * (left.frsize or left.bsize) >= size

    async def _replace(self, path: str, target: str) -> None:
        try:
            await self._sftp.posix_rename(path, target)
        except asyncssh.SFTPOpUnsupported:
            # Plain version 3 renames over nothing. Nobody reads the target yet: see who calls.
            with contextlib.suppress(*_NOT_THERE):
                await self._in_time(self._sftp.remove(target))
            await self._sftp.rename(path, target)

    async def _in_time(self, answer: Awaitable[Answer], seconds: float | None = None) -> Answer:
        left = self._ends - time.monotonic()
        limit = self._login.timeout_seconds if seconds is None else seconds
        return await asyncio.wait_for(answer, max(min(limit, left), 0))

    def _ask(self, question: Awaitable[Answer], seconds: float | None = None) -> Answer:
        """Run one exchange, and say what went wrong in our own words: the library's name hosts and users."""
        try:
            return self._runner.run(self._in_time(question, seconds))
        except _NOT_THERE:
            raise Missing from None
        except (asyncssh.Error, OSError) as error:
            raise TransportFault(_trouble(error), type(error).__name__) from None


def _trouble(error: asyncssh.Error | OSError) -> Trouble:
    for kinds, trouble in _TROUBLES:
        if isinstance(error, kinds):
            return trouble
    return trouble_of(error) if isinstance(error, OSError) else Trouble.UNREACHABLE


_TROUBLES: tuple[tuple[tuple[type[Exception], ...], Trouble], ...] = (
    ((asyncssh.HostKeyNotVerifiable,), Trouble.HOST_KEY_UNKNOWN),
    ((asyncssh.KeyExchangeFailed,), Trouble.NO_COMMON_KEY),
    ((asyncssh.PermissionDenied,), Trouble.LOGIN_REFUSED),
    ((asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect), Trouble.PERMISSION_DENIED),
    ((asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded), Trouble.NO_SPACE),
    (
        (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection),
        Trouble.CONNECTION_LOST,
    ),
)


def _host_keys(setting: str, text: str) -> tuple[asyncssh.SSHKey, ...]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        raise SettingsError(f"{setting} must pin the server's public key")
    try:
        return tuple(asyncssh.import_public_key(line) for line in lines)
    except asyncssh.KeyImportError:
        raise SettingsError(f"{setting} is no public key") from None


def _private_key(setting: str, key: str) -> asyncssh.SSHKey:
    try:
        if key.lstrip().startswith("-----BEGIN"):
            return asyncssh.import_private_key(key)
        return asyncssh.read_private_key(Path(key).expanduser())
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise SettingsError(f"{setting} is no key that can be read") from None
