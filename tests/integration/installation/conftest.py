"""State folders of throw-away installations, whose server is stopped whatever the test did."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pact_etl.installation import postgres


@pytest.fixture
def var() -> Iterator[Path]:
    """The state folder of an installation that was never started."""
    folder = Path(tempfile.mkdtemp(prefix="pact-")).resolve()
    yield folder / "var"
    postgres.stop(folder / "var")
    shutil.rmtree(folder)
