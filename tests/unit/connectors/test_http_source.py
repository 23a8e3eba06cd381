import gzip
import logging
from urllib.parse import parse_qsl

import httpx
import pytest

from pact_etl.connectors.http_source import HttpSource, Patience
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

URL = "https://ods.example/api"
CANARY = "9900112233"


class Script:
    """Answers one after the other; the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, *rest = (answer,) if isinstance(answer, int) else answer
        headers = rest[0] if rest else {}
        content = rest[1] if len(rest) > 1 else b"[]"
        return httpx.Response(status, headers=headers, content=content)


def source_of(script, waits=None, **more):
    waits = [] if waits is None else waits
    return HttpSource(
        URL,
        name="test-unified",
        transport=httpx.MockTransport(script),
        sleep=waits.append,
        patience=Patience(tries=4, throttled=3, first_wait=1.0, longest_wait=60.0),
        **more,
    )


def test_a_path_is_below_the_base_and_the_query_is_sent():
    script = Script(200)

    answer = source_of(script).get("schools", {"limit": 5})

    assert (answer.status, answer.content) == (200, b"[]")
    assert str(script.requests[0].url) == f"{URL}/schools?limit=5"


@pytest.mark.parametrize(
    "failure", [500, 503, 408, httpx.ConnectError("x"), httpx.ReadTimeout("x")]
)
def test_what_fails_is_tried_again_after_growing_waits(failure):
    waits, script = [], Script(failure, failure, 200)

    assert source_of(script, waits).get("schools").status == 200
    assert len(script.requests) == 3
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0


def test_what_keeps_failing_is_retryable_and_bounded():
    script = Script(500)

    with pytest.raises(Retryable, match="test-unified schools: 500 after 4 tries"):
        source_of(script).get("schools", what="schools")
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7.0),
        (
            {
                "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
        ({"Retry-After": "soon"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_source_that_asks_to_wait_is_waited_for(headers, waited):
    waits = []

    assert source_of(Script((429, headers), 200), waits).get("schools").status == 200
    assert waits == [waited]


@pytest.mark.parametrize("seconds", ["61", "9" * 30])
def test_a_wait_beyond_the_patience_is_not_begun(seconds):
    waits = []

    with pytest.raises(Retryable, match="told to wait"):
        source_of(Script((429, {"Retry-After": seconds})), waits).get("schools")
    assert waits == []


def test_being_told_to_wait_for_ever_ends():
    script = Script((429, {"Retry-After": "1"}))

    with pytest.raises(Retryable):
        source_of(script).get("schools")
    assert len(script.requests) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_refusal_is_permanent_at_once_unless_it_was_expected(status):
    script = Script(status)

    with pytest.raises(Permanent):
        source_of(script).get("schools")
    assert len(script.requests) == 1
    assert source_of(script).get("schools", expect=frozenset({status})).status == status


def test_an_expired_token_is_renewed_and_a_refused_one_is_permanent():
    def headers(refused):
        return {"Authorization": "new" if refused else "old"}

    script = Script(401, 200)
    assert source_of(script, headers=headers).get("schools").status == 200
    assert [r.headers["Authorization"] for r in script.requests] == ["old", "new"]
    with pytest.raises(Permanent, match="401"):
        source_of(Script(401), headers=headers).get("schools")


def test_tokens_that_are_new_every_time_and_refused_every_time_end():
    numbers = iter(range(1000))

    with pytest.raises(Permanent):
        source_of(Script(401), headers=lambda refused: {"X": str(next(numbers))}).get("schools")


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/api/x", "http://ods.example/x", "//elsewhere.example/x"]
)
def test_no_other_host_is_ever_asked(target):
    script = Script((302, {"Location": target}))

    with pytest.raises(Permanent, match="another host"):
        source_of(script).get("schools")
    with pytest.raises(Permanent, match="another host"):
        source_of(script).get(target)
    assert {r.url.host for r in script.requests} == {"ods.example"}


def test_a_redirect_on_the_same_host_is_followed_with_its_headers_and_a_circle_ends():
    script = Script((307, {"Location": "/api/other"}), 200)
    source_of(script, headers=lambda refused: {"Authorization": "token"}).get("schools")
    assert script.requests[1].url.path == "/api/other"
    assert script.requests[1].headers["Authorization"] == "token"
    with pytest.raises(Permanent):
        source_of(Script((307, {"Location": "/api/other"}))).get("schools")


def test_a_form_is_sent_with_its_own_headers_and_never_redirected():
    script = Script(200, (307, {"Location": "/api/other"}))
    source = source_of(script, headers=lambda refused: {"Authorization": "token"})

    source.post_form("token", {"grant_type": "client_credentials"}, headers={"Authorization": "b"})

    assert dict(parse_qsl(script.requests[0].content.decode())) == {
        "grant_type": "client_credentials"
    }
    assert script.requests[0].headers["Authorization"] == "b"
    with pytest.raises(Permanent):
        source.post_form("token", {}, headers={})


def test_a_body_over_its_bound_is_refused_even_when_it_is_small_on_the_way():
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    script = Script((200, {"Content-Encoding": "gzip"}, bomb))

    with pytest.raises(SubmissionRefused) as refused:
        source_of(script, longest_body=1_000_000).get("schools", what="schools")
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_TOO_LARGE, "schools")


def test_a_body_that_cannot_be_unpacked_is_tried_again():
    script = Script((200, {"Content-Encoding": "gzip"}, b"no gzip"), 200)

    assert source_of(script).get("schools").content == b"[]"


@pytest.mark.parametrize("url", ["http://ods.example", "ods.example", "", "ftp://ods.example"])
def test_secrets_do_not_travel_in_the_clear(url):
    with pytest.raises(SettingsError):
        HttpSource(url, name="test-unified")


def test_nobody_is_named_in_logs_and_errors(caplog):
    caplog.set_level(logging.DEBUG)
    script = Script(200, 500, 500, 500, 500, 403)
    source = source_of(script)
    source.get(f"students/{CANARY}", {"studentUniqueId": CANARY})

    texts = []
    for _ in range(2):
        with pytest.raises((Retryable, Permanent)) as failed:
            source.get(f"students/{CANARY}", {"studentUniqueId": CANARY}, what="students")
        texts.append(str(failed.value))

    assert CANARY not in caplog.text + "".join(texts)
