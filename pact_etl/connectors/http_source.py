"""One HTTP client for the systems that answer by HTTP: bounded in time, in size and in patience, and on one host.

What an answer means is the connector's to say. What every connector would otherwise decide for itself is decided here:

- 2xx (and 304) is an answer; so is any status the caller names in `expect`.
- 401 asks `headers` for new ones, a few times; refused again, it is Permanent.
- 429 and 503 wait as `Retry-After` says; a wait beyond `Patience.longest_wait` is Retryable at once.
- 408, 425, 5xx, timeouts and broken connections are tried again with backoff and jitter, then Retryable.
- Every other status is Permanent; so is a redirect, or any URL, that leads to another host.
- A body over `longest_body` bytes is refused (FILE_TOO_LARGE) before it is held.

URLs carry students' ids where a source's API demands it, so no text of an error and no log line holds one.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from pact_etl.connectors.http_deadline import BoundedTransport, Deadline
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

Headers = Mapping[str, str]
HeaderSource = Callable[[Headers | None], Headers]
"""What to send with a request: asked with None before it, after a 401 with the headers refused, to get others.

Called from several threads at once.
"""

Params = Mapping[str, str | int] | Sequence[tuple[str, str | int]]

_AGAIN = frozenset({408, 425, 500, 502, 503, 504})
_WAIT = frozenset({429, 503})
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_RENEWALS = 12  # a token may expire again and again while several threads wait for one
_JITTER = random.SystemRandom()

# httpx tells every URL at INFO; its warnings stay.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the source said: status, headers (names in any case), body as sent (transfer compression undone)."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a source is borne with; seconds, except the counts.

    Attributes:
        connect: to reach the source.
        read: for the next piece of an answer.
        whole: for one answer from its first to its last byte, so that a trickle ends.
        tries: of a request that fails.
        throttled: how often one request is told to wait.
        first_wait: before the second try; doubles from try to try.
        longest_wait: at once, our own backoff and what the source asks for.
    """

    connect: float = 10.0
    read: float = 60.0
    whole: float = 300.0
    tries: int = 5
    throttled: int = 20
    first_wait: float = 0.5
    longest_wait: float = 60.0


class HttpSource:
    """A source reached under one base URL. Safe for several threads at once; close it, or use it in a `with`."""

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        headers: HeaderSource | None = None,
        patience: Patience | None = None,
        connections: int = 4,
        longest_body: int = 64 * 2**20,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take what is known about the source; nothing is asked yet.

        Args:
            base_url: paths are below it; https, or http on this machine.
            name: the district's slug, for the texts of errors.
            headers: what to send with every `get`; see HeaderSource.
            patience: how long it is borne with.
            connections: open at the same time.
            longest_body: bytes of one answer.
            transport: instead of the network (tests).
            sleep: instead of waiting (tests).

        Raises:
            SettingsError: the base URL is none, or would send secrets in the clear.
        """
        parts = urlsplit(base_url)
        is_local = parts.hostname in _LOOPBACK
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_local)
        ):
            raise SettingsError(f"{name}: url must be an https:// address")
        self.base_url = base_url.rstrip("/") + "/"
        self.name = name
        self._headers: HeaderSource = headers or (lambda refused: {})
        self._patience = patience or Patience()
        self._longest_body = longest_body
        self._sleep = sleep
        self._deadline = Deadline()
        self._client = httpx.Client(
            transport=transport
            or BoundedTransport(self._deadline, httpx.Limits(max_connections=connections)),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._patience.read, connect=self._patience.connect),
        )

    def __enter__(self) -> "HttpSource":
        """The source itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(
        self,
        path: str,
        params: Params = (),
        *,
        what: str = "",
        expect: frozenset[int] = frozenset(),
    ) -> Answer:
        """Ask for something.

        Args:
            path: below the base URL, or a whole URL on the same host.
            params: the query.
            what: how errors name it (a resource, never an id).
            expect: statuses besides 2xx and 304 that are an answer too.

        Raises:
            Retryable: no usable answer within the patience.
            Permanent: the source refused, or leads to another host.
            SubmissionRefused: FILE_TOO_LARGE.
        """
        renewals = _RENEWALS
        sent = self._headers(None)
        while True:
            request = self._request("GET", path, params=params, headers=sent)
            answer = self._answered(request, what, expect | {401})
            if answer.status != 401 or 401 in expect:
                return answer
            refused, sent = sent, self._headers(sent)
            if not renewals or dict(sent) == dict(refused):
                raise Permanent(f"{self._named(what)}: credentials refused (401)")
            renewals -= 1

    def post_form(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        headers: Headers,
        what: str = "",
        expect: frozenset[int] = frozenset(),
    ) -> Answer:
        """Send a form with headers of its own, such as a request for a token; as `get` otherwise."""
        request = self._request("POST", path, data=form, headers=headers)
        return self._answered(request, what, expect)

    def on_host(self, url: str) -> str:
        """A URL, whole or below the base, as a whole one on the same scheme, host and port.

        Raises:
            Permanent: it leads to another host.
        """
        try:
            whole = urljoin(self.base_url, url)
        except ValueError:
            whole = ""
        if _origin(whole) != _origin(self.base_url):
            raise Permanent(f"{self.name}: the source leads to another host")
        return whole

    def _request(
        self,
        method: str,
        path: str,
        *,
        headers: Headers,
        params: Params = (),
        data: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        pairs = tuple(params.items() if isinstance(params, Mapping) else params)
        return self._built(
            method,
            path,
            params=httpx.QueryParams(pairs) if pairs else None,
            data=data,
            headers=headers,
        )

    def _built(self, method: str, path: str, **rest: Any) -> httpx.Request:
        try:
            return self._client.build_request(method, self.on_host(path), **rest)
        except (httpx.InvalidURL, UnicodeError):
            raise self._no_address() from None

    def _no_address(self) -> Permanent:
        return Permanent(f"{self.name}: the source names an address that is none")

    def _answered(self, request: httpx.Request, what: str, expect: frozenset[int]) -> Answer:
        waits = _waits(self._patience)
        throttled = 0
        hops = 0
        while True:
            answer = self._once(request, what)
            if answer is not None:
                if answer.status < 300 or answer.status == 304 or answer.status in expect:
                    return answer
                if answer.status in _REDIRECT and hops < 3:
                    hops += 1
                    request = self._redirected(request, answer)
                    continue
                asked = _retry_after(answer) if answer.status in _WAIT else None
                if asked is not None or answer.status == 429:
                    throttled += 1
                    asked = self._patience.first_wait * throttled if asked is None else asked
                    if throttled > self._patience.throttled or asked > self._patience.longest_wait:
                        raise Retryable(f"{self._named(what)}: told to wait ({answer.status})")
                    self._sleep(asked)
                    continue
                if answer.status not in _AGAIN:
                    raise Permanent(f"{self._named(what)}: refused ({answer.status})")
            wait = next(waits, None)
            if wait is None:
                status = "no answer" if answer is None else str(answer.status)
                raise Retryable(f"{self._named(what)}: {status} after {self._patience.tries} tries")
            self._sleep(wait)

    def _once(self, request: httpx.Request, what: str) -> Answer | None:
        """One try; None where no whole answer came."""
        with self._deadline.within(self._patience.whole):
            return self._tried(request, what)

    def _tried(self, request: httpx.Request, what: str) -> Answer | None:
        deadline = time.monotonic() + self._patience.whole
        body = bytearray()
        try:
            response = self._client.send(request, stream=True)
            try:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > self._longest_body:
                        raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=what or None)
                    if time.monotonic() > deadline:
                        return None
            finally:
                response.close()
        except (httpx.InvalidURL, UnicodeError):  # it looks at a redirect before we do
            raise self._no_address() from None
        except httpx.HTTPError:
            return None
        return Answer(status=response.status_code, headers=response.headers, content=bytes(body))

    def _redirected(self, request: httpx.Request, answer: Answer) -> httpx.Request:
        try:
            target = urljoin(str(request.url), answer.headers.get("location", ""))
        except ValueError:
            raise self._no_address() from None
        if request.method != "GET":
            raise Permanent(f"{self.name}: the source redirects where a form was sent")
        headers = {k: v for k, v in request.headers.items() if k.lower() != "host"}
        return self._built("GET", target, headers=headers)

    def _named(self, what: str) -> str:
        return f"{self.name} {what}".strip()


def _waits(patience: Patience) -> Iterator[float]:
    """Between tries: half of it fixed, half of it drawn, so that many callers do not return in step."""
    for turn in range(patience.tries - 1):
        longest = min(patience.first_wait * 2**turn, patience.longest_wait)
        yield longest / 2 + _JITTER.uniform(0, longest / 2)


def _retry_after(answer: Answer) -> float | None:
    """Seconds the source asks to wait (RFC 9110 10.2.3); a date counts from the answer's own date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then - parsedate_to_datetime(answer.headers["date"])).total_seconds())
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, (parts.hostname or "").lower(), port
