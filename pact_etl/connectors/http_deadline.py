"""Sockets that stop at a deadline, for a source that drips its headers: the HTTP library bounds each read alone.

The pool of httpcore takes a network backend, which is public; that httpx keeps its pool as `_pool` is not.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

import httpcore
import httpx


class Deadline:
    """When the request of the current thread must be over."""

    def __init__(self) -> None:
        """Begin without one."""
        self._of_thread = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound whatever this thread reads from a socket inside the block."""
        self._of_thread.ends = time.monotonic() + seconds
        try:
            yield
        finally:
            self._of_thread.ends = None

    def left(self, timeout: float | None) -> float | None:
        """What is left of a read's own timeout.

        Raises:
            httpcore.ReadTimeout: nothing is.
        """
        ends = getattr(self._of_thread, "ends", None)
        if ends is None:
            return timeout
        left = float(ends) - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport over sockets that know the deadline."""

    def __init__(self, deadline: Deadline, limits: httpx.Limits) -> None:
        """Open nothing yet; nothing of this account's environment is used."""
        super().__init__(trust_env=False, limits=limits)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(deadline),
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        inner = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(inner, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
