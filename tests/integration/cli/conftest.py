"""What tests of commands may ask for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pact_etl.wiring import collaborators
from tests.integration.cli.own_installation import Installation


@pytest.fixture
def installation(
    tmp_path: Path,
    fresh_database: Callable[..., str],
    migrated: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    made = Installation(tmp_path, fresh_database("district", template=migrated))
    monkeypatch.setenv("PACT_VAR", str(made.var))
    monkeypatch.setenv("PACT_CONFIG", str(made.config))
    monkeypatch.setenv("PACT_DROP_URL", str(made.drop))
    monkeypatch.setenv("PACT_DATABASE_URL", made.url)
    yield made
    if collaborators.cache_info().currsize:
        collaborators().close()
    collaborators.cache_clear()
