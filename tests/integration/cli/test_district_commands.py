"""`pact district new` and `pact district try`: a district from its own files or its own system, and a dry run of it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.districts import load_districts
from pact_etl.domain.errors import SubmissionRefused, UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.store.earlier_files import reading
from tests.conftest import ROOT
from tests.integration.cli.own_installation import NIGHTS, Installation, simulated
from tests.integration.connectors.aeries_tables import (
    CD_CODE,
    CERTIFICATE,
    ENTERED,
    NIGHT,
    YEAR_START,
    small_district,
)
from tests.oneroster_files import S1, S2, V11, V12, beside, oneroster, put, records, zipped

pytestmark = pytest.mark.integration

SLUGS = {
    "galt-joint-union-elementary": "period_file",
    "robla-elementary": "aeries_csv",
    "galt-joint-union-high": "template_csv",
}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_district_made_from_its_own_files_is_read_without_a_doubt(
    installation: Installation, slug: str
):
    folder = simulated(installation, slug)

    made = installation.new(slug, "--sample", folder, "--json")

    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["dialect"], told["fit"], told["unmapped"]) == (SLUGS[slug], 1.0, {})
    before, rows = installation.files(), installation.rows_of_the_record()
    tried = installation.try_(slug)
    assert tried.exit_code == 0, tried.output
    trial = json.loads(tried.stdout)
    assert (trial["status"], trial["unmapped"], trial["mail"]) == ("done", [], "testing")
    assert trial["tables"]["attendance"]["accepted"] > 0
    assert sum(trial["marks"].values()) > 0
    assert (installation.files(), installation.rows_of_the_record()) == (before, rows)


def test_the_settings_inferred_are_those_the_county_runs_with(installation: Installation):
    slug = "galt-joint-union-elementary"
    folder = simulated(installation, slug)

    installation.new(slug, "--sample", folder, "--json")

    ours = load_districts(installation.config)[slug]
    theirs = load_districts(ROOT / "config")[slug]
    reads = ("id_digits", "encoding", "delimiter", "trailer", "date_format", "files", "codes")
    assert {n: getattr(ours, n) for n in reads} == {n: getattr(theirs, n) for n in reads}
    assert ours.level == theirs.level


def test_a_code_without_a_meaning_is_listed_with_its_count(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    rows = (folder / "ATT.csv").read_text(encoding="utf-8-sig").splitlines()
    count = sum(row.split(",")[-1].strip('"') == "I" for row in rows)
    assert count > 0
    installation.without_code("aeries_csv", "I")

    made = installation.new(slug, "--sample", folder, "--json")

    assert made.exit_code == 3
    assert json.loads(made.stdout)["unmapped"] == {"I": count}
    written = (installation.config / "districts" / f"{slug}.yaml").read_text(encoding="utf-8")
    assert f'# - {{code: "I", status: ?, from: 2020-07-01}}  # {count} rows' in written
    tried = installation.try_(slug)
    assert tried.exit_code == 3
    trial = json.loads(tried.stdout)
    assert [(one["code"], one["rows"]) for one in trial["unmapped"]] == [("I", count)]
    assert trial["tables"]["attendance"]["set_aside"] == {"unknown_code": count}


def test_a_line_put_in_by_a_person_cures_an_unmapped_code(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    installation.without_code("aeries_csv", "I")
    installation.new(slug, "--sample", folder, "--json")
    path = installation.config / "districts" / f"{slug}.yaml"
    content = path.read_text(encoding="utf-8")
    path.write_text(
        content.replace('# - {code: "I", status: ?', '- {code: "I", status: absent_excused'),
        encoding="utf-8",
    )

    assert installation.try_(slug).exit_code == 0


def test_a_title_that_was_renamed_is_told_and_holds_nothing_up(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    path = folder / "ATT.csv"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace('"AL"', '"al"', 1), encoding="utf-8")

    made = installation.new(slug, "--sample", folder, "--json")

    assert json.loads(made.stdout)["settings"]["files"] == {
        "attendance": {"columns": {"code": "al"}}
    }
    assert installation.try_(slug).exit_code == 0


def test_a_zip_with_the_night_in_its_name_is_taken_as_it_comes(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    packed = folder / "export_20261118.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, path.name)
            path.unlink()

    made = installation.new(slug, "--sample", packed, "--json")

    assert made.exit_code == 0, made.output
    names = {one.name for one in load_districts(installation.config)[slug].files.values()}
    assert "export_{as_of:%Y%m%d}.zip!ATT.csv" in names
    assert installation.try_(slug).exit_code == 0


@pytest.mark.parametrize("version", [V11, V12])
def test_a_oneroster_archive_and_the_files_beside_it_make_a_district(
    installation: Installation, version: str
):
    folder = installation.drop / NIGHTS.isoformat() / "rostered"
    days = beside({S1: "3400001", S2: "3400002"}, day=NIGHTS.isoformat())
    days["calendar.csv"] = days["calendar.csv"].replace(b"2026-11-19", NIGHTS.isoformat().encode())
    put(folder, {"oneroster.zip": zipped(oneroster(version, records(version)))} | days)

    made = installation.new("rostered", "--sample", folder, "--json")

    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["dialect"], told["fit"], told["unread"]) == ("oneroster", 1.0, {})
    assert (told["enrollment"], told["level"], told["unmapped"]) == (2, "unified", {})
    tried = installation.try_("rostered")
    assert tried.exit_code == 0, tried.output
    trial = json.loads(tried.stdout)
    assert (trial["status"], trial["stated"]["whole_roster"]) == ("done", True)
    assert trial["tables"]["students"]["accepted"] == 2
    assert trial["without_rights_holder"] == 2


def test_nothing_of_a_person_stands_in_what_new_and_try_print_or_write(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    made = installation.new(slug, "--sample", folder, "--yes")
    shown = installation.pact("try", slug, "--as-of", NIGHTS.isoformat())
    written = (installation.config / "districts" / f"{slug}.yaml").read_text(encoding="utf-8")

    students = (folder / "STU.csv").read_text(encoding="utf-8-sig").splitlines()[1:50]

    assert made.exit_code == shown.exit_code == 0, made.output + shown.output
    for row in students:
        student, ssid = (cell.strip('"') for cell in row.split(",")[:2])
        for told in (made.output, shown.output, written):
            assert student not in told
            assert not ssid or ssid not in told


def test_a_file_that_is_there_is_never_replaced_unless_told_to(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    assert installation.new(slug, "--sample", folder, "--json").exit_code == 0
    path = installation.config / "districts" / f"{slug}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")

    again = installation.new(slug, "--sample", folder, "--json")

    assert isinstance(again.exception, UsageError)
    assert "# mine" in path.read_text(encoding="utf-8")
    assert installation.new(slug, "--sample", folder, "--force", "--json").exit_code == 0
    assert "# mine" not in path.read_text(encoding="utf-8")


def test_questions_are_asked_only_for_what_the_files_do_not_say(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    arguments = ["new", slug, "--name", "Oak", "--cd-code", "3467348", "--sample", str(folder)]

    made = CliRunner().invoke(
        app, ["district", *arguments], input="Front office\n9165550100\na@b.example\n"
    )

    assert made.exit_code == 0, made.output
    district = load_districts(installation.config)[slug]
    assert (district.office.name, district.level) == ("Front office", "elementary")
    assert district.enrollment > 0


def test_unanswered_questions_are_left_in_the_file_and_in_the_exit_code(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)

    made = installation.pact(
        "new", slug, "--name", "Oak", "--cd-code", "3467348", "--sample", folder, "--json"
    )

    assert made.exit_code == 3
    assert json.loads(made.stdout)["open_questions"] == [
        "office_name",
        "office_phone",
        "office_email",
    ]


@pytest.mark.parametrize(
    ("slug", "cd_code"), [("Robla", "3467421"), ("robla", "346742"), ("../robla", "3467421")]
)
def test_what_cannot_name_a_district_is_wrong_use(
    installation: Installation, slug: str, cd_code: str
):
    made = installation.new(slug, "--sample", installation.config, cd_code=cd_code)

    assert isinstance(made.exception, UsageError)
    assert not list((installation.config / "districts").iterdir())


def test_a_trial_says_what_would_hold_the_night(installation: Installation):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    installation.new(slug, "--sample", folder, "--json")
    attendance = folder / "ATT.csv"
    content = attendance.read_text(encoding="utf-8")
    attendance.write_text(content.replace('"AL"', '"XX"', 1), encoding="utf-8")

    tried = installation.try_(slug)

    assert tried.exit_code == 3
    trial = json.loads(tried.stdout)
    assert trial["status"] == "held"
    assert (trial["refused"]["reason"], trial["refused"]["file"]) == ("header_changed", "ATT.csv")


def test_a_gate_that_would_refuse_is_named_and_the_books_are_shown_all_the_same(
    installation: Installation,
):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    installation.new(slug, "--sample", folder, "--json")
    attendance = folder / "ATT.csv"
    header, *rows = attendance.read_text(encoding="utf-8").splitlines(keepends=True)
    attendance.write_text(header + "".join(r.replace("2026-", "1926-") for r in rows), "utf-8")

    tried = installation.try_(slug)

    assert tried.exit_code == 3
    trial = json.loads(tried.stdout)
    assert trial["refused"]["reason"] == "too_many_faults"
    book = trial["tables"]["attendance"]
    assert book["received"] == book["accepted"] + sum(book["set_aside"].values())


def test_nothing_there_would_make_the_district_late(installation: Installation):
    slug = "robla-elementary"
    installation.new(slug, "--sample", simulated(installation, slug), "--json")

    tried = installation.try_(slug, date(2026, 11, 19))

    assert tried.exit_code == 3
    assert json.loads(tried.stdout)["status"] == "late"


def test_a_district_nobody_knows_is_wrong_use(installation: Installation):
    assert isinstance(installation.try_("nowhere").exception, UsageError)


def test_after_a_recorded_night_a_trial_of_the_same_files_for_the_next_is_stale(
    installation: Installation,
):
    slug = "robla-elementary"
    folder = simulated(installation, slug)
    installation.new(slug, "--sample", folder, "--json")
    night = CliRunner().invoke(app, ["night", "--as-of", NIGHTS.isoformat(), "--json"])
    assert night.exit_code == 0, night.output
    shutil.copytree(folder, installation.drop / "2026-11-19" / slug)
    before, rows = installation.files(), installation.rows_of_the_record()

    tried = installation.try_(slug, date(2026, 11, 19))

    assert json.loads(tried.stdout)["refused"]["reason"] == "stale_file"
    assert installation.try_(slug).exit_code == 0
    assert (installation.files(), installation.rows_of_the_record()) == (before, rows)


def test_the_database_itself_keeps_a_trial_from_writing(store: Engine):
    with reading(store) as connection, pytest.raises(DBAPIError, match="read-only transaction"):
        connection.execute(text("DELETE FROM district"))


@pytest.fixture
def aeries() -> Iterator[AeriesServer]:
    with AeriesServer(certificate=CERTIFICATE, cd_code=CD_CODE, year=2026) as server:
        tables = small_district(1, students=60, marks=200).tables()
        server.load(tables, (YEAR_START, NIGHT), ENTERED)
        yield server


def with_certificate(installation: Installation) -> None:
    folder = installation.var / "secrets" / "districts"
    folder.mkdir(parents=True)
    path = folder / "blue-oak-unified.yaml"
    path.write_text(f'certificate: "{CERTIFICATE}"\n', encoding="utf-8")
    path.chmod(0o600)


def live(installation: Installation, server: AeriesServer, cd_code: str = CD_CODE) -> Any:
    return installation.new(
        "blue-oak-unified",
        *("--url", server.url, "--connector", "aeries_api"),
        *("--as-of", NIGHT.isoformat(), "--json"),
        cd_code=cd_code,
    )


def test_a_live_system_tells_its_codes_and_what_they_mean(
    installation: Installation, aeries: AeriesServer
):
    with_certificate(installation)
    installation.without_code("aeries_api", "K")

    made = live(installation, aeries)

    assert made.exit_code == 3, made.output
    told = json.loads(made.stdout)
    [code] = [one for one in told["codes"] if one["code"] == "K"]
    assert (code["status"], code["proposal"], code["rows"]) == (
        None,
        "absent_unexcused",
        told["unmapped"]["K"],
    )
    tried = installation.try_("blue-oak-unified", NIGHT)
    assert tried.exit_code == 3, tried.output
    [unmapped] = json.loads(tried.stdout)["unmapped"]
    assert (unmapped["code"], unmapped["proposal"]) == ("K", "absent_unexcused")
    assert "type 3" in unmapped["source_says"]


def test_a_live_district_whose_codes_all_have_a_meaning_has_none_left(
    installation: Installation, aeries: AeriesServer
):
    with_certificate(installation)

    made = live(installation, aeries)

    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["dialect"], told["unmapped"], told["level"]) == ("aeries_api", {}, "unified")
    trial = json.loads(installation.try_("blue-oak-unified", NIGHT).stdout)
    assert trial["unmapped"] == []
    assert trial["stated"]["whole_roster"]


def test_a_credential_of_another_district_makes_no_file(
    installation: Installation, aeries: AeriesServer
):
    with_certificate(installation)

    made = live(installation, aeries, cd_code="3467439")

    assert isinstance(made.exception, SubmissionRefused)
    assert made.exception.reason is Reason.WRONG_DISTRICT
    assert not list((installation.config / "districts").iterdir())
