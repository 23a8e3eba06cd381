"""The real mail service: SendGrid's v3 API through its own Python client.

What the client lacks is made good here: it has no timeout of its own, retries nothing, tells
failures apart only by exception class, and writes whole messages and the key to its debug log.
"""

import logging
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Protocol, cast
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from pact_etl.domain.county import EmailSettings
from pact_etl.domain.errors import PactError, Permanent, Retryable, SettingsError
from pact_etl.emails.protocol import Accepted, OutgoingEmail, Uncertain

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
"""Per socket operation. Longer than the service's slowest healthy answer, shorter than a task."""

_ACCEPTED = 202
_NOT_TAKEN = frozenset(
    {429, 503}
)  # too many requests; the API is not available: nothing was queued
_OFF = {"enable": False}


class _Response(Protocol):
    """What the untyped client answers with."""

    status_code: int
    headers: Mapping[str, str]


class SendGridSender:
    """Sends one email a call, each with its own answer."""

    def __init__(
        self,
        *,
        host: str,
        key: str,
        settings: EmailSettings,
        reply_to: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            host: the service's base URL.
            key: the API key.
            settings: whom the emails come from, and their unsubscribe group.
            reply_to: where answers go, if not to the sender's address.
            timeout: seconds without a sign of life after which the service counts as silent.

        Raises:
            SettingsError: host or key is missing.
        """
        if not host.startswith(("https://", "http://")):
            raise SettingsError("the mail service's URL must start with https:// or http://")
        if not key:
            # The client would otherwise look for a key in the environment behind our back.
            raise SettingsError("the mail service's key is missing")
        # At debug level the client logs every payload and the Authorization header.
        logging.getLogger("python_http_client").setLevel(logging.WARNING)
        self._settings = settings
        self._reply_to = reply_to or settings.sender_address
        self._api = SendGridAPIClient(api_key=key, host=host.rstrip("/"))
        self._api.client.timeout = timeout

    def send(self, email: OutgoingEmail) -> Accepted:
        """Hand one email over. See `EmailSender.send` for how it can end."""
        try:
            response = cast(_Response, self._api.send(self._payload(email)))
        except HTTPError as error:
            raise _translated(int(error.status_code), email.email_id) from None
        except URLError as error:
            # urllib wraps what fails before the request has left completely, and nothing later.
            kind = type(error.reason).__name__
            raise Retryable(f"email {email.email_id}: service not reached, {kind}") from None
        except (OSError, HTTPException) as error:
            kind = type(error).__name__
            raise Uncertain(f"email {email.email_id}: no answer, {kind}") from None
        if response.status_code != _ACCEPTED:
            # 200 is a sandbox's answer or a redirect's; either way nobody promised to deliver.
            raise _translated(response.status_code, email.email_id)
        message_id = response.headers.get("X-Message-Id")
        logger.info("email accepted", extra={"email_id": email.email_id, "message_id": message_id})
        return Accepted(message_id=message_id)

    def _payload(self, email: OutgoingEmail) -> dict[str, Any]:
        return {
            "personalizations": [
                {
                    "to": [{"email": email.to_address}],
                    # Kept for ever and shown to the provider's staff: our opaque id, nothing else.
                    "custom_args": {"email_id": email.email_id},
                }
            ],
            "from": {
                "email": self._settings.sender_address,
                "name": self._settings.sender_name,
            },
            "reply_to": {"email": self._reply_to},
            "subject": email.content.subject,
            "content": [
                {"type": "text/plain", "value": email.content.text},
                {"type": "text/html", "value": email.content.html},
            ],
            # Asks out-of-office robots not to answer (RFC 3834).
            "headers": {"Auto-Submitted": "auto-generated"},
            "categories": [email.category],
            # With the group every opt-out, bounce and spam report holds; nothing here bypasses one.
            "asm": {"group_id": self._settings.unsubscribe_group},
            # Who opens what is nobody's business, and a rewritten link looks like phishing.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": _OFF,
                "subscription_tracking": _OFF,
                "ganalytics": _OFF,
            },
        }


def _translated(status: int, email_id: str) -> PactError:
    """What a status code means for one email. The answer's text may quote the address: unread."""
    if status in _NOT_TAKEN:
        return Retryable(f"email {email_id}: status {status}")
    if 400 <= status < 500 and status != 408:
        return Permanent(f"email {email_id}: status {status}")
    return Uncertain(f"email {email_id}: status {status}")
