"""A wire between a client and a server on the loopback interface that breaks, or goes dead, where a test says."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_PIECE = 1 << 14
_POLL_SECONDS = 0.2


class Wire:
    """Forwards one port to another between `with` and its end.

    Attributes:
        up: bytes towards the server after which it breaks; None never.
        down: bytes of the server's answers after which it breaks; None never.
        is_dead: whether it stays open and silent then, instead of breaking.
        sent_up: bytes that went up so far, over all connections.
        sent_down: bytes that came down.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_POLL_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._sockets: list[socket.socket] = []
        self.mend()

    def mend(self) -> None:
        """Forward everything again, and count anew."""
        self.up: int | None = None
        self.down: int | None = None
        self.is_dead = False
        self.sent_up = self.sent_down = 0

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.set()
        for one in self._sockets:
            _hang_up(one)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ends.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets += [client, server]
            for pair in ((client, server, True), (server, client, False)):
                thread = threading.Thread(target=self._forward, args=pair, daemon=True)
                thread.start()
                self._threads.append(thread)

    def _forward(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                part = self._let_through(data, is_up)
                sink.sendall(part)
                if len(part) < len(data):
                    if self.is_dead:
                        self._ends.wait()
                    break
        for one in (source, sink):
            _hang_up(one)

    def _let_through(self, data: bytes, is_up: bool) -> bytes:
        with self._lock:
            limit, sent = (self.up, self.sent_up) if is_up else (self.down, self.sent_down)
            part = data if limit is None else data[: max(limit - sent, 0)]
            if is_up:
                self.sent_up += len(part)
            else:
                self.sent_down += len(part)
        return part


def _hang_up(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
