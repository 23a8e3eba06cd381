"""Reminders: in time, once, and never to a family whose letter no longer stands."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from pact_etl.domain.errors import Permanent, Retryable
from pact_etl.emails.protocol import Accepted, OutgoingEmail, Uncertain
from pact_etl.steps.release import release_batch
from pact_etl.steps.remind import send_reminders
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import approved_batch, one

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
