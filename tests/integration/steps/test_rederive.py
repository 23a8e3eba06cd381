"""A code that is explained later: the days that waited for it join the record without a new file."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pact_etl.districts import load_county
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import AttendanceLayout, CodeMapping, FileLayout, Form
from pact_etl.domain.results import StepStatus
from pact_etl.law import load_statutes
from pact_etl.settings import Settings
from pact_etl.steps.collect import collect
from pact_etl.steps.corrections import list_corrections
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.store.quarantine import held_schools
from pact_etl.wiring import Collaborators
from tests.conftest import ROOT
from tests.factories import district, record_submission, roster

pytestmark = pytest.mark.integration

SEPTEMBER, NOVEMBER = date(2026, 9, 14), date(2026, 11, 16)
COLUMNS = {"local_id": "id", "school_code": "school", "date": "date", "code": "code"}
KNOWN = CodeMapping(code="U", status=Status.ABSENT_UNEXCUSED, from_=date(2020, 7, 1))
LAYOUT = {"attendance": FileLayout(name="att.csv", columns=COLUMNS)}


def explaining(using: Collaborators, code: str, status: Status) -> Collaborators:
    mapping = CodeMapping(code=code, status=status, from_=date(2020, 7, 1))
    return replace(using, districts={"oak-grove": district(files=LAYOUT, codes=[KNOWN, mapping])})


@pytest.fixture
def using(using: Collaborators) -> Collaborators:
    with_codes = replace(using, districts={"oak-grove": district(files=LAYOUT, codes=[KNOWN])})
    record_submission(using.engine, date(2026, 9, 11), roster(["01", "02"]))
    send(with_codes, SEPTEMBER, [("01", SEPTEMBER, "Q"), ("02", SEPTEMBER, "U")])
    send(with_codes, NOVEMBER, [("02", NOVEMBER, "U")])
    evaluate(with_codes, NOVEMBER)
    return with_codes


def send(using: Collaborators, as_of: date, rows: list[tuple[str, date, str]]) -> None:
    lines = ["id,school,date,code", *(f"{i},0000001,{day},{code}" for i, day, code in rows)]
    path = Path(using.settings.drop) / str(as_of) / "oak-grove" / "att.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    submission = collect(using, "oak-grove", as_of).ids["submission"]
    validate(using, submission)
    assert record(using, submission).status is StepStatus.DONE


def marks(using: Collaborators) -> set[tuple[str, date, str]]:
    query = """SELECT r.local_id, m.date, m.status FROM mark m JOIN student_record r USING (student_id)
               WHERE m.recorded_to IS NULL"""
    with using.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(query))}  # type: ignore[misc]


def held(using: Collaborators) -> int:
    with using.engine.connect() as connection:
        return len(held_schools(connection))


def submissions(using: Collaborators) -> list[tuple[date, bool]]:
    query = (
        "SELECT as_of, rederives IS NOT NULL FROM submission WHERE status = 'recorded' ORDER BY id"
    )
    with using.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]  # type: ignore[misc]


OTHERS = {("02", SEPTEMBER, "absent_unexcused"), ("02", NOVEMBER, "absent_unexcused")}


def test_an_unexplained_code_of_long_ago_holds_its_school(using: Collaborators) -> None:
    assert marks(using) == OTHERS
    assert held(using) == 1


def test_once_explained_its_day_is_read_again_and_the_school_is_free(using: Collaborators) -> None:
    result = evaluate(explaining(using, "Q", Status.ABSENT_EXCUSED), NOVEMBER)

    assert result.counts["rederived"] == 1
    assert marks(using) == {("01", SEPTEMBER, "absent_excused"), *OTHERS}
    assert held(using) == 0
    assert submissions(using)[-1] == (NOVEMBER, True)


def test_a_code_that_turns_out_to_mean_present_frees_the_school_without_a_mark(
    using: Collaborators,
) -> None:
    evaluate(explaining(using, "Q", Status.PRESENT), NOVEMBER)

    assert marks(using) == OTHERS
    assert held(using) == 0


def test_reading_again_twice_changes_nothing_more(using: Collaborators) -> None:
    cured = explaining(using, "Q", Status.ABSENT_EXCUSED)
    evaluate(cured, NOVEMBER)
    before = (marks(using), submissions(using))

    assert evaluate(cured, NOVEMBER).counts["rederived"] == 0
    assert (marks(using), submissions(using)) == before


def test_explaining_another_code_helps_nobody(using: Collaborators) -> None:
    evaluate(explaining(using, "Z", Status.ABSENT_EXCUSED), NOVEMBER)

    assert marks(using) == OTHERS
    assert held(using) == 1


def test_what_a_later_night_stated_anew_is_not_read_again(using: Collaborators) -> None:
    send(using, date(2026, 11, 17), [("01", SEPTEMBER, "U")])
    evaluate(explaining(using, "Q", Status.ABSENT_EXCUSED), date(2026, 11, 17))

    assert ("01", SEPTEMBER, "absent_unexcused") in marks(using)
    assert all(not again for _, again in submissions(using))


def meaning(
    using: Collaborators, status: Status, first: date = date(2020, 7, 1), to: date | None = None
) -> Collaborators:
    """The same district whose code U means something else, on some days or on all of them."""
    changed = CodeMapping(code="U", status=status, from_=first, to=to)
    return replace(using, districts={"oak-grove": district(files=LAYOUT, codes=[changed, KNOWN])})


def test_a_changed_meaning_reaches_every_day_that_rests_on_it_without_a_new_file(
    using: Collaborators,
) -> None:
    result = evaluate(meaning(using, Status.ABSENT_EXCUSED), NOVEMBER)

    assert result.counts["rederived"] == 2
    assert marks(using) == {
        ("02", SEPTEMBER, "absent_excused"),
        ("02", NOVEMBER, "absent_excused"),
    }
    assert held(using) == 1  # the other code still waits


def test_a_meaning_that_changes_on_some_days_leaves_the_others_alone(using: Collaborators) -> None:
    evaluate(meaning(using, Status.ABSENT_EXCUSED, to=date(2026, 9, 30)), NOVEMBER)

    assert marks(using) == {
        ("02", SEPTEMBER, "absent_excused"),
        ("02", NOVEMBER, "absent_unexcused"),
    }


def test_a_code_that_turns_out_to_mean_present_takes_its_marks_back(using: Collaborators) -> None:
    evaluate(meaning(using, Status.PRESENT), NOVEMBER)

    assert marks(using) == set()


def test_a_meaning_changed_and_changed_back_leaves_the_marks_as_they_were(
    using: Collaborators,
) -> None:
    evaluate(meaning(using, Status.ABSENT_EXCUSED), NOVEMBER)
    evaluate(using, NOVEMBER)
    assert marks(using) == OTHERS

    evaluate(meaning(using, Status.ABSENT_EXCUSED), NOVEMBER)
    assert {status for _, _, status in marks(using)} == {"absent_excused"}


def test_a_changed_meaning_read_again_twice_changes_nothing_more(using: Collaborators) -> None:
    cured = meaning(using, Status.ABSENT_EXCUSED)
    evaluate(cured, NOVEMBER)
    before = (marks(using), submissions(using))

    assert evaluate(cured, NOVEMBER).counts["rederived"] == 0
    assert (marks(using), submissions(using)) == before


def test_a_code_that_loses_its_meaning_holds_its_school_again(using: Collaborators) -> None:
    bare = replace(using, districts={"oak-grove": district(files=LAYOUT, codes=[])})
    evaluate(explaining(using, "Q", Status.ABSENT_EXCUSED), NOVEMBER)
    assert held(using) == 0

    evaluate(bare, NOVEMBER)

    assert held(using) == 1
    assert ("02", NOVEMBER, "absent_unexcused") in marks(using)  # kept, but its letters wait


def shaped(using: Collaborators, form: Form, *codes: CodeMapping) -> Collaborators:
    """A district with another form of attendance; its school has two periods a day."""
    columns = COLUMNS | ({"period": "period"} if form is Form.PERIODS else {})
    layout = {"attendance": FileLayout(name="att.csv", columns=columns)}
    attendance = AttendanceLayout(form=form, covers_days=14)
    changed = district(files=layout, codes=[*codes, KNOWN], attendance=attendance)
    return replace(using, districts={"oak-grove": changed})


def deliver(using: Collaborators, lines: list[str]) -> None:
    path = Path(using.settings.drop) / str(SEPTEMBER) / "oak-grove" / "att.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    submission = collect(using, "oak-grove", SEPTEMBER).ids["submission"]
    validate(using, submission)
    assert record(using, submission).status is StepStatus.DONE
    evaluate(using, SEPTEMBER)


def mapped(code: str, status: Status) -> CodeMapping:
    return CodeMapping(code=code, status=status, from_=date(2020, 7, 1))


@pytest.fixture
def enrolled(store: Engine, tmp_path: Path) -> Collaborators:
    record_submission(store, date(2026, 9, 11), roster(["01", "02"]))
    return Collaborators(
        settings=Settings(var=tmp_path / "var", config=ROOT / "config"),
        engine=store,
        county=load_county(ROOT / "config"),
        districts={},
        statutes=load_statutes(),
    )


def test_a_changed_meaning_of_a_period_is_settled_with_the_other_periods_of_its_day(
    enrolled: Collaborators,
) -> None:
    excused = mapped("E", Status.ABSENT_EXCUSED)
    before = shaped(enrolled, Form.PERIODS, excused)
    periods = [("01", 1, "U"), ("01", 2, "E"), ("02", 1, "U"), ("02", 2, "U")]
    rows = [f"{who},0000001,{SEPTEMBER},{period},{code}" for who, period, code in periods]
    deliver(before, ["id,school,date,period,code", *rows])
    assert marks(before) == {
        ("01", SEPTEMBER, "absent_mixed"),
        ("02", SEPTEMBER, "absent_unexcused"),
    }

    now = shaped(enrolled, Form.PERIODS, mapped("U", Status.ABSENT_EXCUSED), excused)
    evaluate(now, SEPTEMBER)

    assert marks(now) == {
        ("01", SEPTEMBER, "absent_excused"),
        ("02", SEPTEMBER, "absent_excused"),
    }


def test_a_changed_meaning_reaches_positive_attendance_and_leaves_the_present_alone(
    enrolled: Collaborators,
) -> None:
    present = mapped("P", Status.PRESENT)
    before = shaped(enrolled, Form.POSITIVE, present)
    rows = [f"01,0000001,{SEPTEMBER},U", f"02,0000001,{SEPTEMBER},P"]
    deliver(before, ["id,school,date,code", *rows])
    assert marks(before) == {("01", SEPTEMBER, "absent_unexcused")}

    now = shaped(enrolled, Form.POSITIVE, mapped("U", Status.ABSENT_EXCUSED), present)
    evaluate(now, SEPTEMBER)

    assert marks(now) == {("01", SEPTEMBER, "absent_excused")}


def test_a_corrected_meaning_undoes_findings_on_the_night_that_reads_it(
    using: Collaborators,
) -> None:
    evaluate(meaning(using, Status.ABSENT_EXCUSED), NOVEMBER)

    found = list_corrections(using, NOVEMBER)["oak-grove"]
    assert found["kinds"]["excused_later"]["count"] == 2
