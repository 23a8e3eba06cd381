"""Notices of a meeting with the District Attorney: prepared, issued and served, each forbidden thing, and every crash."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from pact_etl.domain.case import Entry, Kind, Party, Way
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.served_notice import Manner
from pact_etl.steps.case import enter, show
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.served_notice import NoticeResult, issue, prepare
from pact_etl.steps.service import enter_service
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NIGHT, one

pytestmark = pytest.mark.integration

MEETING = MeetingInvitation(
    date=NIGHT + timedelta(days=20),
    starts=time(9, 0),
    ends=time(10, 0),
    place="Room 4, Office of the District Attorney",
    street="901 G St",
    city="Sacramento CA 95814",
)
LAST_DAY = MEETING.date - timedelta(days=5)


@pytest.fixture
def referred(using: Collaborators) -> Collaborators:
    """Two students over the line; the first has been named by the probation department."""
    started(using)
    return using


def started(using: Collaborators, **adults: object) -> None:
    frames = roster(["01", "02"]) | {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    if adults:
        frames["guardians"] = frames["guardians"].assign(**adults)
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)


def refer(using: Collaborators, **changes: object) -> str:
    [case] = show(using, "oak-grove:01", NIGHT)
    entry = Entry(
        kind=Kind.REFERRAL,
        day=NIGHT,
        way=Way.DA_MEETING,
        whom=Party.PROBATION,
        entered_by="dana",
    )
    made = enter(using, str(case["case"]), replace(entry, **changes), NIGHT)  # type: ignore[arg-type]
    return f"C{made.ids['case']}-{made.ids['entry']}"


def prepared(using: Collaborators, **changes: object) -> NoticeResult:
    return prepare(using, refer(using), replace(MEETING, **changes), NIGHT, "dana")  # type: ignore[arg-type]


def folder(using: Collaborators) -> dict[str, bytes]:
    root = using.settings.served
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.*"))}


def test_a_notice_goes_from_prepared_to_issued_to_served(referred: Collaborators) -> None:
    looked = prepared(referred)
    assert (looked.status, looked.persons, looked.forbidden_by) == ("prepared", 1, ())
    assert list(folder(referred)) == ["proofs/N1001.pdf"]
    assert one(referred, "SELECT count(*) FROM disclosure") == 0

    issued = issue(referred, "N1001", NIGHT, "alex")
    assert (issued.status, issued.last_day) == ("issued", LAST_DAY)
    assert sorted(folder(referred)) == [
        "N1001/for_the_office/P9000001001-proof-of-service.pdf",
        "N1001/pieces.csv",
        "N1001/to_serve/P9000001001.pdf",
    ]
    assert one(
        referred, "SELECT string_agg(recipient, ' ' ORDER BY recipient) FROM disclosure"
    ) == ("district_attorney household")

    done = enter_service(referred, "N1001", 1, Manner.PERSONAL, LAST_DAY, LAST_DAY, "sam")
    assert done.state.word == "served"
    [case] = show(referred, "oak-grove:01", LAST_DAY)
    [deadline] = [d for d in case["deadlines"] if d["name"] == "da_meeting_notice_served"]
    assert (deadline["on"], deadline["done_on"]) == (LAST_DAY.isoformat(), LAST_DAY.isoformat())
