"""Secrets: made once, the same for everyone, closed to others."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pact_etl.domain.errors import UsageError
from pact_etl.installation.secrets import read_or_create, secret_path, write_once


def test_a_secret_is_long_and_the_same_at_every_reading(tmp_path: Path) -> None:
    first = read_or_create(tmp_path, "jwt")

    assert len(first) >= 64
    assert read_or_create(tmp_path, "jwt") == first
    assert read_or_create(tmp_path, "session") != first


def test_only_the_owner_can_read_a_secret(tmp_path: Path) -> None:
    read_or_create(tmp_path, "jwt")

    assert stat.S_IMODE(secret_path(tmp_path, "jwt").stat().st_mode) == 0o600
    assert stat.S_IMODE(secret_path(tmp_path, "jwt").parent.stat().st_mode) == 0o700


def test_concurrent_first_readers_agree_and_leave_nothing_behind(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(lambda _: read_or_create(tmp_path, "jwt"), range(64)))

    assert len(answers) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["jwt"]


def test_what_is_kept_is_never_written_over(tmp_path: Path) -> None:
    assert write_once(tmp_path, "users", "first") == "first"
    assert write_once(tmp_path, "users", "second") == "first"


@pytest.mark.parametrize("name", ["", "../jwt", "Jwt", "a/b", ".hidden"])
def test_a_name_that_is_no_plain_word_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        secret_path(tmp_path, name)
