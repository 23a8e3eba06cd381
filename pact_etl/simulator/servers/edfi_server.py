"""Our fake of an Ed-Fi ODS/API 7.3 on 127.0.0.1, loaded night by night, for demonstrations and load tests.

Serves the root document, tokens, resources with offset and cursor paging, filters by key values, change versions,
`/deletes` and `/keyChanges`, as the real one documents them. Offset paging and cursor paging do not mix, as there.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd

from pact_etl.simulator.servers.edfi_faults import Faults, Turns, is_due
from pact_etl.simulator.servers.edfi_pages import Desk, Refusal, page
from pact_etl.simulator.servers.edfi_state import OdsState

_DATA = "/data/v3/ed-fi/"
_BREAK = "X-Break"  # between the answer and the connection, never sent
_Reply = tuple[bytes, dict[str, str]]


class EdfiServer:
    """One district's ODS; use it in a `with`."""

    def __init__(
        self,
        *,
        agency: int,
        key: str,
        secret: str,
        is_old: bool = False,
        version: str = "7.3",
        most_rows: int = 500,
        port: int = 0,
    ) -> None:
        """Set it up on a port of its own.

        Args:
            agency: the district's id (county-district code as a number).
            key: of the only client.
            secret: of the only client.
            is_old: data standard 4, whose adults are parents.
            version: of the API, as its root document says.
            most_rows: a page may ask for.
            port: 0 for any that is free.
        """
        self.faults = Faults()
        self.requests = Turns()
        self.state = OdsState(agency, is_old=is_old)
        self.lock = threading.RLock()
        self.version = version
        self.is_old = is_old
        self._basic = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._tokens: dict[str, int] = {}
        self._desk = Desk(
            state=self.state, faults=self.faults, requests=self.requests, most_rows=most_rows
        )
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.ods = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "EdfiServer":
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def load(self, tables: Mapping[str, pd.DataFrame], window: tuple[date, date]) -> None:
        """Hold what canonical raw tables say as of a night.

        Args:
            tables: by name; the roster whole.
            window: first and last day whose attendance the tables state; other days stay as they are.
        """
        with self.lock:
            self.state.load(tables, window)

    def root(self) -> dict[str, Any]:
        """The root document."""
        standard = "4.0.0" if self.is_old else "5.2.0"
        return {
            "version": self.version,
            "informationalVersion": self.version,
            "suite": "3",
            "build": self.version,
            "apiMode": "Shared Instance",
            "dataModels": [{"name": "Ed-Fi", "version": standard}],
            "urls": {
                "dependencies": f"{self.url}/metadata/data/v3/dependencies",
                "openApiMetadata": f"{self.url}/metadata/",
                "oauth": f"{self.url}/oauth/token",
                "dataManagementApi": f"{self.url}/data/v3/",
                "xsdMetadata": f"{self.url}/metadata/xsd",
                "changeQueries": f"{self.url}/changeQueries/v1/",
            },
        }

    def token(self, authorization: str) -> dict[str, Any]:
        """A new token."""
        if not secrets.compare_digest(authorization, self._basic):
            raise Refusal(401)
        token = secrets.token_hex(16)
        with self.lock:
            self._tokens[token] = self.faults.token_lives
        return {"access_token": token, "expires_in": 1800, "token_type": "bearer"}

    def admit(self, authorization: str) -> None:
        """Refuse whoever has no token that still lives."""
        token = authorization.removeprefix("Bearer ")
        with self.lock:
            if token not in self._tokens:
                raise Refusal(401)
            if self.faults.token_lives:
                self._tokens[token] -= 1
                if self._tokens[token] < 0:
                    del self._tokens[token]
                    raise Refusal(401)

    def answer(self, name: str, query: Mapping[str, str]) -> _Reply:
        """One answer of a resource, or the fault whose turn it is."""
        turn, faults = self.requests.next(), self.faults
        if is_due(faults.throttle_every, turn):
            raise Refusal(429, {"Retry-After": faults.retry_after})
        if is_due(faults.fail_every, turn):
            raise Refusal(500)
        if faults.slow:
            time.sleep(faults.slow)
        if faults.on_page:
            faults.on_page(turn)
        if name in faults.bodies:
            return faults.bodies[name], {}
        with self.lock:
            found, headers = page(self._desk, name, query)
        if is_due(faults.break_every, turn):
            headers[_BREAK] = "1"
        return json.dumps(found).encode(), headers

    def changes(self) -> dict[str, int]:
        """The range of change versions."""
        if not self.faults.has_versions:
            raise Refusal(404)
        return {"oldestChangeVersion": 0, "newestChangeVersion": self.state.version}


class _Http(ThreadingHTTPServer):
    """A listening socket that knows whose it is."""

    daemon_threads = True
    ods: EdfiServer


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        """Answer a question."""
        self._reply(self._asked)

    def do_POST(self) -> None:
        """Give a token."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._reply(self._token)

    def _token(self) -> _Reply:
        if self.path != "/oauth/token":
            raise Refusal(404)
        token = self.server.ods.token(self.headers.get("Authorization") or "")
        return json.dumps(token).encode(), {}

    def _asked(self) -> _Reply:
        ods, parts = self.server.ods, urlsplit(self.path)
        if parts.path == "/":
            return json.dumps(ods.root()).encode(), {}
        ods.admit(self.headers.get("Authorization") or "")
        if parts.path == "/changeQueries/v1/availableChangeVersions":
            return json.dumps(ods.changes()).encode(), {}
        if not parts.path.startswith(_DATA):
            raise Refusal(404)
        query = {k.lower(): v for k, v in parse_qsl(parts.query, keep_blank_values=True)}
        return ods.answer(parts.path.removeprefix(_DATA), query)

    def _reply(self, work: Callable[[], _Reply]) -> None:
        try:
            body, headers = work()
            status = 200
        except Refusal as refusal:
            body, headers, status = b"{}", refusal.headers, refusal.status
        breaks = headers.pop(_BREAK, None)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if breaks else body)
        if breaks:
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing: paths carry students' ids."""
