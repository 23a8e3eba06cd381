"""One exit date, two meanings: whether the day itself was a schoolday of the student decides about a finding."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import CodeMapping, FileLayout
from pact_etl.domain.results import StepStatus
from pact_etl.steps.collect import collect
from pact_etl.steps.corrections import list_corrections
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.record import record
from pact_etl.steps.release import release_batch
from pact_etl.steps.validate import validate
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, district, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    NEXT_NIGHT,
    NIGHT,
    approve_planned,
    one,
    statuses,
)

pytestmark = pytest.mark.integration

STUDENTS = [f"{n:02d}" for n in range(1, 13)]
MISSED = DAYS[24:27]  # past their clearing window on the night, the last of them not before
LAST = MISSED[-1]
FILES = {
    "attendance": FileLayout(
        name="att.csv",
        columns={"local_id": "id", "school_code": "school", "date": "date", "code": "code"},
    ),
    "enrollments": FileLayout(
        name="enr.csv",
        columns={
            "local_id": "id",
            "school_code": "school",
            "grade": "grade",
            "entry_date": "entry",
            "exit_date": "exit",
        },
    ),
}
CODES = [CodeMapping(code="U", status=Status.ABSENT_UNEXCUSED, from_=date(2020, 7, 1))]


def deliver(using: Collaborators, night: date, last: date | None) -> None:
    """Every student's enrollment, the first one's with an exit, and the first one's three missed days."""
    exits = {"01": last.isoformat() if last else ""}
    texts = {
        "enr.csv": [
            "id,school,grade,entry,exit",
            *(f"{s},0000001,05,{FIRST_DAY},{exits.get(s, '')}" for s in STUDENTS),
        ],
        "att.csv": [
            "id,school,date,code",
            *(f"01,0000001,{day},U" for day in MISSED),
            *(f"02,0000001,{day},U" for day in DAYS[29:31] if day <= night),  # tonight is spoken of
        ],
    }
    folder = Path(using.settings.drop) / str(night) / "oak-grove"
    folder.mkdir(parents=True)
    for name, lines in texts.items():
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    submission = collect(using, "oak-grove", night).ids["submission"]
    validate(using, submission)
    assert record(using, submission).status is StepStatus.DONE
    evaluate(using, night)


@pytest.mark.parametrize(
    ("exit_day", "stands"),
    [("inclusive", True), ("exclusive", False)],
)
def test_a_backdated_exit_undoes_a_finding_only_where_the_day_itself_was_no_schoolday(
    using: Collaborators, exit_day: str, stands: bool
) -> None:
    settings = district(files=FILES, codes=CODES, exit_day=exit_day)
    using = replace(using, districts={"oak-grove": settings})
    record_submission(using.engine, DAYS[0], roster(STUDENTS))
    deliver(using, NIGHT, None)
    batch = approve_planned(using)
    deliver(using, NEXT_NIGHT, LAST)

    found = list_corrections(using, NEXT_NIGHT)["oak-grove"]
    assert {kind: n["count"] for kind, n in found["kinds"].items()} == {"exit_moved": 1}
    undone = found["findings"].get("chronic_truant_candidate", {"undone": 0})["undone"]
    assert undone == (0 if stands else 1)
    last = one(
        using,
        "SELECT exit_date FROM enrollment WHERE recorded_to IS NULL AND exit_date IS NOT NULL",
    )
    assert last == (LAST if stands else MISSED[-2])
    release_batch(using, batch)
    assert statuses(using) == {"withdrawn": 1}  # whoever has left the district gets no letter
    reason = one(using, "SELECT reason FROM invitation")
    assert reason == ("not_enrolled" if stands else "corrected")
