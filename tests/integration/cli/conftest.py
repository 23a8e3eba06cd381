"""What tests of commands may ask for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
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


@pytest.fixture
def pact(
    tmp_path: Path,
    fresh_database: Callable[..., str],
    migrated: str,
    throwaway_keys: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Any]]:
    """Run one command in this process against an installation of its own."""
    monkeypatch.setenv("PACT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("PACT_VENDOR_KEYS_FOLDER", str(throwaway_keys))
    monkeypatch.setenv("PACT_DROP_URL", str(tmp_path / "drop"))
    monkeypatch.setenv("PACT_DATABASE_URL", fresh_database("cli", template=migrated))
    collaborators.cache_clear()
    runner = CliRunner()

    def run(*arguments: str) -> Any:
        return runner.invoke(app, list(arguments))

    yield run
    if collaborators.cache_info().currsize:
        collaborators().close()
    collaborators.cache_clear()
