"""Who is who: statewide ids join only who agrees, pasts move along, and doubt is asked, never guessed."""

from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.errors import UsageError
from pact_etl.store.identity import answer_question, open_questions, students_in_question
from tests.factories import district, marks, record_submission, roster

pytestmark = pytest.mark.integration

NIGHT = date(2026, 9, 14)
LATER = NIGHT + timedelta(days=30)
OAK, ELM = district("oak-grove"), district("elm-creek", cd_code="3488888")
ONE, TWO = "1000000001", "1000000002"
MISSED = {NIGHT: "absent_unexcused"}


def child(
    local_id: str, ssid: str | None, *, first: str = "Ana", born: date = date(2015, 5, 5)
) -> dict[str, pd.DataFrame]:
    frames = roster([local_id], born=born, ssids={local_id: ssid} if ssid else None)
    return frames | {"students": frames["students"].assign(first_name=first)}


def send(engine: Engine, as_of: date, frames: dict[str, pd.DataFrame], of: object = OAK) -> None:
    record_submission(engine, as_of, frames, of=of, covers_days=1)  # type: ignore[arg-type]


def student_of(engine: Engine, slug: str, local_id: str) -> int:
    query = """SELECT student_id FROM student_record r JOIN district d ON d.id = r.district_id
               WHERE d.slug = :slug AND r.local_id = :local_id"""
    with engine.connect() as connection:
        found = connection.execute(text(query), {"slug": slug, "local_id": local_id})
        return int(found.scalar_one())


def doubts(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        return [(q.slug, q.local_id, q.doubt) for q in open_questions(connection)]


def marked(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        query = "SELECT student_id FROM mark WHERE recorded_to IS NULL ORDER BY id"
        return list(connection.execute(text(query)).scalars())


def answer(engine: Engine, slug: str, local_id: str, *, is_same: bool) -> None:
    with engine.begin() as connection:
        answer_question(connection, slug, local_id, is_same=is_same, by="a supervisor")


def both(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Two children of one school in one delivery."""
    tables = {name: pd.concat([one[name], other[name]], ignore_index=True) for name in one}
    return tables | {name: one[name] for name in ("schools", "calendar")}


def test_two_pasts_that_get_one_statewide_id_in_one_night_stay_two_and_the_district_goes_on(
    store: Engine,
) -> None:
    nobody = both(child("01", None), child("02", None))
    missed = marks({"01": MISSED, "02": MISSED})
    send(store, NIGHT, nobody | {"marks": missed})
    before = [student_of(store, "oak-grove", local_id) for local_id in ("01", "02")]
    assert before[0] != before[1]

    tonight = both(both(child("01", ONE), child("02", ONE)), child("03", TWO))
    send(store, LATER, tonight | {"marks": marks({"03": {LATER: "absent_unexcused"}})})

    assert [student_of(store, "oak-grove", local_id) for local_id in ("01", "02")] == before
    assert [(d[1], d[2]) for d in doubts(store)] == [
        ("01", "mixed_history"),
        ("02", "mixed_history"),
    ]
    assert len(marked(store)) == 3
    with store.connect() as connection:
        third = student_of(store, "oak-grove", "03")
        assert students_in_question(connection, [*before, third]) == frozenset(before)


def test_of_two_such_rows_the_one_that_is_meant_keeps_the_id_once_a_person_has_said_so(
    store: Engine,
) -> None:
    send(store, NIGHT, both(child("01", None), child("02", None)))
    send(store, LATER, both(child("01", ONE), child("02", ONE)))
    before = [student_of(store, "oak-grove", local_id) for local_id in ("01", "02")]

    answer(store, "oak-grove", "02", is_same=False)
    send(store, LATER + timedelta(days=1), both(child("01", ONE), child("02", ONE)))

    assert [student_of(store, "oak-grove", local_id) for local_id in ("01", "02")] == before
    with store.connect() as connection:
        held = connection.execute(text("SELECT id FROM student WHERE ssid = :s"), {"s": ONE})
        assert held.scalar_one() == before[0]


def test_one_statewide_id_joins_two_districts_where_birth_date_and_first_name_agree(
    store: Engine,
) -> None:
    send(store, NIGHT, child("01", ONE, first="José María"))
    send(store, NIGHT, child("77", ONE, first="Jose"), ELM)

    assert student_of(store, "oak-grove", "01") == student_of(store, "elm-creek", "77")
    assert doubts(store) == []


@pytest.mark.parametrize(
    "other", [{"first": "Eva"}, {"born": date(2014, 5, 5)}], ids=["another name", "another birth"]
)
def test_one_statewide_id_on_two_different_children_joins_nobody_and_is_asked(
    store: Engine, other: dict[str, object]
) -> None:
    send(store, NIGHT, child("01", ONE))
    send(store, NIGHT, child("77", ONE, **other), ELM)  # type: ignore[arg-type]

    mine, theirs = student_of(store, "oak-grove", "01"), student_of(store, "elm-creek", "77")
    assert mine != theirs
    assert doubts(store) == [("elm-creek", "77", "shared_ssid")]
    with store.connect() as connection:
        assert students_in_question(connection, [mine, theirs, 10**6]) == {mine, theirs}


def test_twins_under_one_id_in_one_file_are_two_students(store: Engine) -> None:
    twins = {
        name: pd.concat([frame, child("02", ONE, first="Eva")[name]]).drop_duplicates()
        for name, frame in child("01", ONE).items()
    }
    send(store, NIGHT, twins)

    assert student_of(store, "oak-grove", "01") != student_of(store, "oak-grove", "02")
    assert len(doubts(store)) == 2


def test_a_question_is_asked_once_however_often_the_row_comes(store: Engine) -> None:
    send(store, NIGHT, child("01", ONE))
    for night in (NIGHT, LATER):
        send(store, night, child("77", ONE, first="Eva"), ELM)

    assert len(doubts(store)) == 1


def test_a_statewide_id_that_arrives_late_keeps_the_past(store: Engine) -> None:
    send(store, NIGHT, child("01", None) | {"marks": marks({"01": MISSED})})
    before = student_of(store, "oak-grove", "01")
    send(store, LATER, child("01", ONE))

    assert student_of(store, "oak-grove", "01") == before
    assert marked(store) == [before]


def test_a_late_statewide_id_that_another_district_knows_takes_the_past_along(
    store: Engine,
) -> None:
    send(store, NIGHT, child("77", ONE), ELM)
    send(store, NIGHT, child("01", None) | {"marks": marks({"01": MISSED})})
    send(store, LATER, child("01", ONE))

    joined = student_of(store, "elm-creek", "77")
    assert student_of(store, "oak-grove", "01") == joined
    assert marked(store) == [joined]
    with store.connect() as connection:
        counts = [
            connection.execute(text(f"SELECT count(DISTINCT student_id) FROM {table}")).scalar_one()
            for table in ("enrollment", "guardianship")
        ]
    assert counts == [1, 1]


def test_a_corrected_statewide_id_moves_only_this_districts_past(store: Engine) -> None:
    send(store, NIGHT, child("77", ONE) | {"marks": marks({"77": MISSED})}, ELM)
    send(store, NIGHT, child("01", ONE) | {"marks": marks({"01": MISSED})})
    theirs = student_of(store, "elm-creek", "77")
    send(store, LATER, child("01", TWO))

    mine = student_of(store, "oak-grove", "01")
    assert mine != theirs
    assert sorted(marked(store)) == sorted([theirs, mine])
    assert student_of(store, "elm-creek", "77") == theirs


def test_a_local_id_that_turns_into_another_child_is_asked(store: Engine) -> None:
    send(store, NIGHT, child("01", None))
    send(store, LATER, child("01", None, first="Eva", born=date(2012, 1, 1)))

    assert doubts(store) == [("oak-grove", "01", "reused_id")]


def test_another_child_under_a_reused_id_begins_anew(store: Engine) -> None:
    send(store, NIGHT, child("01", None) | {"marks": marks({"01": MISSED})})
    first = student_of(store, "oak-grove", "01")
    newcomer = child("01", None, first="Eva", born=date(2012, 1, 1))
    send(store, LATER, newcomer | {"marks": marks({"01": {LATER: "absent_unexcused"}})})
    answer(store, "oak-grove", "01", is_same=False)

    second = student_of(store, "oak-grove", "01")
    assert marked(store) == [first, second]
    assert doubts(store) == []
    with store.connect() as connection:
        left = "SELECT count(*) FROM enrollment WHERE recorded_to IS NULL AND student_id = :s"
        assert connection.execute(text(left), {"s": first}).scalar_one() == 0


def test_answering_that_two_rows_are_one_child_joins_them_with_their_past(store: Engine) -> None:
    send(store, NIGHT, child("77", ONE), ELM)
    send(store, NIGHT, child("01", ONE, first="Eva") | {"marks": marks({"01": MISSED})})
    answer(store, "oak-grove", "01", is_same=True)

    joined = student_of(store, "elm-creek", "77")
    assert student_of(store, "oak-grove", "01") == joined
    assert marked(store) == [joined]
    assert doubts(store) == []
    send(store, LATER, child("01", ONE, first="Evita"))
    assert student_of(store, "oak-grove", "01") == joined


def test_a_question_that_was_never_asked_cannot_be_answered(store: Engine) -> None:
    send(store, NIGHT, child("01", ONE))

    with pytest.raises(UsageError):
        answer(store, "oak-grove", "01", is_same=True)
