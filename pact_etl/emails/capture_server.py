"""A mail service that delivers nothing: answers like SendGrid and keeps every mail as a file.

For the demonstration, for training and for tests; `python -m pact_etl.emails.capture_server`
runs it by itself. It holds personal data like any mailbox, so the folder belongs under `PACT_VAR`.
"""

import argparse
import json
import logging
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from pact_etl.emails.capture_rules import faults_of

logger = logging.getLogger(__name__)

_PATH = "/v3/mail/send"
_MAX_BYTES = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One answer that is not the usual one.

    Attributes:
        status: answered instead of taking the mail, or None to take it.
        delay_seconds: waited before answering; a mail that is taken is kept before the wait.
        hang_up: close the connection without any answer.
    """

    status: int | None = None
    delay_seconds: float = 0.0
    hang_up: bool = False


class CaptureServer:
    """Listens on the loopback interface from `start` to `stop`, or inside a `with` block."""

    def __init__(self, folder: Path, *, key: str, port: int = 0) -> None:
        """Bind the port; nothing is answered yet.

        Args:
            folder: where each mail becomes `<message id>.json`.
            key: the API key that senders must present.
            port: 0 takes a free one.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.key = key
        self._usual = Trouble()
        self._troubles: deque[Trouble] = deque()
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.capture = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The service's base URL."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def mails(self) -> list[dict[str, Any]]:
        """Every mail taken so far, as sent, oldest first."""
        paths = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text(encoding="utf-8"))["mail"] for path in paths]

    def expect(self, trouble: Trouble, *, times: int = 1) -> None:
        """Meet the next calls with trouble, after any that is already expected."""
        self._troubles.extend([trouble] * times)

    def always(self, trouble: Trouble) -> None:
        """Meet every call with trouble that nothing else is expected for."""
        self._usual = trouble

    def next_trouble(self) -> Trouble:
        """What the call that has just come in is met with."""
        try:
            return self._troubles.popleft()
        except IndexError:
            return self._usual

    def keep(self, mail: object) -> str:
        """Store one mail and give it the id that the provider would give it."""
        message_id = secrets.token_urlsafe(16)
        content = json.dumps({"message_id": message_id, "mail": mail}, ensure_ascii=False, indent=2)
        aside = self.folder / f".{message_id}.part"
        aside.write_text(content, encoding="utf-8")
        aside.rename(self.folder / f"{message_id}.json")
        return message_id

    def start(self) -> Self:
        """Answer in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Answer in this thread until it is interrupted."""
        with self._http:
            self._http.serve_forever()

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
    capture: CaptureServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is no error of ours, and the default prints it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self._refuse(413, "Payload Too Large")
            return
        if self.path != _PATH:
            self._refuse(404, "Not Found")
            return
        capture = cast(_Server, self.server).capture
        if self.headers.get("Authorization") != f"Bearer {capture.key}":
            self._refuse(401, "The provided authorization grant is invalid, expired, or revoked")
            return
        trouble = capture.next_trouble()
        if trouble.status is not None:
            time.sleep(trouble.delay_seconds)
            self._refuse(trouble.status, "as told to")
            return
        self._take(capture, body, trouble)

    def do_GET(self) -> None:
        self._refuse(405 if self.path == _PATH else 404, "method not allowed")

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug("capture server was called", extra={"status": args[1:2]})

    def _take(self, capture: CaptureServer, body: bytes, trouble: Trouble) -> None:
        try:
            mail = json.loads(body)
        except ValueError:
            self._refuse(400, "Bad Request")
            return
        faults = faults_of(mail)
        if faults:
            self._answer(400, json.dumps({"errors": faults}).encode())
            return
        message_id = capture.keep(mail)
        time.sleep(trouble.delay_seconds)
        if trouble.hang_up:
            self.close_connection = True
            return
        self._answer(202, b"", {"X-Message-Id": message_id})

    def _body(self) -> bytes | None:
        length = int(self.headers.get("Content-Length") or 0)
        return None if length > _MAX_BYTES else self.rfile.read(length)

    def _refuse(self, status: int, message: str) -> None:
        self._answer(status, json.dumps({"errors": [{"message": message}]}).encode())

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(arguments: list[str] | None = None) -> None:
    """Run the server until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m pact_etl.emails.capture_server")
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--key", help="the API key that senders must present")
    key.add_argument("--key-file", type=Path, help="a file that holds it")
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--status", type=int, help="answer every call with this status")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO)
    expected = given.key or given.key_file.read_text(encoding="utf-8").strip()
    server = CaptureServer(given.folder, key=expected, port=given.port)
    if given.status or given.delay:
        server.always(Trouble(status=given.status, delay_seconds=given.delay))
    logger.info("capture server listens", extra={"port": given.port})
    server.serve()


if __name__ == "__main__":
    main()
