"""A fake Aeries: answers like API v5 on this machine, from canonical tables that are loaded night by night.

For the demonstration, for training and for load tests. It holds personal data like any student system, if only of
invented people, and keeps it in memory alone.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

import pandas as pd

from pact_etl.simulator.servers.aeries_answers import AeriesAnswers
from pact_etl.simulator.servers.aeries_objects import CODES, AbsenceCode
from pact_etl.simulator.servers.aeries_state import AeriesState

logger = logging.getLogger(__name__)

_BELOW = "/api/v5/"
_READ_AFTER = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class AeriesTrouble:
    """How calls are met that are not answered as usual.

    Attributes:
        on: a part of the path of the calls it is about; empty for any.
        status: answered instead, or None to answer.
        headers: sent with that status, such as Retry-After.
        body: sent instead of the answer's.
        delay_seconds: waited before answering.
        hang_up: close the connection without any answer.
    """

    on: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay_seconds: float = 0.0
    hang_up: bool = False


class AeriesServer:
    """Listens on the loopback interface from `start` to `stop`, or inside a `with` block.

    Attributes:
        clock: what the system's own clock shows; four hours after the entries of the night that was loaded last.
        calls: how often each kind of path was asked for, ids left out.
    """

    def __init__(
        self,
        *,
        certificate: str,
        cd_code: str,
        year: int,
        codes: Sequence[AbsenceCode] = CODES,
        port: int = 0,
    ) -> None:
        """Bind the port; nothing is answered yet.

        Args:
            certificate: what callers must present.
            cd_code: county and district code of the schools, seven digits.
            year: in which its school year begins.
            codes: absence codes of every school.
            port: 0 takes a free one.
        """
        self.certificate = certificate
        self.clock = datetime(year, 7, 1)  # noqa: DTZ001 - a wall clock, as the system shows it
        self.calls: Counter[str] = Counter()
        self._state = AeriesState()
        self._answers = AeriesAnswers(
            state=self._state,
            cd_code=cd_code,
            year=year,
            codes=codes,
        )
        self._troubles: list[tuple[AeriesTrouble, int | None]] = []
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.aeries = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address before `/api`."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def load(
        self, tables: Mapping[str, pd.DataFrame], window: tuple[date, date], at: datetime
    ) -> None:
        """Take a night's tables; see `AeriesState.load`."""
        with self._lock:
            self._state.load(tables, window, at)
            self.clock = at + _READ_AFTER

    def expect(self, trouble: AeriesTrouble, *, times: int | None = 1) -> None:
        """Meet the next calls it is about with trouble, or all of them from now on."""
        with self._lock:
            self._troubles.append((trouble, times))

    def relent(self) -> None:
        """Answer as usual again."""
        with self._lock:
            self._troubles.clear()

    def trouble_for(self, path: str) -> AeriesTrouble | None:
        """What a call that has just come in is met with, if anything; and count it."""
        kind = "/".join("#" if part.isdigit() else part for part in path.split("/"))
        with self._lock:
            self.calls[kind] += 1
            for place, (trouble, times) in enumerate(self._troubles):
                if trouble.on.lower() in path.lower():
                    if times == 1:
                        del self._troubles[place]
                    elif times is not None:
                        self._troubles[place] = trouble, times - 1
                    return trouble
        return None

    def answer(self, path: str, query: Mapping[str, str]) -> object | None:
        """What a path below the API is answered with."""
        with self._lock:
            return self._answers.to(path, query, self.clock)

    def start(self) -> Self:
        """Answer in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    aeries: AeriesServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is no error of ours, and the default prints it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        aeries = cast(_Server, self.server).aeries
        parts = urlsplit(self.path)
        if not parts.path.startswith(_BELOW):
            self._say(404, {"Message": "Not Found"})
            return
        path = parts.path.removeprefix(_BELOW).strip("/")
        trouble = aeries.trouble_for(path)
        if trouble is not None:
            time.sleep(trouble.delay_seconds)
            if trouble.hang_up:
                self.close_connection = True
                return
            if trouble.status is not None:
                self._say(trouble.status, {"Message": "as told to"}, trouble.headers)
                return
        # The vendor asks for no certificate here.
        if path != "systeminfo" and self.headers.get("AERIES-CERT") != aeries.certificate:
            self._say(401, {"Message": "Invalid Certificate"})
            return
        found = aeries.answer(path, dict(parse_qsl(parts.query)))
        if found is None:
            self._say(404, {"Message": "Not Found"})
        elif trouble is not None and trouble.body is not None:
            self._send(200, trouble.body, {})
        else:
            self._say(200, found)

    def log_message(self, format: str, *args: Any) -> None:
        """Paths hold students' ids, so nothing is told."""

    def _say(self, status: int, found: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(found, ensure_ascii=False).encode(), headers or {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
