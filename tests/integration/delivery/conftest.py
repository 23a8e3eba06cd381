"""The vendor's folder behind a real OpenSSH server, locked in as a county would run it."""

import pwd
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.integration.connectors.openssh import USER, OpenSsh, running_openssh

COUNTY = 10001


@pytest.fixture
def server() -> Iterator[OpenSsh]:
    with running_openssh() as found:
        script = ROOT / "deploy" / "sftp" / "make-folders.sh"
        vendor = pwd.getpwnam(USER).pw_uid
        made = ["sh", str(script), str(found.root / "files"), str(COUNTY), str(vendor)]
        for _ in range(2):  # a restart of the container does it again
            subprocess.run(made, check=True)
        yield found
