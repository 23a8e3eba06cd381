"""Students of one school on two Ed-Fi calendars, all the way to their counts."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, text

from pact_etl.districts import load_county
from pact_etl.districts.loader import load_district
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.steps.collect import collect
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import weekdays
from tests.integration.connectors.edfi_world import AGENCY, DAYS, NIGHTS, YEAR_START, small_world

pytestmark = pytest.mark.integration

NIGHT = NIGHTS[0]
SCHOOLDAYS = weekdays(DAYS[0], NIGHT)
VACATION = SCHOOLDAYS[5:15]
ABSENT = [SCHOOLDAYS[0], SCHOOLDAYS[6], SCHOOLDAYS[-1]]
SCHOOL = "34670001"


@pytest.fixture
def served(store: Engine, tmp_path: Path) -> Callable[[EdfiServer], Collaborators]:
    def using(server: EdfiServer) -> Collaborators:
        settings = Settings(var=tmp_path / "var", config=ROOT / "config", drop_url=str(tmp_path))
        secrets = settings.credentials / "oak.yaml"
        secrets.parent.mkdir(parents=True)
        secrets.write_text(yaml.safe_dump({"key": "k", "secret": "s"}), encoding="utf-8")
        secrets.chmod(0o600)
        path = tmp_path / "oak.yaml"
        own = {"slug": "oak", "name": "Oak", "cd_code": str(AGENCY), "level": "unified"}
        own |= {"status": "testing", "sis": "Ed-Fi", "enrollment": 10, "dialect": "edfi_api"}
        office = {"name": "Office", "phone": "", "email": ""}
        path.write_text(yaml.safe_dump(own | {"url": server.url, "office": office}))
        return Collaborators(
            settings=settings,
            engine=store,
            county=load_county(settings.config),
            districts={"oak": load_district(path, ROOT / "config" / "dialects")},
            statutes=load_statutes(),
        )

    return using


def test_each_student_is_counted_by_the_calendar_the_enrollment_names(
    served: Callable[[EdfiServer], Collaborators],
) -> None:
    world = small_world(0)
    on = {"1001": "Year-round B", "1003": "Traditional", "1005": ""}
    for student in on:
        world.add_student(student, f"9{student}")
        for day in ABSENT:
            world.marks[student, day] = "Unexcused Absence"
    tables = world.tables()
    tables["enrollments"]["track"] = [on[i] for i in tables["enrollments"]["local_id"]]
    tables["calendar"] = tables["calendar"].iloc[:0]
    with EdfiServer(agency=AGENCY, key="k", secret="s") as server:
        server.load(tables, (YEAR_START, NIGHT))
        server.state.hold("calendarDates", calendar_dates())
        using = served(server)
        submission = collect(using, "oak", NIGHT).ids["submission"]
        validate(using, submission)
        recorded = record(using, submission)
        evaluate(using, NIGHT)

    assert recorded.reasons == {"no_school_that_day": 2}
    query = """
        SELECT r.local_id, t.unexcused_days, (SELECT max(c.day_number) FROM calendar_day c
          JOIN enrollment_span e ON e.school_id = c.school_id AND e.track = c.track
          WHERE e.student_id = r.student_id AND c.date <= :night) AS days
        FROM tally t JOIN student_record r USING (student_id) ORDER BY 1
    """
    with using.engine.connect() as connection:
        counted = [tuple(row) for row in connection.execute(text(query), {"night": NIGHT})]
    every, short = len(SCHOOLDAYS), len(SCHOOLDAYS) - len(VACATION)
    # Whoever's enrollment names no calendar follows all of them together: closed wins.
    assert counted == [("1001", 2, short), ("1003", 3, every), ("1005", 2, short)]


def calendar_dates() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for code in ("Traditional", "Year-round B"):
        for day in SCHOOLDAYS:
            off = code != "Traditional" and day in VACATION
            event = "Holiday" if off else "Instructional day"
            found.append(
                {
                    "calendarReference": {
                        "calendarCode": code,
                        "schoolId": int(SCHOOL),
                        "schoolYear": 2026,
                    },
                    "date": day.isoformat(),
                    "calendarEvents": [
                        {
                            "calendarEventDescriptor": f"uri://ed-fi.org/CalendarEventDescriptor#{event}"
                        }
                    ],
                }
            )
    return found
