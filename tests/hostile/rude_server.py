"""A server on this machine that sends exactly the bytes a test gives it, at the pace a test gives it."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType

Reply = Callable[[str], Iterator[bytes]]
"""A request's target to the pieces that are sent for it; the connection is closed behind the last."""


class RudeServer:
    """Listens inside a `with`; every connection is answered once."""

    def __init__(self, reply: Reply) -> None:
        self.asked: list[str] = []
        self._reply = reply
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> "RudeServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
                head += piece
            target = head.split(b" ", 2)[1].decode() if head.count(b" ") >= 2 else ""
            self.asked.append(target)
            for piece in self._reply(target):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            # What the other side still sends is read, or closing would break off what we sent.
            connection.settimeout(1)
            while connection.recv(65536):
                pass


def http(
    body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json"
) -> bytes:
    """A whole answer."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in (*lines, "Connection: close", "")).encode() + body


def dripping(content: bytes, seconds: float) -> Iterator[bytes]:
    """One byte at a time, for ever."""
    while True:
        for at in range(len(content)):
            yield content[at : at + 1]
            time.sleep(seconds)
