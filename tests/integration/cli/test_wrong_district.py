"""Files of one district delivered under another's name are refused before anything of them is recorded."""

import json
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.districts import load_districts
from pact_etl.simulator import simulate
from pact_etl.wiring import collaborators
from tests.conftest import ROOT
from tests.integration.cli.own_installation import NIGHTS, Installation

pytestmark = pytest.mark.integration

OURS, THEIRS = "natomas-unified", "folsom-cordova-unified"
SECOND = NIGHTS + timedelta(days=1)


@pytest.fixture
def two(installation: Installation) -> Installation:
    """Two districts of one dialect, two nights in the drop."""
    known = load_districts(ROOT / "config")
    districts = [known[OURS], known[THEIRS]]
    assert known[OURS].dialect == known[THEIRS].dialect
    for one in districts:
        shutil.copy(
            ROOT / "config" / "districts" / f"{one.slug}.yaml", installation.config / "districts"
        )
    simulate(installation.drop, districts, scale=0.02, seed=3, first=NIGHTS, last=SECOND)
    return installation


def night(installation: Installation, as_of: date, *slugs: str) -> dict[str, Any]:
    if collaborators.cache_info().currsize:
        collaborators().close()
    collaborators.cache_clear()
    only = [part for slug in slugs for part in ("--district", slug)]
    ran = CliRunner().invoke(app, ["night", "--as-of", as_of.isoformat(), *only, "--json"])
    assert ran.exit_code in {0, 3}, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)["districts"]
    return found


def swapped(installation: Installation, as_of: date) -> None:
    """Their files in our folder, as if two exports had been mixed up."""
    folder = installation.drop / as_of.isoformat()
    shutil.rmtree(folder / OURS)
    shutil.copytree(folder / THEIRS, folder / OURS)


def students_of(installation: Installation, slug: str) -> int:
    engine = create_engine(installation.url)
    query = "SELECT count(*) FROM student_record r JOIN district d ON d.id = r.district_id WHERE d.slug = :s"
    with engine.connect() as connection:
        count = connection.execute(text(query), {"s": slug}).scalar_one()
    engine.dispose()
    return int(count)


def reason(report: dict[str, Any]) -> str:
    return re.sub(r"\W+", " ", json.dumps(report))


def test_on_a_later_night_the_districts_own_record_tells(two: Installation):
    night(two, NIGHTS, OURS, THEIRS)
    before = students_of(two, OURS)
    swapped(two, SECOND)

    report = night(two, SECOND, OURS, THEIRS)

    assert "wrong_district" in reason(report[OURS])
    assert "wrong_district" not in reason(report[THEIRS])
    assert students_of(two, OURS) == before > 0


def test_on_a_first_night_the_other_districts_records_tell(two: Installation):
    night(two, NIGHTS, THEIRS)
    swapped(two, NIGHTS)

    report = night(two, NIGHTS, OURS)

    assert "wrong_district" in reason(report[OURS])
    assert students_of(two, OURS) == 0


def test_a_trial_says_so_without_recording_anything(two: Installation):
    night(two, NIGHTS, OURS, THEIRS)
    swapped(two, SECOND)

    tried = two.pact("try", OURS, "--as-of", SECOND.isoformat())

    assert tried.exit_code == 3
    assert "belongs to another district" in tried.stdout


def test_a_county_district_code_in_the_schools_file_tells_at_once(installation: Installation):
    slug = "galt-joint-union-high"
    known = load_districts(ROOT / "config")
    shutil.copy(ROOT / "config" / "districts" / f"{slug}.yaml", installation.config / "districts")
    simulate(installation.drop, [known[slug]], scale=0.1, seed=3, first=NIGHTS, last=NIGHTS)
    own = known[slug].cd_code

    assert "wrong_district" not in reason(with_code(installation, slug, own))
    assert "wrong_district" in reason(with_code(installation, slug, "3467314"))
    assert students_of(installation, slug) == 0


def with_code(installation: Installation, slug: str, code: str) -> dict[str, Any]:
    path: Path = installation.drop / NIGHTS.isoformat() / slug / "schools.csv"
    header, *rows, trailer = path.read_text(encoding="utf-8").splitlines()
    if "cd_code" in header:
        header, rows = header.rpartition(",")[0], [row.rpartition(",")[0] for row in rows]
    rows = [f"{row},{code}" for row in rows]
    path.write_text("\n".join([f"{header},cd_code", *rows, trailer, ""]), encoding="utf-8")
    tried = installation.try_(slug)
    found: dict[str, Any] = json.loads(tried.stdout)
    return found
