"""Bytes that are no text, or text of another kind than agreed."""

import codecs
import gzip
from collections.abc import Callable, Iterator

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused, swap
from tests.hostile.speakers import (
    TABLES,
    Files,
    Speaker,
    aeries,
    packed,
    periods,
    plain,
    template,
    wide,
    zipped,
)

FAMILY = "bytes"
ATT = "attendance.csv"


def attendance(
    name: str, content: bytes, end: Refused | Loaded, speaker: Callable[[], Speaker] = plain
) -> Case:
    def make() -> Files:
        return speaker().with_file("attendance", content)

    return Case(family=FAMILY, name=name, speaker=speaker, make=make, end=end)


def of_every_file() -> Iterator[Case]:
    """The same damage to each of the six files: each time that file is named."""
    speaker = plain()
    for table in TABLES:
        good, name = speaker.of(table), f"{table}.csv"
        header, _, _ = good.partition(b"\n")
        titles = header.split(b",")
        middle = len(good) // 2
        rows = good.count(b"\n")
        damages = {
            "is not there": (None, Reason.FILE_MISSING),
            "is empty": (b"", Reason.FILE_EMPTY),
            "is cut in its last row": (good[:-4], Reason.FILE_TRUNCATED),
            "has a block of zeros": (
                good[:middle] + bytes(512) + good[middle:],
                Reason.ENCODING_INVALID,
            ),
            "has a byte that is no UTF-8": (good[:-1] + b"\xff\n", Reason.ENCODING_INVALID),
            "came in UTF-16": (good.decode().encode("utf-16"), Reason.ENCODING_INVALID),
            "lost a column": (swap(good, titles[0], b"other", 1), Reason.HEADER_CHANGED),
            "has a column twice": (
                swap(good, header, header + b"," + titles[-1], 1)
                if rows == 1
                else b"\n".join(
                    line + b"," + (titles[-1] if n == 0 else b"")
                    for n, line in enumerate(good.rstrip(b"\n").split(b"\n"))
                )
                + b"\n",
                Reason.HEADER_CHANGED,
            ),
            "is an error page": (
                b"<!DOCTYPE html>\n<html><body>502</body></html>\n",
                Reason.HEADER_CHANGED,
            ),
        }
        for what, (content, reason) in damages.items():

            def make(table: str = table, content: bytes | None = content) -> Files:
                return (
                    plain().without_file(table)
                    if content is None
                    else plain().with_file(table, content)
                )

            yield Case(
                family=FAMILY,
                name=f"{table} {what}",
                speaker=plain,
                make=make,
                end=refused(reason, name),
            )


GOOD = plain().of("attendance")
TEXT = GOOD.decode()
ENCODING = refused(Reason.ENCODING_INVALID, ATT)

_PLAIN: dict[str, tuple[bytes, Refused | Loaded]] = {
    "only blanks and line ends": (b" \r\n\t\n ", refused(Reason.FILE_EMPTY, ATT)),
    "only a byte order mark": (codecs.BOM_UTF8, refused(Reason.FILE_EMPTY, ATT)),
    "a byte order mark nobody agreed on": (codecs.BOM_UTF8 + GOOD, loaded()),
    "two byte order marks": (codecs.BOM_UTF8 * 2 + GOOD, loaded()),
    "three byte order marks": (codecs.BOM_UTF8 * 3 + GOOD, refused(Reason.HEADER_CHANGED, ATT)),
    "a byte order mark in the middle": (
        swap(GOOD, b"103,", codecs.BOM_UTF8 + b"103,"),
        loaded(without=("103",), attendance__invalid_id=1),
    ),
    "UTF-16 without its mark": (TEXT.encode("utf-16-le"), ENCODING),
    "UTF-32 with its mark": (TEXT.encode("utf-32"), ENCODING),
    "UTF-7": (swap(GOOD, b",U,", b",+AFU-,"), loaded(without=("101",), attendance__unknown_code=1)),
    "an overlong encoding": (swap(GOOD, b",U,", b",\xc1\x95,"), ENCODING),
    "half of a surrogate pair": (swap(GOOD, b",U,", b",\xed\xa0\x80,"), ENCODING),
    "a code point beyond Unicode": (swap(GOOD, b",U,", b",\xf4\x90\x80\x80,"), ENCODING),
    "a character cut at the end": (GOOD[:-1] + b"\xe2\x82", ENCODING),
    "Windows characters": (swap(GOOD, b"103", "é103".encode("cp1252")), ENCODING),
    "EBCDIC": (TEXT.encode("cp500"), ENCODING),
    "a spreadsheet's own format": (zipped({"xl/workbook.xml": b"<x/>"}), ENCODING),
    "an old spreadsheet's own format": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), ENCODING),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ENCODING),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(32), ENCODING),
    "JSON": (b'[{"local_id": "101"}]\n', refused(Reason.HEADER_CHANGED, ATT)),
    "XML": (b"<?xml version='1.0'?>\n<a/>\n", refused(Reason.HEADER_CHANGED, ATT)),
    "noise": (bytes(range(1, 256)) * 8, ENCODING),
    "gzip under a plain name": (gzip.compress(GOOD, mtime=0), loaded()),
    "control characters between rows": (
        swap(GOOD, b"102,", b"\x01\x02102,"),
        loaded(without=("102",), attendance__invalid_id=1),
    ),
    "an end-of-file sign of DOS": (GOOD + b"\x1a", refused(Reason.FILE_TRUNCATED, ATT)),
    "an end-of-file sign of DOS on its own line": (
        GOOD + b"\x1a\n",
        refused(Reason.FILE_TRUNCATED, ATT),
    ),
    "the same file twice in one": (
        GOOD + GOOD,
        # The second header is a row whose school is none; the other rows repeat the first ones.
        loaded(rows=7, attendance__invalid_id=1, attendance__duplicate_row=3),
    ),
}


def _wide() -> Iterator[Case]:
    good = wide().of("attendance")
    text = good.decode("utf-16")
    ends: dict[str, tuple[bytes, Refused | Loaded]] = {
        "big endian with its mark": (codecs.BOM_UTF16_BE + text.encode("utf-16-be"), loaded()),
        "without a mark": (text.encode("utf-16-le"), ENCODING),
        "an odd number of bytes": (good + b"\0", ENCODING),
        "half of a pair": (good + "\ud800".encode("utf-16-le", "surrogatepass"), ENCODING),
        "UTF-8 instead": (text.encode(), ENCODING),
        "UTF-8 that says so": (text.encode("utf-8-sig"), loaded()),
        "a mark of UTF-32": (text.encode("utf-32"), ENCODING),
        "nothing but a mark": (codecs.BOM_UTF16_LE, refused(Reason.FILE_EMPTY, ATT)),
    }
    for name, (content, end) in ends.items():
        yield attendance(f"UTF-16: {name}", content, end, wide)


def _windows() -> Iterator[Case]:
    name = "attendance.txt"
    students = periods().of("students")
    good = periods().of("attendance")
    yield attendance(
        "a byte that Windows has no character for",
        swap(good, b"\tU\t", b"\tU\x81\t"),
        refused(Reason.ENCODING_INVALID, name),
        periods,
    )
    yield Case(
        family=FAMILY,
        name="UTF-8 where Windows characters were agreed",
        speaker=periods,
        make=lambda: periods().with_file("students", swap(students, b"Ana", "Zoë".encode())),
        end=refused(Reason.ENCODING_INVALID, "student.txt"),
    )
    yield Case(
        family=FAMILY,
        name="Windows characters where they were agreed",
        speaker=periods,
        make=lambda: periods().with_file(
            "students", swap(students, b"Ana", "Zoë Núñez".encode("cp1252"))
        ),
        end=loaded(),
    )
    yield attendance(
        "commas where tabs were agreed",
        swap(good, b"\t", b","),
        refused(Reason.HEADER_CHANGED, name),
        periods,
    )


def _others() -> Iterator[Case]:
    yield attendance(
        "half of a byte order mark and nothing else",
        codecs.BOM_UTF8[:2],
        refused(Reason.ENCODING_INVALID, "ATT.csv"),
        aeries,
    )
    yield attendance(
        "Latin 1 in a file with a mark of UTF-8",
        swap(aeries().of("attendance"), b",X", "é,X".encode("latin-1"), 1),
        refused(Reason.ENCODING_INVALID, "ATT.csv"),
        aeries,
    )
    yield attendance(
        "a zero in the trailer",
        swap(template().of("attendance"), b"#ROWS=3", b"#ROWS=\x003"),
        refused(Reason.ENCODING_INVALID, ATT),
        template,
    )
    yield Case(
        family=FAMILY,
        name="plain text under a name that says gzip",
        speaker=packed,
        make=lambda: packed().files | {"attendance.csv.gz": GOOD},
        end=refused(Reason.FILE_MALFORMED, "attendance.csv.gz"),
    )


CASES = [
    *of_every_file(),
    *(attendance(name, content, end) for name, (content, end) in _PLAIN.items()),
    *_wide(),
    *_windows(),
    *_others(),
]
