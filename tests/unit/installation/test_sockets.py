"""The socket's folder: short, closed, and nobody else's."""

import os
import stat
from pathlib import Path

import pytest

from pact_etl.installation.postgres_account import Account
from pact_etl.installation.sockets import remove_socket_directory, socket_directory

OURSELVES = Account(uid=os.geteuid(), gid=os.getegid())


def test_the_folder_lies_below_var_where_that_is_short(short_folder: Path) -> None:
    directory = socket_directory(short_folder, OURSELVES)

    assert directory == short_folder / "run" / "postgres"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["d" * 100, "with space", "with%percent"])
def test_a_deep_or_odd_path_gets_a_short_plain_folder_of_its_own(
    short_folder: Path, name: str
) -> None:
    var, neighbour = short_folder / name, short_folder / f"{name}2"
    directory = socket_directory(var, OURSELVES)
    other_directory = socket_directory(neighbour, OURSELVES)
    try:
        assert len(str(directory)) <= 84
        assert name not in str(directory)
        assert directory == socket_directory(var, OURSELVES)
        assert directory != other_directory
    finally:
        remove_socket_directory(var, directory)
        remove_socket_directory(neighbour, other_directory)
    assert not directory.exists()


def test_a_link_that_somebody_laid_in_the_way_is_not_followed(short_folder: Path) -> None:
    var = short_folder / ("d" * 100)
    expected = socket_directory(var, OURSELVES)
    expected.rmdir()
    elsewhere = short_folder / "elsewhere"
    elsewhere.mkdir()
    expected.symlink_to(elsewhere)
    try:
        with pytest.raises(Exception, match="socket"):
            socket_directory(var, OURSELVES)
    finally:
        expected.unlink()


def test_a_folder_below_var_is_left_when_the_server_stops(short_folder: Path) -> None:
    directory = socket_directory(short_folder, OURSELVES)

    remove_socket_directory(short_folder, directory)

    assert directory.exists()
