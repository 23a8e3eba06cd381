"""The real SendGrid client against the capture server: every way a call can end."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pact_etl.domain.county import EmailSettings
from pact_etl.domain.errors import Permanent, Retryable, SettingsError
from pact_etl.emails.capture_server import CaptureServer, Trouble
from pact_etl.emails.protocol import EmailText, OutgoingEmail, Uncertain
from pact_etl.emails.sendgrid_client import SendGridSender

KEY = "SG.key-of-the-test"
SETTINGS = EmailSettings(
    sender_address="office@county.example",
    sender_name="Example Office",
    unsubscribe_group=101,
    reminder_days=[7, 1],
)
EMAIL = OutgoingEmail(
    email_id="E0000001001",
    category="reminder_7",
    to_address="canary.guardian@family.example",
    content=EmailText(subject="Reminder: your meeting", text="Hello\n", html="<p>Hello</p>"),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CaptureServer]:
    with CaptureServer(tmp_path / "mail", key=KEY) as running:
        yield running


def sender(server: CaptureServer, *, key: str = KEY, timeout: float = 5.0) -> SendGridSender:
    return SendGridSender(host=server.url, key=key, settings=SETTINGS, timeout=timeout)


def test_an_accepted_email_is_kept_under_the_id_that_the_sender_gets(server: CaptureServer) -> None:
    accepted = sender(server).send(EMAIL)

    assert [path.stem for path in server.folder.glob("*.json")] == [accepted.message_id]
    (mail,) = server.mails
    assert mail["personalizations"] == [
        {
            "to": [{"email": "canary.guardian@family.example"}],
            "custom_args": {"email_id": "E0000001001"},
        }
    ]
    assert mail["asm"] == {"group_id": 101}


def test_nothing_is_tracked_and_no_suppression_is_bypassed(server: CaptureServer) -> None:
    sender(server).send(EMAIL)

    (mail,) = server.mails
    assert "mail_settings" not in mail
    assert set(mail["tracking_settings"]) == {
        "click_tracking",
        "open_tracking",
        "subscription_tracking",
        "ganalytics",
    }
    assert not any(
        switch for setting in mail["tracking_settings"].values() for switch in setting.values()
    )


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_that_nothing_was_taken_may_be_tried_again(
    server: CaptureServer, status: int
) -> None:
    server.expect(Trouble(status=status))

    with pytest.raises(Retryable, match=f"E0000001001: status {status}"):
        sender(server).send(EMAIL)
    assert sender(server).send(EMAIL).message_id


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415])
def test_a_refusal_is_final(server: CaptureServer, status: int) -> None:
    server.expect(Trouble(status=status))

    with pytest.raises(Permanent, match=f"status {status}"):
        sender(server).send(EMAIL)


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_broken_answer_leaves_it_uncertain(server: CaptureServer, status: int) -> None:
    server.expect(Trouble(status=status))

    with pytest.raises(Uncertain, match=f"status {status}"):
        sender(server).send(EMAIL)


def test_silence_after_sending_is_uncertain_and_the_mail_may_well_be_out(
    server: CaptureServer,
) -> None:
    server.expect(Trouble(delay_seconds=1.0))

    with pytest.raises(Uncertain, match="no answer, TimeoutError"):
        sender(server, timeout=0.2).send(EMAIL)
    assert len(server.mails) == 1


def test_a_connection_that_is_closed_without_an_answer_is_uncertain(server: CaptureServer) -> None:
    server.expect(Trouble(hang_up=True))

    with pytest.raises(Uncertain, match="no answer, RemoteDisconnected"):
        sender(server).send(EMAIL)
    assert len(server.mails) == 1


def test_a_service_that_cannot_be_reached_was_certainly_sent_nothing(tmp_path: Path) -> None:
    with CaptureServer(tmp_path, key=KEY) as gone:
        unreachable = sender(gone)

    with pytest.raises(Retryable, match="not reached, ConnectionRefusedError"):
        unreachable.send(EMAIL)


def test_a_success_that_is_no_acceptance_is_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        host = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Uncertain, match="status 200"):
            SendGridSender(host=host, key=KEY, settings=SETTINGS, timeout=5).send(EMAIL)
        thread.join()


def test_a_wrong_key_is_refused(server: CaptureServer) -> None:
    with pytest.raises(Permanent, match="status 401"):
        sender(server, key="SG.other").send(EMAIL)
    assert server.mails == []


def test_an_address_that_the_service_refuses_never_shows_in_the_error(
    server: CaptureServer,
) -> None:
    broken = OutgoingEmail(
        email_id="E1", category="reminder_7", to_address="canary at home", content=EMAIL.content
    )

    with pytest.raises(Permanent) as caught:
        sender(server).send(broken)
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_not_even_a_debug_log_holds_an_address_a_text_or_the_key(
    server: CaptureServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sender(server).send(EMAIL)

    told = " ".join(str(record.__dict__) for record in caplog.records)
    assert "E0000001001" in told
    assert not any(secret in told for secret in ("canary", "Hello", KEY))


def test_a_representation_of_an_email_holds_no_address() -> None:
    assert "canary" not in repr(EMAIL)


@pytest.mark.parametrize("word", ["Ana Lopez", "ana@family.example", "", "x" * 65])
def test_only_opaque_words_may_be_told_to_the_provider(word: str) -> None:
    with pytest.raises(ValueError, match="opaque word"):
        OutgoingEmail(email_id=word, category="r", to_address="a@b.example", content=EMAIL.content)
    with pytest.raises(ValueError, match="opaque word"):
        OutgoingEmail(email_id="E1", category=word, to_address="a@b.example", content=EMAIL.content)


@pytest.mark.parametrize(
    ("host", "key"), [("api.sendgrid.com", KEY), ("https://api.sendgrid.com", "")]
)
def test_a_client_without_host_or_key_is_a_fault_of_settings(
    host: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.from-somewhere-else")

    with pytest.raises(SettingsError):
        SendGridSender(host=host, key=key, settings=SETTINGS)
