"""Hostile deliveries through whole nights: what was recorded before stands, and the neighbour is untouched."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from pact_etl.districts import load_county
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.steps.collect import collect
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.store.session import open_engine
from pact_etl.store.submissions import counts_of
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.hostile import speakers, structured
from tests.hostile.cases import Case, Loaded, Refused
from tests.hostile.corpus import CASES
from tests.hostile.speakers import CANARY, GOOD, NIGHT, Files, Speaker, own_district, plain

pytestmark = pytest.mark.integration

NEIGHBOUR = "neighbour"
SPEAKERS = (
    *(speakers.plain, speakers.whole, speakers.wide, speakers.packed, speakers.template),
    *(speakers.aeries, speakers.periods, structured.edfi_xml),
)
EVERY = {Refused: 3, Loaded: 20}
"""Of each family every third input that is refused, which costs little, and one in twenty of those that load."""

LEAST = 100

RECORD = {
    "marks": """
        SELECT r.local_id, m.date, m.status, m.raw_code, m.minutes FROM mark m
        JOIN district d ON d.id = m.district_id
        JOIN student_record r ON r.district_id = d.id AND r.student_id = m.student_id
        WHERE d.slug = :slug AND m.recorded_to IS NULL ORDER BY 1, 2
    """,
    "enrollments": """
        SELECT r.local_id, e.entry_date, e.exit_date, e.grade FROM enrollment e
        JOIN district d ON d.id = e.district_id
        JOIN student_record r ON r.district_id = d.id AND r.student_id = e.student_id
        WHERE d.slug = :slug AND e.recorded_to IS NULL ORDER BY 1, 2
    """,
    "students": """
        SELECT r.local_id, r.first_name, r.last_name, r.birth_date FROM student_record r
        JOIN district d ON d.id = r.district_id WHERE d.slug = :slug ORDER BY 1
    """,
    "guardians": """
        SELECT r.local_id, g.local_id, g.last_name, g.street, s.has_rights FROM guardianship s
        JOIN guardian g ON g.id = s.guardian_id JOIN district d ON d.id = g.district_id
        JOIN student_record r ON r.district_id = d.id AND r.student_id = s.student_id
        WHERE d.slug = :slug AND s.ended_by IS NULL ORDER BY 1, 2
    """,
}


def _chosen() -> Iterator[Case]:
    """Cases of files that go through whole nights."""
    turns: Counter[tuple[str, type]] = Counter()
    keys = {speaker().key for speaker in SPEAKERS}
    for case in CASES:
        if case.speaker().key not in keys or case.as_of != NIGHT:
            continue
        kind = type(case.end)
        turns[case.family, kind] += 1
        if turns[case.family, kind] % EVERY[kind] == 1:
            yield case


CHOSEN = list(_chosen())


@dataclass
class County:
    """Eight districts whose good night is recorded, and a neighbour."""

    using: Collaborators
    drop: Path
    nights: Counter[str] = field(default_factory=Counter)

    def night(self, slug: str, files: Files) -> StepResult:
        """One delivery through every step; the last step's answer."""
        folder = self.drop / NIGHT.isoformat() / slug
        for old in folder.glob("*"):
            old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        collected = collect(self.using, slug, NIGHT)
        if collected.status is not StepStatus.DONE:
            return collected
        validated = validate(self.using, collected.ids["submission"])
        if validated.status is not StepStatus.DONE:
            return validated
        return record(self.using, validated.ids["submission"])

    def good_again(self, speaker: Speaker) -> StepResult:
        """The good night once more, in bytes that were never sent before."""
        slug = speaker.district.slug
        self.nights[slug] += 1
        name = speaker.district.files["calendar"].name.split("!")[0]
        content = speaker.files[name]
        extra = b"\n" * self.nights[slug]
        encoding = speaker.district.encoding
        if name.endswith(".zip"):
            content = (
                content[:-2] + self.nights[slug].to_bytes(2, "little") + b"x" * self.nights[slug]
            )
        elif encoding == "utf-16":
            content += extra.decode().encode("utf-16-le")
        else:
            content += extra
        return self.night(slug, speaker.files | {name: content})

    def record_of(self, slug: str) -> dict[str, list[tuple[object, ...]]]:
        """Everything that is believed of a district."""
        with self.using.engine.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(text(query), {"slug": slug})]
                for name, query in RECORD.items()
            }

    def books_of(self, result: StepResult) -> dict[str, dict[str, int]]:
        """Received, recorded, unchanged and quarantined by table."""
        with self.using.engine.connect() as connection:
            return counts_of(connection, result.ids["submission"])


@pytest.fixture(scope="module")
def county(
    fresh_database: Callable[..., str],
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("hostile")
    settings = Settings(var=folder / "var", config=ROOT / "config", drop_url=str(folder / "drop"))
    districts = {
        s().district.slug: replace(s().district, path="{as_of}/{slug}", cd_code=f"34{n:05d}")
        for n, s in enumerate(SPEAKERS)
    }
    districts[NEIGHBOUR] = own_district(NEIGHBOUR, cd_code="3499998")
    engine = open_engine(fresh_database("hostile", template=migrated))
    using = Collaborators(
        settings=settings,
        engine=engine,
        county=load_county(settings.config),
        districts=districts,
        statutes=load_statutes(),
    )
    one = County(using=using, drop=folder / "drop")
    for speaker in SPEAKERS:
        assert one.night(speaker().district.slug, speaker().files).status is StepStatus.DONE
    assert one.night(NEIGHBOUR, plain().files).status is StepStatus.DONE
    yield one
    engine.dispose()


def test_enough_of_the_corpus_goes_through_whole_nights() -> None:
    assert len(CHOSEN) >= LEAST
    assert {case.family for case in CHOSEN} == {
        "bytes",
        "lines",
        "archives",
        "xml",
        "cells",
        "tables",
    }


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.id)
def test_a_hostile_night_leaves_the_record_and_the_neighbour_whole(
    county: County, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    speaker = case.speaker()
    slug = speaker.district.slug
    before, beside = county.record_of(slug), county.record_of(NEIGHBOUR)
    assert len(before["marks"]) == len(GOOD)

    result = county.night(slug, case.make())

    after = county.record_of(slug)
    assert county.record_of(NEIGHBOUR) == beside
    if isinstance(case.end, Refused):
        assert result.status in (StepStatus.HELD, StepStatus.LATE)
        assert result.reasons == {case.end.reason.value: 1}
        assert after == before
    else:
        assert result.status is StepStatus.DONE, result.reasons
        loaded_as_said(case.end, county, result, after, before)
        assert county.good_again(speaker).status is StepStatus.DONE
        assert county.record_of(slug)["marks"] == before["marks"]
    said = "\n".join(f"{r.getMessage()} {r.__dict__} {r.exc_info}" for r in caplog.records)
    assert CANARY not in said
    assert CANARY not in f"{result!r}"


def loaded_as_said(
    end: Loaded,
    county: County,
    result: StepResult,
    after: dict[str, list[tuple[object, ...]]],
    before: dict[str, list[tuple[object, ...]]],
) -> None:
    books = county.books_of(result)
    for table, book in books.items():
        assert book["received"] == book["recorded"] + book["unchanged"] + book["quarantined"], table
    assert books["attendance"]["received"] == end.rows
    aside = sum(count for name, count in end.aside.items())
    # A roster row set aside tonight still stands in the record from nights before, so less may be set aside.
    assert sum(book["quarantined"] for book in books.values()) <= aside
    # Nobody is lost: whoever was there before still is.
    assert {row[0] for row in after["students"]} >= {row[0] for row in before["students"]}


def test_the_neighbour_records_its_own_night_after_all_of_them(county: County) -> None:
    before = county.record_of(NEIGHBOUR)

    result = county.night(
        NEIGHBOUR, plain().files | {"calendar.csv": plain().of("calendar") + b"\n"}
    )

    assert result.status is StepStatus.DONE
    assert result.counts["quarantined"] == 0
    assert county.record_of(NEIGHBOUR) == before
