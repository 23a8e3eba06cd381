"""What Ed-Fi says of families to be careful with: the same rules for bulk XML and the API, and what it cannot say."""

from pathlib import Path

import pytest

from pact_etl.connectors.edfi.protections import (
    FLAGS,
    Said,
    by_characteristics,
    by_evaluation,
    by_exit,
    by_homeless_program,
    by_indicators,
    charter_cell,
    is_over,
    told_by_programs,
    words_of,
)
from pact_etl.connectors.edfi.xml_protections import read_flags
from pact_etl.connectors.protocol import RawFile
from tests.conftest import ROOT

SAMPLE = ROOT.parent / "shared" / "data" / "edfi-grandbend" / "ds52"
STANDARD = words_of({})


def said_by(*characteristics: str, words: object = STANDARD) -> dict[str, str | int]:
    said = Said()
    by_characteristics(said, characteristics, words)  # type: ignore[arg-type]
    return said.cells()


@pytest.mark.parametrize(
    ("stated", "flag"),
    [
        ("Foster Care", "foster"),
        ("Foster care", "foster"),
        ("Homeless", "homeless"),
        ("Runaway", "homeless"),
        ("Unaccompanied Youth", "unaccompanied"),
    ],
)
def test_a_characteristic_of_the_standard_makes_letters_wait(stated: str, flag: str) -> None:
    cells = said_by("Immigrant", stated)

    assert [name for name in FLAGS if cells[name] == "Y"] == [flag]


def test_what_nothing_speaks_of_is_left_open_and_never_a_no() -> None:
    cells = said_by("Immigrant")

    assert {name: cells[name] for name in ("foster", "homeless", "unaccompanied")} == dict.fromkeys(
        ("foster", "homeless", "unaccompanied"), "N"
    )
    assert {cells[name] for name in ("do_not_send", "deceased", "support_pending")} == {""}
    assert set(Said().cells().values()) == {""}


def test_a_place_that_was_not_there_takes_the_no_away_and_never_the_yes() -> None:
    said = Said()
    by_characteristics(said, ["Homeless"], STANDARD)

    cells = said.cells(silent=("homeless", "unaccompanied"))

    assert (cells["homeless"], cells["unaccompanied"], cells["foster"]) == ("Y", "", "N")


def test_a_district_s_own_words_say_what_the_standard_has_no_field_for() -> None:
    words = words_of(
        {
            "support_pending_characteristics": "SST, Evaluation",
            "do_not_send_indicators": "No District Attorney mail",
        }
    )
    said = Said()
    by_characteristics(said, ["Evaluation in progress"], words)
    by_indicators(said, [("no district attorney MAIL", "Yes")], words)
    denied = Said()
    by_indicators(denied, [("No District Attorney mail", "No")], words)

    assert (said.cells()["support_pending"], said.cells()["do_not_send"]) == ("Y", "Y")
    assert denied.cells()["do_not_send"] == "N"


def test_a_homeless_program_that_has_ended_says_nothing_more() -> None:
    said = Said()
    by_homeless_program(said, unaccompanied=True, awaits_foster_care=False, is_over=True)

    assert said.yes == set()
    assert is_over(["2026-01-01"], "2026-01-02")
    assert not is_over(["2026-01-02"], "2026-01-02")
    assert not is_over([""], "2026-01-02")
    assert not is_over([], "2026-01-02")


def test_an_evaluation_is_pending_until_somebody_has_determined_eligibility() -> None:
    pending, done = Said(), Said()
    by_evaluation(pending, "")
    by_evaluation(done, "2026-01-02")
    for said in (pending, done):
        said.take(told_by_programs(homeless=False, evaluations=True), ())

    assert (pending.cells()["support_pending"], done.cells()["support_pending"]) == ("Y", "N")


def test_who_left_by_dying_is_never_written_about() -> None:
    said = Said()
    by_exit(said, "Died or is permanently incapacitated", STANDARD)

    assert said.cells()["deceased"] == "Y"


def test_a_school_of_an_unknown_charter_status_is_taken_for_one() -> None:
    cells = [
        charter_cell(status, STANDARD)
        for status in ("Not a Charter School", "School Charter", "Dependent", "")
    ]

    assert cells == ["N", "Y", "Y", ""]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample district is not at hand")
def test_the_sample_district_s_eleven_homeless_students_are_found_by_their_programs() -> None:
    flags = read_flags(
        _file(SAMPLE / "Student.xml"), None, _file(SAMPLE / "StudentProgram.xml"), STANDARD, ""
    )

    assert sum(cells["homeless"] == "Y" for cells in flags.values()) == 11
    assert not any(cells["unaccompanied"] == "Y" for cells in flags.values())


def _file(path: Path) -> RawFile:
    return RawFile(name=path.name, content=path.read_bytes())
