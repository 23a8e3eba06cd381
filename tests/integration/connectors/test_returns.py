"""Receipts and reject files on the district's own SFTP server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pact_etl.districts import load_county
from pact_etl.domain.results import StepStatus
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.simulator.servers.sftp_server import SftpServer
from pact_etl.steps.back_report import report_back
from pact_etl.steps.hand_back import hand_back
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import district, record_submission, roster

pytestmark = pytest.mark.integration

NIGHT, NEXT = date(2026, 11, 19), date(2026, 11, 20)
PASSWORD = "canary-password"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    folder = tmp_path / "server"
    (folder / "returns").mkdir(parents=True)
    with SftpServer(folder=folder, password=PASSWORD, returns="returns") as one:
        yield one


@pytest.fixture
def using(store: Engine, server: SftpServer, tmp_path: Path) -> Collaborators:
    settings = Settings(var=tmp_path / "var", config=ROOT / "config")
    settings.credentials.mkdir(parents=True)
    secret = settings.credentials / "oak-grove.yaml"
    secret.touch(mode=0o600)
    secret.write_text(f"password: {PASSWORD}\n")
    options = {"host_key": server.host_key, "returns": "/returns", "timeout_seconds": 5}
    one = district(url=f"{server.url}/exports", options=options)
    return Collaborators(
        settings=settings,
        engine=store,
        county=load_county(settings.config),
        districts={"oak-grove": one, "elm-creek": district("elm-creek")},
        statutes=load_statutes(),
    )


def answer(using: Collaborators, night: date, content: str) -> None:
    folder = using.settings.returns / night.isoformat() / "oak-grove"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "receipt.md").write_text(content)


def there(server: SftpServer) -> dict[str, str]:
    return {path.name: path.read_text() for path in (server.folder / "returns").iterdir()}


def test_a_nights_answers_are_put_where_the_district_reads_them(
    using: Collaborators, server: SftpServer
) -> None:
    answer(using, NIGHT, "sent 3, recorded 3")

    result = hand_back(using, NIGHT)

    assert (result.status, result.counts) == (StepStatus.DONE, {"districts": 1, "files": 1})
    assert there(server) == {"2026-11-19-receipt.md": "sent 3, recorded 3"}


def test_a_second_run_puts_nothing_and_a_new_answer_replaces_the_old_one(
    using: Collaborators, server: SftpServer
) -> None:
    answer(using, NIGHT, "first")
    hand_back(using, NIGHT)
    assert hand_back(using, NIGHT).counts["files"] == 0

    answer(using, NIGHT, "second answer")
    assert hand_back(using, NIGHT).counts["files"] == 1
    assert there(server) == {"2026-11-19-receipt.md": "second answer"}


def test_what_a_server_missed_one_night_it_gets_the_next(
    using: Collaborators, server: SftpServer
) -> None:
    answer(using, NIGHT, "yesterday")
    server.faults.refuse = True
    late = hand_back(using, NIGHT)
    assert (late.status, late.reasons) == (StepStatus.LATE, {"Permanent": 1})

    server.faults.refuse = False
    answer(using, NEXT, "today")
    hand_back(using, NEXT)
    assert set(there(server)) == {"2026-11-19-receipt.md", "2026-11-20-receipt.md"}


def test_a_back_report_reaches_the_district_with_its_receipts(
    using: Collaborators, server: SftpServer
) -> None:
    record_submission(using.engine, NIGHT, roster(["01"]), of=using.districts["oak-grove"])
    report_back(using, "oak-grove", NIGHT, NIGHT, NIGHT, by="dana")

    hand_back(using, NIGHT)

    name = f"{NIGHT}-back_report_district_oak-grove_{NIGHT}_{NIGHT}"
    assert set(there(server)) == {f"{name}.csv", f"{name}.txt"}
    assert there(server)[f"{name}.csv"].startswith("case,local_id,referral,")


def test_a_county_without_such_districts_has_nothing_to_hand_back(using: Collaborators) -> None:
    plain = replace(using, districts={"elm-creek": using.districts["elm-creek"]})

    assert hand_back(plain, NIGHT).status is StepStatus.SKIPPED
