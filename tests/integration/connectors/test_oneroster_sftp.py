"""OneRoster over SFTP: the same fetching as of any other file, stability included."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from pact_etl.connectors.files.sftp import SftpFolder
from pact_etl.connectors.protocol import Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District
from pact_etl.domain.errors import Retryable, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.settings import ROOT
from pact_etl.simulator.servers.sftp_server import SftpServer
from tests.oneroster_files import S1, S2, V12, Files, beside, oneroster, put, records, zipped
from tests.sources import pull, sources_with

pytestmark = pytest.mark.integration

NIGHT = date(2026, 11, 20)
SENT: Files = {"oneroster.zip": zipped(oneroster(V12, records(V12)))}
SENT |= beside({S1: "3400001", S2: "3400002"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "out" / "2026-11-20", SENT)
    then = time.time() - 3600
    for path in (tmp_path / "out" / "2026-11-20").iterdir():
        os.utime(path, (then, then))
    return tmp_path / "out"


@pytest.fixture
def server(folder: Path) -> Iterator[SftpServer]:
    with SftpServer(folder=folder, user="district", password="canary-pw") as one:
        yield one


@pytest.fixture
def district(server: SftpServer, tmp_path: Path) -> District:
    settings = {
        "slug": "rostered",
        "name": "Rostered",
        "cd_code": "3467000",
        "level": "unified",
        "status": "testing",
        "sis": "Any",
        "enrollment": 2,
        "office": {"name": "", "phone": "", "email": ""},
        "dialect": "oneroster",
        "url": server.url,
        "path": "{as_of}",
        "options": {"host_key": server.host_key, "second_look_seconds": 0, "timeout_seconds": 3},
    }
    path = tmp_path / "rostered.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_district(path, ROOT / "config" / "dialects")


@pytest.fixture
def login() -> Sources:
    return sources_with({"password": "canary-pw"})


def test_a_night_comes_over_sftp_and_is_read(district: District, login: Sources) -> None:
    source = connector_for(district, login)

    files = source.fetch(district, pull(NIGHT)).files

    assert {file.name: file.content for file in files} == SENT
    tables = {t.table: t.frame for t in source.parse(district, files).tables}
    assert tables["students"]["last_name"].tolist() == ["Canary", "Canary"]


def test_an_archive_that_grows_between_two_looks_is_tried_again(
    district: District, login: Sources, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = folder / "2026-11-20" / "oneroster.zip"
    archive.touch()
    monkeypatch.setattr(
        SftpFolder, "wait", lambda self, seconds: archive.write_bytes(SENT["oneroster.zip"] + b"0")
    )

    with pytest.raises(Retryable, match="still being written"):
        connector_for(district, login).fetch(district, pull(NIGHT))


def test_a_night_that_is_not_there_makes_the_district_late(
    district: District, login: Sources
) -> None:
    with pytest.raises(SubmissionRefused) as refused:
        connector_for(district, login).fetch(district, pull(date(2026, 11, 21)))

    assert refused.value.reason is Reason.FILE_MISSING


def test_a_folder_of_csv_files_comes_as_well(
    district: District, login: Sources, folder: Path
) -> None:
    flat = oneroster(V12, records(V12))
    put(folder / "2026-11-20", flat)
    layouts = {
        name: replace(layout, name=layout.name.removeprefix("oneroster.zip!"))
        for name, layout in district.files.items()
    }
    options = district.options | {"min_age_seconds": 0}
    here = replace(district, files=layouts, options=options)

    files = connector_for(here, login).fetch(here, pull(NIGHT)).files

    not_read = {"courses.csv", "userProfiles.csv"}
    assert {file.name for file in files} == (
        set(flat) | {"attendance.csv", "calendar.csv"}
    ) - not_read
