"""The kinds of place a vendor's folder can lie in, each behind a wire that can break: what tests see of them."""

import contextlib
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest

from pact_etl.delivery import VendorFolder
from pact_etl.delivery.places import VendorAccess
from pact_etl.simulator.servers.sftp_server import SftpServer
from tests.integration.connectors.openssh import USER, running_openssh
from tests.integration.delivery.cutting import Wire
from tests.integration.delivery.object_server import Strict, serving

BUCKET, PREFIX = "vendor", "county/pact"
_LOGIN = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-west-2"}


@dataclass(kw_only=True)
class Exchange:
    """One vendor's folder.

    Attributes:
        url: as PACT_VENDOR_URL, through the wire.
        access: what opens it.
        root: where it lies on this machine; None for an object store.
        wire: what the client speaks through; None for a plain folder.
        store: a client of the object store that needs no wire.
        server: the object store itself.
    """

    url: str
    access: VendorAccess
    root: Path | None = None
    wire: Wire | None = None
    store: Any = field(default=None, repr=False)
    server: Strict | None = None

    def folder(self, **access: object) -> VendorFolder:
        """The county's view of it."""
        return VendorFolder(self.url, access=replace(self.access, **access))

    def put(self, path: str, content: bytes) -> None:
        """Write a file as somebody else would."""
        if self.root is None:
            self.store.put_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}", Body=content)
            return
        target = self.root / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        if os.geteuid() == 0 and self.wire is not None:
            owner = pwd.getpwnam(USER).pw_uid
            for one in (target.parent, target):
                os.chown(one, owner, -1)

    def files(self) -> dict[str, bytes]:
        """Everything that lies there, by its path."""
        if self.root is not None:
            paths = (path for path in sorted(self.root.rglob("*")) if path.is_file())
            return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}
        listed = self.store.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)
        found = {}
        for one in listed.get("Contents", []):
            body = self.store.get_object(Bucket=BUCKET, Key=one["Key"])["Body"]
            found[one["Key"].removeprefix(f"{PREFIX}/")] = body.read()
            body.close()
        return found


@contextlib.contextmanager
def plain_folder(tmp_path: Path) -> Iterator[Exchange]:
    yield Exchange(url=str(tmp_path / "vendor"), access=VendorAccess(), root=tmp_path / "vendor")


@contextlib.contextmanager
def sftp_folder(tmp_path: Path) -> Iterator[Exchange]:
    """OpenSSH where it is installed, the simulator's server otherwise."""
    with contextlib.ExitStack() as stack:
        try:
            openssh = stack.enter_context(running_openssh())
        except pytest.skip.Exception:
            stack.pop_all().close()
            key = asyncssh.generate_private_key("ssh-ed25519")
            public = key.export_public_key().decode()
            served = tmp_path / "served"
            served.mkdir()
            simulated = stack.enter_context(
                SftpServer(folder=served, user=USER, public_keys=(public,), returns="files")
            )
            port, host_key, root = simulated.port, simulated.host_key, served / "files"
        else:
            port, host_key, key = openssh.port, openssh.host_key, openssh.key
            root = openssh.root / "files"
        root.mkdir()
        if os.geteuid() == 0:
            os.chown(root, pwd.getpwnam(USER).pw_uid, -1)
        wire = stack.enter_context(Wire(port))
        access = VendorAccess(
            host_key=host_key,
            private_key=key.export_private_key().decode(),
            timeout_seconds=20,
        )
        url = f"sftp://{USER}@127.0.0.1:{wire.port}/files"
        yield Exchange(url=url, access=access, root=root, wire=wire)


@contextlib.contextmanager
def object_store(tmp_path: Path) -> Iterator[Exchange]:
    """A real S3 server on the loopback interface."""
    server = Strict()
    with serving(server) as port:
        store = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **_LOGIN)
        place = {"LocationConstraint": "us-west-2"}
        store.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        with Wire(port) as wire:
            access = VendorAccess(
                s3_endpoint=f"http://127.0.0.1:{wire.port}",
                s3_region="us-west-2",
                s3_key_id="test",
                s3_secret="test",
                timeout_seconds=20,
            )
            url = f"s3://{BUCKET}/{PREFIX}"
            yield Exchange(url=url, access=access, wire=wire, store=store, server=server)
        store.close()


EXCHANGES: dict[str, Callable[[Path], contextlib.AbstractContextManager[Exchange]]] = {
    "folder": plain_folder,
    "sftp": sftp_folder,
    "s3": object_store,
}
