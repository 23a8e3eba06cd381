"""What each target begins with: the hostile corpus, as far as it is small, and a few words of each format."""

from collections.abc import Iterator

from tests.fuzz.targets import (
    AERIES_RESOURCES,
    EDFI_RESOURCES,
    KINDS,
    LAYOUTS,
    ROOT,
    SHAPES,
    SUFFIXES,
    XML_READERS,
)
from tests.hostile.corpus import CASES
from tests.hostile.structured import edfi_xml as xml_speaker

LONGEST = 4096

ANSWERS = (
    b'{"protocol": 1, "batch": "PACT-sacramento-20261120-000042-9f31c2aa", "status": "accepted", "sha256": "'
    + b"a" * 64
    + b'", "pieces": 2, "pages": 4, "sheets": 4, "rejected": [{"piece_id": "P0000000001", "reason": "other"}]}',
    b"batch,status,sha256,pieces,pages,sheets,piece_id,reason\nPACT-sacramento-20261120-000042-9f31c2aa,accepted,"
    + b"a" * 64
    + b",2,4,4,,\n,,,,,,P0000000001,page_missing\n",
    b"piece_id,mailed_on\nP0000000001,2026-11-24\nP0000000002,2026-11-25\n",
    b"piece_id,returned_on,reason\nP0000000001,2026-12-02,moved-left no address\n",
    b'piece_id,mailed_on\n"P0000000001,2026-11-24\n',
    b"piece_id,mailed_on\nP0000000001\n",
    b'{"a":' + b"[" * 3000,
)


def seeds_of(target: str) -> list[bytes]:
    """Distinct seeds, the shortest first."""
    return sorted(set(_SEEDS[target]()), key=lambda seed: (len(seed), seed))


def _contents(keys: set[str], families: set[str]) -> Iterator[bytes]:
    for case in CASES:
        if case.speaker().key not in keys or case.family not in families:
            continue
        good = case.speaker().files
        for name, content in case.make().items():
            if content != good.get(name) and len(content) <= LONGEST:
                yield content


def _with(choices: int, contents: Iterator[bytes]) -> Iterator[bytes]:
    for content in contents:
        for choice in range(choices):
            yield bytes([choice]) + content


def _delimited() -> Iterator[bytes]:
    for key, choice in {"plain": 0, "template": 1, "periods": 2, "wide": 3, "aeries": 0}.items():
        for content in _contents({key}, {"bytes", "lines"}):
            yield bytes([choice]) + content
    for choice, shape in enumerate(SHAPES):
        text = f"a{shape.delimiter}b\n1{shape.delimiter}2\n" + (
            f"{shape.trailer}1\n" if shape.trailer else ""
        )
        yield bytes([choice]) + text.encode(shape.encoding)


def _unpacking() -> Iterator[bytes]:
    yield from _with(len(LAYOUTS), _contents({"packed"}, {"archives"}))


def _json() -> Iterator[bytes]:
    for content in _contents({"edfi_api", "aeries_api"}, {"json"}):
        yield content
        yield content.removeprefix(b"\x1e")


def _xml() -> Iterator[bytes]:
    yield from _with(len(XML_READERS), _contents({"edfi_xml"}, {"xml"}))
    for choice, table in enumerate(
        ("attendance", "enrollments", "students", "guardians", "schools", "calendar")
    ):
        yield bytes([choice]) + xml_speaker().of(table)


def _aeries() -> Iterator[bytes]:
    for content in _contents({"aeries_api"}, {"json"}):
        for choice in range(len(AERIES_RESOURCES)):
            yield bytes([choice]) + content.removeprefix(b"\x1e")


def _edfi_api() -> Iterator[bytes]:
    for content in _contents({"edfi_api"}, {"json"}):
        yield b"\0" + content.removeprefix(b"\x1e")
    for choice in range(len(EDFI_RESOURCES), len(EDFI_RESOURCES) + 3):
        yield (
            bytes([choice])
            + b'{"version": "7.3", "urls": {"oauth": "/t", "dataManagementApi": "/d"}}'
        )
        yield bytes([choice]) + b'{"access_token": "x"}'
        yield bytes([choice]) + b'[{"id": "x"}]'


def _settings() -> Iterator[bytes]:
    own = (
        b'slug: oak-grove\nname: Oak Grove\ncd_code: "3499999"\nlevel: unified\nstatus: testing\nsis: None\n'
        b"enrollment: 3\ndialect: template_csv\noffice: {name: Office, phone: x, email: y}\n"
    )
    yield own
    yield (
        own + b"codes:\n  - {code: U, status: absent_unexcused, from: 2020-07-01, to: 2027-02-29}\n"
    )
    yield own + b"codes: [x]\n"
    yield own + b"options: {a: 1}\nvalues: {has_rights: {Y: true}}\n"
    yield b"a: &a [*a]\n"
    yield b"a: 2026-02-30\n"
    for path in sorted((ROOT / "config" / "districts").glob("*.yaml"))[:3]:
        yield path.read_bytes()


def _acknowledgements() -> Iterator[bytes]:
    yield from _with(len(SUFFIXES), iter(ANSWERS))


def _cells() -> Iterator[bytes]:
    words = (
        *(
            "101",
            "1.02E+02",
            "1,020",
            "102.0",
            "=1+1",
            "",
            " ",
            "2026-11-20",
            "today",
            "2027-02-29",
            "-2026-11-19",
        ),
        *(
            "Y",
            "n",
            "true",
            "1",
            "0",
            "high",
            "09",
            "K",
            "eng",
            "30",
            "1441",
            "\u202e1",
            "１",
            "x" * 1001,
        ),
    )
    for choice in range(len(KINDS)):
        yield bytes([choice]) + "\x1e".join(words).encode()
        for word in words:
            yield bytes([choice]) + word.encode()


_SEEDS = {
    "acknowledgements": _acknowledgements,
    "aeries": _aeries,
    "cells": _cells,
    "delimited": _delimited,
    "edfi_api": _edfi_api,
    "edfi_xml": _xml,
    "json_pages": _json,
    "settings": _settings,
    "unpacking": _unpacking,
}
