"""One promise, three kinds of place: a package is whole or invisible, announced last, and a repeat heals any break."""

import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from pact_etl.delivery import SealedPackage, VendorFolder, object_place
from pact_etl.delivery.places import VendorAccess
from pact_etl.domain.errors import InvariantBroken, Permanent, Retryable, SettingsError
from tests.integration.delivery.exchanges import BUCKET, EXCHANGES, PREFIX, Exchange

pytestmark = pytest.mark.integration

CONTENT = bytes(range(256)) * 1200  # more than one piece on any wire
PACKAGE = SealedPackage(
    name="PACT-sacramento-20261120-000001-0a1b2c3d",
    content=CONTENT,
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    pieces=2,
)
ZIP, TRIGGER = f"out/{PACKAGE.file_name}", f"out/{PACKAGE.name}.trg"
COMPLETE = {ZIP: CONTENT, TRIGGER: f"{PACKAGE.sha256}  {PACKAGE.file_name}\n".encode()}


# No wire leads to a plain folder; the unit tests break that one at each of its changes.
over_a_wire = pytest.mark.parametrize(
    "place", [name for name in EXCHANGES if name != "folder"], indirect=True
)


@pytest.fixture(scope="module", params=EXCHANGES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    with EXCHANGES[request.param](tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def exchange(place: Exchange) -> Exchange:
    """The place, whole and empty."""
    if place.wire is not None:
        place.wire.mend()
    for path in place.files():
        if place.root is not None:
            (place.root / path).unlink()
        else:
            place.store.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}")
    return place


def alerts(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(r.fault, r.runbook) for r in caplog.records if hasattr(r, "runbook")]


def test_a_package_lies_there_whole_and_then_is_announced(exchange: Exchange) -> None:
    folder = exchange.folder()

    assert not folder.is_announced(PACKAGE.name)
    assert not folder.hand_over(PACKAGE).was_there
    assert exchange.files() == COMPLETE
    assert folder.is_announced(PACKAGE.name)
    folder.confirm(PACKAGE.name, PACKAGE.sha256)
    assert folder.hand_over(PACKAGE).was_there


def test_what_the_vendor_wrote_is_read_and_what_it_is_writing_is_not(exchange: Exchange) -> None:
    folder = exchange.folder()
    assert folder.inbound() == {}

    exchange.put("in/b.ack", b"2")
    exchange.put("in/a.ack", b"")
    exchange.put("in/c.ack.part", b"3")
    assert folder.inbound() == {"a.ack": b"", "b.ack": b"2"}


def test_an_answered_package_is_not_written_again(exchange: Exchange) -> None:
    exchange.put(f"in/{PACKAGE.name}.ack", b"{}")

    assert exchange.folder().hand_over(PACKAGE).was_there
    assert ZIP not in exchange.files()


def test_another_file_under_an_announced_name_stops_everything(exchange: Exchange) -> None:
    folder = exchange.folder()
    folder.hand_over(PACKAGE)
    exchange.put(ZIP, CONTENT[:-1] + b"x")

    with pytest.raises(InvariantBroken):
        folder.hand_over(PACKAGE)
    with pytest.raises(InvariantBroken):
        folder.confirm(PACKAGE.name, PACKAGE.sha256)
    with pytest.raises(InvariantBroken):
        folder.discard(PACKAGE.name)


def test_what_a_dead_run_left_is_written_over_and_swept(exchange: Exchange) -> None:
    exchange.put(ZIP, CONTENT[:1000])
    if exchange.root is not None:
        exchange.put(f"{ZIP}.part", CONTENT[:100])
        exchange.put(f"{TRIGGER}.part", b"x")
    else:
        exchange.store.create_multipart_upload(Bucket=BUCKET, Key=f"{PREFIX}/{ZIP}")

    exchange.folder().hand_over(PACKAGE)

    assert exchange.files() == COMPLETE
    if exchange.root is None:
        assert "Uploads" not in exchange.store.list_multipart_uploads(Bucket=BUCKET)


def test_a_package_that_was_never_announced_can_be_taken_back(exchange: Exchange) -> None:
    exchange.put(ZIP, CONTENT)

    exchange.folder().discard(PACKAGE.name)
    exchange.folder().discard(PACKAGE.name)
    assert exchange.files() == {}


@over_a_wire
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_connection_that_breaks_at_any_byte_ends_as_an_unbroken_one(
    exchange: Exchange, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    wire = exchange.wire
    assert wire is not None
    exchange.folder().hand_over(PACKAGE)
    whole = {"up": wire.sent_up, "down": wire.sent_down}[way]
    # The client of an object store tries again by itself, with pauses.
    shares = (0.0, 0.02, 0.1, 0.3, 0.6, 0.9, 0.97, 0.99, 0.999) if exchange.root else (0.3, 0.97)
    for share in shares:
        for path in COMPLETE:
            remove(exchange, path)
        wire.mend()

        setattr(wire, way, int(whole * share))
        with contextlib.suppress(Retryable):  # a break late enough is no fault
            exchange.folder(timeout_seconds=3).hand_over(PACKAGE)
        assert {heading for _, heading in alerts(caplog)} <= {"vendor-unreachable"}
        found = exchange.files()
        assert TRIGGER not in found or found[ZIP] == CONTENT, share
        assert ZIP not in found or found[ZIP] == CONTENT, share

        wire.mend()
        exchange.folder().hand_over(PACKAGE)
        assert exchange.files() == COMPLETE, share


def remove(exchange: Exchange, path: str) -> None:
    if exchange.root is not None:
        (exchange.root / path).unlink()
    else:
        exchange.store.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}")


@over_a_wire
@pytest.mark.parametrize("after", [0, 100_000])
def test_a_server_that_falls_silent_is_given_up_in_time(
    exchange: Exchange, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert exchange.wire is not None
    exchange.wire.up, exchange.wire.is_dead = after, True
    began = time.monotonic()

    with pytest.raises(Retryable):
        exchange.folder(timeout_seconds=1).hand_over(PACKAGE)

    assert time.monotonic() - began < 12
    assert alerts(caplog)[0][1] == "vendor-unreachable"
    assert TRIGGER not in exchange.files()


@over_a_wire
def test_a_hand_over_as_a_whole_has_an_end_too(exchange: Exchange) -> None:
    assert exchange.wire is not None
    exchange.wire.up, exchange.wire.is_dead = 0, True
    began = time.monotonic()

    with pytest.raises(Retryable, match="timed_out"):
        exchange.folder(transfer_seconds=1).hand_over(PACKAGE)
    assert time.monotonic() - began < 8


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with EXCHANGES["sftp"](tmp_path_factory.mktemp("ssh")) as found:
        yield found


def another_key() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


def test_another_host_key_is_refused_before_anything_is_said(
    ssh: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    for work in (
        lambda folder: folder.hand_over(PACKAGE),
        lambda folder: folder.inbound(),
        lambda folder: folder.is_announced(PACKAGE.name),
    ):
        with pytest.raises(Permanent, match="host_key_unknown"):
            work(ssh.folder(host_key=another_key()))

    assert set(alerts(caplog)) == {("host_key_unknown", "vendor-host-key")}
    assert ssh.files() == {}


def test_either_of_two_keys_is_right_while_the_server_changes_its_key(ssh: Exchange) -> None:
    both = f"{another_key()}\n{ssh.access.host_key}"

    assert ssh.folder(host_key=both).inbound() == {}


@pytest.mark.parametrize(
    ("url", "access"),
    [
        ("sftp://u@127.0.0.1/files", {"private_key": "/none", "host_key": ""}),
        ("sftp://u@127.0.0.1/files", {"private_key": "/none", "host_key": "ssh-ed25519 no"}),
        ("sftp://u@127.0.0.1/files", {"host_key": another_key()}),
        ("sftp://u:secret@127.0.0.1/files", {"host_key": another_key(), "password": "x"}),
        ("ssh://u@127.0.0.1/files", {"host_key": another_key(), "password": "x"}),
        ("simplecache::sftp://u@127.0.0.1/files", {"host_key": another_key(), "password": "x"}),
        ("s3://", {}),
        ("s3://key:secret@bucket/x", {}),
    ],
)
def test_a_place_that_cannot_be_opened_safely_is_a_fault_of_the_settings(
    url: str, access: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as fault:
        VendorFolder(url, access=VendorAccess(**access))
    assert "secret" not in str(fault.value)
    assert "127.0.0.1" not in str(fault.value)


def test_a_refused_login_is_final_and_names_nobody(
    ssh: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()

    with pytest.raises(Permanent, match="login_refused") as refused:
        ssh.folder(private_key=stranger).hand_over(PACKAGE)

    assert alerts(caplog) == [("login_refused", "vendor-login-refused")]
    assert "nobody" not in f"{refused.value}{caplog.text}"


def test_a_folder_that_the_settings_misname_gets_nothing(
    ssh: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    there = ssh.url
    with pytest.raises(Permanent, match="place_missing"):
        VendorFolder(f"{there}/no/such", access=ssh.access).hand_over(PACKAGE)
    assert alerts(caplog) == [("place_missing", "vendor-rights")]


def test_packages_larger_than_one_request_go_up_in_parts_and_a_break_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_place, "PART_BYTES", 5 << 20)
    content = bytes(1 << 20) * 12
    package = SealedPackage(
        name=PACKAGE.name, content=content, sha256=hashlib.sha256(content).hexdigest(), pieces=1
    )
    with EXCHANGES["s3"](tmp_path) as store:
        assert store.wire is not None
        store.wire.up = 7 << 20
        with pytest.raises(Retryable):
            store.folder(timeout_seconds=2).hand_over(package)
        assert store.files() == {}

        store.wire.mend()
        store.folder().hand_over(package)
        assert store.files()[ZIP] == content
        assert "Uploads" not in store.store.list_multipart_uploads(Bucket=BUCKET)


def test_a_bucket_that_the_settings_misname_is_no_empty_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with EXCHANGES["s3"](tmp_path) as store:
        folder = VendorFolder("s3://nobodys/pact", access=store.access)
        for work in (lambda: folder.hand_over(PACKAGE), folder.inbound):
            with pytest.raises(Permanent, match="place_missing"):
                work()
    assert set(alerts(caplog)) == {("place_missing", "vendor-rights")}
