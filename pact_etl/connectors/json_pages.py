"""Pages of JSON kept as they came: RFC 7464 JSON text sequences, one resource a file, and reading them back safely.

A page is an array of objects, or one object, which counts as one element. The position of an element is counted from 1
over all pages of its file, whatever is made of it later.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import msgspec

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

Object = dict[str, Any]  # JSON as it came: anything may stand anywhere until it was looked at

SUFFIX = ".json-seq"

_RS = b"\x1e"
_DEEPEST = 64
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_FAST: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)


class Sequence:
    """Pages of one resource as they come in.

    Pages must have been read (`page_elements`) before they are added: JSON cannot hold the separator, other bytes can.
    """

    def __init__(self, resource: str) -> None:
        """Begin with no page."""
        self._resource = resource
        self._held = io.BytesIO()

    def add(self, page: bytes) -> None:
        """Put a page behind the others."""
        self._held.write(_RS)
        self._held.write(page)
        self._held.write(b"\n")

    def clear(self) -> None:
        """Let every page go."""
        self._held.seek(0)
        self._held.truncate()

    def file(self) -> RawFile:
        """All pages as one file named after their resource."""
        return RawFile(name=self._resource + SUFFIX, content=self._held.getvalue())


def sequence_file(resource: str, pages: Iterable[bytes]) -> RawFile:
    """Pages that are all there as one file; see `Sequence`."""
    sequence = Sequence(resource)
    for page in pages:
        sequence.add(page)
    return sequence.file()


def elements(file: RawFile) -> Iterator[tuple[int, Object]]:
    """Position and element, page by page, so that one page at a time is held.

    Raises:
        SubmissionRefused: as `page_elements`; FILE_TRUNCATED where the last page has no end.
    """
    place = 0
    for page in _pages(file):
        for element in page_elements(page, file.name):
            place += 1
            yield place, element


def page_elements(page: bytes, name: str) -> list[Object]:
    """The elements of one page.

    Args:
        page: its body.
        name: how a refusal names it.

    Raises:
        SubmissionRefused: ENCODING_INVALID, no UTF-8, or characters no text has; FILE_MALFORMED, no JSON, too deep, a
            name twice in one object, or not made of objects; FILE_EMPTY, nothing there.
    """
    found = json_value(page, name)
    listed = found if isinstance(found, list) else [found]
    if not all(isinstance(element, dict) for element in listed):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="no list of objects")
    return listed


def json_value(body: bytes, name: str) -> Any:
    """What a JSON text says (RFC 8259, so without NaN and Infinity); raises as `page_elements`.

    Numbers with a fraction or an exponent stay the texts they are: 0.50 is not made 0.5, nor 1e999 infinite.
    """
    if not body.strip():
        raise SubmissionRefused(Reason.FILE_EMPTY, file=name)
    found = _read_fast(body)
    if found is None:
        found = _read_exactly(body, name)
    if _is_deep(body):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="too deep")
    # A zero or an escaped half of a pair is legal JSON and no text: nothing behind us could store it.
    if _has_zero(body) or (_SURROGATE.search(body) and not _is_text(found)):
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name)
    return found


def _read_fast(body: bytes) -> Any:
    """What a JSON text says, read in a fraction of the time; None where only the exact reader can tell.

    The fast reader keeps the last of two values of one name. A pair that it dropped took its colon along, so that the
    text written anew has fewer of them.
    """
    try:
        found = _FAST.decode(body)
        has_every_pair = msgspec.json.encode(found).count(b":") == body.count(b":")
    except (
        ValueError,
        RecursionError,
    ):  # it knows fewer texts than the exact reader, and says less of those it refuses
        return None
    return found if has_every_pair and b"\\u003" not in body else None


def _read_exactly(body: bytes, name: str) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name) from None
    try:
        return json.loads(
            text, parse_float=str, parse_constant=_refuse, object_pairs_hook=_said_once
        )
    except RecursionError:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="too deep") from None
    except ValueError:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="no JSON") from None


def _pages(file: RawFile) -> Iterator[bytes]:
    content = file.content
    if not content:
        return
    if not content.startswith(_RS):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=file.name, detail="no JSON sequence")
    if not content.endswith(b"\n"):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=file.name)
    start = 1
    while start:
        end = content.find(_RS, start)
        yield content[start:] if end < 0 else content[start:end]
        start = end + 1


def _is_deep(body: bytes) -> bool:
    """Whether brackets of a valid JSON text stand deeper than any honest answer, at the speed of bytes methods."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes with nothing between them are a string without brackets, or two strings side by side: never a bound.
    quoted = body.translate(None, _NO_BRACKETS).replace(b'""', b"")
    brackets = b"".join(quoted.split(b'"')[::2])
    for _ in range(_DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def _has_zero(body: bytes) -> bool:
    return b"\\u0000" in body.replace(b"\\\\", b"")


def _is_text(found: object) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _said_once(pairs: list[tuple[str, Any]]) -> Object:
    """An object; of a name that stands twice (which RFC 8259 leaves open) nobody knows which value is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
