"""What every test may ask for: databases that are fresh and migrated, and collaborators over them."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from tests.gnupg import Gpg, running_gpg

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A running server: the one of PACT_TEST_DATABASE_URL, or the embedded one under the repository's var/test."""
    configured = os.environ.get("PACT_TEST_DATABASE_URL")
    if configured:
        return configured
    from pact_etl.installation.postgres import ensure_running

    return ensure_running(ROOT / "var" / "test").url("pact")


@pytest.fixture(scope="session")
def fresh_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """Make empty databases by name; they are dropped at the end."""
    made: list[str] = []
    server = (
        make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    )

    def make(name: str, template: str = "template0") -> str:
        unique = f"test_{name}_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{unique}" TEMPLATE "{template}"')
        made.append(unique)
        return make_url(postgres_url).set(database=unique).render_as_string(hide_password=False)

    yield make
    with psycopg.connect(server, autocommit=True) as connection:
        for unique in made:
            connection.execute(f'DROP DATABASE IF EXISTS "{unique}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated(fresh_database: Callable[..., str]) -> str:
    """The name of a migrated, empty operational database that others are copied from."""
    from pact_etl.store.schema import migrate

    url = fresh_database("template")
    migrate(url)
    return str(make_url(url).database)


@pytest.fixture
def store(fresh_database: Callable[..., str], migrated: str) -> Iterator[Engine]:
    """The operational database, migrated and empty."""
    from pact_etl.store.session import open_engine

    engine = open_engine(fresh_database("pact", template=migrated))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def throwaway_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both sides' OpenPGP keys, made for this run."""
    from pact_etl.simulator.vendor_keys import make_throwaway_keys

    return make_throwaway_keys(tmp_path_factory.mktemp("keys") / "vendor")


@pytest.fixture
def gpg() -> Iterator[Gpg]:
    """The vendor's GnuPG."""
    with running_gpg() as found:
        yield found
