"""A district's SFTP server over a folder of this machine, on the loopback interface, with faults on demand.

Read-only, but for one folder in which the county leaves its answers. The login is a user name with a key or a password;
the host key is made new with each server. Its own thread serves it, so that a caller needs no event loop.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

Result = TypeVar("Result")

_START_SECONDS = 30


@dataclass(slots=True, kw_only=True)
class SftpFaults:
    """What goes wrong; may be changed while the server runs.

    Attributes:
        cut_after_bytes: the connection breaks once so many bytes of files were read; None never.
        seconds_per_answer: how long every read waits.
        at_stat: called with a file's name before its size is told, such as to let the file grow.
        refuse: nobody's login is right.
        grows: every look at a file finds it longer, as while it is being written.
    """

    cut_after_bytes: int | None = None
    seconds_per_answer: float = 0
    at_stat: Callable[[str], None] | None = None
    refuse: bool = False
    grows: bool = False


@dataclass(slots=True, kw_only=True)
class SftpServer:
    """Serves a folder between `with` and its end.

    Attributes:
        folder: what clients see as `/`.
        user: whose login is accepted.
        public_keys: public key lines that log in.
        password: also logs in; None accepts none.
        returns: the one folder below it that clients may write to; none where it is empty.
        faults: what goes wrong.
    """

    folder: Path
    user: str = "pact"
    public_keys: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)
    returns: str = ""
    faults: SftpFaults = field(default_factory=SftpFaults)
    port: int = field(default=0, init=False)
    host_key: str = field(default="", init=False)
    opened: list[Any] = field(default_factory=list, init=False, repr=False)
    _key: asyncssh.SSHKey = field(init=False, repr=False)
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)
    _listener: asyncssh.SSHAcceptor = field(init=False, repr=False)

    @property
    def url(self) -> str:
        """The folder, as a district's `url`."""
        return f"sftp://{self.user}@127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = self._key.export_public_key().decode().strip()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._do(self._listen(self._key))
        self.port = self._listener.get_port()
        return self

    def stop_listening(self) -> None:
        """Refuse every connection, as a server that is down does."""
        self._do(self._close())

    def listen(self, *, as_another: bool = False) -> None:
        """Answer again on the same port, with the same host key or as another machine would.

        Args:
            as_another: with a host key that nobody has pinned.
        """
        self._do(self._close())
        key = asyncssh.generate_private_key("ssh-ed25519") if as_another else self._key
        self._listener = self._do(self._listen(key))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening, hang up on everybody."""
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_SECONDS)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_SECONDS)

    async def _close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()

    async def _listen(self, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
        server = self

        class Login(asyncssh.SSHServer):
            """Who may come in."""

            def begin_auth(self, username: str) -> bool:
                return True

            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                self._connection = conn

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                known = {
                    asyncssh.import_public_key(line).public_data for line in server.public_keys
                }
                return server._knows(username) and key.public_data in known

            def password_auth_supported(self) -> bool:
                return server.password is not None

            def validate_password(self, username: str, password: str) -> bool:
                return server._knows(username) and password == server.password

        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=Login,
            server_host_keys=[key],
            sftp_factory=lambda chan: _Files(chan, server),
            allow_pty=False,
        )

    def _knows(self, username: str) -> bool:
        return username == self.user and not self.faults.refuse

    async def _stop(self) -> None:
        await self._close()
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for file in self.opened:  # what clients that were cut off left open
            file.close()


class _Files(asyncssh.SFTPServer):
    """The folder as SFTP shows it."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", server: SftpServer) -> None:
        super().__init__(chan, chroot=str(server.folder).encode())
        self._server = server
        self._read = 0
        self._grown = 0

    def _tell(self, path: bytes) -> None:
        if self._server.faults.at_stat is not None:
            self._server.faults.at_stat(Path(path.decode()).name)

    def stat(self, path: bytes) -> Any:
        """A file's size, after whatever happens to it first."""
        self._tell(path)
        found = super().stat(path)
        if not self._server.faults.grows or not isinstance(found, os.stat_result):
            return found
        self._grown += 1
        seen = asyncssh.SFTPAttrs.from_local(found)
        seen.size = (seen.size or 0) + self._grown
        return seen

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Bytes of a file, late or not at all."""
        faults = self._server.faults
        if faults.seconds_per_answer:
            await asyncio.sleep(faults.seconds_per_answer)
        data = super().read(file_obj, offset, size)
        content: bytes = await data if asyncio.iscoroutine(data) else data  # type: ignore[assignment]
        self._read += len(content)
        if faults.cut_after_bytes is not None and self._read > faults.cut_after_bytes:
            self.channel.get_connection().abort()
        return content

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file for reading; in the folder of returns for writing too."""
        if pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT):
            self._check(path)
        file = super().open(path, pflags, attrs)
        self._server.opened.append(file)
        return file

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise asyncssh.SFTPPermissionDenied("read-only")

    def _check(self, path: bytes) -> None:
        returns = self._server.returns.encode()
        if not returns or path.strip(b"/").split(b"/")[0] != returns:
            raise asyncssh.SFTPPermissionDenied("read-only")

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Make a folder among the returns."""
        self._check(path)
        super().mkdir(path, attrs)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file among the returns over another."""
        self._check(oldpath)
        self._check(newpath)
        super().posix_rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        """Remove a file among the returns."""
        self._check(path)
        super().remove(path)

    rmdir = rename = link = symlink = setstat = fsetstat = open56 = lsetstat = _refuse
