"""Keys that change, merge or are used again: what becomes of the finding and of the letter that waits for release."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.scope import Scope
from pact_etl.steps.case import enter, show
from pact_etl.steps.corrections import list_corrections
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.identity import answer_question, open_questions
from pact_etl.wiring import Collaborators
from tests.factories import district, marks, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    approve_planned,
    one,
    statuses,
)
from tests.integration.steps.test_case import CALL

pytestmark = pytest.mark.integration

SSID = "1000000001"
CANDIDATE = "chronic_truant_candidate"
Frames = dict[str, pd.DataFrame]


def known(
    local_id: str, ssid: str | None = SSID, *, first: str = "Ana", born: int = 2015
) -> Frames:
    """One child's roster; the mother keeps her id whatever the child's is."""
    frames = roster([local_id], born=date(born, 5, 5), ssids={local_id: ssid} if ssid else None)
    return frames | {
        "students": frames["students"].assign(first_name=first, last_name="Oak"),
        "guardians": frames["guardians"].assign(guardian_id="G1", last_name="Oak"),
    }


def approved_letter(using: Collaborators, frames: Frames, local_id: str = "01") -> int:
    """A batch with that child's letter, approved."""
    record_submission(
        using.engine, NIGHT, frames | {"marks": marks({local_id: MISSED})}, covers_days=60
    )
    evaluate(using, NIGHT)
    return approve_planned(using)


def next_night(using: Collaborators, frames: Frames, scope: Scope | None = None) -> None:
    record_submission(using.engine, NEXT_NIGHT, frames, covers_days=60, scope=scope)
    evaluate(using, NEXT_NIGHT)


def standing(using: Collaborators) -> list[int]:
    """Students with a standing finding of the program's rule."""
    query = "SELECT student_id FROM finding WHERE rule = :rule AND ended_as_of IS NULL ORDER BY 1"
    with using.engine.connect() as connection:
        return list(connection.execute(text(query), {"rule": CANDIDATE}).scalars())


def student_of(using: Collaborators, local_id: str) -> int:
    return int(
        str(one(using, f"SELECT student_id FROM student_record WHERE local_id = '{local_id}'"))
    )


def test_a_local_id_that_changes_under_one_statewide_id_keeps_the_finding_and_the_letter(
    using: Collaborators,
) -> None:
    batch = approved_letter(using, known("01"))
    whole = Scope(rosters_of=frozenset({"01", "91"}))
    next_night(using, known("91") | {"marks": marks({"91": MISSED})}, whole)

    assert student_of(using, "91") == student_of(using, "01")
    assert standing(using) == [student_of(using, "91")]
    assert list_corrections(using, NEXT_NIGHT) == {}
    release_batch(using, batch)
    assert statuses(using) == {"packaged": 1}
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0


def test_a_mark_whose_key_changes_is_one_removed_and_one_added_and_the_letter_leaves(
    using: Collaborators,
) -> None:
    batch = approved_letter(using, known("01"))
    moved = {DAYS[22]: "absent_unexcused", **dict(list(MISSED.items())[:-1])}
    next_night(using, {"marks": marks({"01": moved})})

    found = list_corrections(using, NEXT_NIGHT)["oak-grove"]
    assert {kind: n["count"] for kind, n in found["kinds"].items()} == {
        "mark_added": 1,
        "mark_removed": 1,
    }
    assert len(found["letters_pending"]) == 1
    assert standing(using) == [student_of(using, "01")]
    release_batch(using, batch)
    assert statuses(using) == {"packaged": 1}


def test_a_student_whose_id_is_merged_takes_finding_and_letter_along(using: Collaborators) -> None:
    elm = district("elm-creek", cd_code="3488888")
    using = replace(using, districts={**using.districts, "elm-creek": elm})
    record_submission(using.engine, NIGHT, known("77"), of=elm)
    batch = approved_letter(using, known("01", None))
    apart = student_of(using, "01")
    next_night(using, known("01") | {"marks": marks({"01": MISSED})})

    joined = student_of(using, "77")
    assert student_of(using, "01") == joined != apart
    assert standing(using) == [joined]
    release_batch(using, batch)
    assert statuses(using) == {"packaged": 1}
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0


def test_two_cases_of_one_child_are_read_as_one_and_nothing_entered_is_lost(
    using: Collaborators,
) -> None:
    apart = (known("01", None), known("91", None))
    apart[1]["enrollments"]["entry_date"] = pd.Timestamp(DAYS[1])
    apart[1]["guardians"]["guardian_id"] = "G2"
    other_days = dict.fromkeys(DAYS[10:14], "absent_unexcused")
    own = ("students", "enrollments", "guardians")
    tables = apart[0] | {name: pd.concat([one[name] for one in apart]) for name in own}
    tables["marks"] = marks({"01": MISSED, "91": other_days})
    record_submission(using.engine, NIGHT, tables, covers_days=60)
    evaluate(using, NIGHT)
    codes = [str(show(using, f"oak-grove:{one}", NIGHT)[0]["case"]) for one in ("01", "91")]
    for code in codes:
        enter(using, code, CALL, NIGHT)

    in_school = {"01": MISSED, "91": dict.fromkeys(other_days, "tardy")}
    next_night(using, {"marks": marks(in_school)})
    now_one = pd.concat([known("01")["students"], known("91")["students"]])
    record_submission(using.engine, DAYS[31], {"students": now_one}, covers_days=1)

    assert student_of(using, "01") == student_of(using, "91")
    [case] = show(using, f"S{student_of(using, '01')}", DAYS[31])
    assert sum(line["what"] == "contact" for line in case["timeline"]) == 2
    assert {show(using, code, DAYS[31])[0]["case"] for code in codes} == {case["case"]}


NEWCOMER = known("01", None, first="Eva", born=2012) | {"marks": marks({"01": MISSED})}


def test_a_letter_about_an_id_that_turns_into_another_child_does_not_leave(
    using: Collaborators,
) -> None:
    batch = approved_letter(using, known("01", None))
    next_night(using, NEWCOMER)
    with using.engine.connect() as connection:
        assert [q.doubt for q in open_questions(connection)] == ["reused_id"]

    release_batch(using, batch)

    assert statuses(using) == {"withdrawn": 1}


def test_an_answer_that_leaves_a_child_without_a_record_stops_no_other_childs_letter(
    using: Collaborators,
) -> None:
    frames = {n: pd.concat([f, known("02", None)[n]]) for n, f in known("01", None).items()}
    frames = {n: f.drop_duplicates() for n, f in frames.items() if n != "marks"}
    frames["marks"] = marks({"01": MISSED, "02": MISSED})
    frames["guardians"] = frames["guardians"].assign(
        guardian_id="G" + frames["guardians"]["local_id"],
        last_name=frames["guardians"]["local_id"],
    )
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    batch = approve_planned(using)
    next_night(using, NEWCOMER | {"marks": marks({"01": MISSED, "02": MISSED})})
    with using.engine.begin() as connection:
        answer_question(connection, "oak-grove", "01", is_same=False, by="a supervisor")

    assert plan(using, NEXT_NIGHT).counts["letters"] == 0
    release_batch(using, batch)

    assert statuses(using) == {"packaged": 1, "withdrawn": 1}


def test_another_child_under_a_reused_id_inherits_neither_days_nor_a_finding(
    using: Collaborators,
) -> None:
    batch = approved_letter(using, known("01", None))
    before = student_of(using, "01")
    next_night(using, NEWCOMER)
    with using.engine.begin() as connection:
        answer_question(connection, "oak-grove", "01", is_same=False, by="a supervisor")
    evaluate(using, NEXT_NIGHT)

    newcomer = student_of(using, "01")
    assert newcomer != before
    assert newcomer not in standing(using)
    release_batch(using, batch)
    assert statuses(using) == {"withdrawn": 1}
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0


def test_a_letter_that_is_out_about_an_id_that_turned_out_to_be_another_childs_is_void(
    using: Collaborators,
) -> None:
    release_batch(using, approved_letter(using, known("01", None)))
    next_night(using, NEWCOMER)
    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 0  # only a question as yet
    with using.engine.begin() as connection:
        answer_question(connection, "oak-grove", "01", is_same=False, by="a supervisor")
    evaluate(using, NEXT_NIGHT)

    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 1


def test_a_letter_that_is_out_about_a_child_whose_ids_are_merged_stands(
    using: Collaborators,
) -> None:
    elm = district("elm-creek", cd_code="3488888")
    using = replace(using, districts={**using.districts, "elm-creek": elm})
    record_submission(using.engine, NIGHT, known("77"), of=elm)
    release_batch(using, approved_letter(using, known("01", None)))
    next_night(using, known("01") | {"marks": marks({"01": MISSED})})

    assert student_of(using, "01") == student_of(using, "77")
    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 0
    assert statuses(using) == {"packaged": 1}
