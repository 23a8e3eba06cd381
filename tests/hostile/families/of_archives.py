"""Zip and gzip: bombs, paths, links, torn and lying archives."""

import gzip
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused, swap
from tests.hostile.speakers import Files, packed, plain, zipped

FAMILY = "archives"
ZIP, GZ = "night.zip", "attendance.csv.gz"

GOOD = packed().files[ZIP]
MEMBERS = {n: c for n, c in plain().files.items() if n != "attendance.csv"}
TEXT = plain().of("attendance")
PACKED = packed().files[GZ]
MALFORMED, TRUNCATED = refused(Reason.FILE_MALFORMED, ZIP), refused(Reason.FILE_TRUNCATED, ZIP)
LARGE = refused(Reason.FILE_TOO_LARGE, ZIP)
EIGHTY_MEGABYTES = 80 << 20


def beside(name: str, content: bytes = b"x") -> bytes:
    """The good archive with one more entry."""
    return zipped(MEMBERS | {name: content})


def with_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    stream = io.BytesIO(GOOD)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(info, content)
    return stream.getvalue()


def entry(name: str, *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0))
    info.external_attr, info.compress_type = mode << 16, method
    return info


def raw_name(name: bytes) -> bytes:
    """An archive with a name that no library would write, as long as the one it replaces."""
    return swap(beside("x" * len(name)), b"x" * len(name), name)


def twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return with_entry(entry("students.csv"), plain().of("students"))


def zeros(length: int) -> bytes:
    """A deflated run of zeros, packed a thousand to one, made piece by piece."""
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(length >> 20)) + packer.flush()


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(entry("schools.csv"), "w") as member,
    ):
        for _ in range(EIGHTY_MEGABYTES >> 20):
            member.write(bytes(1 << 20))
    return stream.getvalue()


def lying(content: bytes) -> bytes:
    """Every size the directory states of its entries is 1."""
    out = bytearray(content)
    at = out.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<L", out, at + 24, 1)
        at = out.find(b"PK\x01\x02", at + 1)
    return bytes(out)


def overlapping() -> bytes:
    """Two entries of the directory that unpack the same bytes, as in David Fifield's bombs."""
    out = bytearray(zipped({"schools.csv": MEMBERS["schools.csv"]} | MEMBERS))
    first = out.find(b"PK\x01\x02")
    second = out.find(b"PK\x01\x02", first + 1)
    struct.pack_into("<L", out, second + 42, struct.unpack_from("<L", out, first + 42)[0])
    return bytes(out)


def directory_of(entries: int) -> bytes:
    stream = io.BytesIO(GOOD)
    with zipfile.ZipFile(stream, "a") as archive:
        for n in range(entries):
            archive.writestr(entry(f"{n}.csv", method=zipfile.ZIP_STORED), b"")
    return stream.getvalue()


def flagged(content: bytes, bit: int) -> bytes:
    out = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        out[out.find(mark) + at] |= bit
    return bytes(out)


def damaged(content: bytes) -> bytes:
    """One bit of the first entry's packed bytes the other way round."""
    out = bytearray(content)
    out[out.find(b"PK\x03\x04") + 30 + len("schools.csv") + 20] ^= 0x10
    return bytes(out)


def quine() -> bytes:
    """Gzip in gzip in gzip."""
    return gzip.compress(gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), mtime=0)


ZIPS: dict[str, tuple[Callable[[], bytes], Refused | Loaded]] = {
    "an empty file": (lambda: b"", MALFORMED),
    "an archive of nothing": (lambda: zipped({}), refused(Reason.FILE_MISSING)),
    "no archive": (lambda: TEXT, MALFORMED),
    "an archive cut in half": (lambda: GOOD[: len(GOOD) // 2], TRUNCATED),
    "an archive without its last byte": (lambda: GOOD[:-1], TRUNCATED),
    "an archive without its first byte": (lambda: GOOD[1:], MALFORMED),
    "an archive behind a program": (lambda: b"MZ" + bytes(100) + GOOD, MALFORMED),
    "an archive with a comment": (lambda: GOOD[:-2] + b"\x05\x00hello", loaded()),
    "bytes behind an archive": (lambda: GOOD + b"x" * 10, loaded()),
    "two archives in a row": (lambda: GOOD + GOOD, loaded()),
    "an archive of another kind": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(32), MALFORMED),
    "a path up": (lambda: beside("../schools.csv"), MALFORMED),
    "a path up from a folder": (lambda: beside("a/../../b.csv"), MALFORMED),
    "a path up and back": (lambda: beside("a/../b.csv"), MALFORMED),
    "an absolute path": (lambda: beside("/etc/passwd"), MALFORMED),
    "a path of Windows": (lambda: beside("..\\..\\b.csv"), MALFORMED),
    "a drive of Windows": (lambda: beside("C:b.csv"), MALFORMED),
    "a stream of Windows": (lambda: beside("b.csv:x"), MALFORMED),
    "a zero in a name": (lambda: raw_name(b"students\0.exe"), MALFORMED),
    "a name of nothing": (lambda: beside(""), MALFORMED),
    "a name that is no text": (lambda: raw_name(b"\xff\xfe\xfd.csv12345"), loaded()),
    "a very long name": (lambda: beside("a" * 1025), MALFORMED),
    "a name of many folders": (lambda: beside("a/" * 500 + "b.csv"), loaded()),
    "a right-to-left name": (lambda: beside("\u202evsc.exe"), loaded()),
    "a link": (lambda: with_entry(entry("link.csv", mode=0o120777), b"/etc/passwd"), MALFORMED),
    "a folder": (lambda: beside("folder/", b""), loaded()),
    "a name twice": (twice, MALFORMED),
    "a password": (lambda: flagged(GOOD, 1), MALFORMED),
    "another way of packing": (
        lambda: with_entry(entry("b.csv", method=zipfile.ZIP_LZMA)),
        MALFORMED,
    ),
    "an archive in the archive": (
        lambda: zipped(MEMBERS | {"schools.csv": GOOD}),
        MALFORMED,
    ),
    "gzip in the archive": (
        lambda: zipped(MEMBERS | {"schools.csv": gzip.compress(MEMBERS["schools.csv"], mtime=0)}),
        MALFORMED,
    ),
    "an archive beside the files": (lambda: beside("inner.zip", GOOD), loaded()),
    "eighty megabytes of zeros": (zip_bomb, LARGE),
    "eighty megabytes that say they are one byte": (lambda: lying(zip_bomb()), MALFORMED),
    "sizes that are not true": (lambda: lying(GOOD), MALFORMED),
    "entries that overlap": (overlapping, MALFORMED),
    "a thousand entries more": (lambda: directory_of(1000), LARGE),
    "fifty thousand entries": (lambda: directory_of(50_000), LARGE),
    "a flipped bit": (lambda: damaged(GOOD), MALFORMED),
    "a file that is missing": (
        lambda: zipped({n: c for n, c in MEMBERS.items() if n != "students.csv"}),
        refused(Reason.FILE_MISSING, "night.zip!students.csv"),
    ),
    "a file in a folder": (
        lambda: zipped({f"out/{n}": c for n, c in MEMBERS.items()}),
        refused(Reason.FILE_MISSING),
    ),
    "a directory of 64-bit sizes": (
        lambda: (
            GOOD[: GOOD.rfind(b"PK\x05\x06")]
            + b"PK\x06\x07"
            + bytes(16)
            + GOOD[GOOD.rfind(b"PK\x05\x06") :]
        ),
        LARGE,
    ),
    "a directory that is not where it says": (
        lambda: GOOD[:-6] + struct.pack("<L", 0x7FFFFFFF) + GOOD[-2:],
        MALFORMED,
    ),
}

GZ_MALFORMED, GZ_TRUNCATED = refused(Reason.FILE_MALFORMED, GZ), refused(Reason.FILE_TRUNCATED, GZ)
GZIPS: dict[str, tuple[Callable[[], bytes], Refused | Loaded]] = {
    "gzip of nothing": (lambda: gzip.compress(b"", mtime=0), refused(Reason.FILE_EMPTY, GZ)),
    "gzip cut in half": (lambda: PACKED[: len(PACKED) // 2], GZ_TRUNCATED),
    "gzip without its checksum": (lambda: PACKED[:-8], GZ_TRUNCATED),
    "gzip with another checksum": (lambda: PACKED[:-8] + bytes(4) + PACKED[-4:], GZ_MALFORMED),
    "gzip with another length": (lambda: PACKED[:-4] + bytes(4), GZ_MALFORMED),
    "gzip's first bytes alone": (lambda: b"\x1f\x8b\x08", GZ_TRUNCATED),
    "gzip of another method": (lambda: b"\x1f\x8b\x07" + PACKED[3:], GZ_MALFORMED),
    "gzip in two parts": (
        lambda: gzip.compress(TEXT[:60], mtime=0) + gzip.compress(TEXT[60:], mtime=0),
        loaded(),
    ),
    "gzip with zeros behind it": (lambda: PACKED + bytes(512), loaded()),
    "gzip with other bytes behind it": (lambda: PACKED + b"junk", GZ_MALFORMED),
    "gzip in gzip": (quine, GZ_MALFORMED),
    "a zip in gzip": (lambda: gzip.compress(zipped({"a": TEXT}), mtime=0), GZ_MALFORMED),
    "eighty megabytes of zeros in gzip": (
        lambda: gzip_of(zeros(EIGHTY_MEGABYTES)),
        refused(Reason.FILE_TOO_LARGE, GZ),
    ),
    "a name in gzip's header": (lambda: named_gzip(b"../../etc/passwd"), loaded()),
    "an endless name in gzip's header": (
        lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 100_000,
        GZ_TRUNCATED,
    ),
    "noise packed as text": (
        lambda: gzip.compress(bytes(range(256)) * 64, mtime=0),
        refused(Reason.ENCODING_INVALID, GZ),
    ),
}


def gzip_of(zlib_stream: bytes) -> bytes:
    """The deflated part of a zlib stream under a header of gzip; the checksum is never reached."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + zlib_stream[2:-4] + bytes(8)


def named_gzip(name: bytes) -> bytes:
    return b"\x1f\x8b\x08\x08" + PACKED[4:10] + name + b"\0" + PACKED[10:]


def _of(
    file: str, names: dict[str, tuple[Callable[[], bytes], Refused | Loaded]]
) -> Iterator[Case]:
    for name, (build, end) in names.items():

        def make(build: Callable[[], bytes] = build) -> Files:
            return packed().files | {file: build()}

        yield Case(family=FAMILY, name=name, speaker=packed, make=make, end=end)


CASES = [*_of(ZIP, ZIPS), *_of(GZ, GZIPS)]
