"""Handing over: complete or invisible, once or twice the same, and whole again after any crash."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from pact_etl.delivery import SealedPackage, VendorFolder
from pact_etl.domain.errors import InvariantBroken, Retryable, SettingsError

PACKAGE = SealedPackage(
    name="PACT-sacramento-20261120-000001-0a1b2c3d",
    content=b"PK" + bytes(range(256)) * 400,
    sha256=hashlib.sha256(b"PK" + bytes(range(256)) * 400).hexdigest(),
    pieces=2,
)
ZIP, TRIGGER = PACKAGE.file_name, f"{PACKAGE.name}.trg"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def complete() -> dict[str, bytes]:
    return {TRIGGER: f"{PACKAGE.sha256}  {ZIP}\n".encode(), ZIP: PACKAGE.content}


def test_a_package_lies_there_whole_and_then_is_announced(tmp_path: Path) -> None:
    handed = VendorFolder(tmp_path.as_uri()).hand_over(PACKAGE)

    assert contents(tmp_path) == complete()
    assert (handed.file_name, handed.sha256, handed.size) == (
        ZIP,
        PACKAGE.sha256,
        len(PACKAGE.content),
    )
    assert not handed.was_there


def test_another_account_of_this_machine_can_read_what_a_service_wrote_for_itself_alone(
    tmp_path: Path,
) -> None:
    before = os.umask(0o077)
    try:
        VendorFolder(tmp_path.as_uri()).hand_over(PACKAGE)
    finally:
        os.umask(before)

    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "out").iterdir()} == {0o644}


def test_handing_over_again_writes_nothing(tmp_path: Path) -> None:
    vendor = VendorFolder(tmp_path.as_uri())
    vendor.hand_over(PACKAGE)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}

    assert vendor.hand_over(PACKAGE).was_there
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == written


def test_a_package_the_vendor_has_answered_and_taken_away_is_not_written_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{PACKAGE.name}.ack").write_text("{}")

    assert VendorFolder(tmp_path.as_uri()).hand_over(PACKAGE).was_there
    assert not (tmp_path / "out" / ZIP).exists()


def test_another_file_under_an_announced_name_stops_everything(tmp_path: Path) -> None:
    vendor = VendorFolder(tmp_path.as_uri())
    vendor.hand_over(PACKAGE)
    (tmp_path / "out" / ZIP).write_bytes(b"something else")

    with pytest.raises(InvariantBroken):
        vendor.hand_over(PACKAGE)


class Crash(BaseException):
    """Not an Exception, as a killed process is none."""


CHANGES = ("makedirs", "pipe_file", "mv", "rm_file", "cp_file", "rm")


def crashing(base: type, at: int, *, after: bool) -> Any:
    """A filesystem whose process dies before or after its n-th change."""
    count = 0

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == at and not after:
                raise Crash
            result = original(self, *args, **kwargs)
            if count == at:
                raise Crash
            return result

        return change

    methods = {name: wrap(getattr(base, name)) for name in CHANGES}
    return type("Crashing", (base,), methods | {"cachable": False})()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_crash_at_any_change_and_a_repeat_end_in_the_same_files(
    tmp_path: Path, at: int, after: bool
) -> None:
    filesystem = crashing(LocalFileSystem, at, after=after)
    try:
        VendorFolder(tmp_path.as_uri(), filesystem=filesystem).hand_over(PACKAGE)
    except Crash:
        if (tmp_path / "out" / TRIGGER).exists():
            assert (tmp_path / "out" / ZIP).read_bytes() == PACKAGE.content

    VendorFolder(tmp_path.as_uri()).hand_over(PACKAGE)

    assert contents(tmp_path) == complete()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 13))
def test_the_same_holds_where_a_rename_is_a_copy_and_a_delete(at: int, after: bool) -> None:
    memory = MemoryFileSystem()
    memory.store.clear()
    filesystem = crashing(MemoryFileSystem, at, after=after)
    with contextlib.suppress(Crash):
        VendorFolder("memory://vendor", filesystem=filesystem).hand_over(PACKAGE)

    VendorFolder("memory://vendor").hand_over(PACKAGE)

    found = {name.rsplit("/", 1)[-1]: memory.cat_file(name) for name in memory.find("/vendor")}
    assert found == complete()


def test_a_half_written_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"{ZIP}.part").write_bytes(PACKAGE.content[:100])
    (tmp_path / "out" / ZIP).write_bytes(PACKAGE.content[:200])

    VendorFolder(tmp_path.as_uri()).hand_over(PACKAGE)

    assert contents(tmp_path) == complete()


class Lossy(LocalFileSystem):  # type: ignore[misc]
    """Loses the last byte of everything it writes."""

    cachable = False

    def pipe_file(self, path: str, value: bytes, **kwargs: Any) -> None:
        super().pipe_file(path, value[:-1], **kwargs)


class Unreachable(LocalFileSystem):  # type: ignore[misc]
    cachable = False

    def exists(self, path: str, **kwargs: Any) -> bool:
        raise ConnectionResetError("sftp.vendor.example refused user pact")


def test_what_was_not_written_as_it_should_be_is_never_announced(tmp_path: Path) -> None:
    with pytest.raises(Retryable):
        VendorFolder(tmp_path.as_uri(), filesystem=Lossy()).hand_over(PACKAGE)

    assert not (tmp_path / "out" / ZIP).exists()
    assert not (tmp_path / "out" / TRIGGER).exists()


def test_a_silent_vendor_is_worth_another_try_and_its_words_are_not_repeated(
    tmp_path: Path,
) -> None:
    with pytest.raises(Retryable) as caught:
        VendorFolder(tmp_path.as_uri(), filesystem=Unreachable()).hand_over(PACKAGE)

    assert "vendor.example" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["s3", "nosuch"])
def test_a_url_that_nothing_installed_opens_is_named_without_what_it_holds(scheme: str) -> None:
    with pytest.raises(SettingsError, match=f"{scheme}://") as caught:
        VendorFolder(f"{scheme}://user:secret@bucket/folder")
    assert "secret" not in str(caught.value)


def test_only_finished_answers_are_read(tmp_path: Path) -> None:
    vendor = VendorFolder(tmp_path.as_uri())
    assert vendor.inbound() == {}

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.ack").write_bytes(b"2")
    (tmp_path / "in" / "a.ack").write_bytes(b"1")
    (tmp_path / "in" / "c.ack.part").write_bytes(b"3")
    assert vendor.inbound() == {"a.ack": b"1", "b.ack": b"2"}


def test_a_package_written_but_never_announced_can_be_taken_back(tmp_path: Path) -> None:
    vendor = VendorFolder(tmp_path.as_uri())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ZIP).write_bytes(PACKAGE.content)
    (tmp_path / "out" / f"{ZIP}.part").write_bytes(b"")

    assert not vendor.is_announced(PACKAGE.name)
    vendor.discard(PACKAGE.name)
    assert contents(tmp_path) == {}


def test_an_announced_package_is_not_ours_to_take_back(tmp_path: Path) -> None:
    vendor = VendorFolder(tmp_path.as_uri())
    vendor.hand_over(PACKAGE)

    assert vendor.is_announced(PACKAGE.name)
    with pytest.raises(InvariantBroken):
        vendor.discard(PACKAGE.name)
    assert contents(tmp_path) == complete()
