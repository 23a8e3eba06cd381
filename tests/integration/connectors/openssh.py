"""A real OpenSSH server on a free port of the loopback interface, locked into a folder as a county would run it."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

USER = "nobody"
_START_SECONDS = 10
_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host_key
PidFile none
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers {user}
Subsystem sftp internal-sftp
ChrootDirectory {home}/root
ForceCommand internal-sftp -u 0027
AllowTcpForwarding no
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSsh:
    """A running server: its folder, the key that logs in, and the public key it shows."""

    root: Path
    port: int
    key: asyncssh.SSHKey
    host_key: str


@contextlib.contextmanager
def running_openssh() -> Iterator[OpenSsh]:
    """Start it, or skip the test where it cannot be started."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no OpenSSH server on this machine")
    if os.geteuid() != 0:
        pytest.skip("only root can lock an OpenSSH server into a folder")
    try:
        pwd.getpwnam("sshd")
    except KeyError:
        pytest.skip("the OpenSSH server is not set up on this machine: no user sshd")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    # Not under /tmp: sshd locks nobody into a folder that others could move.
    home = Path(tempfile.mkdtemp(prefix="pact-sshd-", dir="/run"))
    home.chmod(0o755)
    try:
        with _serving(program, home) as server:
            yield server
    finally:
        shutil.rmtree(home)


@contextlib.contextmanager
def _serving(program: str, home: Path) -> Iterator[OpenSsh]:
    root = home / "root"
    root.mkdir(mode=0o755)
    host, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(home / "host_key")
    (home / "host_key").chmod(0o600)
    (home / "authorized_keys").write_bytes(key.export_public_key())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = home / "sshd_config"
    config.write_text(_CONFIG.format(port=port, home=home, user=USER))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stderr=log)
        try:
            _wait_for(port, process, home / "log")
            public = host.export_public_key().decode().strip()
            yield OpenSsh(root=root, port=port, key=key, host_key=public)
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"sshd did not start: {log.read_text()}")
