"""Locks: one holder at a time, free again when the holder dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from pact_etl.domain.errors import Retryable
from pact_etl.installation.locks import exclusive


def test_a_second_holder_waits_and_is_told_when_it_takes_too_long(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "a.lock"),
        pytest.raises(Retryable, match=r"a\.lock"),
        exclusive(tmp_path / "a.lock", timeout_seconds=0.1),
    ):
        pytest.fail("two holders at once")


def test_a_lock_is_free_after_its_block_even_when_the_block_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "a.lock"):
        raise ZeroDivisionError

    with exclusive(tmp_path / "a.lock", timeout_seconds=0):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys; from pact_etl.installation.locks import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.lock")], check=False)

    with exclusive(tmp_path / "a.lock", timeout_seconds=0):
        pass
