"""From a finding to a planned letter or a hold."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.district import DistrictStatus
from pact_etl.domain.vetting import Unvetted
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.recheck import recheck
from pact_etl.store.letter_values import compose_letters
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays
from tests.integration.steps.conftest import with_district

pytestmark = pytest.mark.integration

NIGHT = weekdays(FIRST_DAY, date(2026, 9, 30))[29]
MISSED = dict.fromkeys(weekdays(FIRST_DAY, NIGHT)[2:7], "absent_unexcused")


def record(
    using: Collaborators, students: list[str], frames: dict[str, pd.DataFrame] | None = None
) -> None:
    base = roster(students) | {"marks": marks(dict.fromkeys(students, MISSED))}
    record_submission(using.engine, NIGHT, base | (frames or {}), covers_days=60)
    evaluate(using, NIGHT)


def letters(using: Collaborators) -> list[tuple[str, str, int]]:
    query = """
        SELECT n.recipient, n.status, count(s.invitation_id) AS students
        FROM notice n LEFT JOIN notice_student s ON s.notice_id = n.id GROUP BY n.id ORDER BY n.id
    """
    with using.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]  # type: ignore[misc]


def changed(column: str, value: object, students: list[str]) -> dict[str, pd.DataFrame]:
    frames = roster(students)
    table = next(t for t in ("students", "guardians") if column in frames[t].columns)
    return {table: frames[table].assign(**{column: value})}


def test_a_new_candidate_gets_one_letter_to_the_home(using: Collaborators) -> None:
    record(using, ["01"])

    planned = plan(using, NIGHT)

    assert [planned.counts[n] for n in ("letters", "students", "held")] == [1, 1, 0]
    assert letters(using) == [("Rosa 01", "planned", 1)]


def test_planning_the_same_night_twice_plans_nothing_twice(using: Collaborators) -> None:
    record(using, ["01", "02"])

    assert plan(using, NIGHT) == plan(using, NIGHT)


def test_siblings_of_one_home_share_one_envelope(using: Collaborators) -> None:
    one_mother = changed("last_name", "Lopez", ["01", "02"])["students"]
    guardians = roster(["01", "02"])["guardians"].assign(guardian_id="G1", last_name="Lopez")
    record(using, ["01", "02"], {"students": one_mother, "guardians": guardians})

    plan(using, NIGHT)

    assert letters(using) == [("Rosa Lopez", "planned", 2)]


def test_neighbours_in_one_building_never_share_an_envelope(using: Collaborators) -> None:
    record(using, ["01", "02"])

    plan(using, NIGHT)

    assert len(letters(using)) == 2


def test_two_homes_with_rights_get_an_envelope_each(using: Collaborators) -> None:
    mother = roster(["01"])["guardians"]
    father = mother.assign(
        guardian_id="G9", first_name="Luis", street="7 Elm St", contact_order=2, lives_with=False
    )
    record(using, ["01"], {"guardians": pd.concat([mother, father], ignore_index=True)})

    plan(using, NIGHT)

    assert sorted(letters(using)) == [("Luis 01", "planned", 1), ("Rosa 01", "planned", 1)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("foster", True, "foster_youth"),
        ("homeless", True, "homeless_youth"),
        ("do_not_send", True, "do_not_send"),
        ("has_rights", False, "no_rights_holder"),
        ("restrained", True, "no_rights_holder"),
        ("safe_at_home", "5555", "safe_at_home"),
        ("street", "", "no_address"),
        ("language", "hmn", "language_without_template"),
    ],
)
def test_a_family_that_needs_a_person_is_held_with_a_reason_and_a_task(
    using: Collaborators, column: str, value: object, reason: str
) -> None:
    record(using, ["01"], changed(column, value, ["01"]))

    planned = plan(using, NIGHT)

    assert planned.reasons == {reason: 1}
    assert not letters(using)
    with using.engine.connect() as connection:
        tasks = connection.execute(text("SELECT reason FROM staff_task")).scalars().all()
    assert tasks == [reason]


def test_a_hold_that_is_cured_becomes_a_letter_and_its_task_is_closed(using: Collaborators) -> None:
    record(using, ["01"], changed("street", "", ["01"]))
    plan(using, NIGHT)
    next_night = weekdays(FIRST_DAY, date(2026, 9, 30))[30]
    record_submission(using.engine, next_night, roster(["01"]), covers_days=0)
    evaluate(using, next_night)

    planned = plan(using, next_night)

    assert [planned.counts[n] for n in ("letters", "students", "held")] == [1, 1, 0]
    with using.engine.connect() as connection:
        open_tasks = "SELECT count(*) FROM staff_task WHERE closed_as_of IS NULL"
        assert connection.execute(text(open_tasks)).scalar_one() == 0


def test_a_district_in_testing_gets_no_letter_planned(using: Collaborators) -> None:
    testing = with_district(using, status=DistrictStatus.TESTING)
    record(testing, ["01"])

    assert plan(testing, NIGHT).reasons == {"district_testing": 1}


def test_an_unknown_code_holds_the_letters_of_its_school(using: Collaborators) -> None:
    unknown = {
        "table": "attendance",
        "file": "att.csv",
        "row": 9,
        "field": "code",
        "reason": "unknown_code",
        "local_id": "01",
        "school_code": "0000001",
        "date": NIGHT,
        "code": "Z",
    }
    frames = roster(["01"]) | {"marks": marks({"01": MISSED})}
    record_submission(using.engine, NIGHT, frames, quarantined=[unknown], covers_days=60)
    evaluate(using, NIGHT)

    assert plan(using, NIGHT).reasons == {"school_held_unknown_code": 1}


def test_an_unvetted_language_is_english_with_a_notice_where_the_county_says_so(
    using: Collaborators,
) -> None:
    mailing = replace(using.county.mailing, unvetted=Unvetted.ENGLISH_WITH_NOTICE)
    using = replace(using, county=replace(using.county, mailing=mailing))
    record(using, ["01"], changed("language", "hmn", ["01"]))

    assert plan(using, NIGHT).reasons == {}
    assert [status for _, status, _ in letters(using)] == ["planned"]
    with using.engine.connect() as connection:
        batch = connection.execute(text("SELECT max(id) FROM batch")).scalar_one()
        seen = recheck(using, connection, batch, NIGHT)
        (letter,) = compose_letters(
            connection, using.county, using.languages_of, seen.as_of, seen.standing, seen.records
        )
    assert (letter.language, letter.notice_in) == ("eng", "hmn")
