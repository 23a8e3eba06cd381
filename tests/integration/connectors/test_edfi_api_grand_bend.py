"""The real Ed-Fi sample by both roads, each with a reader of its own, all the way into the record: the same district.

What the API answers here was made from the sample's XML by `grand_bend_json`, not by our XML reader.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from pact_etl.districts import load_county
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.steps.collect import collect
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.store.session import open_engine
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.integration.connectors.grand_bend_json import Sample

SAMPLE = ROOT.parent / "shared" / "data" / "edfi-grandbend"
AS_OF = date(2022, 6, 30)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the Ed-Fi sample is not at {SAMPLE}"),
]

RECORDED = {
    "schools": "SELECT school_code, name, level, periods_per_day, phone FROM school",
    "students": """
        SELECT local_id, first_name, last_name, birth_date, home_language, foster, homeless FROM student_record""",
    "enrollments": """
        SELECT r.local_id, s.school_code, e.entry_date, e.exit_date, e.grade FROM enrollment e
        JOIN school s ON s.id = e.school_id JOIN student_record r USING (student_id) WHERE e.recorded_to IS NULL""",
    "guardians": """
        SELECT local_id, first_name, last_name, language, street, unit, city, state, zip, email, phone FROM guardian""",
    "guardianships": """
        SELECT g.local_id, r.local_id, t.relation, t.lives_with, t.has_rights, t.restrained, t.contact_order
        FROM guardianship t JOIN guardian g ON g.id = t.guardian_id JOIN student_record r USING (student_id)""",
    "calendar": """
        SELECT s.school_code, c.date, c.is_instructional, c.day_number FROM calendar_day c
        JOIN school s ON s.id = c.school_id""",
    "marks": """
        SELECT r.local_id, s.school_code, m.date, m.status, m.raw_code, m.minutes FROM mark m
        JOIN school s ON s.id = m.school_id JOIN student_record r USING (student_id) WHERE m.recorded_to IS NULL""",
    "findings": """
        SELECT f.rule, r.local_id, f.unexcused_days, f.enrolled_days FROM finding f
        JOIN student_record r USING (student_id) WHERE f.ended_as_of IS NULL""",
    "set aside": "SELECT table_name, reason, date, local_id FROM quarantined_row",
    "books": "SELECT table_name, received, recorded, unchanged, quarantined FROM submission_count",
}


def recorded(using: Collaborators) -> dict[str, Counter[Any]]:
    """One night into an empty record, and everything that stands there then."""
    submission = collect(using, "grand-bend", AS_OF).ids["submission"]
    validate(using, submission)
    record(using, submission)
    evaluate(using, AS_OF)
    with using.engine.connect() as connection:
        return {
            name: Counter(map(tuple, connection.execute(text(query))))
            for name, query in RECORDED.items()
        }


@pytest.mark.parametrize("is_old", [False, True], ids=["contacts", "parents"])
def test_the_sample_is_the_same_district_by_xml_and_by_the_api(
    is_old: bool, fresh_database: Callable[..., str], migrated: str, tmp_path: Path
) -> None:
    data = ROOT / "tests" / "data"
    by_xml = load_district(data / "districts" / "grand-bend.yaml", data / "dialects")

    def using(district: District, name: str) -> Collaborators:
        var = tmp_path / name
        secrets = var / "secrets" / "districts" / "grand-bend.yaml"
        secrets.parent.mkdir(parents=True)
        secrets.write_text(yaml.safe_dump({"key": "k", "secret": "s"}), encoding="utf-8")
        secrets.chmod(0o600)
        settings = Settings(var=var, config=ROOT / "config", drop_url=str(SAMPLE))
        return Collaborators(
            settings=settings,
            engine=open_engine(fresh_database(name, template=migrated)),
            county=load_county(settings.config),
            districts={"grand-bend": district},
            statutes=load_statutes(),
        )

    first = using(by_xml, "xml")
    with EdfiServer(agency=255901, key="k", secret="s", is_old=is_old) as server:
        for resource, objects in Sample(SAMPLE).resources(is_old=is_old).items():
            server.state.hold(resource, objects)
        by_api = replace(
            by_xml, connector="edfi_api", url=server.url, options={"default_language": "eng"}
        )
        second = using(by_api, "api")
        one, other = recorded(first), recorded(second)
    first.close()
    second.close()

    assert sum(one["marks"].values()) > 1900
    assert one["findings"]
    at_home = sum(n for row, n in one["guardians"].items() if row[4] and row[8])  # street and zip
    assert at_home > 1300  # others give an address at work alone
    assert len({row[4] for row in one["students"]}) > 10  # languages
    for name, rows in one.items():
        assert other[name] == rows, (name, list((rows - other[name]).items())[:3])
