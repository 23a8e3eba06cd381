"""A package is sealed for the vendor alone, signed by the county, and never with a key that fails."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest

from pact_etl.delivery import Package, Seal
from pact_etl.domain.errors import SettingsError
from pact_etl.simulator.vendor_keys import make_throwaway_keys, open_sealed
from tests.gnupg import Gpg

NOW = datetime.now(UTC)
PACKAGE = Package(
    name="PACT-sacramento-20261120-000001-0a1b2c3d",
    content=b"PK" + bytes(range(256)) * 400,
    pdf_sha256="0" * 64,
    pieces=2,
    pages=8,
    sheets=8,
)


@pytest.fixture
def keys(throwaway_keys: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(throwaway_keys, tmp_path / "keys"))


def test_the_vendor_reads_what_the_county_sealed(keys: Path) -> None:
    sealed = Seal(keys, now=NOW).close(PACKAGE)

    assert sealed.file_name == f"{PACKAGE.name}.zip.pgp"
    assert open_sealed(keys, sealed.content) == PACKAGE.content
    assert b"PK" + bytes(range(64)) not in sealed.content


def test_sealing_again_gives_other_bytes_under_the_same_name(keys: Path) -> None:
    seal = Seal(keys, now=NOW)
    first, second = seal.close(PACKAGE), seal.close(PACKAGE)

    assert first.name == second.name
    assert first.sha256 != second.sha256


def test_a_strangers_message_is_not_taken_for_the_countys(keys: Path, tmp_path: Path) -> None:
    stranger = make_throwaway_keys(tmp_path / "stranger")
    shutil.copy(keys / "vendor.cert.asc", stranger / "vendor.cert.asc")
    forged = Seal(stranger, now=NOW).close(PACKAGE)

    with pytest.raises(ValueError, match="did not sign"):
        open_sealed(keys, forged.content)


def write_key(keys: Path, name: str, *, validity: timedelta) -> None:
    key = pysequoia.Tsk.generate("short", validity_seconds=int(validity.total_seconds()))
    text = str(key) if "key" in name else str(key.extract_certificate())
    (keys / name).write_text(text)


@pytest.mark.parametrize("name", ["county.key.asc", "vendor.cert.asc"])
def test_a_key_that_has_ended_is_refused_by_name_and_one_that_ends_soon_is_told(
    keys: Path, name: str
) -> None:
    write_key(keys, name, validity=timedelta(days=10))

    assert Seal(keys, now=NOW).ends_soon == [name]
    with pytest.raises(SettingsError, match=rf"{name}: expired on \d"):
        Seal(keys, now=NOW + timedelta(days=11))


@pytest.mark.parametrize("name", ["county.key.asc", "vendor.cert.asc"])
@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_what_is_no_key_is_refused_without_repeating_it(
    keys: Path, name: str, content: bytes | None
) -> None:
    (keys / name).unlink()
    if content is not None:
        (keys / name).write_bytes(content)
        (keys / name).chmod(0o600)

    with pytest.raises(SettingsError, match=name) as caught:
        Seal(keys, now=NOW)
    assert "junk" not in str(caught.value)
    assert "backtrace" not in str(caught.value)


def test_a_county_key_that_others_may_read_is_refused(keys: Path) -> None:
    (keys / "county.key.asc").chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        Seal(keys, now=NOW)


@pytest.mark.parametrize(("primary", "sub"), [("rsa3072", "rsa3072"), ("ed25519", "cv25519")])
def test_a_vendor_with_gpg_opens_a_package_and_is_told_that_the_county_signed_it(
    keys: Path, tmp_path: Path, gpg: Gpg, primary: str, sub: str
) -> None:
    gpg.make_key(primary, sub, keys / "vendor.cert.asc")
    gpg("--import", str(keys / "county.cert.asc"))
    path = tmp_path / "package.zip.pgp"
    path.write_bytes(Seal(keys, now=NOW).close(PACKAGE).content)

    opened = gpg("--decrypt", str(path))

    assert opened.stdout == PACKAGE.content
    assert b"GOODSIG" in opened.stderr


def test_a_certificate_whose_subkey_for_encryption_ends_earlier_is_looked_at_closely(
    keys: Path, gpg: Gpg
) -> None:
    own = gpg.make_key("ed25519", "cv25519", keys / "vendor.cert.asc", sub_ends="10d")

    assert Seal(keys, now=NOW).ends_soon == ["vendor.cert.asc"]
    with pytest.raises(SettingsError, match="its subkey for encryption has ended"):
        Seal(keys, now=NOW + timedelta(days=11))

    gpg("--quick-add-key", own, "cv25519", "encr", "never")
    (keys / "vendor.cert.asc").write_bytes(gpg("--armor", "--export", own).stdout)
    assert Seal(keys, now=NOW + timedelta(days=11)).ends_soon == []


def test_throw_away_keys_are_made_once(tmp_path: Path) -> None:
    folder = make_throwaway_keys(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    make_throwaway_keys(folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not [path for path in tmp_path.iterdir() if path != folder]
