"""Collaborators over a fresh record: one invented district in the county's own configuration."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pact_etl.districts import load_county
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import district
from tests.integration.steps.release_packages import (  # noqa: F401 - fixtures
    approved,
    county_of,
    set_once,
    start,
)


@pytest.fixture
def using(store: Engine, tmp_path: Path, throwaway_keys: Path) -> Collaborators:
    settings = Settings(
        var=tmp_path / "var", config=ROOT / "config", vendor_keys_folder=throwaway_keys
    )
    return Collaborators(
        settings=settings,
        engine=store,
        county=load_county(settings.config),
        districts={"oak-grove": district()},
        statutes=load_statutes(),
    )


def with_district(using: Collaborators, **overrides: object) -> Collaborators:
    """The same collaborators with the district's settings changed."""
    return replace(using, districts={"oak-grove": district(**overrides)})
