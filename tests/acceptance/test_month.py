"""A simulated month, night by night: unbroken, and with its process killed at random points. Same end state."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, text

from pact_etl.districts import load_districts
from pact_etl.simulator import Fault, simulate
from tests.conftest import ROOT
from tests.vendor import open_package, sealed_packages

pytestmark = [pytest.mark.acceptance, pytest.mark.integration]

FIRST, LAST = date(2026, 10, 5), date(2026, 11, 4)
FAULTS = ("unknown_code:elk-grove-unified:2026-10-14", "file_truncated:san-juan-unified:2026-10-20")
DISTRICTS = frozenset(
    {
        "elk-grove-unified",
        "natomas-unified",
        "san-juan-unified",
        "twin-rivers-unified",
        "galt-joint-union-high",
    }
)
KILLS = 8

# What a family, a district or the vendor could tell apart; surrogate keys are left out, for they may differ.
STATE = {
    "marks": """
        SELECT d.slug, r.local_id, m.date, m.status, f.as_of AS known_from, t.as_of AS known_to
        FROM mark m JOIN district d ON d.id = m.district_id
        JOIN student_record r ON r.district_id = m.district_id AND r.student_id = m.student_id
        JOIN submission f ON f.id = m.recorded_from LEFT JOIN submission t ON t.id = m.recorded_to""",
    "findings": """
        SELECT d.slug, r.local_id, f.rule, f.as_of, f.unexcused_days, f.enrolled_days, f.ended_as_of, f.ended_reason,
               cardinality(f.evidence) AS evidence
        FROM finding f JOIN district d ON d.id = f.district_id
        JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id""",
    "books": """
        SELECT d.slug, s.as_of, s.status, c.table_name, c.received, c.recorded, c.unchanged, c.quarantined
        FROM submission s JOIN district d ON d.id = s.district_id
        LEFT JOIN submission_count c ON c.submission_id = s.id""",
    "letters": """
        SELECT h.key, m.slug, b.as_of, n.status, n.language, n.pages, n.mailed_on, n.returned_on, p.sequence,
               (SELECT string_agg(COALESCE(st.ssid, ''), ',' ORDER BY st.ssid) FROM notice_student s
                JOIN invitation i ON i.id = s.invitation_id JOIN student st ON st.id = i.student_id
                WHERE s.notice_id = n.id) AS students
        FROM notice n JOIN household h ON h.id = n.household_id JOIN meeting m ON m.id = n.meeting_id
        JOIN batch b ON b.id = n.batch_id LEFT JOIN package p ON p.id = n.package_id""",
    "invitations": """
        SELECT st.ssid, i.status, i.reason FROM invitation i JOIN student st ON st.id = i.student_id""",
    "tasks": """
        SELECT st.ssid, t.reason, t.owner, t.as_of, t.closed_as_of FROM staff_task t
        JOIN invitation i ON i.id = t.invitation_id JOIN student st ON st.id = i.student_id""",
    "disclosures": """
        SELECT st.ssid, x.recipient, x.as_of FROM disclosure x JOIN student st ON st.id = x.student_id""",
}


def state(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(text(query))), key=repr)
            for name, query in STATE.items()
        }


def packages(var: Path) -> list[tuple[str, int, int]]:
    """Sequence, pieces and pages of every package in the vendor's folder."""
    found = []
    for path in sealed_packages(var / "vendor"):
        with open_package(var / "secrets" / "vendor", path) as package:
            manifest = package.read("manifest.csv").decode().splitlines()[1:]
        sequence = path.name.split("-")[3]
        found.append((sequence, len(manifest), sum(int(row.split(",")[2]) for row in manifest)))
    return found


class Installation:
    """One county of its own: a database, a folder, and the month's process."""

    def __init__(self, url: str, var: Path, county: Path) -> None:
        self.var, self.url = var, url
        self.environment = os.environ | {
            "PACT_DATABASE_URL": url,
            "PACT_VAR": str(var),
            "PACT_CONFIG": str(county / "config"),
            "PACT_DROP_URL": str(county / "drop"),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.acceptance.month", str(FIRST), str(LAST)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def finish(self) -> None:
        process = self.start()
        _, errors = process.communicate()
        assert process.returncode == 0, errors.decode()[-3000:]


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """A county of a few districts, at least one of each dialect: its settings and what they send."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for path in (tmp_path / "config" / "districts").glob("*.yaml"):
        if path.stem not in DISTRICTS:
            path.unlink()
    settings = tmp_path / "config" / "county.yaml"
    # Small packages, so that most nights' letters leave as several.
    settings.write_text(settings.read_text().replace("pieces: 2000,", "pieces: 2,"))
    districts = list(load_districts(tmp_path / "config").values())
    faults = [Fault.parse(fault) for fault in FAULTS]
    drop = tmp_path / "drop"
    simulate(drop, districts, scale=0.01, seed=5, first=FIRST, last=LAST, faults=faults)
    return tmp_path


def test_a_month_that_is_killed_again_and_again_ends_as_the_unbroken_one(
    county: Path, fresh_database: Callable[[str], str]
) -> None:
    unbroken = Installation(fresh_database("unbroken"), county / "unbroken", county)
    started = time.monotonic()
    unbroken.finish()
    whole = time.monotonic() - started
    broken = Installation(fresh_database("broken"), county / "broken", county)
    rng = random.Random(11)
    kills = 0
    while kills < KILLS:
        process = broken.start()
        try:
            process.wait(timeout=rng.uniform(0.08, 0.3) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        else:
            process.communicate()
            break
    broken.finish()

    engine, other = create_engine(broken.url), create_engine(unbroken.url)
    expected, found = state(other), state(engine)
    assert kills >= 3
    assert len(expected["letters"]) > 20
    assert {name: len(rows) for name, rows in expected.items()} == {
        name: len(rows) for name, rows in found.items()
    }
    assert expected == found
    assert packages(unbroken.var) == packages(broken.var)
    check_against_truth(engine, county / "drop")
    check_nobody_got_two_letters(engine)
    engine.dispose()
    other.dispose()


def check_against_truth(engine: Engine, drop: Path) -> None:
    truth = pd.read_csv(drop / "truth" / f"{LAST}.csv", dtype=str)
    query = """
        SELECT d.slug, r.local_id, f.rule FROM finding f JOIN district d ON d.id = f.district_id
        JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id
        WHERE f.ended_as_of IS NULL
    """
    columns = {
        "truant": "truant",
        "chronic_truant_candidate": "chronic_truant",
        "chronic_absentee": "chronic_absentee",
    }
    with engine.connect() as connection:
        found = {tuple(row) for row in connection.execute(text(query))}
    expected = {
        (row.district, row.local_id, rule)
        for rule, column in columns.items()
        for row in truth[truth[column] == "1"].itertuples()
    }
    assert expected == found


def check_nobody_got_two_letters(engine: Engine) -> None:
    query = """
        SELECT count(*) FROM (
          SELECT i.student_id, n.household_id FROM notice n JOIN notice_student s ON s.notice_id = n.id
          JOIN invitation i ON i.id = s.invitation_id
          WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered', 'returned')
          GROUP BY 1, 2 HAVING count(*) > 1) doubled
    """
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == 0
