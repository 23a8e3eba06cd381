"""A real S3 server on the loopback interface: moto, as strict about bodies as the real one, and refusing on demand."""

import base64
import contextlib
import hashlib
import io
import threading
from collections.abc import Iterator
from typing import Any

from moto.moto_api._internal.models import moto_api_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_ERROR = (
    "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code} of canary</Message></Error>"
)
_SUM = "HTTP_X_AMZ_CHECKSUM_SHA256"


class Strict:
    """Takes no object whose body is short or is not what its checksum says, as S3 does.

    Attributes:
        refusal: status and error code with which every write is answered; None takes them.
    """

    def __init__(self) -> None:
        self.refusal: tuple[int, str] | None = None
        self._store = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """One request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["REQUEST_METHOD"] == "PUT":
            refusal = self.refusal or _fault_of(environ, body)
            if refusal:
                status, code = refusal
                start(f"{status} {code}", [("Content-Type", "application/xml")])
                return [_ERROR.format(code=code).encode()]
        return self._store(environ, start)


def _fault_of(environ: dict[str, Any], body: bytes) -> tuple[int, str] | None:
    if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
        return 400, "IncompleteBody"
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if environ.get(_SUM, digest) != digest:
        return 400, "BadDigest"
    return None


@contextlib.contextmanager
def serving(app: Strict) -> Iterator[int]:
    """The port of a store that is empty."""
    moto_api_backend.reset()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
