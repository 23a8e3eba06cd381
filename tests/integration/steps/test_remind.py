"""Reminders: in time, once, and never to a family whose letter no longer stands."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.errors import Permanent, Retryable
from pact_etl.emails.protocol import Accepted, OutgoingEmail, Uncertain
from pact_etl.steps.release import release_batch
from pact_etl.steps.remind import send_reminders
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NEXT_NIGHT, approved_batch, one

pytestmark = pytest.mark.integration


class Mailbox:
    """A mail service that keeps what it is told, and answers as it is told."""

    def __init__(self, *troubles: Exception) -> None:
        self.mails: list[OutgoingEmail] = []
        self.troubles = list(troubles)

    def send(self, email: OutgoingEmail) -> Accepted:
        if self.troubles:
            raise self.troubles.pop(0)
        self.mails.append(email)
        return Accepted(message_id=f"M{len(self.mails)}")


@pytest.fixture
def week_before(using: Collaborators) -> date:
    release_batch(using, approved_batch(using, ["01", "02"]))
    evening = one(using, "SELECT min(m.date) FROM meeting m JOIN notice n ON n.meeting_id = m.id")
    assert isinstance(evening, date)
    return evening - timedelta(days=7)


def test_nothing_is_sent_before_it_is_due(using: Collaborators, week_before: date) -> None:
    mailbox = Mailbox()
    send_reminders(using, week_before - timedelta(days=1), mailbox)

    assert not mailbox.mails


def test_each_family_is_reminded_once_however_often_the_step_runs(
    using: Collaborators, week_before: date
) -> None:
    mailbox = Mailbox()
    send_reminders(using, week_before, mailbox)
    send_reminders(using, week_before, mailbox)
    send_reminders(using, week_before + timedelta(days=1), mailbox)

    assert sorted(m.to_address for m in mailbox.mails) == [
        "rosa.01@example.com",
        "rosa.02@example.com",
    ]
    assert {m.category for m in mailbox.mails} == {"reminder_7"}


@pytest.mark.parametrize(
    ("table", "changes", "protected"),
    [
        ("students", {"deceased": True}, 1),
        ("guardians", {"restrained": True}, 1),
        ("guardians", {"safe_at_home": "1234"}, 1),
        ("guardians", {"email": "somebody.else@example.com"}, 0),
    ],
)
def test_nobody_is_reminded_who_may_not_be_written_to_any_more(
    using: Collaborators,
    week_before: date,
    table: str,
    changes: dict[str, object],
    protected: int,
) -> None:
    frames = roster(["01", "02"])
    is_first = frames[table]["local_id"] == "01"
    changed = frames[table][is_first].assign(**changes)
    frames[table] = pd.concat([changed, frames[table][~is_first]], ignore_index=True)
    stated = {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    record_submission(using.engine, NEXT_NIGHT, frames | stated)
    mailbox = Mailbox()

    result = send_reminders(using, week_before, mailbox)

    assert [m.to_address for m in mailbox.mails] == ["rosa.02@example.com"]
    assert (result.counts["not_now"], result.counts.get("protected_since", 0)) == (1, protected)


def test_an_evening_that_is_struck_off_stops_its_reminders_and_is_an_alert(
    using: Collaborators, week_before: date, caplog: pytest.LogCaptureFixture
) -> None:
    left = [m for m in using.county.meetings if m.date != week_before + timedelta(days=7)]
    without = replace(using, county=replace(using.county, meetings=left))
    mailbox = Mailbox()

    result = send_reminders(without, week_before, mailbox)

    assert not mailbox.mails
    assert result.counts["evening_changed"] == 2
    assert "evening-changed" in {getattr(r, "runbook", None) for r in caplog.records}


def test_an_evening_that_moves_to_another_place_is_an_alert(
    using: Collaborators, week_before: date
) -> None:
    moved = [replace(m, place="Somewhere Else") for m in using.county.meetings]
    elsewhere = replace(using, county=replace(using.county, meetings=moved))

    assert "evening_changed" not in send_reminders(using, week_before, Mailbox()).counts
    assert send_reminders(elsewhere, week_before, Mailbox()).counts["evening_changed"] == 2


def test_an_email_whose_fate_is_unknown_is_never_sent_again(
    using: Collaborators, week_before: date
) -> None:
    result = send_reminders(using, week_before, Mailbox(Uncertain("no answer")))
    again = Mailbox()
    send_reminders(using, week_before, again)

    assert result.counts["uncertain"] == 1
    assert not again.mails
    assert one(using, "SELECT count(*) FROM email WHERE status = 'uncertain'") == 1


def test_a_refused_email_is_dropped_and_the_others_go(
    using: Collaborators, week_before: date
) -> None:
    mailbox = Mailbox(Permanent("bad address"))
    result = send_reminders(using, week_before, mailbox)

    assert (result.counts["dropped"], result.counts["accepted"]) == (1, 1)


def test_when_the_service_is_down_everything_is_still_planned(
    using: Collaborators, week_before: date
) -> None:
    with pytest.raises(Retryable):
        send_reminders(using, week_before, Mailbox(Retryable("503")))
    mailbox = Mailbox()
    send_reminders(using, week_before, mailbox)

    assert len(mailbox.mails) == 2


def test_a_run_that_died_after_its_claim_leaves_the_email_uncertain(
    using: Collaborators, week_before: date
) -> None:
    class Died(BaseException):
        pass

    with pytest.raises(Died):
        send_reminders(using, week_before, Mailbox(Died()))  # type: ignore[arg-type]
    mailbox = Mailbox()
    result = send_reminders(using, week_before, mailbox)

    assert result.counts["uncertain"] == 1
    assert len(mailbox.mails) == 1


def test_a_void_letter_cancels_its_reminder(using: Collaborators, week_before: date) -> None:
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE notice SET status = 'void' WHERE recipient LIKE '%01'"))
    mailbox = Mailbox()
    send_reminders(using, week_before, mailbox)

    assert [m.to_address for m in mailbox.mails] == ["rosa.02@example.com"]
