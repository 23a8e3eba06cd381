"""The exchange behind a real OpenSSH server: the vendor reads out/, writes in/, and nothing else."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from pact_etl.delivery import SealedPackage, VendorFolder
from tests.conftest import ROOT
from tests.integration.connectors.openssh import USER, OpenSsh
from tests.integration.delivery.conftest import COUNTY

pytestmark = pytest.mark.integration

CONTENT = bytes(range(256)) * 1000
PACKAGE = SealedPackage(
    name="PACT-sacramento-20261120-000001-0a1b2c3d",
    content=CONTENT,
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    pieces=2,
)
Session = Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, Any]]


def as_vendor(server: OpenSsh, session: Session) -> Any:
    async def run() -> Any:
        trusted = asyncssh.import_known_hosts(f"[127.0.0.1]:{server.port} {server.host_key}\n")
        async with (
            asyncssh.connect(
                "127.0.0.1",
                server.port,
                username=USER,
                client_keys=[server.key],
                known_hosts=trusted,
                config=None,
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            return await session(sftp)

    return asyncio.run(run())


async def write(sftp: asyncssh.SFTPClient, path: str) -> None:
    async with sftp.open(path, "wb") as opened:
        await opened.write(b"x")


FORBIDDEN: dict[str, Session] = {
    "write into out": lambda sftp: write(sftp, "/files/out/more"),
    "write over a package": lambda sftp: write(sftp, f"/files/out/{PACKAGE.file_name}"),
    "delete a package": lambda sftp: sftp.remove(f"/files/out/{PACKAGE.file_name}"),
    "rename a trigger": lambda sftp: sftp.rename(f"/files/out/{PACKAGE.name}.trg", "/files/in/x"),
    "write beside the folders": lambda sftp: write(sftp, "/files/more"),
    "rename a folder": lambda sftp: sftp.rename("/files/in", "/files/out2"),
    "make a folder": lambda sftp: sftp.mkdir("/more"),
    "read the machine's files": lambda sftp: sftp.stat("/etc/passwd"),
    "read above the folder": lambda sftp: sftp.stat("/../../etc/passwd"),
    "write into the test's out": lambda sftp: write(sftp, "/files/test/out/more"),
}


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_the_vendor_may_do_nothing_else(server: OpenSsh, deed: str) -> None:
    VendorFolder(str(server.root / "files")).hand_over(PACKAGE)

    with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile)):
        as_vendor(server, FORBIDDEN[deed])
    assert Path(server.root / "files" / "out" / PACKAGE.file_name).read_bytes() == CONTENT


def test_what_runs_in_compose_locks_the_vendor_in_the_same_way() -> None:
    config = (ROOT / "deploy" / "sftp" / "sshd_config").read_text()
    start = (ROOT / "deploy" / "sftp" / "start.sh").read_text()

    for line in ("ChrootDirectory /srv/vendor", "ForceCommand internal-sftp -d /files -u 0027"):
        assert line in config.splitlines()
    assert f"make-folders /srv/vendor/files {COUNTY} 10002" in start
    assert f"useradd --system --uid {COUNTY} " in (ROOT / "deploy" / "Dockerfile").read_text()
    assert "useradd --uid 10002 " in (ROOT / "deploy" / "sftp" / "Dockerfile").read_text()
