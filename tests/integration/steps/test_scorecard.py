"""A small month counted by hand, in a real database, and the page made of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pypdfium2 as pdfium
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from pact_etl.domain.errors import UsageError
from pact_etl.domain.month import Month
from pact_etl.steps.hand_back import _files
from pact_etl.steps.scorecard import figures_of, scorecard, scorecard_path
from pact_etl.store.session import open_engine
from pact_etl.wiring import Collaborators
from tests.factories import district, marks, record_submission, roster, weekdays

CANARY = "Zzyzxcanary"
OCTOBER = Month.parse("2026-10")
STUDENTS = [f"{CANARY}{n:03}" for n in range(40)]
UNEXCUSED, EXCUSED = "absent_unexcused", "absent_excused"

FIRST = date(2026, 8, 10)
LATE = date(2026, 10, 6)  # nothing comes; the next night states it
REFUSED = date(2026, 10, 20)
LAST = date(2026, 10, 30)


def before(day: date) -> dict[str, dict[date, str]]:
    """Every absence of the year so far, as known on a night.

    On the 5th of October 20 students are absent, 15 of them without excuse; on the 8th the excuses of 12 come in.
    """
    known: dict[str, dict[date, str]] = {s: {} for s in STUDENTS}
    for n, student in enumerate(STUDENTS):
        if n < 12:  # absent on every Monday of September
            for monday in (date(2026, 9, d) for d in (7, 14, 21, 28)):
                known[student][monday] = UNEXCUSED
        if n < 20:
            excused = n >= 15 or (n < 12 and day >= date(2026, 10, 8))
            known[student][date(2026, 10, 5)] = EXCUSED if excused else UNEXCUSED
    return {s: {d: status for d, status in days.items() if d <= day} for s, days in known.items()}


def window(day: date, known: dict[str, dict[date, str]]) -> dict[str, dict[date, str]]:
    first = day - timedelta(days=13)
    return {s: {d: x for d, x in days.items() if d >= first} for s, days in known.items()}


def aside(row: int, reason: str, **more: object) -> dict[str, object]:
    base = {
        "table": "attendance",
        "file": "att.csv",
        "row": row,
        "field": "code",
        "reason": reason,
        "local_id": STUDENTS[row],
        "school_code": "0000001",
        "date": date(2026, 10, 29),
        "code": None,
    }
    return base | more


def send(store: Engine, day: date, quarantined: Sequence[dict[str, object]] = ()) -> int:
    known = before(day)
    frames = {"marks": marks(window(day, known))}
    if day == FIRST:
        frames |= roster(STUDENTS)
    return record_submission(store, day, frames, quarantined=quarantined)


def refuse(store: Engine, day: date) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO submission (district_id, as_of, content_hash, status, refused_reason)"
                " SELECT id, :day, 'x', 'refused', 'header_changed' FROM district"
            ),
            {"day": day},
        )


@pytest.fixture(scope="module")
def recorded(fresh_database: Callable[..., str], migrated: str) -> str:
    """The name of a database that holds the nights of three months."""
    url = fresh_database("scorecard", template=migrated)
    engine = open_engine(url)
    for day in weekdays(FIRST, LAST):
        if day == REFUSED:
            refuse(engine, day)
        elif day == LAST:
            codes = [aside(n, "unknown_code", code="Q") for n in range(12)]
            send(engine, day, [*codes, aside(20, "duplicate_row")])
        elif day != LATE:
            send(engine, day)
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture
def month(
    using: Collaborators, fresh_database: Callable[..., str], recorded: str
) -> Iterator[Collaborators]:
    engine = open_engine(fresh_database("pact", template=recorded))
    yield replace(using, engine=engine)
    engine.dispose()


def test_nights_are_counted(month: Collaborators) -> None:
    card = figures_of(month, "oak-grove", OCTOBER)

    assert card.first_night == FIRST
    assert (card.now.delivered, len(card.now.nights)) == (20, 22)
    assert [n.date for n in card.now.missed] == [LATE]
    assert [(n.date, n.refused_reason) for n in card.now.refused] == [(REFUSED, "header_changed")]
    assert card.now.never == []
    assert [lag for lag in card.now.lags if lag] == [1, 1]
    assert (card.before.delivered, len(card.before.nights)) == (22, 22)


def test_rows_set_aside_are_counted_by_reason_and_code(month: Collaborators) -> None:
    card = figures_of(month, "oak-grove", OCTOBER)

    assert card.reasons == {"unknown_code": 12, "duplicate_row": 1}
    assert card.now.set_aside == 13
    assert [(c["code"], c["rows"], c["schools"], c["since"]) for c in card.codes] == [
        ("Q", 12, 1, LAST)
    ]
    assert [(s["name"], s["reason"]) for s in card.schools] == [("Blue Oak", "unknown_code")]


def test_shares_are_those_of_the_hand_count(month: Collaborators) -> None:
    card = figures_of(month, "oak-grove", OCTOBER)
    weeks = dict(card.weeks)

    # 20 of 40 students for one of 22 days; of the unexcused only three are left, too few to print.
    assert card.attendance.absent.percent == pytest.approx(100 * 20 / (40 * 22))
    assert card.attendance.unexcused.is_hidden
    assert weeks[date(2026, 10, 5)].absent.percent == pytest.approx(100 * 20 / (40 * 5))
    assert weeks[date(2026, 10, 12)].absent.is_hidden  # nobody, told like a few
    # September: twelve students on four Mondays of 22 days.
    assert card.attendance_before.unexcused.percent == pytest.approx(100 * 48 / (40 * 22))
    # 4 of 38 schooldays until 30 September are a tenth; 5 of 60 until 30 October are not.
    assert card.attendance_before.chronic.percent == pytest.approx(100 * 12 / 40)
    assert card.attendance.chronic.is_hidden


def test_excuses_that_came_later_are_counted_with_how_late(month: Collaborators) -> None:
    found = figures_of(month, "oak-grove", OCTOBER).clearing

    assert (found.half_within, found.most_within, found.corrections) == (3, 3, 12)
    assert found.shares["3 to 7 days"] == 100.0


def test_what_came_later_changes_no_earlier_month(month: Collaborators) -> None:
    scorecard(month, "oak-grove", OCTOBER)
    path = scorecard_path(month, "oak-grove", OCTOBER)
    first = path.read_bytes()
    november = date(2026, 11, 2)
    cleared = {s: {date(2026, 10, 29): UNEXCUSED} for s in STUDENTS[:30]}
    record_submission(month.engine, november, {"marks": marks(cleared)})

    scorecard(month, "oak-grove", OCTOBER)

    assert path.read_bytes() == first


def test_the_page_lies_where_the_next_nights_hand_it_back(month: Collaborators) -> None:
    result = scorecard(month, "oak-grove", OCTOBER)

    assert result.counts == {"schooldays": 22, "delivered": 20, "files": 1}
    for night in (date(2026, 11, 2), date(2026, 11, 8)):
        assert "2026-11-02-scorecard-2026-10.pdf" in _files(month, "oak-grove", night)
    assert _files(month, "oak-grove", date(2026, 11, 9)) == {}


def test_no_childs_name_is_on_the_page(month: Collaborators) -> None:
    scorecard(month, "oak-grove", OCTOBER)
    content = scorecard_path(month, "oak-grove", OCTOBER).read_bytes()
    document = pdfium.PdfDocument(content)
    pages = [page.get_textpage().get_text_range() for page in document]

    assert "Blue Oak" in " ".join(pages)
    assert not [page for page in pages if CANARY.lower() in page.lower()]
    assert CANARY.encode() not in content
    assert len(pages) <= 2


def test_a_day_that_no_delivery_ever_spoke_of_is_in_no_share(
    using: Collaborators, store: Engine
) -> None:
    send(store, FIRST)
    record_submission(store, date(2026, 10, 16), {"marks": marks({})}, covers_days=5)
    card = figures_of(using, "oak-grove", OCTOBER)
    shown = {monday: one.students for monday, one in card.weeks}

    assert shown == {
        date(2026, 10, 5): 0,
        date(2026, 10, 12): 40,
        date(2026, 10, 19): 0,
        date(2026, 10, 26): 0,
    }
    assert len(card.now.never) == 22 - 5


def test_letters_that_wait_are_those_open_on_the_months_last_night(month: Collaborators) -> None:
    with month.engine.begin() as connection:
        hold(connection, 0, 14, "address_invalid", date(2026, 10, 1))
        hold(connection, 14, 26, "no_meeting", date(2026, 10, 20))
        hold(connection, 26, 40, "address_invalid", date(2026, 11, 3))
        connection.execute(
            text("UPDATE staff_task SET closed_as_of = '2026-11-05' WHERE reason = 'no_meeting'")
        )
    card = figures_of(month, "oak-grove", OCTOBER)

    assert [(w.kind, w.students, w.longest) for w in card.waiting] == [
        ("address", 14, 30),
        ("meeting", 12, 11),
    ]
    assert card.waiting_total == 26


def hold(connection, first: int, last: int, reason: str, on: date) -> None:  # type: ignore[no-untyped-def]
    """Findings, held invitations and tasks of some students."""
    connection.execute(
        text("""
            WITH f AS (
              INSERT INTO finding (district_id, student_id, school_year, rule, policy_version, as_of, unexcused_days,
                                   occasions, absent_days, enrolled_days, evidence)
              SELECT district_id, student_id, '2026-27', 'chronic_truant_candidate', 'p', :on, 5, 5, 5, 40, '{}'
              FROM student_record WHERE local_id = ANY(:ids) RETURNING id, student_id
            ), i AS (
              INSERT INTO invitation (student_id, school_year, sequence, finding_id, as_of, status, reason)
              SELECT student_id, '2026-27', 1, id, :on, 'held', :reason FROM f RETURNING id
            )
            INSERT INTO staff_task (invitation_id, reason, owner, as_of, due_on)
            SELECT id, :reason, 'district', :on, :on FROM i
        """),
        {"on": on, "reason": reason, "ids": STUDENTS[first:last]},
    )


def test_drift_is_what_a_weekly_whole_reading_found(month: Collaborators) -> None:
    saturday = date(2026, 10, 17)
    with month.engine.begin() as connection:
        connection.execute(
            text(
                "WITH s AS (INSERT INTO submission (district_id, as_of, content_hash, status, covered_from, covered_to,"
                " cursor, corrections) SELECT id, :day, 'w', 'recorded', '2026-07-01', :day, '{\"v\": 1}', 4"
                " FROM district RETURNING id) INSERT INTO submission_count"
                " (submission_id, table_name, received, recorded, unchanged, quarantined)"
                " SELECT id, 'attendance', 900, 9, 891, 0 FROM s"
            ),
            {"day": saturday},
        )
    card = figures_of(month, "oak-grove", OCTOBER)

    assert card.reads_changes
    assert [(row["date"], row["drift"]) for row in card.drift] == [(saturday, 13)]
    assert len(card.now.nights) == 22  # it is no night of its own


def test_a_district_nobody_heard_of_yet_gets_a_page(using: Collaborators) -> None:
    result = scorecard(using, "oak-grove", OCTOBER)

    assert result.counts == {"schooldays": 0, "delivered": 0, "files": 1}
    assert scorecard_path(using, "oak-grove", OCTOBER).read_bytes().startswith(b"%PDF")


def test_the_years_first_month_has_no_month_before_it(using: Collaborators) -> None:
    card = figures_of(using, "oak-grove", Month.parse("2026-07"))

    assert card.weeks_before == ()
    assert card.before.nights == []


def test_the_county_beside_it_is_told_only_with_enough_districts(
    using: Collaborators, store: Engine
) -> None:
    slugs = ["oak-grove", "elm", "ash", "fir", "yew"]
    many = replace(using, districts={slug: district(slug) for slug in slugs})
    for number, slug in enumerate(slugs):
        days = {f"{slug}{n}": {date(2026, 10, 5): EXCUSED} for n in range(12 + number)}
        frames = roster([f"{slug}{n}" for n in range(40)]) | {"marks": marks(days)}
        record_submission(store, date(2026, 10, 5), frames, of=district(slug), covers_days=1)

    assert figures_of(many, "elm", OCTOBER).county["absent"] == pytest.approx(100 * 14 / 40)
    few = replace(many, districts={s: district(s) for s in slugs[:4]})
    assert figures_of(few, "elm", OCTOBER).county["absent"] is None


def test_a_district_that_is_not_configured_is_wrong_use(using: Collaborators) -> None:
    with pytest.raises(UsageError):
        scorecard(using, "nowhere", OCTOBER)
