"""The capture server held against the provider's own OpenAPI document."""

import copy
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from pact_etl.domain.county import EmailSettings
from pact_etl.emails.capture_rules import faults_of
from pact_etl.emails.capture_server import CaptureServer
from pact_etl.emails.protocol import EmailText, OutgoingEmail
from pact_etl.emails.sendgrid_client import SendGridSender

KEY = "SG.key-of-the-test"
REPOSITORY = Path(__file__).resolve().parents[3]
DOCUMENT = REPOSITORY.parent / "shared" / "data" / "sendgrid-openapi" / "tsg_mail_v3.json"
needs_document = pytest.mark.skipif(
    not DOCUMENT.exists(), reason="the provider's OpenAPI document is not beside this checkout"
)
MAIL: dict[str, Any] = {
    "personalizations": [
        {"to": [{"email": "a@family.example"}], "custom_args": {"email_id": "E1"}}
    ],
    "from": {"email": "office@county.example", "name": "Office"},
    "reply_to": {"email": "office@county.example"},
    "subject": "Reminder",
    "content": [{"type": "text/plain", "value": "Hello"}, {"type": "text/html", "value": "<p/>"}],
    "categories": ["reminder_7"],
    "asm": {"group_id": 101, "groups_to_display": [101]},
    "headers": {"Auto-Submitted": "auto-generated"},
    "send_at": 1_800_000_000,
    "tracking_settings": {"open_tracking": {"enable": False}},
    "mail_settings": {"sandbox_mode": {"enable": False}},
}


def changed(**changes: Any) -> dict[str, Any]:
    mail = copy.deepcopy(MAIL) | changes
    return {key: value for key, value in mail.items() if value is not ...}


TO_TWICE = [{"to": [{"email": "a@family.example"}, {"email": "A@family.example"}]}]
TWO_BLOCKS = [{"to": [{"email": "a@family.example"}]}, {"to": [{"email": "a@family.example"}]}]
MANY = [{"to": [{"email": f"a{n}@family.example"}]} for n in range(1001)]
REFUSED: dict[str, Any] = {
    "no object": [],
    "no personalizations": changed(personalizations=...),
    "empty personalizations": changed(personalizations=[]),
    "1001 personalizations": changed(personalizations=MANY),
    "no to": changed(personalizations=[{"cc": [{"email": "a@family.example"}]}]),
    "empty to": changed(personalizations=[{"to": []}]),
    "an address twice in one block": changed(personalizations=TO_TWICE),
    "an address twice in one call": changed(personalizations=TWO_BLOCKS),
    "no address": changed(personalizations=[{"to": [{"name": "A"}]}]),
    "a bad address": changed(personalizations=[{"to": [{"email": "family.example"}]}]),
    "a number as custom arg": changed(
        personalizations=[{"to": [{"email": "a@family.example"}], "custom_args": {"id": 7}}]
    ),
    "no from": changed(**{"from": ...}),
    "a bad from": changed(**{"from": {"email": "office"}}),
    "no subject": changed(subject=...),
    "an empty subject": changed(subject=""),
    "no content": changed(content=...),
    "empty content": changed(content=[]),
    "content without value": changed(content=[{"type": "text/plain"}]),
    "content with an empty value": changed(content=[{"type": "text/plain", "value": ""}]),
    "HTML before text": changed(content=MAIL["content"][::-1]),
    "eleven categories": changed(categories=[str(n) for n in range(11)]),
    "a category twice": changed(categories=["a", "a"]),
    "a text as group": changed(asm={"group_id": "101"}),
    "no group": changed(asm={}),
    "a text as send_at": changed(send_at="tomorrow"),
    "a text as switch": changed(tracking_settings={"open_tracking": {"enable": "no"}}),
    "two bypasses": changed(
        mail_settings={
            "bypass_list_management": {"enable": True},
            "bypass_spam_management": {"enable": True},
        }
    ),
    "an unknown key": changed(sendat=1),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CaptureServer]:
    with CaptureServer(tmp_path / "mail", key=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def openapi() -> OpenAPI:
    return OpenAPI.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))


def request(body: Any) -> MockRequest:
    return MockRequest(
        "https://api.sendgrid.com",
        "post",
        "/v3/mail/send",
        headers={"Authorization": f"Bearer {KEY}"},
        data=json.dumps(body).encode(),
    )


def document_accepts(openapi: OpenAPI, body: Any) -> bool:
    try:
        openapi.validate_request(request(body))
    except OpenAPIError:
        return False
    return True


def post(server: CaptureServer, body: bytes, key: str = KEY) -> tuple[int, bytes, dict[str, str]]:
    call = urllib.request.Request(
        f"{server.url}/v3/mail/send", body, {"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(call, timeout=5) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def test_a_good_mail_is_taken(server: CaptureServer) -> None:
    status, body, headers = post(server, json.dumps(MAIL).encode())

    assert (status, body) == (202, b"")
    assert (
        json.loads((server.folder / f"{headers['X-Message-Id']}.json").read_text())["mail"] == MAIL
    )


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_mail_is_refused_and_not_kept(server: CaptureServer, fault: str) -> None:
    status, body, _ = post(server, json.dumps(REFUSED[fault]).encode())

    assert status == 400
    assert json.loads(body)["errors"][0]["message"]
    assert server.mails == []


def test_what_is_no_json_is_refused(server: CaptureServer) -> None:
    assert post(server, b"{")[0] == 400


def test_a_wrong_key_is_told_so_before_anything_else(server: CaptureServer) -> None:
    assert post(server, b"{", key="SG.other")[0] == 401


def test_it_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--folder", tmp_path / "mail", "--key-file", tmp_path / "key", "--port", port]
    command = [sys.executable, "-m", "pact_etl.emails.capture_server", *map(str, options)]

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            assert answers(port)
            call = urllib.request.Request(
                f"http://127.0.0.1:{port}/v3/mail/send",
                json.dumps(MAIL).encode(),
                {"Authorization": f"Bearer {KEY}"},
            )
            with urllib.request.urlopen(call, timeout=5) as answer:
                assert answer.status == 202
        finally:
            process.terminate()


def answers(port: int) -> bool:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return True
    return False


@needs_document
def test_the_document_accepts_what_the_real_client_sends(
    server: CaptureServer, openapi: OpenAPI
) -> None:
    configuration = EmailSettings(
        sender_address="office@county.example",
        sender_name="Office",
        unsubscribe_group=101,
        reminder_days=[7],
    )
    email = OutgoingEmail(
        email_id="E1",
        category="reminder_7",
        to_address="a@family.example",
        content=EmailText(subject="Reminder", text="Hello", html="<p>Hello</p>"),
    )

    SendGridSender(host=server.url, key=KEY, settings=configuration).send(email)

    openapi.validate_request(request(server.mails[0]))


@needs_document
@pytest.mark.parametrize("fault", ["a bad address", "no content", "an unknown key"])
def test_a_refusal_has_the_form_that_the_document_gives_it(
    server: CaptureServer, openapi: OpenAPI, fault: str
) -> None:
    status, body, _ = post(server, json.dumps(REFUSED[fault]).encode())

    openapi.validate_response(request(MAIL), MockResponse(body, status_code=status))


@needs_document
def test_a_wrong_key_is_answered_in_the_documents_form(
    server: CaptureServer, openapi: OpenAPI
) -> None:
    status, body, _ = post(server, b"{}", key="SG.other")

    openapi.validate_response(request(MAIL), MockResponse(body, status_code=status))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield (*at, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*at, key))


JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["", "x", "a@b.example", "a@b"]),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(["x", 1, {"email": "b@c.example"}]), max_size=3),
)


@needs_document
@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(sorted(places(MAIL), key=str)), value=JSON)
def test_nothing_that_the_document_refuses_is_taken(
    openapi: OpenAPI, place: tuple[Any, ...], value: Any
) -> None:
    mail = copy.deepcopy(MAIL)
    parent: Any = mail
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value

    if not document_accepts(openapi, mail):
        assert faults_of(mail)
