"""What opens the vendor's folder comes from the settings, is never printed, and is refused where it is not safe."""

import errno
from pathlib import Path

import asyncssh
import pytest

from pact_etl.domain.errors import SettingsError
from pact_etl.settings import Settings
from pact_etl.transport.trouble import Trouble, trouble_of
from pact_etl.wiring import vendor_folder

KEY = asyncssh.generate_private_key("ssh-ed25519")
PUBLIC = KEY.export_public_key().decode().strip()
URL = "sftp://county@sftp.vendor.example:2222/pact"


def settings(**changes: object) -> Settings:
    wanted = {
        "vendor_url": URL,
        "vendor_host_key": PUBLIC,
        "vendor_private_key": KEY.export_private_key().decode(),
    }
    return Settings(**(wanted | changes))


def test_the_host_key_stands_in_the_setting_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "known"
    file.write_text(f"{PUBLIC}\n{PUBLIC}\n", encoding="ascii")

    assert vendor_folder(settings()).url == URL
    assert vendor_folder(settings(vendor_host_key=str(file)), is_test=True).url == f"{URL}/test"


@pytest.mark.parametrize("host_key", ["", "/none/such", "AAAA", "ssh-ed25519 nonsense"])
def test_without_a_host_key_that_can_be_pinned_nothing_is_opened(host_key: str) -> None:
    with pytest.raises(SettingsError, match="PACT_VENDOR_HOST_KEY"):
        vendor_folder(settings(vendor_host_key=host_key))


def test_a_login_without_key_and_password_is_refused_and_either_is_enough() -> None:
    with pytest.raises(SettingsError, match="PACT_VENDOR_PASSWORD"):
        vendor_folder(settings(vendor_private_key=None))
    assert vendor_folder(settings(vendor_private_key=None, vendor_password="secret"))


def test_no_secret_shows_in_the_settings_text() -> None:
    told = repr(
        settings(vendor_password="canary1", vendor_s3_key_id="canary2", vendor_s3_secret="canary3")
    )

    assert "canary" not in told
    assert "PRIVATE KEY" not in told


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_wait_without_an_end_cannot_be_set(seconds: int) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        settings(vendor_timeout_seconds=seconds)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(errno.ENOSPC, "canary"), Trouble.NO_SPACE),
        (OSError(errno.EDQUOT, "canary"), Trouble.NO_SPACE),
        (OSError(errno.EFBIG, "canary"), Trouble.NO_SPACE),
        (OSError(errno.EROFS, "canary"), Trouble.PERMISSION_DENIED),
        (PermissionError(), Trouble.PERMISSION_DENIED),
        (TimeoutError(), Trouble.TIMED_OUT),
        (ConnectionResetError(), Trouble.CONNECTION_LOST),
        (BrokenPipeError(), Trouble.CONNECTION_LOST),
        (ConnectionRefusedError(), Trouble.UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, "canary"), Trouble.UNREACHABLE),
    ],
)
def test_an_error_of_the_system_has_one_reason_code(error: OSError, trouble: Trouble) -> None:
    assert trouble_of(error) is trouble
