"""The embedded server's settings: safe for letters, silent about data, closed to the network."""

from pathlib import Path

import pytest

from pact_etl.installation.postgres_settings import server_settings


@pytest.mark.parametrize(
    "line",
    [
        "fsync = 'on'",
        "synchronous_commit = 'on'",
        "listen_addresses = ''",
        "unix_socket_permissions = '0700'",
        "log_error_verbosity = 'terse'",
        "log_min_error_statement = 'panic'",
        "unix_socket_directories = '/short/path'",
    ],
)
def test_the_settings_say(line: str) -> None:
    assert line in server_settings(Path("/short/path")).splitlines()


def test_a_quote_in_a_path_cannot_end_the_value() -> None:
    assert "'/it''s/here'" in server_settings(Path("/it's/here"))
