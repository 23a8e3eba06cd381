"""Folders with short paths, as sockets need them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A new folder right below the system's temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="pact-")).resolve()
    yield folder
    shutil.rmtree(folder)
