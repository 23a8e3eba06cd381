"""A simulated district sent twice, in our template's files and as OneRoster: both are recorded and counted alike."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from sqlalchemy import text

from pact_etl.connectors.registry import connector_for
from pact_etl.districts.loader import load_district, load_districts
from pact_etl.domain.district import District
from pact_etl.domain.results import StepStatus
from pact_etl.settings import Settings
from pact_etl.simulator import simulate
from pact_etl.steps.collect import collect
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.night import take_in
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.oneroster_files import V11, V12, Row, class_, guid, oneroster, put, role, zipped
from tests.sources import file_sources, read_night

pytestmark = pytest.mark.integration

PLAIN, ROSTERED = "elverta-joint-elementary", "rostered"
NIGHTS = [date(2026, 11, 17), date(2026, 11, 18)]
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, District]:
    """Two nights of a district in our template's files."""
    drop = tmp_path_factory.mktemp("drop")
    district = load_districts(ROOT / "config")[PLAIN]
    simulate(drop, [district], scale=0.4, seed=7, first=NIGHTS[0], last=NIGHTS[-1], faults=[])
    return drop, district


def rostered(folder: Path, **own: Any) -> District:
    """The same district as it is set up to send OneRoster."""
    plain = yaml.safe_load((ROOT / "config" / "districts" / f"{PLAIN}.yaml").read_text())
    settings = plain | {"slug": ROSTERED, "cd_code": "3499998", "dialect": "oneroster"}
    settings |= {"exit_day": "inclusive", "path": "{as_of}/{slug}"}
    settings |= {"files": {"users": {"columns": {"local_id": "identifier"}}}} | own
    folder.mkdir(exist_ok=True)
    path = folder / f"{ROSTERED}.yaml"
    path.write_text(yaml.safe_dump(settings))
    return load_district(path, ROOT / "config" / "dialects")


def as_oneroster(frames: Frames, version: str) -> dict[str, list[Row]]:
    """The same people, each school with one homeroom of the whole year, each stay a dated seat in it."""
    spans = frames["enrollments"]
    schools = {code: guid(f"school {code}") for code in frames["schools"]["school_code"]}
    grade = dict(zip(spans["local_id"], spans["grade"], strict=True))
    at = spans.groupby("local_id")["school_code"].agg(
        lambda codes: sorted({schools[c] for c in codes})
    )
    adults = frames["guardians"].drop_duplicates("guardian_id")
    agents = (
        frames["guardians"]
        .groupby("local_id")["guardian_id"]
        .agg(lambda ids: ",".join(guid(f"adult {one}") for one in ids))
    )
    students = [
        {
            "sourcedId": guid(f"student {local_id}"),
            "identifier": local_id,
            "givenName": first,
            "familyName": last,
            "grades": grade.get(local_id, ""),
            "agentSourcedIds": agents.get(local_id, ""),
        }
        for local_id, first, last in zip(
            *(frames["students"][c] for c in ("local_id", "first_name", "last_name")), strict=True
        )
    ]
    parents = [
        {"sourcedId": guid(f"adult {one}"), "givenName": first, "familyName": last}
        for one, first, last in zip(
            *(adults[c] for c in ("guardian_id", "first_name", "last_name")), strict=True
        )
    ]
    tables: dict[str, list[Row]] = {
        "orgs": [
            {"sourcedId": schools[code], "name": name, "type": "school", "identifier": code}
            for code, name in zip(
                *(frames["schools"][c] for c in ("school_code", "name")), strict=True
            )
        ],
        "academicSessions": [
            {"sourcedId": guid("year"), "startDate": "2026-08-01", "endDate": "2027-06-30"}
        ],
        "classes": [class_(f"homeroom {code}", schools[code], "year") for code in schools],
        "demographics": [
            {"sourcedId": guid(f"student {local_id}"), "birthDate": born}
            for local_id, born in zip(
                *(frames["students"][c] for c in ("local_id", "birth_date")), strict=True
            )
        ],
        "enrollments": [
            {
                "sourcedId": guid(f"seat {n}"),
                "classSourcedId": guid(f"homeroom {code}"),
                "schoolSourcedId": schools[code],
                "userSourcedId": guid(f"student {local_id}"),
                "role": "student",
                "beginDate": first,
                "endDate": last,
            }
            for n, (local_id, code, first, last) in enumerate(
                zip(
                    *(spans[c] for c in ("local_id", "school_code", "entry_date", "exit_date")),
                    strict=True,
                )
            )
        ],
    }
    if version == V11:
        students = [
            one | {"role": "student", "orgSourcedIds": ",".join(at[one["identifier"]])}
            for one in students
        ]
        parents = [one | {"role": "parent"} for one in parents]
    else:
        tables["roles"] = [
            role(one["sourcedId"], org, number=n)
            for one in students
            for n, org in enumerate(at[one["identifier"]])
        ]
        tables["roles"] += [role(one["sourcedId"], "", "parent") for one in parents]
    return tables | {"users": students + parents}


@pytest.fixture
def sent(template: tuple[Path, District], tmp_path: Path) -> Callable[[str], Frames]:
    """Put a night of both kinds into the drop; returns the tables it was made of."""
    drop, district = template

    def send(
        version: str,
        night: date = NIGHTS[0],
        change: Callable[[dict[str, list[Row]]], dict[str, list[Row]]] = dict,
        mode: str = "bulk",
    ) -> Frames:
        source = connector_for(district, file_sources(drop))
        # The template's later nights bring what changed alone; a whole OneRoster has everybody every night.
        frames = {t.table: t.frame for t in read_night(source, district, NIGHTS[0])}
        plain = drop / night.isoformat() / PLAIN
        put(
            tmp_path / "drop" / night.isoformat() / PLAIN,
            {p.name: p.read_bytes() for p in plain.iterdir()},
        )
        beside = {n: (plain / n).read_bytes() for n in ("attendance.csv", "calendar.csv")}
        tables = change(as_oneroster(frames, version))
        packed = zipped(oneroster(version, tables, dict.fromkeys(tables, mode)))
        put(
            tmp_path / "drop" / night.isoformat() / ROSTERED,
            beside | {"oneroster.zip": packed},
        )
        return frames

    return send


def both(using: Collaborators, tmp_path: Path, template: District, **own: Any) -> Collaborators:
    settings = Settings(
        var=tmp_path / "var", config=ROOT / "config", drop_url=str(tmp_path / "drop")
    )
    districts = {PLAIN: template, ROSTERED: rostered(tmp_path / "settings", **own)}
    return replace(using, settings=settings, districts=districts)


def counted(using: Collaborators, slug: str) -> dict[str, tuple[int, ...]]:
    """By local id: unexcused days, occasions, absent days, and how many spans."""
    query = """
        SELECT r.local_id, COALESCE(t.unexcused_days, 0), COALESCE(t.occasions, 0), COALESCE(t.absent_days, 0),
               (SELECT count(*) FROM enrollment e
                WHERE e.district_id = d.id AND e.student_id = r.student_id AND e.recorded_to IS NULL)
        FROM student_record r JOIN district d ON d.id = r.district_id
        LEFT JOIN tally t ON t.district_id = d.id AND t.student_id = r.student_id
        WHERE d.slug = :slug"""
    with using.engine.connect() as connection:
        found = connection.execute(text(query), {"slug": slug})
        return {row[0]: tuple(map(int, row[1:])) for row in found}


def value(using: Collaborators, query: str) -> int:
    with using.engine.connect() as connection:
        return int(connection.execute(text(query), {"slug": ROSTERED}).scalar_one())


@pytest.mark.parametrize("version", [V11, V12])
def test_students_are_recorded_and_counted_as_from_the_templates_files(
    using: Collaborators, template, sent, tmp_path: Path, version: str
) -> None:
    frames = sent(version)
    county = both(using, tmp_path, template[1])

    slugs = (PLAIN, ROSTERED)
    submissions = {slug: collect(county, slug, NIGHTS[0]).ids["submission"] for slug in slugs}
    # Both before either is recorded: afterwards the other's students would be known under another district's name.
    validated = {slug: validate(county, submissions[slug]) for slug in slugs}
    recorded = [record(county, submissions[slug]).status for slug in slugs]
    evaluate(county, NIGHTS[0])

    assert recorded == [StepStatus.DONE, StepStatus.DONE], validated
    found = counted(county, ROSTERED)
    assert found == counted(county, PLAIN)
    assert len(found) == len(frames["students"]) > 100
    assert sum(absent for _, _, absent, _ in found.values()) > 0
    assert validated[ROSTERED].reasons == validated[PLAIN].reasons
    rights = "SELECT count(*) FROM guardianship g JOIN guardian a ON a.id = g.guardian_id"
    rights += " JOIN district d ON d.id = a.district_id WHERE d.slug = :slug"
    assert value(county, rights) == len(frames["guardians"])
    assert value(county, f"{rights} AND (g.has_rights OR a.street <> '')") == 0


OPEN = """SELECT count(*) FROM enrollment e JOIN district d ON d.id = e.district_id
    WHERE d.slug = :slug AND e.recorded_to IS NULL"""


def without_the_first(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    gone = tables["enrollments"][0]["userSourcedId"]
    return {
        name: [one for one in rows if gone not in (one["sourcedId"], one.get("userSourcedId"))]
        for name, rows in tables.items()
    }


def only_the_first_renamed(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    one = tables["users"][0] | {"status": "active", "familyName": "Renamed", "agentSourcedIds": ""}
    born = [row for row in tables["demographics"] if row["sourcedId"] == one["sourcedId"]]
    roles = [row for row in tables["roles"] if row["userSourcedId"] == one["sourcedId"]]
    return {"users": [one], "demographics": born, "roles": roles}


@pytest.mark.parametrize("version", [V11, V12])
def test_who_is_missing_from_a_whole_delivery_is_enrolled_no_more(
    using: Collaborators, template, sent, tmp_path: Path, version: str
) -> None:
    county = both(using, tmp_path, template[1])
    sent(version)
    take_in(county, NIGHTS[0], [ROSTERED])
    before = value(county, OPEN)
    sent(version, NIGHTS[1], without_the_first)

    reports = take_in(county, NIGHTS[1], [ROSTERED])

    assert reports[ROSTERED]["status"] == "done"
    assert 0 < before - value(county, OPEN) <= 2


def from_the_new_term_on(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    seats = [one | {"beginDate": "2026-11-16"} for one in tables["enrollments"]]
    return tables | {"enrollments": seats}


def test_an_export_of_the_new_term_alone_is_refused_and_ends_nobodys_enrollment(
    using: Collaborators, template, sent, tmp_path: Path
) -> None:
    county = both(using, tmp_path, template[1])
    sent(V11)
    take_in(county, NIGHTS[0], [ROSTERED])
    before = value(county, OPEN)
    sent(V11, NIGHTS[1], from_the_new_term_on)

    reports = take_in(county, NIGHTS[1], [ROSTERED])

    assert reports[ROSTERED]["reasons"] == {"mass_deletion": 1}
    assert value(county, OPEN) == before


def test_a_delta_changes_whom_it_names_and_ends_nothing(
    using: Collaborators, template, sent, tmp_path: Path
) -> None:
    county = both(using, tmp_path, template[1])
    sent(V12)
    take_in(county, NIGHTS[0], [ROSTERED])
    before, students = value(county, OPEN), set(counted(county, ROSTERED))
    guardians = "SELECT count(*) FROM guardianship g JOIN guardian a ON a.id = g.guardian_id"
    guardians += (
        " JOIN district d ON d.id = a.district_id WHERE d.slug = :slug AND g.ended_by IS NULL"
    )
    adults = value(county, guardians)
    sent(V12, NIGHTS[1], only_the_first_renamed, "delta")

    reports = take_in(county, NIGHTS[1], [ROSTERED])

    renamed = "SELECT count(*) FROM student_record r JOIN district d ON d.id = r.district_id"
    renamed += " WHERE d.slug = :slug AND r.last_name = 'Renamed'"
    assert reports[ROSTERED]["status"] == "done", reports
    assert value(county, renamed) == 1
    assert (value(county, OPEN), value(county, guardians)) == (before, adults)
    assert set(counted(county, ROSTERED)) == students


def test_roles_that_the_district_names_hold_rights_and_without_an_address_nobody_is_written_to(
    using: Collaborators, template, sent, tmp_path: Path
) -> None:
    county = both(using, tmp_path, template[1], options={"rights_roles": "parent"})
    sent(V11)

    take_in(county, NIGHTS[0], [ROSTERED])

    holders = "SELECT count(*) FROM guardianship g JOIN guardian a ON a.id = g.guardian_id"
    holders += " JOIN district d ON d.id = a.district_id WHERE d.slug = :slug AND g.has_rights"
    assert value(county, holders) > 100
    assert value(county, f"{holders} AND COALESCE(a.street, '') <> ''") == 0
