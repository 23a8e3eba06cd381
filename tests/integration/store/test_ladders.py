"""Steps of the ladder that a district tells, kept with when they were believed."""

from datetime import date

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.ladder import Step
from pact_etl.domain.school_year import school_year_of
from pact_etl.store.ladders import steps_of
from tests.factories import ladder, record_submission, roster
from tests.integration.steps.letters import DAYS

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = DAYS[30], DAYS[31], DAYS[32]
REPORT = ("01", "report", "48260", DAYS[5], "mail", "ledger")
NOTICE = ("01", "family_notice", "48260.5", DAYS[6], "mail", "letter 118")


def known(engine: Engine, as_of: date) -> list[tuple[Step, str]]:
    with engine.connect() as connection:
        student = connection.execute(text("SELECT student_id FROM student_record")).scalar_one()
        told = steps_of(connection, student, as_of, school_year_of(as_of))
    return [(s.step, s.proof) for s in told.get("oak-grove", ())]


def test_a_step_taken_back_is_known_of_the_nights_on_which_it_was_believed(store: Engine) -> None:
    record_submission(store, FIRST, roster(["01"]) | ladder(REPORT, NOTICE))
    record_submission(store, SECOND, ladder(REPORT))

    assert known(store, FIRST) == [(Step.REPORT, "ledger"), (Step.FAMILY_NOTICE, "letter 118")]
    assert known(store, SECOND) == [(Step.REPORT, "ledger")]


def test_a_night_without_the_file_or_with_an_empty_one_takes_nothing_back(store: Engine) -> None:
    record_submission(store, FIRST, roster(["01"]) | ladder(REPORT))
    record_submission(store, SECOND, {})
    record_submission(store, THIRD, ladder())

    assert known(store, THIRD) == [(Step.REPORT, "ledger")]


def test_a_step_whose_row_was_set_aside_stays(store: Engine) -> None:
    record_submission(store, FIRST, roster(["01"]) | ladder(REPORT, NOTICE))
    aside = {"table": "ladder", "file": "ladder.csv", "row": 2, "field": "step", "local_id": "01"}
    record_submission(
        store, SECOND, ladder(NOTICE), quarantined=[aside | {"reason": "invalid_value"}]
    )

    assert len(known(store, SECOND)) == 2


def test_another_proof_is_a_correction_and_the_same_row_again_is_none(store: Engine) -> None:
    record_submission(store, FIRST, roster(["01"]) | ladder(REPORT))
    record_submission(store, SECOND, ladder(REPORT))
    record_submission(store, THIRD, ladder((*REPORT[:5], "page 7")))

    assert known(store, SECOND) == [(Step.REPORT, "ledger")]
    assert known(store, THIRD) == [(Step.REPORT, "page 7")]
    with store.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM ladder_step")).scalar_one() == 2
