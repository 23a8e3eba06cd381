"""What a kept file holds: itself, or what was packed in it with zip or gzip, within bounds.

Packed bytes are a stranger's: sizes they state are not believed but counted, nothing is ever written to disk, and an
archive that has anything in it that an export would not have (a path out of its folder, a link, a password, another
archive) is refused whole. Format: APPNOTE.TXT 6.3.10 of PKWARE (zip), RFC 1952 (gzip).
"""

import gzip
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pact_etl.connectors.files.file_patterns import matches, split_member
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

GZIP = b"\x1f\x8b\x08"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_CHUNK = 1 << 20
_RECORD = struct.Struct("<4s4H2LH")  # end of central directory, 4.3.16 of APPNOTE
_LONGEST_COMMENT = 0xFFFF
_DIRECTORY_BYTES = 2 << 20
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may come out.

    `ratio` is asked only of what is larger than `ratio_from`, because short texts of one repeated row pack very well.
    """

    entries: int = 1000
    total_bytes: int = 1 << 30
    ratio: int = 200
    ratio_from: int = 32 << 20


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Unpacker:
    """Unpacks the files of one submission, whose bytes are bounded together."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        """Begin with nothing unpacked."""
        self._bounds = bounds or Bounds()
        self._left = self._bounds.total_bytes

    def text_of(self, name: str, content: bytes, layout: str) -> bytes | None:
        """The bytes that a layout means.

        Args:
            name: the file's name as sent.
            content: its bytes.
            layout: the layout's name; with `!` it names a file inside a zip.

        Returns:
            The bytes; None where the archive has no such file.

        Raises:
            SubmissionRefused: FILE_TOO_LARGE, FILE_TRUNCATED or FILE_MALFORMED.
        """
        outer, member = split_member(layout)
        if member is not None:
            return self._of_zip(name, content, member)
        if content.startswith(GZIP):
            return self._of_gzip(name, content)
        if outer.endswith(".gz") and content:
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="not gzip")
        return content

    def _of_gzip(self, name: str, content: bytes) -> bytes:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                return self._bounded(name, stream, len(content))
        except EOFError:
            raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="gzip") from None
        except (OSError, zlib.error):
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="gzip") from None

    def _of_zip(self, name: str, content: bytes, member: str) -> bytes | None:
        _check_directory(name, content)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entry = self._entry(name, archive, member)
                if entry is None:
                    return None
                with archive.open(entry) as stream:
                    return self._bounded(name, stream, min(entry.compress_size, len(content)))
        except EOFError:
            raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="zip") from None
        except (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, RuntimeError):
            # The last four are what zipfile says to nonsense in headers, and to a password that the directory hides.
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="zip") from None

    def _entry(self, name: str, archive: zipfile.ZipFile, member: str) -> zipfile.ZipInfo | None:
        entries = archive.infolist()
        if len(entries) > self._bounds.entries:
            raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=name, detail="too many entries")
        if len({entry.filename for entry in entries}) != len(entries):
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="a name stands twice")
        for entry in entries:
            fault = _fault(entry)
            if fault:
                raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail=fault)
        found = [e for e in entries if not e.is_dir() and matches(member, e.filename)]
        if len(found) > 1:
            detail = f"{len(found)} entries match {member}"
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail=detail)
        return found[0] if found else None

    def _bounded(self, name: str, stream: _Stream, packed: int) -> bytes:
        chunks = []
        size = 0
        for chunk in _chunks(stream):
            size += len(chunk)
            if size > self._left:
                raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=name, detail="unpacked")
            if size > self._bounds.ratio_from and size > self._bounds.ratio * packed:
                raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=name, detail="packing ratio")
            chunks.append(chunk)
        self._left -= size
        content = b"".join(chunks)
        if content.startswith((GZIP, *ZIP)):
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="nested archive")
        return content


def _chunks(stream: _Stream) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _fault(entry: zipfile.ZipInfo) -> str:
    """What no export has; every entry counts, because one such entry says that somebody made this archive by hand."""
    if not entry.filename:
        return "no name"
    parts = entry.orig_filename.split("/")
    if ".." in parts or entry.orig_filename.startswith("/"):
        return "path out of the archive"
    if any(sign in entry.orig_filename for sign in "\\:\0"):
        return "path of another system"
    if len(entry.orig_filename) > _LONGEST_PATH:
        return "long path"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "link"
    return "" if entry.compress_type in _METHODS else "packing method"


def _check_directory(name: str, content: bytes) -> None:
    """Look at the directory's size before anybody reads it: an entry in it costs 46 bytes there and 500 in memory.

    Raises:
        SubmissionRefused: FILE_MALFORMED, FILE_TRUNCATED or FILE_TOO_LARGE.
    """
    if not content.startswith(ZIP):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="not a zip file")
    at = len(content) - _RECORD.size
    if content[at : at + 4] != ZIP[1] or content[-2:] != b"\0\0":
        at = content.rfind(ZIP[1], max(at - _LONGEST_COMMENT, 0))
    if at < 0 or at + _RECORD.size > len(content):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="zip has no directory")
    size = _RECORD.unpack_from(content, at)[5]
    if size > _DIRECTORY_BYTES or content[max(at - 20, 0) :].startswith(b"PK\x06\x07"):
        raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=name, detail="zip directory")
