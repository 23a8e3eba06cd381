"""A migrated warehouse, with the days and districts that the facts of a test refer to."""

from collections.abc import Callable, Iterator
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine

from pact_etl.warehouse.dimensions import load_dates, load_districts, load_schools
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.warehouse.schema import migrate, open_warehouse


@pytest.fixture(scope="module")
def warehouse_url(fresh_database: Callable[[str], str]) -> str:
    url = fresh_database("warehouse")
    migrate(url)
    return url


@pytest.fixture(scope="module")
def warehouse(warehouse_url: str) -> Iterator[Engine]:
    engine = open_warehouse(warehouse_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(warehouse: Engine) -> Iterator[Connection]:
    """One transaction that is rolled back at the end, over two districts and their schools."""
    with warehouse.connect() as opened:
        load_dates(opened, date(2026, 7, 1), date(2027, 6, 30))
        load_districts(
            opened,
            pd.DataFrame(
                {
                    "slug": ["elk-grove-unified", "galt-elementary"],
                    "name": ["Elk Grove Unified", "Galt Joint Union Elementary"],
                    "cd_code": ["3467314", "3467348"],
                }
            ),
        )
        load_schools(
            opened,
            pd.DataFrame(
                {
                    "cds_code": ["34673140000001", "34673480000002"],
                    "district": ["elk-grove-unified", "galt-elementary"],
                    "name": ["First", "Second"],
                    "level": ["high", "elementary"],
                }
            ),
        )
        yield opened
        opened.rollback()


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(secret=b"a secret for tests that is long enough")
