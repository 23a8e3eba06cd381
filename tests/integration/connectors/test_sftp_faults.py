"""What a district's server can do to us, on the simulator's own server."""

import asyncio
import logging
import os
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.district import FileLayout
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.servers.sftp_server import SftpFaults, SftpServer
from tests.small_district import make_district
from tests.sources import pull, sources_with

pytestmark = pytest.mark.integration

AS_OF = date(2026, 11, 20)
CONTENT = b"id\n1\n2\n"
USER = "canary-user"
LONG_AGO = 3600
OPTIONS = {"second_look_seconds": 0, "timeout_seconds": 3}


@pytest.fixture
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "att.csv", CONTENT, age=LONG_AGO)
    return tmp_path


@pytest.fixture
def server(folder: Path, key: asyncssh.SSHKey) -> Iterator[SftpServer]:
    public = key.export_public_key().decode()
    with SftpServer(folder=folder, user=USER, public_keys=(public,), password="canary-pw") as one:
        yield one


def put(path: Path, content: bytes, age: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    then = time.time() - age
    os.utime(path, (then, then))


def district_of(server: SftpServer, *, name: str = "att.csv", url: str | None = None, **options):
    files = {"attendance": FileLayout(name=name, columns={"local_id": "id"})}
    return make_district(
        url=url or server.url,
        path="",
        files=files,
        options=OPTIONS | {"host_key": server.host_key} | options,
    )


def with_key(key: asyncssh.SSHKey) -> Sources:
    return sources_with({"private_key": key.export_private_key().decode()})


def fetch(district, sources: Sources, as_of: date = AS_OF) -> list[tuple[str, bytes]]:
    files = connector_for(district, sources).fetch(district, pull(as_of)).files
    return [(file.name, file.content) for file in files]


def test_a_nights_files_come_over_sftp_by_key(server, key):
    assert fetch(district_of(server), with_key(key)) == [("att.csv", CONTENT)]


def test_the_key_may_stand_in_a_file(server, key, tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "id"
    path.write_bytes(key.export_private_key())

    assert fetch(district_of(server), sources_with({"private_key": str(path)}))


def test_a_password_is_enough_where_there_is_no_key(server):
    assert fetch(district_of(server), sources_with({"password": "canary-pw"}))


def test_the_folder_of_the_url_and_the_path_below_it_lead_to_the_file(server, key, folder):
    put(folder / "out" / "2026-11-20" / "att.csv", b"id\n9\n", age=LONG_AGO)
    district = make_district(
        url=f"{server.url}out",
        path="{as_of}",
        files=district_of(server).files,
        options=district_of(server).options,
    )

    assert fetch(district, with_key(key)) == [("att.csv", b"id\n9\n")]


def test_a_server_with_another_host_key_is_refused_before_any_login(server, key):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    with pytest.raises(Permanent) as refused:
        fetch(district_of(server, host_key=other), with_key(key))
    assert "host key" in str(refused.value)


def test_a_server_without_a_key_of_the_pinned_kind_is_refused(server, key):
    other = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()

    # Which side hangs up first is a race; nothing is read either way.
    with pytest.raises((Permanent, Retryable)):
        fetch(district_of(server, host_key=other), with_key(key))


def test_either_of_two_pinned_keys_is_right_while_a_server_changes_its_key(server, key):
    next_one = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    assert fetch(district_of(server, host_key=f"{next_one}\n{server.host_key}\n"), with_key(key))


@pytest.mark.parametrize("host_key", ["", "ssh-ed25519 nonsense", "\n"])
def test_without_a_pinned_key_nothing_is_opened(server, key, host_key):
    with pytest.raises(SettingsError, match="host_key"):
        fetch(district_of(server, host_key=host_key), with_key(key))


@pytest.mark.parametrize(
    "url",
    [
        "sftp://127.0.0.1/",
        "ftp://u@127.0.0.1/",
        "sftp://u:pw@127.0.0.1/",
        "sftp://u@127.0.0.1:99999/",
        "sftp:///x",
    ],
)
def test_a_url_that_is_not_a_users_sftp_folder_is_a_fault_of_the_settings(server, key, url):
    with pytest.raises(SettingsError) as fault:
        fetch(district_of(server, url=url), with_key(key))
    assert "pw" not in str(fault.value)


@pytest.mark.parametrize("secrets", [{}, {"private_key": "-----BEGIN x"}, {"private_key": "/none"}])
def test_credentials_that_cannot_be_used_are_a_fault_of_the_settings(server, secrets):
    with pytest.raises(SettingsError):
        fetch(district_of(server), sources_with(secrets))


def test_a_refused_login_is_final_and_names_neither_user_nor_host(server, caplog):
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    caplog.set_level(logging.INFO)

    with pytest.raises(Permanent) as refused:
        fetch(district_of(server), with_key(stranger))
    told = f"{refused.value!r} {refused.value.__cause__!r} {caplog.text}"
    assert USER not in told
    assert "127.0.0.1" not in told


def test_a_login_is_never_written_to_the_log(server, key, caplog):
    caplog.set_level(logging.DEBUG)

    fetch(district_of(server), with_key(key))

    assert USER not in caplog.text


def test_a_missing_file_makes_the_district_late(server, key):
    with pytest.raises(SubmissionRefused) as refused:
        fetch(district_of(server, name="ATT_{as_of:%Y%m%d}.csv"), with_key(key))
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, "ATT_20261120.csv")


def test_a_missing_folder_makes_the_district_late(server, key):
    for name in ("att.csv", "*.csv"):
        with pytest.raises(SubmissionRefused) as refused:
            fetch(district_of(server, name=name, url=f"{server.url}nowhere"), with_key(key))
        assert refused.value.reason is Reason.FILE_MISSING


def test_a_port_where_nobody_listens_can_be_tried_again(server, key):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(Retryable):
        fetch(district_of(server, url=f"sftp://u@127.0.0.1:{port}/"), with_key(key))


def test_a_server_that_never_says_a_word_is_given_up_in_time(server, key):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"sftp://u@127.0.0.1:{mute.getsockname()[1]}/"
        begun = time.monotonic()
        with pytest.raises(Retryable):
            fetch(district_of(server, url=url, timeout_seconds=1), with_key(key))

    assert time.monotonic() - begun < 10


def test_something_that_is_no_ssh_server_can_be_tried_again(server, key):
    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)

    with socket.create_server(("127.0.0.1", 0)) as web:
        thread = threading.Thread(target=answer, args=(web,))
        thread.start()
        with pytest.raises(Retryable):
            fetch(
                district_of(server, url=f"sftp://u@127.0.0.1:{web.getsockname()[1]}/"),
                with_key(key),
            )
        thread.join()


def test_a_connection_that_breaks_in_the_middle_of_a_file_can_be_tried_again(server, key, folder):
    put(folder / "att.csv", b"id\n" + b"1234567\n" * 500_000, age=LONG_AGO)
    server.faults = SftpFaults(cut_after_bytes=1_000_000)

    with pytest.raises(Retryable):
        fetch(district_of(server), with_key(key))


def test_a_server_too_slow_for_one_answer_can_be_tried_again(server, key):
    server.faults = SftpFaults(seconds_per_answer=5)

    with pytest.raises(Retryable):
        fetch(district_of(server, timeout_seconds=1), with_key(key))


def test_a_server_that_drips_is_given_up_when_the_fetch_took_too_long(server, key, folder):
    put(folder / "att.csv", bytes(20 << 20), age=LONG_AGO)
    server.faults = SftpFaults(seconds_per_answer=0.9)
    begun = time.monotonic()

    with pytest.raises(Retryable):
        fetch(district_of(server, fetch_seconds=2), with_key(key))
    assert time.monotonic() - begun < 8


def test_a_file_still_growing_at_the_second_look_is_left_for_later(server, key, folder):
    put(folder / "att.csv", CONTENT)

    def grow(name: str) -> None:
        with (folder / "att.csv").open("ab") as stream:
            stream.write(b"3\n")

    server.faults = SftpFaults(at_stat=lambda name: grow(name) if name == "att.csv" else None)

    with pytest.raises(Retryable, match="still being written"):
        fetch(district_of(server), with_key(key))


def test_a_server_can_be_down_be_another_or_have_a_growing_file_and_is_itself_again(server, key):
    def sound() -> bool:
        return fetch(district_of(server), with_key(key)) == [("att.csv", CONTENT)]

    server.stop_listening()
    with pytest.raises(Retryable, match="ConnectionRefused"):
        sound()
    server.listen(as_another=True)
    with pytest.raises(Permanent, match="host key"):
        sound()
    server.listen()
    assert sound()
    server.faults = SftpFaults(grows=True)
    with pytest.raises(Retryable, match="still being written"):
        sound()
    server.faults = SftpFaults()
    assert sound()


def test_a_young_file_that_no_longer_changes_is_read(server, key, folder):
    put(folder / "att.csv", CONTENT)

    assert fetch(district_of(server), with_key(key)) == [("att.csv", CONTENT)]


def test_a_file_settled_by_its_folders_time_needs_no_second_look(server, key):
    looks = []
    server.faults = SftpFaults(at_stat=looks.append)

    begun = time.monotonic()
    assert fetch(district_of(server, second_look_seconds=30), with_key(key))
    assert time.monotonic() - begun < 20
    assert looks.count("att.csv") == 2  # before it is read, and after


def test_another_files_wrong_clock_does_not_make_a_young_file_old(server, key, folder):
    put(folder / "att.csv", CONTENT)
    put(folder / "from_the_future.csv", b"", age=-10 * 365 * 24 * 3600)
    looks = []
    server.faults = SftpFaults(at_stat=looks.append)

    fetch(district_of(server), with_key(key))

    assert looks.count("att.csv") == 3


def test_a_file_replaced_while_it_is_read_is_left_for_later(server, key, folder):
    looks = []

    def replace(name: str) -> None:
        looks.append(name)
        if looks.count("att.csv") == 2:
            put(folder / "att.csv", b"id\n3\n4\n")

    server.faults = SftpFaults(at_stat=replace)

    with pytest.raises(Retryable, match="still being written"):
        fetch(district_of(server), with_key(key))


def test_names_that_say_unfinished_are_never_read(server, key, folder):
    for name in ("att_2.csv.part", "att_3.csv.TMP", "att_4.csv.filepart", ".att_5.csv"):
        put(folder / name, b"id\n8\n")
    put(folder / "att_1.csv", CONTENT, age=LONG_AGO)

    assert fetch(district_of(server, name="att_*"), with_key(key)) == [("att_1.csv", CONTENT)]
    for name in ("att_2.csv.part", "*.part"):
        with pytest.raises(SubmissionRefused):
            fetch(district_of(server, name=name), with_key(key))


def test_of_several_matches_the_newest_is_read(server, key, folder):
    put(folder / "att_b.csv", b"old", age=2 * LONG_AGO)
    put(folder / "att_a.csv", b"new", age=LONG_AGO)

    assert fetch(district_of(server, name="att_*.csv"), with_key(key)) == [("att_a.csv", b"new")]


def test_too_many_bytes_are_refused_before_one_is_read(server, key):
    server.faults = SftpFaults(cut_after_bytes=0)

    with pytest.raises(SubmissionRefused) as refused:
        fetch(district_of(server, max_bytes=6), with_key(key))
    assert refused.value.reason is Reason.FILE_TOO_LARGE


def test_the_simulated_server_lets_nobody_write(server, key, folder):
    async def write() -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1",
                server.port,
                username=USER,
                client_keys=[key],
                known_hosts=([asyncssh.import_public_key(server.host_key)], [], []),
                config=None,
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            with pytest.raises(asyncssh.SFTPError):
                await sftp.remove("/att.csv")
            with pytest.raises(asyncssh.SFTPError):
                async with sftp.open("/new.csv", "wb") as stream:
                    await stream.write(b"x")

    asyncio.run(write())
    assert sorted(p.name for p in folder.iterdir()) == ["att.csv"]


def test_a_drop_folder_on_an_ssh_server_is_refused_because_any_host_key_would_do():
    district = make_district(
        files={"attendance": FileLayout(name="att.csv", columns={"local_id": "id"})}
    )

    with pytest.raises(SettingsError, match="PACT_DROP_URL"):
        CsvFiles("sftp://somewhere/drop").fetch(district, pull(AS_OF))


def test_reading_a_file_takes_little_more_than_twice_its_size(server, key, folder):
    size = 40 << 20
    put(folder / "att.csv", bytes(size), age=LONG_AGO)

    tracemalloc.start()
    try:
        fetch(district_of(server), with_key(key))
        assert tracemalloc.get_traced_memory()[1] < 2.5 * size + (20 << 20)
    finally:
        tracemalloc.stop()
