"""What a source's answer makes of a district's night, before anything is read."""

from collections.abc import Sequence
from datetime import date

import pytest

from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile
from pact_etl.connectors.registry import CONNECTORS
from pact_etl.domain.district import District
from pact_etl.domain.errors import Retryable, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepStatus
from pact_etl.steps.collect import collect
from pact_etl.steps.reread import reread
from pact_etl.store.submissions import set_status
from pact_etl.wiring import Collaborators

pytestmark = pytest.mark.integration

NIGHT = date(2026, 11, 20)


class Source:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Pulled | Exception) -> None:
        self.answer = answer
        self.asked: list[Pull] = []

    def fetch(self, district: District, pull: Pull) -> Pulled:
        self.asked.append(pull)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        raise AssertionError("collecting reads nothing")


def source(monkeypatch: pytest.MonkeyPatch, answer: Pulled | Exception) -> Source:
    one = Source(answer)
    monkeypatch.setitem(CONNECTORS, "files", lambda sources: one)
    return one


@pytest.mark.parametrize("reason", [Reason.WRONG_DISTRICT, Reason.TOTALS_DIFFER])
def test_an_answer_that_cannot_be_used_holds_the_district_with_its_reason(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    source(monkeypatch, SubmissionRefused(reason))

    result = collect(using, "oak-grove", NIGHT)

    assert (result.status, result.reasons) == (StepStatus.HELD, {reason.value: 1})


def test_a_source_that_does_not_answer_is_tried_again(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(monkeypatch, Retryable("oak-grove: no answer"))

    with pytest.raises(Retryable):
        collect(using, "oak-grove", NIGHT)


def test_a_night_goes_on_from_the_last_recorded_cursor_and_a_rereading_from_none(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RawFile(name="pull.json", content=b"{}")
    one = source(monkeypatch, Pulled(files=[file], cursor={"change_version": 7}))
    assert reread(using, "oak-grove", NIGHT).status is StepStatus.SKIPPED
    submission = collect(using, "oak-grove", NIGHT).ids["submission"]
    collect(using, "oak-grove", date(2026, 11, 21))
    with using.engine.begin() as connection:
        set_status(connection, submission, "recorded")
    collect(using, "oak-grove", date(2026, 11, 21))
    collect(using, "oak-grove", date(2026, 11, 21), everything=True)

    assert [pull.since for pull in one.asked] == [None, None, {"change_version": 7}, None]
    assert {pull.year_start for pull in one.asked} == {date(2026, 7, 1)}
