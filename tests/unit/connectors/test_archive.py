import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors.archive import Archive, content_hash
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import InvariantBroken, UsageError

FILES = [RawFile(name="ATT.csv", content=b"1,2\n"), RawFile(name="STU.csv", content=b"")]


def test_what_was_kept_is_loaded_byte_for_byte(tmp_path: Path) -> None:
    archive = Archive(tmp_path)

    key = archive.keep(FILES)

    assert archive.load(key) == FILES


def test_keeping_the_same_files_in_another_order_gives_the_same_hash(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))

    assert archive.keep(FILES) == archive.keep(FILES[::-1])


def test_the_same_bytes_under_another_name_are_another_set() -> None:
    renamed = [RawFile(name="OTHER.csv", content=FILES[0].content), FILES[1]]

    assert content_hash(renamed) != content_hash(FILES)


def test_kept_bytes_cannot_be_written_over(tmp_path: Path) -> None:
    Archive(tmp_path).keep(FILES)

    modes = {p.stat().st_mode & stat.S_IWUSR for p in tmp_path.rglob("*") if p.is_file()}
    assert modes == {0}


def test_a_changed_byte_is_noticed_when_read(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    key = archive.keep(FILES)
    blob = next(p for p in (tmp_path / "sha256").rglob("*") if p.is_file() and p.stat().st_size)
    blob.chmod(0o644)
    blob.write_bytes(b"1,3\n")

    with pytest.raises(InvariantBroken, match="has changed"):
        archive.load(key)


def test_a_lost_file_is_noticed_when_read(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    key = archive.keep(FILES)
    next(p for p in (tmp_path / "sha256").rglob("*") if p.is_file()).unlink()

    with pytest.raises(InvariantBroken, match="is gone"):
        archive.load(key)


def test_a_hash_under_which_nothing_was_kept_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Archive(tmp_path).load("0" * 64)


def test_half_written_files_of_a_killed_process_are_no_files(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    key = archive.keep(FILES)
    stray = next(p for p in (tmp_path / "sha256").rglob("*") if p.is_file())
    stray.with_name(f"{stray.name}.00.part").write_bytes(b"half")

    assert archive.load(key) == FILES


def test_any_filesystem_that_fsspec_knows_can_hold_the_archive() -> None:
    archive = Archive("memory://archive")

    assert archive.load(archive.keep(FILES)) == FILES


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.text("abc./-", min_size=1, max_size=6), st.binary(max_size=20), min_size=1)
)
def test_any_set_of_files_comes_back(contents: dict[str, bytes]) -> None:
    files = [RawFile(name=n, content=c) for n, c in sorted(contents.items())]
    archive = Archive("memory://any")

    assert archive.load(archive.keep(files)) == files
