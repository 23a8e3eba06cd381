"""The typesetter's PDF files as they lie: objects by number, references, streams. Knows no letter.

Typst writes plainly: one classic table of offsets, generation 0 throughout, one flat page list.
What is not so plain raises ValueError; this is no reader for PDF files from elsewhere.
"""

import re
import zlib
from collections.abc import Iterator, Mapping

_END = re.compile(rb"startxref\n(\d+)\n%%EOF\s*\Z")
_ENTRY = 20  # bytes of a table entry, by the standard
_CONTENT = b"\nstream\n"
_CONTENT_END = b"\nendstream"
_REFERENCE = re.compile(rb"(\d+) 0 R")
_BRACKET = re.compile(rb"\\.|[()]", re.DOTALL)


def read_objects(pdf: bytes) -> tuple[dict[int, bytes], bytes]:
    """Every object without its frame, by number, and the trailer.

    Raises:
        ValueError: the file is not built as the typesetter builds them.
    """
    table = int(found(_END.pattern, pdf[-64:]))
    head, _, trailer = pdf[table:].partition(b"trailer\n")
    keyword, size, rows = head.split(b"\n", 2)
    # The first entry is the free one.
    starts = [int(rows[at : at + 10]) for at in range(_ENTRY, len(rows), _ENTRY)]
    if keyword != b"xref" or size != b"0 %d" % (len(starts) + 1):
        raise ValueError("table")
    objects = {}
    in_order = sorted(starts)
    ends = dict(zip(in_order, [*in_order[1:], table], strict=True))
    for number, start in enumerate(starts, start=1):
        end = ends[start]
        frame = b"%d 0 obj\n" % number
        last = pdf.rfind(b"\nendobj", start, end)
        if last < 0 or not pdf.startswith(frame, start):
            raise ValueError("object")
        objects[number] = pdf[start + len(frame) : last]
    return objects, trailer


def found(pattern: bytes, text: bytes) -> bytes:
    """What the pattern's group stands for.

    Raises:
        ValueError: it is not there.
    """
    match = re.search(pattern, text)
    if match is None:
        raise ValueError("pattern")
    return bytes(match[1])


def referred(text: bytes) -> list[int]:
    """The objects a piece of PDF refers to, in order."""
    return [int(number) for number in _REFERENCE.findall(text)]


def new_references(numbers: Mapping[int, int]) -> dict[bytes, bytes]:
    """What each reference of a file becomes, as `renumbered` takes it; made once for all its objects.

    Args:
        numbers: new number by old.
    """
    return {b"%d 0 R" % old: b"%d 0 R" % new for old, new in numbers.items()}


def renumbered(body: bytes, references: Mapping[bytes, bytes]) -> bytes:
    """An object with its references changed; a text that looks like a reference stays.

    Args:
        body: the object without its frame.
        references: of `new_references`.

    Raises:
        KeyError: it refers to what has no new number.
    """
    head, mark, content = body.partition(_CONTENT)

    def changed(text: bytes) -> bytes:
        return _REFERENCE.sub(lambda found: references[found[0]], text)

    if b"(" not in head:  # most have no text
        return changed(head) + mark + content
    parts, place = [], 0
    for start, end in string_spans(head):
        parts += [changed(head[place:start]), head[start:end]]
        place = end
    return b"".join([*parts, changed(head[place:]), mark, content])


def string_spans(text: bytes) -> Iterator[tuple[int, int]]:
    """Where the literal strings of a piece of PDF stand, their outer brackets included.

    Inside a string brackets need no escape as long as they balance (ISO 32000-1, 7.3.4.2), and the typesetter writes
    none then: any two-byte glyph code may hold one.
    """
    depth, start = 0, 0
    for bracket in _BRACKET.finditer(text):
        if bracket[0] == b"(":
            start = start if depth else bracket.start()
            depth += 1
        elif bracket[0] == b")" and depth:
            depth -= 1
            if not depth:
                yield start, bracket.end()


def stream(body: bytes) -> bytes:
    """What a stream holds, unpacked.

    Raises:
        ValueError: the object is no stream, or not packed in the usual way.
    """
    head, mark, content = body.partition(_CONTENT)
    if not mark:
        raise ValueError("stream")
    content = content[: content.rindex(_CONTENT_END)]
    try:
        return zlib.decompress(content) if b"/FlateDecode" in head else content
    except zlib.error:
        raise ValueError("packed stream") from None


def with_stream(body: bytes, content: bytes) -> bytes:
    """An unpacked stream object with other content."""
    head, _, _ = body.partition(_CONTENT)
    length = b"/Length %d" % len(content)
    return re.sub(rb"/Length \d+", length, head) + _CONTENT + content + _CONTENT_END
