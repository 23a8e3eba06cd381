"""Pages are fetched side by side, and never more of them than the district's settings allow."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pact_etl.connectors.aeries.connector import AeriesApi
from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.integration.connectors import aeries_tables, edfi_world
from tests.integration.connectors.test_edfi_api import district_at
from tests.sources import pull

pytestmark = pytest.mark.integration

LONG_ENOUGH = 0.03  # seconds each answer takes: whoever asks more at once than is allowed is seen


class HighWater:
    """How many requests a server has had before it at once, at most."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            time.sleep(LONG_ENOUGH)
            yield
        finally:
            with self._lock:
                self._now -= 1


class CountingEdfi(EdfiServer):
    """An ODS that counts who stands before it."""

    mark: HighWater

    def answer(self, name: str, query: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        with self.mark.one_more():
            return super().answer(name, query)


class CountingAeries(AeriesServer):
    """An Aeries that counts who stands before it."""

    mark: HighWater

    def answer(self, path: str, query: Mapping[str, str]) -> Any:
        with self.mark.one_more():
            return super().answer(path, query)


@pytest.mark.parametrize("bound", [2, 5])
@pytest.mark.parametrize("version", ["7.3", "6.1"], ids=["cursor", "offset"])
def test_an_ods_has_as_many_requests_before_it_as_are_allowed_and_no_more(
    bound: int, version: str
) -> None:
    window = edfi_world.YEAR_START, edfi_world.NIGHTS[1]
    with CountingEdfi(agency=edfi_world.AGENCY, key="k", secret="s", version=version) as server:
        server.mark = HighWater()
        server.faults.has_cursor = version == "7.3"
        server.load(edfi_world.small_world(30).tables(), window)
        # A piece of ten pages is read by one connection: there are more pieces of events than connections.
        district = district_at(server.url, concurrency=bound, page_size=3)

        EdfiApi(lambda slug: {"key": "k", "secret": "s"}).fetch(district, pull(window[1]))

    assert server.mark.most == bound


@pytest.mark.parametrize("bound", [2, 5])
def test_an_aeries_has_as_many_requests_before_it_as_are_allowed_and_no_more(
    bound: int, tmp_path: Path
) -> None:
    with CountingAeries(
        certificate=aeries_tables.CERTIFICATE, cd_code=aeries_tables.CD_CODE, year=2026
    ) as server:
        server.mark = HighWater()
        window = aeries_tables.YEAR_START, aeries_tables.NIGHT
        server.load(aeries_tables.small_district(1).tables(), window, aeries_tables.ENTERED)
        district = aeries_tables.make_district(tmp_path, server.url, concurrency=bound)

        source = AeriesApi(lambda slug: {"certificate": aeries_tables.CERTIFICATE})
        source.fetch(district, pull(aeries_tables.NIGHT))

    assert server.mark.most == bound
