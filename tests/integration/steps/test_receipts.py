"""What a district is told of families no letter can reach, out of the record."""

import pytest
from sqlalchemy import text

from pact_etl.domain.address import count_faults
from pact_etl.steps.plan import plan
from pact_etl.store.unreachable import addresses_stated, letters_held, students_without_reader
from pact_etl.wiring import Collaborators
from tests.factories import record_submission, roster
from tests.integration.steps.letters import NEXT_NIGHT, one, planned_batch

pytestmark = pytest.mark.integration

STUDENTS = ["01", "02", "03"]


def told(using: Collaborators, submission: int) -> tuple[dict[str, int], int, dict[str, int]]:
    district = int(str(one(using, "SELECT id FROM district")))
    with using.engine.connect() as connection:
        return (
            count_faults(addresses_stated(connection, district, submission)),
            students_without_reader(connection, district, submission),
            letters_held(connection, district, "2026-27"),
        )


def change(using: Collaborators, statement: str) -> None:
    with using.engine.begin() as connection:
        connection.execute(text(statement))


def newest(using: Collaborators) -> int:
    return int(str(one(using, "SELECT max(id) FROM submission")))


def test_good_addresses_and_readers_are_no_line_on_the_receipt(using: Collaborators) -> None:
    planned_batch(using, STUDENTS)

    assert told(using, newest(using)) == ({}, 0, {})


def test_addresses_are_counted_once_and_only_those_of_this_delivery(using: Collaborators) -> None:
    planned_batch(using, STUDENTS)
    before = newest(using)
    guardians = roster(STUDENTS)["guardians"].assign(zip="")
    guardians.loc[2, "street"] = ""
    record_submission(using.engine, NEXT_NIGHT, {"guardians": guardians})

    faults, _, _ = told(using, newest(using))

    assert sum(faults.values()) == 2  # two homes, one of them of two students
    assert "street_missing" in faults
    assert told(using, before)[0] == {}


@pytest.mark.parametrize("change_of", ["has_rights = false", "restrained = true"])
def test_a_student_whose_only_adult_may_not_be_written_to_is_counted(
    using: Collaborators, change_of: str
) -> None:
    planned_batch(using, STUDENTS)
    change(
        using,
        f"UPDATE guardianship SET {change_of} WHERE student_id = (SELECT student_id FROM student_record"
        " WHERE local_id = '02')",
    )

    assert told(using, newest(using))[1] == 1


def test_letters_that_wait_are_counted_by_reason(using: Collaborators) -> None:
    planned_batch(using, STUDENTS)
    change(using, "UPDATE student_record SET do_not_send = true WHERE local_id = '03'")
    change(using, "DELETE FROM notice_student")
    change(using, "UPDATE invitation SET status = 'withdrawn'")
    plan(using, NEXT_NIGHT)

    assert told(using, newest(using))[2] == {"do_not_send": 1}
