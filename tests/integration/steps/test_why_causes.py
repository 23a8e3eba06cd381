"""Every documented cause of a count that is not what it might be is named by the explanation, with its days."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pact_etl.cli.why_text import lines
from pact_etl.domain.district import DistrictStatus
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.why import explain
from pact_etl.store.tallies import count_tonight
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, district, marks, record_submission, roster, weekdays
from tests.integration.steps.conftest import with_district
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    excuse,
    planned_batch,
)

pytestmark = pytest.mark.integration

SLUG = "oak-grove"


def first_load(using: Collaborators, frames: dict[str, Any] | None = None, **more: Any) -> None:
    whole = roster(["01", "02"]) | {"marks": marks({"01": MISSED})} | (frames or {})
    record_submission(using.engine, NIGHT, whole, covers_days=60, **more)


def told(using: Collaborators, night: date, student: str = "01") -> dict[str, Any]:
    found: dict[str, Any] = explain(using, f"{SLUG}:{student}", night)["districts"][SLUG]
    return found


def gaps(one: dict[str, Any]) -> dict[str, list[str]]:
    return {gap["reason"]: gap["days"] for gap in one["gaps"]}


def uncounted(one: dict[str, Any], reason: str) -> list[str]:
    return [day["date"] for day in one["uncounted_days"] if day["reason"] == reason]


def aside(reason: str, day: date | None, **more: object) -> dict[str, object]:
    base = {"table": "attendance", "file": "att.csv", "row": 2, "field": None, "reason": reason}
    row = {"local_id": "01", "school_code": "0000001", "date": day, "code": None}
    return base | row | more


def test_a_day_of_an_unknown_code_names_the_code_and_holds_the_school(using: Collaborators) -> None:
    first_load(using, quarantined=[aside("unknown_code", NIGHT, code="ZQ")])
    evaluate(using, NIGHT)

    whole = explain(using, f"{SLUG}:01", NIGHT)
    one = whole["districts"][SLUG]
    day = next(d for d in one["uncounted_days"] if d["reason"] == "unknown_code")

    assert (day["date"], day["status"], day["code"]) == (NIGHT.isoformat(), "quarantined", "ZQ")
    assert gaps(one)["unknown_code"] == [NIGHT.isoformat()]
    held = one["held_schools"][0]
    assert (held["reason"], held["codes"], held["since"]) == (
        "unknown_code",
        ["ZQ"],
        NIGHT.isoformat(),
    )
    assert [hold["reason"] for hold in whole["holds"]] == ["school_held_unknown_code"]
    assert {"change": "school_held_unknown_code", "words": "the district explains the code"} in (
        whole["would_change"]
    )
    assert any("ZQ" in line for line in lines(whole))


def test_a_code_that_somebody_elses_row_has_holds_the_school_and_leaves_this_students_days(
    using: Collaborators,
) -> None:
    first_load(using, quarantined=[aside("unknown_code", NIGHT, code="ZQ", local_id="02")])

    one = told(using, NIGHT)

    assert one["held_schools"]
    assert gaps(one) == {}


def test_a_day_on_which_nearly_everybody_was_absent_is_not_believed(using: Collaborators) -> None:
    first_load(using, quarantined=[aside("school_day_outlier", DAYS[20])])

    one = told(using, NIGHT)

    assert uncounted(one, "school_day_outlier") == [DAYS[20].isoformat()]
    assert one["held_schools"][0]["days"] == [DAYS[20].isoformat()]


def test_rows_whose_id_nobody_could_read_are_said_to_be_anybodys(using: Collaborators) -> None:
    first_load(
        using,
        quarantined=[
            aside("id_mangled", DAYS[20], local_id=None),
            aside("id_mangled", DAYS[21], local_id=None, school_code="0000009"),
        ],
    )

    assert gaps(told(using, NIGHT)) == {"rows_unreadable": [DAYS[20].isoformat()]}


def test_schooldays_that_nobody_delivered_count_as_present_and_say_so(using: Collaborators) -> None:
    first_load(using)
    later, lost = DAYS[35], DAYS[30:33]
    record_submission(using.engine, later, {}, covers_days=(later - DAYS[33]).days + 1)

    one = told(using, later)

    assert gaps(one)["not_delivered"] == [day.isoformat() for day in lost]
    assert uncounted(one, "not_delivered") == [day.isoformat() for day in lost]
    assert {n["status"] for n in one["nights_lost"]} == {"nothing_arrived"}
    assert one["D"] == 36


def test_days_whose_later_changes_a_lost_night_would_have_told_are_named(
    using: Collaborators,
) -> None:
    first_load(using)
    record_submission(using.engine, DAYS[31], {"marks": marks({"01": MISSED})}, covers_days=7)

    lost = gaps(told(using, DAYS[31]))["changes_lost"]

    # The night that is missing reached back to one day earlier than the next one did.
    assert lost == [(DAYS[30] - timedelta(days=6)).isoformat()]


def test_a_school_whose_rows_were_missing_counts_as_present_and_says_so(
    using: Collaborators,
) -> None:
    first_load(using)
    stated = {"marks": marks({"01": MISSED})}
    record_submission(using.engine, NEXT_NIGHT, stated, covers_days=1, silent_schools=["0000001"])

    assert gaps(told(using, NEXT_NIGHT)) == {"school_silent": [NEXT_NIGHT.isoformat()]}


def test_a_day_that_the_family_can_still_clear_waits_and_is_said_to(using: Collaborators) -> None:
    newest = [DAYS[24], DAYS[27], DAYS[28], DAYS[29]]  # the first of them is old enough
    first_load(using, {"marks": marks({"01": dict.fromkeys(newest, "absent_unexcused")})})
    evaluate(using, NIGHT)

    whole = explain(using, f"{SLUG}:01", NIGHT)
    one = whole["districts"][SLUG]

    assert (one["U"], one["occasions"], one["absent_days"], one["D"]) == (1, 1, 4, 30)
    assert uncounted(one, "in_clearing_window") == [day.isoformat() for day in newest[1:]]
    assert {"change": "days_stay_uncleared", "days": 3}.items() <= one["would_change"][0].items()
    assert [found["rule"] for found in one["findings"]] == ["chronic_absentee"]
    assert any("can still tell the school why" in line for line in lines(whole))


def test_a_waiting_day_is_counted_once_its_window_has_passed(using: Collaborators) -> None:
    first_load(using, {"marks": marks({"01": dict.fromkeys(DAYS[26:30], "absent_unexcused")})})
    for night in DAYS[30:33]:
        record_submission(using.engine, night, {}, covers_days=1)
        evaluate(using, night)

    counts = [told(using, night)["U"] for night in DAYS[29:33]]

    assert counts == [1, 2, 3, 4]
    assert "chronic_truant_candidate" in told(using, DAYS[32])["over"]
    with using.engine.connect() as connection:
        found = connection.execute(
            text("SELECT as_of FROM finding WHERE rule = 'chronic_truant_candidate'")
        ).scalars()
        assert list(found) == [DAYS[32]]


def test_a_day_outside_the_enrollment_is_not_counted(using: Collaborators) -> None:
    first_load(
        using, roster(["01", "02"], exits={"01": DAYS[25]}) | {"marks": marks({"01": MISSED})}
    )

    one = told(using, NIGHT)

    assert one["U"] == 3
    assert uncounted(one, "outside_enrollment") == [DAYS[26].isoformat()]
    assert one["enrollments"][0]["exit_date"] == DAYS[25].isoformat()


def test_days_before_the_sixth_birthday_are_absences_and_no_truancy(using: Collaborators) -> None:
    sixth = DAYS[25]
    born = sixth.replace(year=sixth.year - 6)
    first_load(using, roster(["01", "02"], born=born) | {"marks": marks({"01": MISSED})})

    one = told(using, NIGHT)

    assert (one["U"], one["absent_days"]) == (2, 4)
    assert uncounted(one, "age") == [DAYS[23].isoformat(), DAYS[24].isoformat()]


def test_a_mark_on_a_day_without_school_is_not_counted(using: Collaborators) -> None:
    saturday = DAYS[24] + timedelta(days=1)
    first_load(using, {"marks": marks({"01": {saturday: "absent_unexcused"}})})

    assert uncounted(told(using, NIGHT), "no_school_that_day") == [saturday.isoformat()]


def test_a_district_that_is_late_says_how_far_its_data_reaches(using: Collaborators) -> None:
    first_load(using)

    one = told(using, DAYS[31])

    assert one["newest_data"] == NIGHT.isoformat()
    assert gaps(one) == {"district_late": [DAYS[30].isoformat(), DAYS[31].isoformat()]}
    assert one["D"] == 30


def test_a_refused_night_names_its_reason(using: Collaborators) -> None:
    first_load(using)
    record_submission(using.engine, NEXT_NIGHT, {}, covers_days=1)
    with using.engine.begin() as connection:
        refuse = "UPDATE submission SET status = 'refused', refused_reason = 'stale_file' WHERE as_of = :n"
        connection.execute(text(refuse), {"n": NEXT_NIGHT})

    assert told(using, NEXT_NIGHT)["nights_lost"] == [
        {"night": NEXT_NIGHT.isoformat(), "status": "refused", "reason": "stale_file"}
    ]


def test_an_open_question_about_who_is_who_holds_and_is_named(using: Collaborators) -> None:
    first_load(
        using, roster(["01", "02"], ssids={"01": "1000000001"}) | {"marks": marks({"01": MISSED})}
    )
    evaluate(using, NIGHT)
    stranger = roster(["77"], ssids={"77": "1000000001"}, born=date(2011, 1, 1))
    record_submission(using.engine, NEXT_NIGHT, stranger | {"marks": marks({"01": MISSED})})
    evaluate(using, NEXT_NIGHT)

    whole = explain(using, f"{SLUG}:01", NEXT_NIGHT)

    assert [(q["student"], q["doubt"]) for q in whole["questions"]] == [
        (f"{SLUG}:77", "shared_ssid")
    ]
    assert [hold["reason"] for hold in whole["holds"]] == ["identity_unclear"]
    assert explain(using, f"{SLUG}:01", NIGHT)["questions"] == []


def test_holds_of_home_and_family_name_owner_and_due_date(using: Collaborators) -> None:
    frames = roster(["01", "02"]) | {"marks": marks({"01": MISSED})}
    frames["guardians"] = frames["guardians"].assign(street="")
    first_load(using, frames)
    evaluate(using, NIGHT)
    plan(using, NIGHT)

    whole = explain(using, f"{SLUG}:01", NIGHT)

    assert whole["verdict"] == "held"
    assert [(h["reason"], h["owner"], h["since"]) for h in whole["holds"]] == [
        ("no_address", "district_office", NIGHT.isoformat())
    ]
    assert whole["holds"][0]["due_on"] == (NIGHT + timedelta(days=5)).isoformat()
    assert whole["would_change"] == [
        {"change": "no_address", "words": "the district sends an address"}
    ]
    gate = next(gate for gate in whole["gates"] if gate["gate"] == "home")
    assert (gate["passed"], gate["reason"]) == (False, "no_address")


def test_a_hold_of_a_past_night_is_told_after_it_was_lifted(using: Collaborators) -> None:
    frames = roster(["01", "02"]) | {"marks": marks({"01": MISSED})}
    first_load(using, frames | {"guardians": frames["guardians"].assign(street="")})
    evaluate(using, NIGHT)
    plan(using, NIGHT)
    record_submission(
        using.engine, NEXT_NIGHT, roster(["01", "02"]) | {"marks": marks({"01": MISSED})}
    )
    evaluate(using, NEXT_NIGHT)
    plan(using, NEXT_NIGHT)

    then, now = (explain(using, f"{SLUG}:01", night) for night in (NIGHT, NEXT_NIGHT))

    assert [hold["reason"] for hold in then["holds"]] == ["no_address"]
    assert (then["verdict"], then["letters"]) == ("held", [])
    assert (now["verdict"], now["holds"]) == ("invited", [])


def test_a_district_that_is_still_testing_is_a_gate(using: Collaborators) -> None:
    first_load(using)
    evaluate(using, NIGHT)

    whole = explain(with_district(using, status=DistrictStatus.TESTING), f"{SLUG}:01", NIGHT)

    assert [hold["reason"] for hold in whole["holds"]] == ["district_testing"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"meetings": []}, "no_meeting"), ({}, "past_last_mailing_date")],
)
def test_dates_that_leave_no_evening_hold(
    using: Collaborators, changed: dict[str, Any], reason: str
) -> None:
    first_load(using)
    evaluate(using, NIGHT)
    mailing = using.county.mailing
    if reason == "past_last_mailing_date":
        changed = {"mailing": replace(mailing, last_mailing_dates={"2026-27": FIRST_DAY})}
    late = replace(using, county=replace(using.county, **changed))

    whole = explain(late, f"{SLUG}:01", NIGHT)

    assert [hold["reason"] for hold in whole["holds"]] == [reason]
    assert [g["gate"] for g in whole["gates"] if not g["passed"] and g["gate"] == reason]


def test_an_invited_student_is_told_by_the_letters_code_and_its_state_then(
    using: Collaborators,
) -> None:
    batch = planned_batch(using, ["01"])
    piece = explain(using, f"{SLUG}:01", NIGHT)["letters"][0]["piece"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="looks right")

    whole = explain(using, piece, NIGHT)

    assert whole["verdict"] == "invited"
    assert (whole["letters"][0]["letter"], whole["letters"][0]["invitation"]) == (
        "approved",
        "planned",
    )
    assert whole["gates"][0] == {
        "gate": "already_invited",
        "asks": "no",
        "saw": f"{piece} approved",
        "passed": False,
        "reason": "already_invited",
    }


def test_a_rejected_batch_waits_for_a_person(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    decide_on(using, batch, approved=False, by="dana", reason="no")

    whole = explain(using, f"{SLUG}:01", NIGHT)

    assert whole["verdict"] == "held"
    assert "batch_rejected" in [hold["reason"] for hold in whole["holds"]]


def test_the_explanation_counts_what_evaluating_counted_for_everybody(
    using: Collaborators,
) -> None:
    ids = [f"{n:02d}" for n in range(12)]
    kinds = ("absent_unexcused", "absent_excused", "partial_unexcused", "tardy", "suspended_out")
    days = weekdays(FIRST_DAY, NIGHT)
    stated = {
        one: {day: kinds[(n + m) % 5] for m, day in enumerate(days) if m % (n + 2) == 0}
        for n, one in enumerate(ids)
    }
    frames = roster(ids, exits={"03": DAYS[20]}) | {"marks": marks(stated)}
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    with using.engine.connect() as connection:
        count_tonight(connection, using.year_of(NIGHT), NIGHT, using.policy_on(NIGHT))
        query = "SELECT t.*, r.local_id FROM tonight t JOIN student_record r USING (district_id, student_id)"
        tallies = {row.local_id: row for row in connection.execute(text(query))}

    for one in ids:
        found, tally = told(using, NIGHT, one), tallies[one]
        assert (found["U"], found["occasions"], found["absent_days"], found["D"]) == (
            tally.unexcused_days,
            tally.occasions,
            tally.absent_days,
            tally.enrolled_days,
        )


def test_the_screen_names_nobody_and_keeps_protected_facts_below_the_line_for_staff(
    using: Collaborators,
) -> None:
    frames = roster(["01", "02"]) | {"marks": marks({"01": MISSED})}
    frames["students"] = frames["students"].assign(foster=True)
    first_load(using, frames)
    evaluate(using, NIGHT)

    screen = lines(explain(using, f"{SLUG}:01", NIGHT))
    aloud = screen[: screen.index("For staff, not to be read out")]

    assert "foster" in "\n".join(screen)
    assert "foster" not in "\n".join(aloud)
    assert not any(name in "\n".join(screen) for name in ("Ana", "Rosa", "Oak St"))
    assert any("4 of 30 schooldays missed whole without excuse" in line for line in aloud)


def test_excused_days_are_told_as_excused_and_what_they_undo(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    excuse(using, "01")

    one = told(using, NEXT_NIGHT)

    assert {day["words"] for day in one["uncounted_days"]} == {"excused"}
    ended = [f["rule"] for f in one["findings"] if f["ended_reason"] == "corrected"]
    assert "chronic_truant_candidate" in ended


def test_nobody_of_a_district_without_data_is_told_why(using: Collaborators) -> None:
    from pact_etl.domain.errors import UsageError

    with pytest.raises(UsageError, match="nothing of oak-grove is recorded"):
        explain(using, f"{SLUG}:01", NIGHT)
    record_submission(using.engine, NIGHT, roster(["02"]), of=district())
    with pytest.raises(UsageError, match=f"newest data of oak-grove is of {NIGHT}"):
        explain(using, f"{SLUG}:01", NIGHT)
