"""What else makes a person look before a letter leaves, from the record to the hold, its task and its release."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.district import CharterAgreement
from pact_etl.domain.errors import InvariantBroken, UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.holds import add, clear, lift
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.steps.tasks import list_tasks
from pact_etl.steps.why import explain
from pact_etl.store.finding_balance import balance_of
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, ladder, marks, record_submission, roster, weekdays
from tests.integration.steps.conftest import with_district

pytestmark = pytest.mark.integration

DAYS = weekdays(FIRST_DAY, date(2026, 10, 30))
NIGHT, NEXT_NIGHT = DAYS[49], DAYS[50]
MISSED = dict.fromkeys(DAYS[40:46], "absent_unexcused")
ILL = dict.fromkeys(DAYS[2:14], "absent_excused")


def record(using: Collaborators, frames: dict[str, pd.DataFrame], night: date = NIGHT) -> None:
    of = using.districts["oak-grove"]
    known = roster(["01"]) | {"marks": marks({"01": MISSED})}
    record_submission(using.engine, night, known | frames, of=of, covers_days=90)
    evaluate(using, night)


def with_column(table: str, column: str, value: object) -> dict[str, pd.DataFrame]:
    return {table: roster(["01"])[table].assign(**{column: value})}


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (with_column("students", "unaccompanied", True), "unaccompanied_youth"),
        (with_column("students", "deceased", True), "deceased"),
        (with_column("students", "support_pending", True), "support_pending"),
        (with_column("guardians", "deceased", True), "no_rights_holder"),
        (with_column("guardians", "zip", "95747"), "out_of_county"),
        (with_column("schools", "charter", True), "charter_without_agreement"),
        ({"marks": marks({"01": MISSED | ILL})}, "medical_pattern"),
        (
            ladder(("01", "family_notice", "48260.5", DAYS[47], "mail", "letter 1")),
            "other_letter_recent",
        ),
    ],
)
def test_a_letter_waits_for_a_person_with_an_owner_a_date_and_one_task(
    using: Collaborators, frames: dict[str, pd.DataFrame], reason: str
) -> None:
    record(using, frames)

    plan(using, NIGHT)
    planned = plan(using, NIGHT)

    assert planned.reasons == {reason: 1}
    with using.engine.connect() as connection:
        tasks = connection.execute(text("SELECT reason, owner, due_on FROM staff_task")).all()
    owner, due = using.county.duty_on(Reason(reason), NIGHT)
    assert [tuple(task) for task in tasks] == [(reason, owner, due)]


@pytest.mark.parametrize("flag", ["foster", "homeless", "do_not_send", "unaccompanied", "deceased"])
def test_a_hold_that_tonight_s_file_does_not_speak_of_stands_until_a_no(
    using: Collaborators, flag: str
) -> None:
    record(using, with_column("students", flag, True))
    held = plan(using, NIGHT).counts["held"]
    silent = pd.Series([None], dtype="boolean")
    record(using, with_column("students", flag, silent), night=NEXT_NIGHT)
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0
    assert held == 1

    record(using, with_column("students", flag, False), night=DAYS[51])

    assert plan(using, DAYS[51]).counts["letters"] == 1


def test_a_court_order_stands_while_the_source_is_silent_about_it(using: Collaborators) -> None:
    record(using, with_column("guardians", "restrained", True))
    silent = pd.Series([None], dtype="boolean")
    record(using, with_column("guardians", "restrained", silent), night=NEXT_NIGHT)

    assert plan(using, NEXT_NIGHT).reasons == {"no_rights_holder": 1}


def test_a_protected_address_that_no_source_tells_of_is_entered_by_hand(
    using: Collaborators,
) -> None:
    record(using, {})
    add(using, "oak-grove:01", Reason.SAFE_AT_HOME, NIGHT, DAYS[52], "dana")

    assert plan(using, NIGHT).reasons == {"safe_at_home": 1}


def test_why_tells_of_such_a_hold_in_words(using: Collaborators) -> None:
    record(using, with_column("students", "unaccompanied", True))
    plan(using, NIGHT)

    explained = explain(using, "oak-grove:01", NIGHT)

    [hold] = explained["holds"]
    assert hold["reason"] == "unaccompanied_youth"
    assert "on their own" in hold["words"]


def test_a_charter_school_takes_part_while_its_agreement_is_in_force(using: Collaborators) -> None:
    agreed = CharterAgreement(school_code="0000001", from_=date(2026, 8, 1), to=NIGHT)
    taking_part = with_district(using, charters=[agreed])
    record(taking_part, with_column("schools", "charter", True))

    assert plan(taking_part, NIGHT).counts["letters"] == 1
    ended = with_district(using, charters=[replace(agreed, to=DAYS[48])])
    assert plan(ended, NEXT_NIGHT).counts["letters"] == 0


def test_of_two_homes_only_the_one_in_the_county_is_written_to(using: Collaborators) -> None:
    mother = roster(["01"])["guardians"]
    father = mother.assign(guardian_id="G9", first_name="Luis", street="7 Elm St", zip="95747")
    record(using, {"guardians": pd.concat([mother, father], ignore_index=True)})

    planned = plan(using, NIGHT)

    assert planned.counts["letters"] == 1
    with using.engine.connect() as connection:
        assert connection.execute(text("SELECT recipient FROM notice")).scalar_one() == "Rosa 01"
        assert connection.execute(text("SELECT reason FROM staff_task")).scalar_one() == (
            "out_of_county"
        )


def test_an_adult_who_died_is_not_named_on_the_envelope(using: Collaborators) -> None:
    mother = roster(["01"])["guardians"]
    father = mother.assign(guardian_id="G9", first_name="Luis")
    both = pd.concat([mother, father], ignore_index=True).assign(deceased=[True, False])
    record(using, {"guardians": both})

    plan(using, NIGHT)

    with using.engine.connect() as connection:
        assert connection.execute(text("SELECT recipient FROM notice")).scalar_one() == "Luis 01"


def test_a_letter_of_the_district_that_left_after_planning_stops_ours(using: Collaborators) -> None:
    record(using, {})
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="looks right")
    record(
        using,
        ladder(("01", "family_notice", "48260.5", NIGHT, "mail", "letter 1")),
        night=NEXT_NIGHT,
    )

    assert release_batch(using, batch).counts["pieces"] == 0
    assert plan(using, NEXT_NIGHT).reasons == {"other_letter_recent": 1}


def test_a_hold_entered_by_hand_stops_a_letter_until_its_end(using: Collaborators) -> None:
    record(using, {})
    add(using, "oak-grove:01", Reason.DECEASED, NIGHT, None, "dana")

    assert plan(using, NIGHT).reasons == {"deceased": 1}
    [task] = list_tasks(using, NIGHT)
    assert task["owner"] == "pact_supervisor"
    lift(using, "oak-grove:01", Reason.DECEASED, NEXT_NIGHT, "dana")
    assert plan(using, NEXT_NIGHT).counts["letters"] == 1
    assert not list_tasks(using, NEXT_NIGHT)


def test_a_pattern_that_somebody_has_looked_at_is_cleared_and_a_protection_never_is(
    using: Collaborators,
) -> None:
    record(using, {"marks": marks({"01": MISSED | ILL})})
    clear(using, "oak-grove:01", Reason.MEDICAL_PATTERN, NIGHT, NEXT_NIGHT, "dana")

    assert plan(using, NIGHT).counts["letters"] == 1
    with pytest.raises(UsageError, match="not entered by hand"):
        clear(using, "oak-grove:01", Reason.SAFE_AT_HOME, NIGHT, NEXT_NIGHT, "dana")


def test_every_new_finding_is_accounted_for_and_a_lost_one_stops_the_night(
    using: Collaborators,
) -> None:
    record(using, {})
    counts = plan(using, NIGHT).counts
    assert counts["new_findings"] == counts["new_planned"] == 1
    assert counts["new_unaccounted"] == 0
    with using.engine.begin() as connection:
        connection.execute(text("DELETE FROM notice_student"))
        connection.execute(text("DELETE FROM invitation"))
        lost = balance_of(connection, using.year_of(NIGHT), FIRST_DAY, NIGHT)
    assert lost.unaccounted == 1
    with pytest.raises(InvariantBroken):
        lost.require()


def test_a_hold_entered_on_the_day_of_release_stops_a_letter_that_rests_on_the_night_before(
    using: Collaborators,
) -> None:
    record(using, {})
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="")
    add(using, "oak-grove:01", Reason.SAFE_AT_HOME, NEXT_NIGHT, DAYS[59], "dana")

    assert release_batch(using, batch).counts["pieces"] == 0


def test_a_look_that_was_taken_back_on_the_day_of_release_clears_nothing_any_more(
    using: Collaborators,
) -> None:
    record(using, {"marks": marks({"01": MISSED | ILL})})
    clear(using, "oak-grove:01", Reason.MEDICAL_PATTERN, NIGHT, DAYS[59], "dana")
    batch = plan(using, NIGHT).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="")
    lift(using, "oak-grove:01", Reason.MEDICAL_PATTERN, NEXT_NIGHT, "erin")

    assert release_batch(using, batch).counts["pieces"] == 0
