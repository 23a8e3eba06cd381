"""One target for each parser of strangers' bytes: any end but a reason, or a result that adds up, is a finding.

Each takes bytes, of which the first one or two choose how they are read. What is asserted does not repeat the parser:
another reader of the same format, or a count, says what must come out.
"""

import csv
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
from lxml import etree

from pact_etl.connectors.aeries.connector import AeriesApi
from pact_etl.connectors.aeries.manifest import Manifest as AeriesManifest
from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.connectors.edfi.api_manifest import Counts, Manifest
from pact_etl.connectors.edfi.protections import words_of
from pact_etl.connectors.edfi.xml_people import read_guardians, read_students
from pact_etl.connectors.edfi.xml_protections import read_flags
from pact_etl.connectors.edfi.xml_schools import (
    read_attendance,
    read_calendar,
    read_enrollments,
    read_schools,
)
from pact_etl.connectors.files.delimited import Shape, read_rows
from pact_etl.connectors.files.unpacking import GZIP, Bounds, Unpacker
from pact_etl.connectors.http_source import Patience
from pact_etl.connectors.json_pages import elements, page_elements, sequence_file
from pact_etl.connectors.protocol import Pull, RawFile
from pact_etl.delivery.acknowledgements import InboundFault, SentBatch, read_inbound
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District
from pact_etl.domain.errors import PactError, SettingsError, SubmissionRefused
from pact_etl.domain.scope import Scope
from pact_etl.validation.cells import EARLIEST, LATEST, READERS
from pact_etl.validation.columns import Column, Kind

ROOT = Path(__file__).resolve().parents[2]
NIGHT, YEAR_START = date(2026, 11, 20), date(2026, 7, 1)
Target = Callable[[bytes], None]

SHAPES = (
    Shape(encoding="utf-8", delimiter=",", trailer=None),
    Shape(encoding="utf-8", delimiter=",", trailer="#ROWS="),
    Shape(encoding="cp1252", delimiter="\t", trailer=None),
    Shape(encoding="utf-16", delimiter=",", trailer=None),
    Shape(encoding="utf-8-sig", delimiter="^", trailer=None, final_newline_required=False),
)


def delimited(data: bytes) -> None:
    """Rows out are the rows that Python's own reader finds, in order, cell by cell."""
    shape = SHAPES[(data[0] if data else 0) % len(SHAPES)]
    content = data[1:]
    try:
        rows = read_rows("f", content, shape)
    except SubmissionRefused:
        return
    lines = rows.lines.tolist()
    assert len(lines) == len(rows.cells), "a row without a line"
    assert lines == sorted(set(lines)), "lines out of order"
    assert all(line >= 2 for line in lines), "a row above the header"
    assert rows.cells.shape[1] == len(rows.header), "cells beside the header"
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else shape.encoding)
    found = list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=shape.delimiter)
    )
    body = [row for row in found[1:] if len(row) > 1 or any(cell.strip() for cell in row)]
    if shape.trailer is not None:
        body = body[:-1]
    assert len(body) == len(lines), f"{len(body)} rows in, {len(lines)} out"
    width = len(rows.header)
    cells = rows.cells.to_numpy().tolist()
    assert rows.broken == [n for n, row in enumerate(body) if len(row) != width], "broken rows"
    for row, out in zip(body, cells, strict=True):
        assert out == (row if len(row) == width else [""] * width), "another cell"


LAYOUTS = ("export.zip!ATT.csv", "ATT.csv.gz", "ATT.csv", "export.zip!*.csv")
BOUNDS = Bounds(entries=10, total_bytes=1 << 16, ratio=50, ratio_from=1 << 12)


def unpacking(data: bytes) -> None:
    """What comes out is the one member, or the file itself, and never more than the bound."""
    layout = LAYOUTS[(data[0] if data else 0) % len(LAYOUTS)]
    content = data[1:]
    try:
        out = Unpacker(BOUNDS).text_of("f", content, layout)
    except SubmissionRefused:
        return
    if out is None:
        assert "!" in layout, "a file that is not itself"
        return
    if "!" in layout:
        assert len(out) <= BOUNDS.total_bytes
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            fitting = [n for n in archive.namelist() if n.endswith(".csv") and "/" not in n]
            assert any(archive.read(name) == out for name in fitting), "no member"
    elif content.startswith(GZIP):
        assert len(out) <= BOUNDS.total_bytes
        assert out == gzip.decompress(content)
    else:
        assert out == content


def json_pages(data: bytes) -> None:
    """A page that is read once is read again from its file, with the same elements at places 1, 2, 3 ..."""
    try:
        found = page_elements(data, "f")
    except SubmissionRefused:
        _sequence(data)
        return
    again = list(elements(sequence_file("f", [data, data])))
    assert [place for place, _ in again] == list(range(1, 2 * len(found) + 1))
    assert [element for _, element in again] == found * 2
    assert json.loads(json.dumps(found)) == found, "no JSON any more"
    plain = json.loads(data.decode("utf-8-sig"), parse_float=str)
    assert (plain if isinstance(plain, list) else [plain]) == found
    json.dumps(found, ensure_ascii=False).encode()  # every text can be written


def _sequence(data: bytes) -> None:
    try:
        count = sum(1 for _ in elements(RawFile(name="f", content=data)))
    except SubmissionRefused:
        return
    assert not data or count >= 0


XML_READERS: tuple[tuple[Callable[[RawFile], list[Any]], tuple[str, ...]], ...] = (
    (read_attendance, ("StudentSchoolAttendanceEvent",)),
    (read_enrollments, ("StudentSchoolAssociation",)),
    (lambda file: read_students(file, {}, {}, "eng"), ("Student",)),
    (
        lambda file: read_guardians(file, {}),
        ("StudentContactAssociation", "StudentParentAssociation"),
    ),
    (lambda file: read_schools(file, words_of({})).rows, ("School",)),
    (lambda file: read_calendar(file, 4018), ()),
    (lambda file: list(read_flags(file, file, file, words_of({}), "2026-01-01").values()), ()),
)


def edfi_xml(data: bytes) -> None:
    """One row for each element of that name below the root, as another parse of the whole tree counts them."""
    read, names = XML_READERS[(data[0] if data else 0) % len(XML_READERS)]
    content = data[1:]
    try:
        rows = read(RawFile(name="f", content=content))
    except SubmissionRefused:
        return
    assert all(isinstance(v, str | int) for row in rows for v in row.values()), "no text"
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    root = etree.fromstring(content, parser)
    wanted = [e for e in root if isinstance(e.tag, str) and e.tag.rpartition("}")[2] in names]
    assert not names or len(rows) == len(wanted), f"{len(wanted)} in, {len(rows)} out"


def _district(**changes: Any) -> District:
    from tests.hostile.speakers import own_district

    return own_district("fuzzed", files={}, path=".", **changes)


AERIES = _district(connector="aeries_api", url="https://aeries.example/x")
AERIES_RESOURCES = (
    "attendance",
    "students",
    "contacts",
    "enrollments",
    "calendar",
    "schools",
    "programs",
)


def aeries(data: bytes) -> None:
    """Every code that an answer holds is a row; no other table makes rows of its own."""
    resource = AERIES_RESOURCES[(data[0] if data else 0) % len(AERIES_RESOURCES)]
    page = data[1:]
    try:
        found = page_elements(page, "f")
        count = len(found)
    except SubmissionRefused:
        return  # such a page is never kept
    school = {"SchoolCode": 3, "Name": "x", "AttendanceType": "Daily"}
    bodies = {"schools": json.dumps([school]).encode()} | {resource: page}
    counts = {"schools": 1} | {resource: count}
    manifest = AeriesManifest(
        as_of=NIGHT,
        window=(YEAR_START, NIGHT),
        year_start=YEAR_START,
        students=None,
        pages={name: [("3", counts[name])] for name in bodies},
        cursor="2026-11-20T20:00",
    )
    files = [sequence_file(name, [body]) for name, body in bodies.items()] + [manifest.file()]
    try:
        parsed = AeriesApi(lambda slug: {}).parse(AERIES, files)
    except SubmissionRefused:
        return
    frames = {t.table: t.frame for t in parsed.tables}
    for frame in frames.values():
        _all_texts(frame)
    if resource == "attendance":
        assert len(frames["attendance"]) == sum(map(_codes_in, found)), "a code got lost"
        assert frames["attendance"]["row"].between(1, max(count, 1)).all()
    elif resource in ("students", "contacts", "enrollments", "calendar"):
        table = {"contacts": "guardians"}.get(resource, resource)
        assert len(frames[table]) <= count


def _codes_in(element: dict[str, Any]) -> int:
    rows = 0
    for day in element.get("AttendanceDays") or []:
        classes = [c for c in day.get("Classes") or [] if _said(c.get("AttendanceCode"))]
        rows += len(classes) or bool(_said(day.get("AllDayAttendanceCode")))
    return rows


def _said(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _all_texts(frame: pd.DataFrame) -> None:
    texts = frame.drop(columns="row")
    assert not texts.isna().to_numpy().any(), "a missing text"
    for column in texts:
        assert {type(text) for text in texts[column]} <= {str}, "no text"


EDFI = _district(connector="edfi_api", url="https://ods.example/api")
EDFI_RESOURCES = (
    *("studentSchoolAttendanceEvents", "students", "studentSchoolAssociations", "contacts"),
    *("studentContactAssociations", "schools", "calendarDates"),
    *("studentEducationOrganizationAssociations", "classPeriods"),
)
QUICK = Patience(tries=1, throttled=1, first_wait=0, longest_wait=0)


def edfi_api(data: bytes) -> None:
    """Kept pages give one row an element; live answers of any kind end in an error of our own."""
    kind = (data[0] if data else 0) % (len(EDFI_RESOURCES) + 3)
    if kind >= len(EDFI_RESOURCES):
        return _live(data[1:], kind - len(EDFI_RESOURCES))
    resource, page = EDFI_RESOURCES[kind], data[1:]
    try:
        count = len(page_elements(page, "f"))
    except SubmissionRefused:
        return None  # such a page is never kept
    manifest = Manifest(
        mode="full",
        year_start=YEAR_START,
        agency="3400000",
        scope=Scope(window=(YEAR_START, NIGHT), whole_roster=True),
        resources={resource: Counts(total=count, received=count, elements=count)},
    )
    try:
        parsed = EdfiApi(lambda slug: {}).parse(
            EDFI, [sequence_file(resource, [page]), manifest.file()]
        )
    except SubmissionRefused:
        return None
    frames = {t.table: t.frame for t in parsed.tables}
    for frame in frames.values():
        _all_texts(frame)
    exact = {
        "students": "students",
        "studentSchoolAssociations": "enrollments",
        "studentContactAssociations": "guardians",
    }
    if resource in exact:
        assert len(frames[exact[resource]]) == count, f"{count} in"
    for frame in frames.values():
        assert len(frame) <= count
    return None


def _live(body: bytes, place: int) -> None:
    """The same bytes as root document, as token or as everything else, with headers made of them."""
    root = {
        "version": "7.3",
        "dataModels": [{"name": "Ed-Fi", "version": "5.2.0"}],
        "urls": {
            "oauth": "https://ods.example/api/token",
            "dataManagementApi": "https://ods.example/api/data",
        },
    }
    token = {"access_token": "x"}
    header = bytes(b for b in body[:40] if 0x20 < b < 0x7F).decode()
    headers = {
        "Total-Count": header,
        "Next-Page-Token": header,
        "Retry-After": header,
        "Location": header,
    }
    statuses = (200, 200, 429, 302, 503)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/" and place != 0:
            return httpx.Response(200, json=root)
        if request.url.path == "/api/token" and place != 1:
            return httpx.Response(200, json=token)
        status = statuses[len(body) % len(statuses)] if place == 2 else 200
        return httpx.Response(status, content=body, headers=headers)

    source = EdfiApi(
        lambda slug: {"key": "k", "secret": "s"},
        patience=QUICK,
        transport=httpx.MockTransport(answer),
    )
    try:
        source.fetch(EDFI, Pull(as_of=NIGHT, year_start=YEAR_START))
    except PactError as error:
        said = str(error)
    else:
        return
    assert len(said) < 300, "an error that quotes what it read"


_FOLDER = Path(tempfile.mkdtemp(prefix="pact-fuzz-"))


def settings(data: bytes) -> None:
    """A district's YAML is a district, or an error of settings."""
    path = _FOLDER / "oak-grove.yaml"
    path.write_bytes(data)
    try:
        district = load_district(path, ROOT / "config" / "dialects")
    except SettingsError:
        return
    assert district.slug == "oak-grove"
    assert all(mapping.code is not None for mapping in district.codes)


BATCH = "PACT-sacramento-20261120-000042-9f31c2aa"
PIECES = frozenset({"P0000000001", "P0000000002"})
SENT = {BATCH: SentBatch(pdf_sha256="a" * 64, pages=4, sheets=4, piece_ids=PIECES)}
SUFFIXES = (".ack", ".mailed.csv", ".returned.csv", ".pdf")


def acknowledgements(data: bytes) -> None:
    """One answer for one file; its pieces are ours, each once, and an unreadable one states none."""
    name = BATCH + SUFFIXES[(data[0] if data else 0) % len(SUFFIXES)]
    (answer,) = read_inbound({name: data[1:]}, SENT, {})
    assert answer.file_name == name
    ids = [piece.piece_id for piece in answer.pieces]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= PIECES
    if InboundFault.UNREADABLE in answer.faults:
        assert not answer.pieces


KINDS = tuple(Kind)
CELLS = _district(connector="files", id_digits=None)


def cells(data: bytes) -> None:
    """Of every text: a value, nothing, or a reason; never two of them, and never none."""
    kind = KINDS[(data[0] if data else 0) % len(KINDS)]
    texts = [t for t in data[1:].decode(errors="ignore").split("\x1e") if "\0" not in t]
    stripped = pd.Series(texts, dtype="str").str.strip()
    read = READERS[kind](stripped, "x", Column(kind=kind), CELLS)
    assert len(read.values) == len(texts)
    bad = sum((mask.astype(int) for mask in read.bad.values()), start=read.empty.astype(int))
    assert (bad <= 1).all(), "two reasons for one text"
    if kind is not Kind.FLAG:
        assert (read.values.isna().to_numpy() == (bad == 1)).all(), (
            "a value beside a reason, or neither"
        )
    if kind is Kind.DATE:
        for text, day in zip(stripped, read.values, strict=True):
            if not pd.isna(day):
                assert EARLIEST <= day <= LATEST
                assert [int(part) for part in text.split("-")] == [day.year, day.month, day.day]


TARGETS: dict[str, Target] = {
    "acknowledgements": acknowledgements,
    "aeries": aeries,
    "cells": cells,
    "delimited": delimited,
    "edfi_api": edfi_api,
    "edfi_xml": edfi_xml,
    "json_pages": json_pages,
    "settings": settings,
    "unpacking": unpacking,
}
