"""What the operation hands over, as it stands in the star; and what must never stand there."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, Table, func, inspect, select, text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.warehouse.dimensions import load_dates, load_students
from pact_etl.warehouse.facts import (
    drop_old_editions,
    load_attendance,
    load_letter_outcomes,
    load_letters,
    load_meetings,
    load_submissions,
)
from pact_etl.warehouse.frames import OUTCOMES
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.warehouse.tables import (
    ABSENCES,
    MILESTONES,
    brg_letter_student,
    dim_date,
    dim_student,
    fct_attendance_school_day,
    fct_letter,
    fct_letter_outcome,
    fct_meeting,
    fct_submission,
)

pytestmark = pytest.mark.integration

CANARY = "Zyxwvut"
CANARY_SSID = "9081726354"
CANARY_LETTER = 7418529630
CANARY_BIRTHDAY = "2013-02-03"

STUDENTS = pd.DataFrame(
    {
        "student_ref": [CANARY_SSID, "id:42"],
        "district": ["elk-grove-unified"] * 2,
        "birth_date": [date.fromisoformat(CANARY_BIRTHDAY), date(2010, 9, 1)],
        "grade": ["08", "11"],
        "home_language": ["spa", None],
    }
)
LETTERS = pd.DataFrame(
    {
        "letter_id": [CANARY_LETTER, 1002],
        "district": ["elk-grove-unified"] * 2,
        "kind": ["invitation"] * 2,
        "language": ["spa", "eng"],
        "status": ["mailed", "planned"],
        "meeting": ["pact-2026-12-03", None],
        "students": [2, 1],
        **{f"{name}_on": [None, None] for name in MILESTONES},
        "marginal_cost": [1.05, None],
        "full_cost": [2.45, None],
    }
).assign(
    planned_on=[date(2026, 11, 2), date(2026, 11, 20)],
    mailed_on=pd.to_datetime(pd.Series(["2026-11-06", None])),
)
LETTER_STUDENTS = pd.DataFrame(
    {
        "letter_id": [CANARY_LETTER, CANARY_LETTER, 1002],
        "student_ref": [CANARY_SSID, "id:42", "id:42"],
    }
)
OUTCOME = {
    "letter_id": CANARY_LETTER,
    "student_ref": CANARY_SSID,
    "district": "elk-grove-unified",
    "status": "immature",
} | {name: 4.0 for name in OUTCOMES if name.endswith("_days")}
LETTER_OUTCOMES = pd.DataFrame(
    [OUTCOME | {"window_days": window} for window in (20, 40)], columns=list(OUTCOMES)
)


def rows(connection: Connection, table: Table) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def attendance(**changes: object) -> pd.DataFrame:
    counts = dict.fromkeys(ABSENCES, 0) | {"absent_unexcused": 30, "absent_excused": 50}
    row = {
        "cds_code": "34673140000001",
        "district": "elk-grove-unified",
        "date": date(2026, 9, 1),
        "enrolled": 1000,
    }
    return pd.DataFrame([row | counts | changes])


def load_all(connection: Connection, pseudonyms: Pseudonyms) -> None:
    load_students(connection, STUDENTS, pseudonyms, date(2026, 11, 23))
    load_attendance(
        connection,
        attendance(),
        district="elk-grove-unified",
        first=date(2026, 8, 25),
        last=date(2026, 9, 7),
    )
    load_letters(connection, LETTERS, LETTER_STUDENTS, school_year="2026-27", pseudonyms=pseudonyms)
    load_letter_outcomes(
        connection, LETTER_OUTCOMES, as_of=date(2026, 11, 23), pseudonyms=pseudonyms
    )


def test_a_day_knows_its_school_year_and_place_in_the_week(connection: Connection) -> None:
    def day(key: int) -> dict[str, object]:
        found = connection.execute(select(dim_date).where(dim_date.c.date_key == key)).mappings()
        return dict(found.one())

    assert day(20260701)["school_year"] == "2026-27"
    assert day(20270630)["school_year"] == "2026-27"
    assert (day(20270228)["is_month_end"], day(20270227)["is_month_end"]) == (True, False)
    assert (day(20261123)["weekday"], day(20261129)["weekday"]) == (1, 7)
    assert connection.scalar(select(func.count()).select_from(dim_date)) == 365
    assert load_dates(connection, date(2026, 7, 1), date(2027, 7, 1)) == 1


def test_a_student_is_a_key_and_bands(connection: Connection, pseudonyms: Pseudonyms) -> None:
    load_students(connection, STUDENTS, pseudonyms, date(2026, 11, 23))

    first = next(row for row in rows(connection, dim_student) if row["home_language"] == "spa")
    assert first == {
        "student_key": pseudonyms.key("student", CANARY_SSID),
        "key_version": 1,
        "district_key": "elk-grove-unified",
        "age_band": "13_15",
        "grade_band": "7_8",
        "home_language": "spa",
    }
    assert load_students(connection, STUDENTS, pseudonyms, date(2026, 11, 23)) == 0


def test_students_who_are_in_no_count_of_absences_are_present(connection: Connection) -> None:
    load_attendance(
        connection,
        attendance(),
        district="elk-grove-unified",
        first=date(2026, 9, 1),
        last=date(2026, 9, 1),
    )

    (row,) = rows(connection, fct_attendance_school_day)
    assert (row["enrolled"], row["present"], row["absent_unexcused"]) == (1000, 920, 30)


def test_more_absent_than_enrolled_is_refused(connection: Connection) -> None:
    with pytest.raises(InvariantBroken, match="ck_fct_attendance_school_day_adds_up"):
        load_attendance(
            connection,
            attendance(enrolled=79),
            district="elk-grove-unified",
            first=date(2026, 9, 1),
            last=date(2026, 9, 1),
        )


def test_a_letter_is_one_row_that_gains_dates(
    connection: Connection, pseudonyms: Pseudonyms
) -> None:
    load_all(connection, pseudonyms)
    approved = LETTERS.assign(approved_on=[date(2026, 11, 3), date(2026, 11, 23)])

    load_letters(
        connection, approved, LETTER_STUDENTS, school_year="2026-27", pseudonyms=pseudonyms
    )

    letters = {row["status"]: row for row in rows(connection, fct_letter)}
    assert len(letters) == 2
    mailed = letters["mailed"]
    assert mailed["planned_date_key"] == 20261102
    assert mailed["approved_date_key"] == 20261103
    assert mailed["packaged_date_key"] is None
    assert mailed["planned_to_mailed_days"] == 4
    assert str(mailed["full_cost"]) == "2.450"
    assert letters["planned"]["planned_to_mailed_days"] is None
    assert len(rows(connection, brg_letter_student)) == 3


def test_a_submission_must_account_for_every_row(connection: Connection) -> None:
    night = pd.DataFrame(
        {
            "district": ["elk-grove-unified", "galt-elementary"],
            "as_of": [date(2026, 11, 23)] * 2,
            "status": ["recorded", "refused"],
            "received": [100, 50],
            "recorded": [60, 0],
            "unchanged": [30, 0],
            "quarantined": [10, 0],
            "corrections": [3, 0],
        }
    )
    day = {"first": date(2026, 11, 23), "last": date(2026, 11, 23)}

    load_submissions(connection, night, **day)

    assert len(rows(connection, fct_submission)) == 2
    with pytest.raises(InvariantBroken, match="accounts_for_every_row"):
        load_submissions(connection, night.assign(quarantined=[9, 0]), **day)


def test_a_meeting_that_has_not_been_entered_has_no_attendance(connection: Connection) -> None:
    meetings = pd.DataFrame(
        {
            "slug": ["pact-2026-12-03"],
            "date": [date(2026, 12, 3)],
            "letters_invited": [40],
            "students_invited": [44],
            "letters_attended": [pd.NA],
        }
    )

    load_meetings(connection, meetings, school_year="2026-27")

    (row,) = rows(connection, fct_meeting)
    assert (row["date_key"], row["letters_attended"]) == (20261203, None)


def test_editions_of_outcomes_stand_side_by_side_and_old_nights_go(
    connection: Connection, pseudonyms: Pseudonyms
) -> None:
    load_students(connection, STUDENTS, pseudonyms, date(2026, 11, 23))
    for as_of in (date(2026, 9, 29), date(2026, 9, 30), date(2026, 11, 22), date(2026, 11, 23)):
        for _ in range(2):
            load_letter_outcomes(connection, LETTER_OUTCOMES, as_of=as_of, pseudonyms=pseudonyms)

    assert drop_old_editions(connection, as_of=date(2026, 11, 23)) == 2

    found = rows(connection, fct_letter_outcome)
    assert {row["as_of_date_key"] for row in found} == {20260930, 20261122, 20261123}
    assert {row["post_unexcused_rate"] for row in found} == {None}


def test_loading_everything_twice_gives_the_same_tables(
    connection: Connection, pseudonyms: Pseudonyms
) -> None:
    load_all(connection, pseudonyms)
    tables = (fct_letter, brg_letter_student, fct_attendance_school_day, fct_letter_outcome)
    before = [sorted(map(str, rows(connection, table))) for table in tables]

    load_all(connection, pseudonyms)

    assert [sorted(map(str, rows(connection, table))) for table in tables] == before


@pytest.mark.parametrize(
    "frame",
    [
        STUDENTS.assign(last_name=CANARY),
        STUDENTS.assign(home_language=f"{CANARY} speaks Spanish"),
        STUDENTS.assign(student_ref=pd.Series([CANARY_SSID, None], dtype="str")),
        STUDENTS.assign(birth_date=CANARY).rename(columns={"birth_date": "born"}),
    ],
)
def test_a_frame_that_brings_more_than_it_should_is_refused_unquoted(
    connection: Connection, pseudonyms: Pseudonyms, frame: pd.DataFrame
) -> None:
    with pytest.raises(InvariantBroken) as caught:
        load_students(connection, frame, pseudonyms, date(2026, 11, 23))

    assert CANARY not in str(caught.value)
    assert CANARY_SSID not in str(caught.value)


def test_the_warehouse_holds_nothing_that_points_at_the_canary(
    connection: Connection, pseudonyms: Pseudonyms
) -> None:
    load_all(connection, pseudonyms)

    secrets = (CANARY, CANARY_SSID, str(CANARY_LETTER), CANARY_BIRTHDAY, "20130203")
    found = [
        (table, secret)
        for table in inspect(connection).get_table_names()
        for secret in secrets
        if connection.scalar(
            text(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE :secret"),
            {"secret": f"%{secret}%"},
        )
    ]

    assert found == []


def test_no_table_about_a_student_has_room_for_who_it_is(warehouse: Engine) -> None:
    inspector = inspect(warehouse)
    about_students = ("dim_student", "fct_letter", "fct_letter_outcome", "brg_letter_student")
    columns = {c["name"] for table in about_students for c in inspector.get_columns(table)}

    assert not [
        name
        for name in columns
        for word in ("name", "birth", "address", "street", "ssid", "email", "phone")
        if word in name
    ]
