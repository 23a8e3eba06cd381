"""Sources that answer by HTTP, and how: each rudeness ends in a reason or an error of ours, within its time."""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from pact_etl.connectors.aeries.connector import AeriesApi
from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.connectors.http_source import Patience
from pact_etl.connectors.protocol import Pull
from pact_etl.domain.district import District
from pact_etl.domain.errors import PactError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.servers.aeries_server import AeriesServer, AeriesTrouble
from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.hostile.rude_server import RudeServer, dripping, http
from tests.hostile.speakers import CANARY, own_district
from tests.hostile.structured import EVENTS
from tests.integration.connectors import aeries_tables, edfi_world

pytestmark = pytest.mark.integration

QUICK = Patience(
    connect=2, read=1, whole=0.8, tries=2, throttled=2, first_wait=0.01, longest_wait=0.1
)
NIGHT = Pull(as_of=date(2026, 11, 20), year_start=date(2026, 7, 1))
SECONDS = 30
"""Far more than two tries of a second for each of a handful of requests, far less than for ever."""


def edfi(url: str) -> Callable[[], object]:
    district = own_district("rude", connector="edfi_api", files={}, path=".", url=url)
    source = EdfiApi(lambda slug: {"key": "k", "secret": "s"}, patience=QUICK)
    return lambda: source.fetch(district, NIGHT)


def aeries(url: str) -> Callable[[], object]:
    district = own_district("rude", connector="aeries_api", files={}, path=".", url=url)
    source = AeriesApi(lambda slug: {"certificate": "c"}, patience=QUICK)
    return lambda: source.fetch(district, NIGHT)


def end_of(fetch: Callable[[], object]) -> str:
    """How a fetch ended: a reason code, or the kind of our own error; in time, and without a word of what was read."""
    began = time.monotonic()
    with pytest.raises(PactError) as caught:
        fetch()
    assert time.monotonic() - began < SECONDS
    error = caught.value
    assert CANARY not in f"{error} {error!r} {error.__cause__!r}"
    return error.reason.value if isinstance(error, SubmissionRefused) else type(error).__name__


DEEP = b"[" * 100_000 + b"]" * 100_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
ANSWERS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "Retryable"),
    "noise": (bytes(range(256)), "Retryable"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", "Retryable"),
    "half of a status line": (b"HTTP/1.1 2", "Retryable"),
    "a status that is none": (b"HTTP/1.1 999999 X\r\n\r\n", "Retryable"),
    "headers without an end": (b"HTTP/1.1 200 OK\r\nA: b\r\n", "Retryable"),
    "a megabyte of headers": (
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1_000_000 + b"\r\n\r\n{}",
        "Retryable",
    ),
    "a body shorter than it says": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}",
        "Retryable",
    ),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Retryable",
    ),
    "a length of less than nothing": (
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        "Retryable",
    ),
    "a chunk of a size that is none": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", "Retryable"),
    "a chunk cut short": (CHUNKED + b"ff\r\n{}", "Retryable"),
    "no body": (http(b""), "file_empty"),
    "a web page": (http(b"<html>502</html>", kind="text/html"), "file_malformed"),
    "a web page called JSON": (http(f"<html>{CANARY}</html>".encode()), "file_malformed"),
    "torn JSON": (http(b'{"version": "7'), "file_malformed"),
    "a text": (http(f'"{CANARY}"'.encode()), "file_malformed"),
    "deep lists": (http(DEEP), "file_malformed"),
    "UTF-16": (http('{"version": "7.3"}'.encode("utf-16")), "encoding_invalid"),
    "a packed answer that is not": (http(b"{}", "Content-Encoding: gzip"), "Retryable"),
    "a packed answer cut short": (
        http(gzip.compress(b"{}" * 1000)[:20], "Content-Encoding: gzip"),
        "file_malformed",
    ),
    "packed twice": (
        http(gzip.compress(gzip.compress(b"{}")), "Content-Encoding: gzip"),
        "encoding_invalid",
    ),
    "a packed bomb": (
        http(zlib.compress(bytes(80 << 20), 9), "Content-Encoding: deflate"),
        "file_too_large",
    ),
    "a packing nobody knows": (http(b"\x01\x02", "Content-Encoding: zstd"), "file_malformed"),
    "not now, later": (http(b"", "Retry-After: 86400", status="429 X"), "Retryable"),
    "not now, in a year that is none": (
        http(b"", "Retry-After: Fri, 20 Nov 2026 99999999999999999999:00:00", status="429 X"),
        "Retryable",
    ),
    "a redirect in a circle": (http(b"", "Location: /", status="302 X"), "Permanent"),
    "a redirect to another host": (
        http(b"", "Location: https://evil.example/", status="302 X"),
        "Permanent",
    ),
    "a redirect to a file": (
        http(b"", "Location: file:///etc/passwd", status="302 X"),
        "Permanent",
    ),
    "a redirect to an address that is none": (
        http(b"", "Location: http://[::1", status="302 X"),
        "Retryable",
    ),
    "a redirect without an address": (http(b"", status="302 X"), "Permanent"),
    "a teapot": (http(b"", status="418 X"), "Permanent"),
    "gone": (http(b"", status="410 X"), "Permanent"),
}


@pytest.mark.parametrize("ask", [edfi, aeries])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_to_the_first_question_ends_as_it_must(
    name: str, ask: Callable[[str], Callable[[], object]]
) -> None:
    answer, end = ANSWERS[name]

    with RudeServer(lambda target: iter([answer])) as server:
        assert end_of(ask(server.url)) == end


@pytest.mark.parametrize("ask", [edfi, aeries])
@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"[" * 1000,
        CHUNKED + b"1\r\n \r\n" * 1000,
    ],
    ids=["headers", "body", "chunks"],
)
def test_a_drip_ends_at_the_deadline(
    content: bytes, ask: Callable[[str], Callable[[], object]]
) -> None:
    with RudeServer(lambda target: dripping(content, 0.05)) as server:
        assert end_of(ask(server.url)) == "Retryable"


def root_of(url: str, **urls: Any) -> dict[str, Any]:
    own = {
        "oauth": f"{url}/oauth/token",
        "dataManagementApi": f"{url}/data/v3/",
        "changeQueries": f"{url}/changeQueries/v1/",
    }
    return {
        "version": "7.3",
        "dataModels": [{"name": "Ed-Fi", "version": "5.2.0"}],
        "urls": own | urls,
    }


@pytest.mark.parametrize(
    ("urls", "end"),
    [
        ({"oauth": "http://[::1"}, "Permanent"),
        ({"oauth": "https://evil.example/token"}, "Permanent"),
        ({"oauth": "file:///etc/passwd"}, "Permanent"),
        ({"oauth": "http://127.0.0.1:99999/"}, "Permanent"),
        ({"oauth": 7}, "Permanent"),
        ({"oauth": ["x"]}, "file_malformed"),
        ({"oauth": None}, "header_changed"),
        ({"oauth": ""}, "header_changed"),
        ({"dataManagementApi": {"a": 1}}, "file_malformed"),
        ({"dataManagementApi": "//evil.example/"}, "Permanent"),
        ({"changeQueries": "http://evil.example/"}, "Permanent"),
        ({"dataManagementApi": "{tenant}/data"}, "SettingsError"),
    ],
)
def test_a_root_document_leads_nowhere_else(urls: dict[str, Any], end: str) -> None:
    def reply(target: str) -> Iterator[bytes]:
        body = root_of(server.url, **urls) if target == "/" else {}
        yield http(json.dumps(body).encode(), status="200 OK" if target == "/" else "404 X")

    with RudeServer(reply) as server:
        assert end_of(edfi(server.url)) == end


@pytest.mark.parametrize(
    ("token", "end"),
    [
        (b"{}", "Permanent"),
        (b'{"access_token": ""}', "Permanent"),
        (b'{"access_token": "a\\nb"}', "Permanent"),
        (b'{"access_token": "\\u202e"}', "Permanent"),
        (b'{"access_token": {"a": 1}}', "file_malformed"),
        (b'{"access_token": "a", "access_token": "b"}', "file_malformed"),
        (b"[]", "file_malformed"),
        (b"", "file_empty"),
    ],
)
def test_a_token_that_is_none_is_never_sent(token: bytes, end: str) -> None:
    def reply(target: str) -> Iterator[bytes]:
        yield http(json.dumps(root_of(server.url)).encode() if target == "/" else token)

    with RudeServer(reply) as server:
        assert end_of(edfi(server.url)) == end
        assert set(server.asked) == {"/", "/oauth/token"}


def ods(pages: Callable[[str], bytes]) -> Callable[[RudeServer], Callable[[str], Iterator[bytes]]]:
    """An ODS that lets everybody in and answers about rows as told."""

    def replies(server: RudeServer) -> Callable[[str], Iterator[bytes]]:
        def reply(target: str) -> Iterator[bytes]:
            if target == "/":
                yield http(json.dumps(root_of(server.url)).encode())
            elif target == "/oauth/token":
                yield http(b'{"access_token": "x"}')
            elif target.endswith("availableChangeVersions"):
                yield http(b'{"oldestChangeVersion": 0, "newestChangeVersion": 9}')
            elif "/schools/partitions" in target:
                yield http(b'{"pageTokens": ["a"]}')
            elif "localEducationAgencies" in target or "/schools" in target:
                found = [{"id": "x", "localEducationAgencyId": 3400000, "schoolId": 1}]
                yield http(json.dumps(found).encode(), "Total-Count: 1")
            else:
                yield pages(target)

        return reply

    return replies


def row(number: int) -> bytes:
    return json.dumps([{"id": f"r{number}", "calendarReference": {"schoolId": 1}}]).encode()


COUNTER = iter(range(10**9))
PAGES: dict[str, tuple[Callable[[str], bytes], str]] = {
    "no total": (lambda target: http(b"[]"), "totals_differ"),
    "a total of less than nothing": (
        lambda target: http(b"[]", "Total-Count: -1"),
        "totals_differ",
    ),
    "a total of words": (lambda target: http(b"[]", "Total-Count: many"), "totals_differ"),
    "a total beyond belief": (
        lambda target: http(b"[]", "Total-Count: 99999999999"),
        "totals_differ",
    ),
    "a total and no rows": (
        lambda target: http(
            b'{"pageTokens": ["a"]}' if "partitions" in target else b"[]", "Total-Count: 5"
        ),
        "totals_differ",
    ),
    "one token for ever": (
        lambda target: http(
            b'{"pageTokens": ["a"]}' if "partitions" in target else row(1),
            "Total-Count: 5000",
            "Next-Page-Token: again",
        ),
        "file_malformed",
    ),
    "new tokens for ever, old rows": (
        lambda target: http(
            b'{"pageTokens": ["a"]}' if "partitions" in target else row(1),
            "Total-Count: 5000",
            f"Next-Page-Token: t{next(COUNTER)}",
        ),
        "file_malformed",
    ),
    "pieces that are none": (
        lambda target: http(b'{"pageTokens": [1, 2]}', "Total-Count: 5000"),
        "file_malformed",
    ),
    "rows without an id": (
        lambda target: http(
            b'{"pageTokens": ["a"]}' if "partitions" in target else b'[{"a": 1}]', "Total-Count: 1"
        ),
        "file_malformed",
    ),
    "rows that are numbers": (
        lambda target: http(
            b'{"pageTokens": ["a"]}' if "partitions" in target else b"[1, 2]", "Total-Count: 2"
        ),
        "file_malformed",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_an_ods_that_counts_or_turns_pages_wrongly_ends_the_night(name: str) -> None:
    pages, end = PAGES[name]
    replies: list[Callable[[str], Iterator[bytes]]] = []

    with RudeServer(lambda target: replies[0](target)) as server:
        replies.append(ods(pages)(server))
        assert end_of(edfi(server.url)) == end


def test_a_token_that_expires_in_the_middle_of_every_page_loses_no_row() -> None:
    with EdfiServer(agency=edfi_world.AGENCY, key="k", secret="s") as server:
        world = edfi_world.small_world()
        server.load(world.tables(), (edfi_world.YEAR_START, edfi_world.NIGHTS[1]))
        server.faults.token_lives = 2
        source = EdfiApi(lambda slug: {"key": "k", "secret": "s"}, patience=QUICK)
        district = own_district(
            "rude",
            cd_code="3467000",
            connector="edfi_api",
            files={},
            path=".",
            url=server.url,
            options={"page_size": 3},
        )
        pulled = source.fetch(
            district, Pull(as_of=edfi_world.NIGHTS[0], year_start=edfi_world.YEAR_START)
        )

    frames = {t.table: t.frame for t in source.parse(district, pulled.files).tables}
    assert len(frames["attendance"]) == len(world.marks)
    assert set(frames["students"]["local_id"]) == set(world.students)


BODIES: dict[str, tuple[bytes, Reason]] = {
    "nothing": (b"", Reason.FILE_EMPTY),
    "torn": (b'[{"id": "x"', Reason.FILE_MALFORMED),
    "deep": (DEEP, Reason.FILE_MALFORMED),
    "a number": (b"7", Reason.FILE_MALFORMED),
    "a name twice": (b'[{"id": "a", "id": "b"}]', Reason.FILE_MALFORMED),
    "no UTF-8": (b'["\xff"]', Reason.ENCODING_INVALID),
    "half a pair": (b'[{"id": "\\ud800"}]', Reason.ENCODING_INVALID),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_none_in_the_middle_of_a_pull_of_either_kind(
    name: str, tmp_path: Any
) -> None:
    body, reason = BODIES[name]
    with EdfiServer(agency=edfi_world.AGENCY, key="k", secret="s") as ods_server:
        tables = edfi_world.small_world().tables()
        ods_server.load(tables, (edfi_world.YEAR_START, edfi_world.NIGHTS[1]))
        ods_server.faults.bodies[EVENTS] = body
        ods_server.faults.has_cursor = False
        district: District = own_district(
            "rude", cd_code="3467000", connector="edfi_api", files={}, url=ods_server.url
        )
        source = EdfiApi(lambda slug: {"key": "k", "secret": "s"}, patience=QUICK)
        pull = Pull(as_of=edfi_world.NIGHTS[0], year_start=edfi_world.YEAR_START)
        # Without a usable total the question how many there are is refused before a page is asked for.
        assert end_of(lambda: source.fetch(district, pull)) in (reason.value, "totals_differ")
    with AeriesServer(
        certificate=aeries_tables.CERTIFICATE, cd_code=aeries_tables.CD_CODE, year=2026
    ) as sis:
        small = aeries_tables.small_district(1).tables()
        sis.load(small, (aeries_tables.YEAR_START, aeries_tables.NIGHT), aeries_tables.ENTERED)
        sis.expect(AeriesTrouble(on="/attendance", body=body), times=None)
        other = aeries_tables.make_district(tmp_path, sis.url)
        vendor = AeriesApi(lambda slug: {"certificate": aeries_tables.CERTIFICATE}, patience=QUICK)
        assert end_of(lambda: vendor.fetch(other, NIGHT)) == reason.value
