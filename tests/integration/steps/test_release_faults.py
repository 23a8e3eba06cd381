"""What stops a package: nothing is booked that did not happen, the alert names its heading, and a repeat heals it."""

import contextlib
import os
import pwd
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pysequoia
import pytest

from pact_etl import wiring
from pact_etl.domain.disclosure import LETTER_RECIPIENTS
from pact_etl.domain.errors import Permanent, Retryable, SettingsError
from pact_etl.settings import Settings
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.transport.sftp import SftpSession
from pact_etl.transport.trouble import TransportFault, Trouble
from pact_etl.wiring import Collaborators
from tests.integration.connectors.openssh import USER
from tests.integration.delivery.exchanges import EXCHANGES, Exchange
from tests.integration.steps.letters import NIGHT, approved_batch, one, statuses

pytestmark = pytest.mark.integration

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
Break = Callable[[Exchange, pytest.MonkeyPatch], contextlib.AbstractContextManager[dict[str, Any]]]


def settings_for(using: Collaborators, exchange: Exchange, **changes: Any) -> Collaborators:
    access = exchange.access
    reached = {
        "vendor_url": exchange.url,
        "vendor_host_key": access.host_key,
        "vendor_private_key": access.private_key,
        "vendor_s3_endpoint": access.s3_endpoint,
        "vendor_s3_region": access.s3_region,
        "vendor_s3_key_id": access.s3_key_id,
        "vendor_s3_secret": access.s3_secret,
        "vendor_timeout_seconds": 20,
    }
    settings = Settings(**(using.settings.model_dump() | reached | changes))
    return replace(using, settings=settings)


@contextlib.contextmanager
def cut(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    assert exchange.wire is not None
    exchange.wire.up = 20_000
    yield {}
    exchange.wire.mend()


@contextlib.contextmanager
def silent(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    assert exchange.wire is not None
    exchange.wire.up, exchange.wire.is_dead = 20_000, True
    yield {"vendor_timeout_seconds": 2}
    exchange.wire.mend()


@contextlib.contextmanager
def down(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    assert exchange.wire is not None
    exchange.wire.up = 0
    yield {}
    exchange.wire.mend()


@contextlib.contextmanager
def another_host_key(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    yield {"vendor_host_key": key}


@contextlib.contextmanager
def another_login(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    yield {"vendor_private_key": key}


@contextlib.contextmanager
def not_ours_to_write(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    out = out_of(exchange)
    if os.geteuid() != 0 or not shutil.which("sshd", path="/usr/sbin:/usr/bin"):
        pytest.skip("needs a server that runs under another account than ours")
    os.chown(out, 0, 0)
    yield {}
    os.chown(out, pwd.getpwnam(USER).pw_uid, -1)


@contextlib.contextmanager
def full_disk(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    out = out_of(exchange)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k,mode=0777", "tmpfs", str(out)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield {}
        assert not [path for path in out.iterdir() if path.suffix != ".part"]
    finally:
        subprocess.run(["umount", str(out)], check=True)


@contextlib.contextmanager
def file_size_limit(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        yield {}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def answers(status: int, code: str) -> Break:
    @contextlib.contextmanager
    def refuse(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
        assert exchange.server is not None
        exchange.server.refusal = (status, code)
        yield {}
        exchange.server.refusal = None

    return refuse


@contextlib.contextmanager
def no_such_bucket(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    yield {"vendor_url": "s3://canary-nobody/pact"}


@contextlib.contextmanager
def lost_answer(exchange: Exchange, patch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The trigger is written, and the connection goes before the server can say so."""
    whole = SftpSession.replace

    def replace_and_lose(self: SftpSession, path: str, target: str) -> None:
        whole(self, path, target)
        if target.endswith(".trg"):
            raise TransportFault(Trouble.CONNECTION_LOST)

    with patch.context() as patched:
        patched.setattr(SftpSession, "replace", replace_and_lose)
        yield {}
    assert [name for name in exchange.files() if name.endswith(".trg")]


def out_of(exchange: Exchange) -> Path:
    assert exchange.root is not None
    out = exchange.root / "out"
    out.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(out, pwd.getpwnam(USER).pw_uid, -1)
    return out


FAULTS = {
    "the upload breaks off": ("sftp", cut, Retryable, "connection_lost", "vendor-unreachable"),
    "the server falls silent": ("sftp", silent, Retryable, "timed_out", "vendor-unreachable"),
    "nobody answers": ("sftp", down, Retryable, "connection_lost", "vendor-unreachable"),
    "the host key is another": (
        "sftp",
        another_host_key,
        Permanent,
        "host_key_unknown",
        "vendor-host-key",
    ),
    "the login is refused": (
        "sftp",
        another_login,
        Permanent,
        "login_refused",
        "vendor-login-refused",
    ),
    "out/ is not ours to write": (
        "sftp",
        not_ours_to_write,
        Permanent,
        "permission_denied",
        "vendor-rights",
    ),
    "the vendor's disk is full": ("sftp", full_disk, Retryable, "no_space", "vendor-no-space"),
    "the trigger's answer is lost": (
        "sftp",
        lost_answer,
        Retryable,
        "connection_lost",
        "vendor-unreachable",
    ),
    "our own disk is full": ("folder", full_disk, Retryable, "no_space", "vendor-no-space"),
    "our files may not grow": ("folder", file_size_limit, Retryable, "no_space", "vendor-no-space"),
    "the upload to the store breaks off": (
        "s3",
        cut,
        Retryable,
        "connection_lost",
        "vendor-unreachable",
    ),
    "the store takes no writes": (
        "s3",
        answers(403, "AccessDenied"),
        Permanent,
        "permission_denied",
        "vendor-rights",
    ),
    "the store no longer knows us": (
        "s3",
        answers(403, "InvalidAccessKeyId"),
        Permanent,
        "login_refused",
        "vendor-login-refused",
    ),
    "the store is full": (
        "s3",
        answers(507, "InsufficientStorage"),
        Retryable,
        "no_space",
        "vendor-no-space",
    ),
    "the bucket is not there": (
        "s3",
        no_such_bucket,
        Permanent,
        "place_missing",
        "vendor-rights",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_stops_a_package_books_nothing_is_told_and_heals_by_a_repeat(
    using: Collaborators,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    kind, break_it, error, code, heading = FAULTS[name]
    batch = approved_batch(using, ["01", "02"])
    with EXCHANGES[kind](tmp_path) as exchange:
        with break_it(exchange, monkeypatch) as wrong, pytest.raises(error, match=code) as stopped:
            release_batch(settings_for(using, exchange, **wrong), batch)
        check_nothing_is_booked(using)
        check_told(caplog, code, heading)
        assert not re.search(r"canary|nobody|127\.0\.0\.1|sftp://|s3://", str(stopped.value))

        release_batch(settings_for(using, exchange), batch)
        check_all_is_out(using, exchange)
        reconcile_vendor(settings_for(using, exchange), NIGHT)
    balanced: Any = vendor_balance(using, NIGHT)
    [day] = balanced["days"].values()
    assert len(day["packaged"]) == 2


def check_nothing_is_booked(using: Collaborators) -> None:
    assert set(statuses(using)) <= {"approved", "rendered"}
    assert one(using, "SELECT count(*) FROM disclosure") == 0
    assert one(using, "SELECT status FROM batch") == "approved"


def check_told(caplog: pytest.LogCaptureFixture, code: str, heading: str) -> None:
    told = [record for record in caplog.records if hasattr(record, "runbook")]
    assert {(record.fault, record.runbook) for record in told} == {(code, heading)}  # type: ignore[attr-defined]
    assert f"### {heading}\n" in RUNBOOK.read_text(encoding="utf-8")
    assert f"`{code}`" in RUNBOOK.read_text(encoding="utf-8")


def check_all_is_out(using: Collaborators, exchange: Exchange) -> None:
    """As after a run that nothing stopped: one package, announced, under the first number, and all of it logged."""
    assert statuses(using) == {"packaged": 2}
    assert one(using, "SELECT count(*) FROM disclosure") == 2 * len(LETTER_RECIPIENTS)
    names = sorted(path.rsplit("/", 1)[-1] for path in exchange.files())
    assert [name.partition(".")[2] for name in names] == ["trg", "zip.pgp"]
    assert {name.split("-")[3] for name in names} == {"000001"}


def short_lived(name: str, keys: Path) -> None:
    key = pysequoia.Tsk.generate("short", validity_seconds=int(timedelta(days=9).total_seconds()))
    write(keys / name, str(key) if "key" in name else str(key.extract_certificate()))


def write(path: Path, content: str) -> None:
    path.write_text(content, encoding="ascii")
    path.chmod(0o600)


KEYS = {
    "our key is gone": ("county.key.asc", lambda path: path.unlink(), "not readable"),
    "our key is no key": ("county.key.asc", lambda path: write(path, "canary"), "not an OpenPGP"),
    "the vendor's is no key": ("vendor.cert.asc", lambda path: write(path, "canary"), "not an"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_cannot_be_used_books_nothing_and_is_told(
    using: Collaborators, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    file, spoil, why = KEYS[name]
    batch = approved_batch(using, ["01", "02"])
    bad = Path(shutil.copytree(using.settings.vendor_keys, tmp_path / "bad"))
    spoil(bad / file)
    with EXCHANGES["folder"](tmp_path) as exchange:
        with pytest.raises(SettingsError, match=why) as stopped:
            release_batch(settings_for(using, exchange, vendor_keys_folder=bad), batch)
        check_nothing_is_booked(using)
        [told] = [record for record in caplog.records if hasattr(record, "runbook")]
        assert told.runbook == "vendor-key-unusable"
        assert why in told.fault  # type: ignore[attr-defined]
        assert "canary" not in f"{stopped.value}{told.fault}"  # type: ignore[attr-defined]

        release_batch(settings_for(using, exchange), batch)
        check_all_is_out(using, exchange)


@pytest.mark.parametrize(
    ("file", "end"),
    [
        ("county.key.asc", "soon"),
        ("county.key.asc", "past"),
        ("vendor.cert.asc", "soon"),
        ("vendor.cert.asc", "past"),
        ("vendor.cert.asc", "revoked"),
    ],
)
def test_the_end_of_a_key_is_told_before_and_stops_everything_after(
    using: Collaborators,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    end: str,
) -> None:
    batch = approved_batch(using, ["01", "02"])
    keys = Path(shutil.copytree(using.settings.vendor_keys, tmp_path / "ending"))
    if end == "revoked":
        revoke(keys)
    else:
        short_lived(file, keys)
    if end == "past":
        later(monkeypatch, timedelta(days=10))
    with EXCHANGES["folder"](tmp_path) as exchange:
        ending = settings_for(using, exchange, vendor_keys_folder=keys)
        if end == "soon":
            release_batch(ending, batch)
            check_all_is_out(using, exchange)
            heading = "vendor-key-ends"
        else:
            with pytest.raises(SettingsError, match="expired" if end == "past" else "revoked"):
                release_batch(ending, batch)
            check_nothing_is_booked(using)
            heading = "vendor-key-unusable"
    told = [record for record in caplog.records if hasattr(record, "runbook")]
    assert [record.runbook for record in told] == [heading]
    assert file in str(getattr(told[0], "keys", "")) + str(getattr(told[0], "fault", ""))
    assert f"### {heading}\n" in RUNBOOK.read_text(encoding="utf-8")


def revoke(keys: Path) -> None:
    secret = pysequoia.Tsk.from_file(str(keys / "vendor.key.asc"))
    certificate = secret.extract_certificate()
    revocation = certificate.revoke(secret.certifier())
    revoked = pysequoia.Cert.from_bytes(bytes(certificate) + bytes(revocation))
    write(keys / "vendor.cert.asc", str(revoked))


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """The clock of whoever seals."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + by

    monkeypatch.setattr(wiring, "datetime", Later)
