"""A user connects a district with an API: the command as it is installed, a credentials file, a system that answers.

Both systems go through the same steps, because both are connected by the same command.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml

from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.integration.cli.own_installation import Installation
from tests.integration.connectors import aeries_tables, edfi_world

pytestmark = pytest.mark.integration

SLUG = "oak-unified"
OTHER = "3467439"
ANSWERS = "Front office\n(916) 555-0100\noffice@oak.example\n"


@dataclass(frozen=True)
class Live:
    """A system that answers: its address, whose it is, what opens it, and a code nobody has explained."""

    connector: str
    url: str
    cd_code: str
    night: date
    credentials: dict[str, str]
    unknown: str
    requests_of_people: tuple[str, ...]
    server: AeriesServer | EdfiServer


@pytest.fixture(params=["aeries_api", "edfi_api"])
def live(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Live]:
    if request.param == "aeries_api":
        installation.without_code("aeries_api", "K")
        with AeriesServer(
            certificate=aeries_tables.CERTIFICATE, cd_code=aeries_tables.CD_CODE, year=2026
        ) as server:
            tables = aeries_tables.small_district(1, students=60, marks=200).tables()
            tables["guardians"]["restrained"] = ""
            tables["schools"]["reporting"] = ["", "Positive", ""]
            span = (aeries_tables.YEAR_START, aeries_tables.NIGHT)
            server.load(tables, span, aeries_tables.ENTERED)
            yield Live(
                connector="aeries_api",
                url=server.url,
                cd_code=aeries_tables.CD_CODE,
                night=aeries_tables.NIGHT,
                credentials={"certificate": aeries_tables.CERTIFICATE},
                unknown="K",
                requests_of_people=("students", "contacts", "enrollment", "attendance"),
                server=server,
            )
        return
    with EdfiServer(agency=edfi_world.AGENCY, key="key", secret="open") as ods:
        tables = edfi_world.small_world(60).tables()
        for name in ("calendar", "attendance"):
            weekday = [date.fromisoformat(d).weekday() < 5 for d in tables[name]["date"]]
            tables[name] = tables[name][weekday].reset_index(drop=True)
        tables["attendance"].loc[:2, "code"] = "Field trip"
        ods.load(tables, (edfi_world.YEAR_START, edfi_world.NIGHTS[0]))
        yield Live(
            connector="edfi_api",
            url=ods.url,
            cd_code=str(edfi_world.AGENCY),
            night=edfi_world.NIGHTS[0],
            credentials={"key": "key", "secret": "open"},
            unknown="Field trip",
            requests_of_people=("students", "contacts"),
            server=ods,
        )


class User:
    """Someone at a terminal."""

    def __init__(self, installation: Installation, live: Live) -> None:
        self.installation, self.live = installation, live

    def pact(self, *arguments: str, types: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [Path(sys.executable).with_name("pact"), "district", *arguments],
            input=types,
            capture_output=True,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
            check=False,
        )

    def new(
        self, *more: str, cd_code: str = "", types: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        live = self.live
        return self.pact(
            *("new", SLUG, "--name", "Oak Unified", "--cd-code", cd_code or live.cd_code),
            *("--url", live.url, "--connector", live.connector),
            *("--as-of", live.night.isoformat(), *more),
            types=types,
        )

    def has(self, **credentials: str) -> None:
        folder = self.installation.var / "secrets" / "districts"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{SLUG}.yaml"
        path.write_text(yaml.safe_dump(credentials), encoding="utf-8")
        path.chmod(0o600)

    def written(self) -> list[str]:
        return [path.name for path in (self.installation.config / "districts").iterdir()]


@pytest.fixture
def user(installation: Installation, live: Live) -> User:
    return User(installation, live)


def test_without_credentials_the_message_says_which_file_is_missing(user: User):
    ended = user.new()

    assert ended.returncode == 2
    assert f"{SLUG}.yaml: not in the folder of credentials" in ended.stderr
    assert user.written() == []


def test_a_wrong_credential_is_named_and_nothing_is_written(user: User, live: Live):
    user.has(**dict.fromkeys(live.credentials, "f" * 32))

    ended = user.new()

    assert ended.returncode == 1
    assert "refused (401)" in ended.stderr
    assert "f" * 32 not in ended.stderr + ended.stdout
    assert user.written() == []


def test_a_credential_of_another_district_is_told_before_anybody_is_asked_for(
    user: User, live: Live
):
    user.has(**live.credentials)

    ended = user.new(cd_code=OTHER, types=ANSWERS)

    assert ended.returncode == 1
    assert "wrong_district" in ended.stderr
    assert "belongs to another district" in ended.stderr
    assert "Attendance office" not in ended.stdout
    assert user.written() == []
    if isinstance(live.server, AeriesServer):
        assert not set(live.server.calls) & set(live.requests_of_people)


def test_it_asks_what_the_system_does_not_tell_and_lists_codes_nobody_explained(
    user: User, live: Live
):
    user.has(**live.credentials)

    ended = user.new(types=ANSWERS)

    assert ended.returncode == 3, ended.stderr
    asked = ("Attendance office", "Its telephone", "Its email address")
    assert all(question in ended.stdout for question in asked)
    assert "Students enrolled" not in ended.stdout  # the system told
    assert f"code {live.unknown!r}" in ended.stdout
    assert "NO MEANING" in ended.stdout
    path = user.installation.config / "districts" / f"{SLUG}.yaml"
    content = path.read_text(encoding="utf-8")
    settings = yaml.safe_load(content)
    assert (settings["status"], settings["enrollment"]) == ("testing", 60)
    assert settings["office"]["name"] == "Front office"
    assert f'# - {{code: "{live.unknown}"' in content
    assert not any(secret in content for secret in live.credentials.values())


def test_a_user_who_gives_up_while_being_asked_leaves_nothing_behind(user: User, live: Live):
    user.has(**live.credentials)

    assert user.new(types="Front office\n").returncode == 1
    assert user.written() == []


def test_a_second_time_it_refuses_to_replace_the_file(user: User, live: Live):
    user.has(**live.credentials)
    user.new("--yes")
    path = user.installation.config / "districts" / f"{SLUG}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")

    ended = user.new("--yes")

    assert ended.returncode == 2
    assert "is there already" in ended.stderr
    assert "# mine" in path.read_text(encoding="utf-8")
    assert user.written() == [path.name]


def test_a_trial_tells_on_one_page_what_the_night_would_do(user: User, live: Live):
    user.has(**live.credentials)
    user.new("--yes")
    before, rows = user.installation.files(), user.installation.rows_of_the_record()

    ended = user.pact("try", SLUG, "--as-of", live.night.isoformat())

    assert ended.returncode == 3, ended.stderr  # a code has no meaning
    page = ended.stdout
    assert "would be recorded" in page
    assert "no letter leaves" in page
    assert "unknown_code" in page
    assert "Nobody has told us what this code means" in page
    assert f"{live.unknown!r}:" in page
    positive = "Caution: schools 2 report positive attendance" in page
    assert positive == (live.connector == "aeries_api")
    assert len(page.splitlines()) < 45
    assert (user.installation.files(), user.installation.rows_of_the_record()) == (before, rows)


def test_a_trial_of_a_credential_that_was_swapped_later_is_held(user: User, live: Live):
    user.has(**live.credentials)
    user.new("--yes")
    user.installation.rewrite(SLUG, lambda settings: settings.update(cd_code=OTHER))

    ended = user.pact("try", SLUG, "--as-of", live.night.isoformat())

    assert ended.returncode == 3
    assert "would be HELD" in ended.stdout
    assert "wrong_district" in ended.stdout
