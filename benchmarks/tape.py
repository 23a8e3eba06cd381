"""A source on tape: every answer of a fake, kept in files once and played back from them as fast or as late as wanted.

The fakes make their answers while one waits, slower than a connector reads them, and hold the district in memory. What
is measured against them would be their speed; against a tape it is ours, and each request takes as long as it is told.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

_HOST = b"http://the-source.invalid"
_LEFT_OUT = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_SHORT = 4096  # bytes; only the root document, which is short, names the host


@dataclass(frozen=True, slots=True)
class _Piece:
    status: int
    headers: dict[str, str]
    start: int
    length: int


class Tape:
    """Answers by question, their bodies one behind the other in `bodies`, where they stand in `index.json`."""

    def __init__(self, folder: Path) -> None:
        """Open what is there."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / "index.json"
        kept = json.loads(index.read_text("utf-8")) if index.exists() else {}
        self._pieces = {question: _Piece(*piece) for question, piece in kept.items()}
        self._bodies = (folder / "bodies").open("a+b")
        self._lock = threading.Lock()

    @property
    def requests(self) -> list[str]:
        """Paths and queries of everything that can be fetched by GET."""
        return [q.removeprefix("GET ") for q in self._pieces if q.startswith("GET ")]

    def find(self, question: str) -> _Piece | None:
        """Where an answer stands."""
        return self._pieces.get(question)

    def body(self, piece: _Piece) -> bytes:
        """An answer's body."""
        with self._lock:
            self._bodies.seek(piece.start)
            return self._bodies.read(piece.length)

    def keep(self, question: str, answer: httpx.Response, source: str) -> None:
        """Put an answer behind the others, the address of the source taken out of it."""
        body = answer.content
        if len(body) < _SHORT:
            body = body.replace(source.encode(), _HOST)
        headers = {n: v for n, v in answer.headers.items() if n.lower() not in _LEFT_OUT}
        with self._lock:
            start = self._bodies.seek(0, 2)
            self._bodies.write(body)
            self._pieces[question] = _Piece(answer.status_code, headers, start, len(body))

    def save(self) -> None:
        """Write the index, after which the tape can be played by another process."""
        self._bodies.flush()
        kept = {q: [p.status, p.headers, p.start, p.length] for q, p in self._pieces.items()}
        (self._folder / "index.json").write_text(json.dumps(kept), "utf-8")


class TapeServer:
    """Plays a tape on this machine; asks `source` what is not on it yet. Use it in a `with`.

    Attributes:
        tape: what is played.
        latency: seconds before each answer.
    """

    def __init__(self, tape: Tape, *, source: str = "", latency: float = 0.0) -> None:
        """Bind a port of its own."""
        self.tape = tape
        self.latency = latency
        self._source = source
        self._client = httpx.Client(timeout=600, trust_env=False)
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "TapeServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._client.close()

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], sent: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """One answer, late as told."""
        if self.latency:
            time.sleep(self.latency)
        parts = urlsplit(path)
        question = f"{method} {parts.path}"
        if parts.query:
            pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
            question += "?" + urlencode(pairs)
        piece = self.tape.find(question)
        if piece is None and self._source:
            own = {n: v for n, v in headers.items() if n.lower() != "host"}
            told = self._client.request(method, self._source + path, headers=own, content=sent)
            self.tape.keep(question, told, self._source)
            piece = self.tape.find(question)
        if piece is None:
            return 404, {}, b"{}"
        body = self.tape.body(piece)
        return (
            piece.status,
            piece.headers,
            (body.replace(_HOST, self.url.encode()) if len(body) < _SHORT else body),
        )


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: TapeServer

    def handle_error(self, *_: Any) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._reply("GET")

    def do_POST(self) -> None:
        self._reply("POST")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _reply(self, method: str) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = self.server.owner.answer(
            method, self.path, dict(self.headers.items()), sent
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
