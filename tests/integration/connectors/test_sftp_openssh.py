"""The SFTP folder against a real OpenSSH server, locked into a folder."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from pact_etl.connectors.registry import connector_for
from pact_etl.domain.district import FileLayout
from pact_etl.domain.errors import Permanent, Retryable, SubmissionRefused
from pact_etl.domain.reasons import Reason
from tests.integration.connectors.openssh import USER, OpenSsh, running_openssh
from tests.small_district import make_district
from tests.sources import pull, sources_with

pytestmark = pytest.mark.integration

AS_OF = date(2026, 11, 20)
CONTENT = b"id\n1\n2\n"


@pytest.fixture(scope="module")
def openssh() -> Iterator[OpenSsh]:
    with running_openssh() as server:
        yield server


@pytest.fixture
def folder(openssh: OpenSsh, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own below the server's root, with one settled file."""
    path = openssh.root / str(abs(hash(request.node.name)))
    path.mkdir(mode=0o755)
    put(path / "att.csv", CONTENT, age=3600)
    return path


def put(path: Path, content: bytes, age: int = 0) -> None:
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))


def district_of(server: OpenSsh, folder: str, *, name: str = "att.csv", **options):
    options = {
        "host_key": server.host_key,
        "second_look_seconds": 0,
        "timeout_seconds": 10,
    } | options
    return make_district(
        url=f"sftp://{USER}@127.0.0.1:{server.port}/{folder}",
        path="",
        files={"attendance": FileLayout(name=name, columns={"local_id": "id"})},
        options=options,
    )


def fetch(server: OpenSsh, folder: Path | str, *, key: asyncssh.SSHKey | None = None, **changes):
    district = district_of(server, folder if isinstance(folder, str) else folder.name, **changes)
    secrets = {"private_key": (key or server.key).export_private_key().decode()}
    files = connector_for(district, sources_with(secrets)).fetch(district, pull(AS_OF)).files
    return [(file.name, file.content) for file in files]


def test_a_file_is_read_byte_for_byte(openssh, folder):
    content = os.urandom(9_000_001)
    put(folder / "att.csv", content, age=3600)

    assert fetch(openssh, folder) == [("att.csv", content)]


def test_the_newest_of_several_matches_is_read(openssh, folder):
    put(folder / "att_1.csv", b"id\n3\n", age=600)

    assert fetch(openssh, folder, name="att*.csv") == [("att_1.csv", b"id\n3\n")]


def test_a_server_with_another_host_key_is_refused(openssh, folder):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    with pytest.raises(Permanent, match="host key"):
        fetch(openssh, folder, host_key=other)


def test_a_key_that_the_server_does_not_know_is_refused(openssh, folder):
    with pytest.raises(Permanent, match="refused the login"):
        fetch(openssh, folder, key=asyncssh.generate_private_key("ssh-ed25519"))


def test_a_missing_file_and_a_missing_folder_make_the_district_late(openssh, folder):
    for place, name in ((folder, "stu.csv"), ("nowhere", "att.csv"), ("nowhere", "*.csv")):
        with pytest.raises(SubmissionRefused) as refused:
            fetch(openssh, place, name=name)
        assert refused.value.reason is Reason.FILE_MISSING


def test_a_file_that_the_account_may_not_read_is_a_refusal(openssh, folder):
    (folder / "att.csv").chmod(0o600)

    with pytest.raises(Permanent):
        fetch(openssh, folder)


def test_nothing_outside_the_folder_can_be_reached(openssh, folder):
    with pytest.raises(SubmissionRefused) as refused:
        fetch(openssh, "../../../../etc", name="passwd")
    assert refused.value.reason is Reason.FILE_MISSING


def test_a_file_that_grows_while_we_look_is_left_for_later(openssh, folder):
    put(folder / "att.csv", CONTENT)
    stop = threading.Event()

    def grow() -> None:
        with (folder / "att.csv").open("ab", buffering=0) as stream:
            while not stop.wait(0.02):
                stream.write(b"3\n")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(Retryable, match="still being written"):
            fetch(openssh, folder, second_look_seconds=1)
    finally:
        stop.set()
        writer.join()


def test_a_young_file_that_no_longer_changes_is_read(openssh, folder):
    put(folder / "att.csv", CONTENT)

    assert fetch(openssh, folder, second_look_seconds=1) == [("att.csv", CONTENT)]


def test_too_many_bytes_are_refused(openssh, folder):
    with pytest.raises(SubmissionRefused) as refused:
        fetch(openssh, folder, max_bytes=len(CONTENT) - 1)
    assert refused.value.reason is Reason.FILE_TOO_LARGE
