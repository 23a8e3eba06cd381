"""What the vendor's own check sees, on a sample package that it opens with throw-away keys."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.delivery import Package, Seal, VendorFolder, vendor_check
from pact_etl.delivery.vendor_check import Checked, check_folder
from pact_etl.domain.errors import InvariantBroken
from pact_etl.settings import Settings
from pact_etl.simulator.vendor_keys import open_sealed
from pact_etl.steps.vendor_sample import hand_over_test, write_kit
from tests.gnupg import Gpg
from tests.protocol_reader import read_batch
from tests.vendor import open_package, sealed_packages

AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kit") / "kit"
    write_kit(Settings(), out, AS_OF)
    return out


@pytest.fixture
def whole_kit(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "kit"))


@pytest.fixture
def kit(whole_kit: Path) -> Path:
    """The kit with the first of its two packages."""
    leave_only(whole_kit, "000001")
    return whole_kit


def leave_only(kit: Path, number: str) -> None:
    for path in (kit / "test" / "out").iterdir():
        if f"-{number}-" not in path.name:
            path.unlink()


def check(kit: Path) -> list[Checked]:
    keys = kit / "keys"
    return check_folder(kit / "test", key=keys / "vendor.key.asc", county=keys / "county.cert.asc")


def faults(kit: Path) -> list[str]:
    return [fault for one in check(kit) for fault in one.faults]


def reseal(kit: Path, change: Callable[[dict[str, bytes]], None], name: str = "") -> None:
    """The package again with other content, sealed and announced as a real one would be."""
    [path] = sealed_packages(kit / "test")
    with open_package(kit / "keys", path) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    change(files)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    old = path.name.removesuffix(".zip.pgp")
    for part in (kit / "test" / "out").iterdir():
        part.unlink()
    package = Package(
        name=name or old,
        content=written.getvalue(),
        pdf_sha256="",
        pieces=4,
        pages=1,
        sheets=1,
    )
    seal = Seal(kit / "keys", now=datetime.now(UTC))
    is_test = package.name.startswith("TEST-")
    VendorFolder(str(kit), is_test=is_test).hand_over(seal.close(package))


def test_the_kit_holds_protocol_check_keys_and_a_test_package_that_passes(kit: Path) -> None:
    assert (kit / "vendor_protocol.md").exists()
    [package, whole] = check(kit)

    assert package.is_test
    assert (len(package.pieces), package.pages) == (4, 17)
    assert package.faults == package.notes == whole.faults == []


def test_the_kit_holds_two_packages_of_one_night_and_each_passes_by_itself(whole_kit: Path) -> None:
    first, second, whole = check(whole_kit)
    assert not first.faults + second.faults + whole.faults
    assert len({*first.pieces, *second.pieces}) == 8

    leave_only(whole_kit, "000002")
    assert [one.faults for one in check(whole_kit)] == [[], []]


def test_a_vendor_with_gpg_opens_what_lies_in_the_kit_with_the_keys_that_lie_beside_it(
    whole_kit: Path, gpg: Gpg
) -> None:
    for name in ("vendor.key.asc", "county.cert.asc"):
        gpg("--import", str(whole_kit / "keys" / name))

    for path in sealed_packages(whole_kit / "test"):
        opened = gpg("--decrypt", str(path))
        assert b"[GNUPG:] GOODSIG" in opened.stderr
        batch = read_batch(path.name.removesuffix(".zip.pgp"), opened.stdout)
        assert len(batch.pieces) == 4


def test_the_check_runs_alone_and_offline_with_the_standard_library_and_one_wheel(
    kit: Path,
) -> None:
    keys = kit / "keys"
    script = (
        "import socket, sys, runpy\n"
        "socket.socket.connect = None\n"
        "class Ban:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name.split('.')[0] in ('pact_etl', 'pypdfium2', 'fsspec', 'pydantic'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Ban())\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    arguments = ["vendor_check.py", "test", "--key", str(keys / "vendor.key.asc")]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments, "--county", str(keys / "county.cert.asc")],
        cwd=kit,
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "TEST, never to be mailed: 4 pieces, 17 pages: well" in done.stdout
    assert "pypdfium2 is not installed" in done.stdout


def test_every_page_of_a_test_package_says_so(kit: Path) -> None:
    [path] = sealed_packages(kit / "test")
    with open_package(kit / "keys", path) as package:
        document = pdfium.PdfDocument(package.read("letters.pdf"))
        manifest = json.loads(package.read("manifest.json"))
    pages = [page.get_textpage().get_text_range() for page in document]

    assert path.name.startswith("TEST-PACT-")
    assert manifest["test"] is True
    assert len(pages) == 17
    assert all("TEST" in page for page in pages)
    assert not (kit / "out").exists()


def test_a_test_package_cannot_be_handed_over_as_a_real_one(kit: Path) -> None:
    seal = Seal(kit / "keys", now=datetime.now(UTC))
    [path] = sealed_packages(kit / "test")
    content = open_sealed(kit / "keys", path.read_bytes())
    name = path.name.removesuffix(".zip.pgp")
    package = Package(name=name, content=content, pdf_sha256="", pieces=4, pages=1, sheets=1)

    with pytest.raises(InvariantBroken, match="not for this folder"):
        VendorFolder(str(kit)).hand_over(seal.close(package))


def test_a_test_is_handed_over_once(tmp_path: Path, throwaway_keys: Path) -> None:
    settings = Settings(var=tmp_path, vendor_keys_folder=throwaway_keys)

    assert not hand_over_test(settings, AS_OF).was_there
    assert hand_over_test(settings, AS_OF).was_there
    assert not hand_over_test(settings, AS_OF, 2).was_there
    assert len(sealed_packages(tmp_path / "vendor" / "test")) == 2


def test_a_package_that_was_changed_on_the_way_is_seen(kit: Path) -> None:
    [path] = sealed_packages(kit / "test")
    path.write_bytes(path.read_bytes()[:-1])

    assert faults(kit) == ["wrong_hash"]


def test_a_package_of_a_stranger_is_seen(kit: Path) -> None:
    [path] = sealed_packages(kit / "test")
    (kit / "keys" / "county.cert.asc").write_bytes((kit / "keys" / "vendor.cert.asc").read_bytes())

    assert faults(kit) == ["cannot_be_opened_or_not_signed_by_the_county"]
    assert path.exists()


def drop_last_line(files: dict[str, bytes]) -> None:
    files["manifest.csv"] = files["manifest.csv"].rsplit(b"\n", 2)[0] + b"\n"


def swap_pieces(files: dict[str, bytes]) -> None:
    for name in ("manifest.csv", "manifest.json"):
        text = files[name].replace(b"P9999990001", b"X").replace(b"P9999990002", b"P9999990001")
        files[name] = text.replace(b"X", b"P9999990002")


def unflag(files: dict[str, bytes]) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b'"test": true', b'"test": false')


def spoil(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"{"


def add_file(files: dict[str, bytes]) -> None:
    files["more.txt"] = b""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (drop_last_line, ["totals_differ", "csv_and_json_differ", "pdf_has_other_pages"]),
        (swap_pieces, ["page_mark_wrong: P9999990002", "page_mark_wrong: P9999990001"]),
        (unflag, ["test_flag_and_name_differ"]),
        (spoil, ["manifest_unreadable"]),
        (add_file, ["other_files_than_agreed"]),
    ],
)
def test_a_package_that_contradicts_itself_is_seen(
    kit: Path, change: Callable[[dict[str, bytes]], None], expected: list[str]
) -> None:
    reseal(kit, change)

    assert faults(kit) == expected


def test_a_missing_number_is_seen(kit: Path) -> None:
    [path] = sealed_packages(kit / "test")
    late = path.name.removesuffix(".zip.pgp").replace("-000001-", "-000004-")
    for suffix in (".zip.pgp", ".trg"):
        source = kit / "test" / "out" / path.name.replace(".zip.pgp", suffix)
        shutil.copy(source, kit / "test" / "out" / (late + suffix))

    assert faults(kit)[-2:] == ["sequence_gap: 000002", "sequence_gap: 000003"]


@pytest.mark.parametrize(
    ("suffix", "content", "expected"),
    [
        (".ack", "{", "unreadable"),
        (".mailed.csv", "piece_id,mailed_on\nP0000000001,2026-11-24\n", "unknown_piece"),
        (".mailed.csv", "piece_id,mailed_on\nP9999990001,tomorrow\n", "unreadable"),
        (
            ".returned.csv",
            "piece_id,returned_on,reason\nP9999990001,2026-11-24,gone\n",
            "reason_not_agreed",
        ),
    ],
)
def test_an_answer_the_county_would_not_take_is_seen_before_it_is_sent(
    kit: Path, suffix: str, content: str, expected: str
) -> None:
    [path] = sealed_packages(kit / "test")
    answer = path.name.removesuffix(".zip.pgp") + suffix
    (kit / "test" / "in").mkdir()
    (kit / "test" / "in" / answer).write_text(content)

    assert faults(kit) == [f"answer {answer}: {expected}"]


@pytest.mark.parametrize(
    "content",
    ["piece_id,returned_on,reason\n{},2026-11-24,\n", "piece_id,returned_on\n{},2026-11-24\n"],
)
def test_a_return_whose_stamp_cannot_be_read_is_well(kit: Path, content: str) -> None:
    [path] = sealed_packages(kit / "test")
    (kit / "test" / "in").mkdir()
    answer = kit / "test" / "in" / path.name.replace(".zip.pgp", ".returned.csv")
    answer.write_text(content.format("P9999990001"))

    assert faults(kit) == []


def test_a_key_that_cannot_be_read_is_named(kit: Path) -> None:
    (kit / "keys" / "vendor.key.asc").write_text("junk")

    with pytest.raises(ValueError, match=r"vendor\.key\.asc: not an OpenPGP key") as caught:
        check(kit)
    assert "backtrace" not in str(caught.value)


def test_the_command_line_writes_the_kit_and_checks_it(tmp_path: Path) -> None:
    run = CliRunner().invoke
    keys = tmp_path / "kit" / "keys"
    key, county = str(keys / "vendor.key.asc"), str(keys / "county.cert.asc")
    asked = ["vendor", "check", str(tmp_path / "kit" / "test"), "--key", key, "--county", county]
    kit = run(app, ["vendor", "kit", "--out", str(tmp_path / "kit"), "--as-of", "2026-11-20"])
    assert kit.exit_code == 0, kit.output

    assert run(app, asked).exit_code == 0
    path, _ = sealed_packages(tmp_path / "kit" / "test")
    path.write_bytes(b"")
    assert run(app, asked).exit_code == 1


def test_an_answer_to_no_package_is_seen(kit: Path) -> None:
    (kit / "test" / "in").mkdir()
    (kit / "test" / "in" / "PACT-other.ack").write_text("{}")

    assert faults(kit) == ["answer_to_no_package: PACT-other.ack"]


def test_a_good_acknowledgement_passes(kit: Path) -> None:
    [package, _] = check(kit)
    answer = {
        "batch": package.name,
        "status": "accepted",
        "sha256": package.pdf_sha256,
        "pieces": 4,
        "pages": 17,
        "sheets": 17,
        "rejected": [],
    }
    (kit / "test" / "in").mkdir()
    ack = kit / "test" / "in" / f"{package.name}.ack"
    ack.write_text(json.dumps(answer))
    assert faults(kit) == []

    ack.write_text(json.dumps(answer | {"pages": 16, "sha256": "0"}))
    assert faults(kit) == [f"answer {ack.name}: {one}" for one in ("wrong_hash", "wrong_count")]


def test_the_check_and_the_county_agree_on_reasons() -> None:
    from pact_etl.delivery import acknowledgements

    assert vendor_check.REJECT_REASONS == acknowledgements.REJECT_REASONS
    assert vendor_check.RETURN_REASONS == acknowledgements.RETURN_REASONS


@pytest.fixture
def protected(kit: Path, tmp_path: Path) -> Path:
    """The kit with a package for a key that gpg made under the password `open sesame`."""
    if shutil.which("gpg") is None:
        pytest.skip("GnuPG is not installed")
    environment = os.environ | {"GNUPGHOME": str(tmp_path / "g")}
    (tmp_path / "g").mkdir(mode=0o700)

    def gpg(*arguments: str) -> bytes:
        plain = ["gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "open sesame"]
        done = subprocess.run(
            [*plain, *arguments], env=environment, check=True, capture_output=True
        )
        return done.stdout

    gpg("--quick-gen-key", "vendor@print.example", "ed25519", "default", "1y")
    listed = gpg("--list-keys", "--with-colons").decode().splitlines()
    own = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
    gpg("--quick-add-key", own, "cv25519", "encr", "1y")
    (kit / "keys" / "vendor.cert.asc").write_bytes(gpg("--armor", "--export", own))
    [path] = sealed_packages(kit / "test")
    content = open_sealed(kit / "keys", path.read_bytes())
    (kit / "keys" / "vendor.key.asc").write_bytes(gpg("--armor", "--export-secret-keys", own))
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)
    for part in (kit / "test" / "out").iterdir():
        part.unlink()
    name = path.name.removesuffix(".zip.pgp")
    package = Package(name=name, content=content, pdf_sha256="", pieces=4, pages=17, sheets=17)
    seal = Seal(kit / "keys", now=datetime.now(UTC))
    VendorFolder(str(kit), is_test=True).hand_over(seal.close(package))
    return kit


def test_the_password_of_a_protected_key_is_read_from_a_file_or_asked_for_and_never_an_argument(
    protected: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, file = protected / "keys", protected / "password"
    key, county = str(keys / "vendor.key.asc"), str(keys / "county.cert.asc")
    asked = [str(protected / "test"), "--key", key, "--county", county]

    file.write_text("open sesame\n")
    assert vendor_check.main([*asked, "--password-file", str(file)]) == 0
    command = ["vendor", "check", *asked, "--password-file", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    file.write_text("guessed\n")
    with pytest.raises(SystemExit):
        vendor_check.main([*asked, "--password-file", str(file)])
    assert "vendor.key.asc: wrong password" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        vendor_check.main(asked)  # no terminal to ask at
    told = capsys.readouterr().err
    assert "protected by a password" in told
    assert "backtrace" not in told

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "open sesame")
    assert vendor_check.main(asked) == 0
