"""Shared steps of the letter tests: a district with candidates, planned, shown and answered."""

from datetime import date

from sqlalchemy import text

from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster, weekdays

DAYS = weekdays(FIRST_DAY, date(2026, 10, 30))
NIGHT, NEXT_NIGHT = DAYS[29], DAYS[30]
# The last of them is past its clearing window on that night, and on no night before.
MISSED = dict.fromkeys(DAYS[23:27], "absent_unexcused")


def planned_batch(using: Collaborators, students: list[str]) -> int:
    """A batch with one letter per student."""
    frames = roster(students) | {"marks": marks(dict.fromkeys(students, MISSED))}
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    return plan(using, NIGHT).ids["batch"]


def approved_batch(using: Collaborators, students: list[str]) -> int:
    """A batch that a named person approved."""
    planned_batch(using, students)
    return approve_planned(using)


def approve_planned(using: Collaborators, night: date = NIGHT) -> int:
    """What a night's findings call for, planned and approved by a named person."""
    batch = plan(using, night).ids["batch"]
    propose(using, batch)
    decide_on(using, batch, approved=True, by="dana", reason="looks right")
    return batch


def excuse(using: Collaborators, *excused: str, students: tuple[str, ...] = ("01", "02")) -> None:
    """The next night: the missed days of some students turn out to be excused, the others' stay."""
    stated = {
        s: dict.fromkeys(MISSED, "absent_excused" if s in excused else "absent_unexcused")
        for s in students
    }
    record_submission(using.engine, NEXT_NIGHT, {"marks": marks(stated)})
    evaluate(using, NEXT_NIGHT)


def statuses(using: Collaborators) -> dict[str, int]:
    """Letters by state."""
    with using.engine.connect() as connection:
        rows = connection.execute(text("SELECT status, count(*) FROM notice GROUP BY status"))
        return {status: int(n) for status, n in rows}


def one(using: Collaborators, query: str) -> object:
    """The single value of a query."""
    with using.engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()


def piece(using: Collaborators, student: str = "01") -> str:
    """The code of the newest letter about a student, as it is printed."""
    query = f"SELECT 'P' || lpad(id::text, 10, '0') FROM notice WHERE recipient LIKE '%{student}'"
    return str(one(using, query + " ORDER BY id DESC LIMIT 1"))
