"""Getting into an Ed-Fi ODS: its root document, a token, and where things are.

Formats: root `{version, dataModels[{name, version}], urls{oauth, dataManagementApi, changeQueries}}`; token by OAuth 2
client credentials with HTTP Basic (Ed-Fi ODS/API v3-v7, "Discovery" and "Authentication").
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from pact_etl.connectors.edfi.api_fields import listed, text
from pact_etl.connectors.http_source import Headers, HttpSource
from pact_etl.connectors.json_pages import Object, page_elements
from pact_etl.domain.errors import Permanent, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

_CURSOR_PAGING_SINCE = (7, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an ODS keeps what, and what it can do.

    Attributes:
        data: URL below which the resources are.
        changes: URL of the change versions.
        oauth: URL that gives tokens.
        has_cursor_paging: whether its release knows it.
        contacts: what it calls adults.
        links: what it calls the association of a student with an adult.
    """

    data: str
    changes: str
    oauth: str
    has_cursor_paging: bool
    contacts: str
    links: str


def discover(source: HttpSource) -> Places:
    """Read the root document.

    Raises:
        Permanent: it leads to another host.
        SettingsError: its addresses have blanks that the district's `url` should fill.
        SubmissionRefused: it is no Ed-Fi root document.
    """
    root = _object(source.get("", what="root").content, "root")
    urls = root.get("urls")
    if not isinstance(urls, dict) or not text(urls, "dataManagementApi") or not text(urls, "oauth"):
        raise SubmissionRefused(Reason.HEADER_CHANGED, file="root", detail="no Ed-Fi root document")
    if any("{" in str(url) for url in urls.values()):
        raise SettingsError(f"{source.name}: url must name the tenant or school year as well")
    is_old = _standard(root) < (5,)
    return Places(
        data=source.on_host(_folder(text(urls, "dataManagementApi"))) + "ed-fi/",
        changes=source.on_host(_folder(text(urls, "changeQueries") or "changeQueries/v1")),
        oauth=source.on_host(text(urls, "oauth")),
        has_cursor_paging=_numbers(text(root, "version")) >= _CURSOR_PAGING_SINCE,
        contacts="parents" if is_old else "contacts",
        links="studentParentAssociations" if is_old else "studentContactAssociations",
    )


class Token:
    """What to send with every request; a new token when the old one is refused. For several threads at once."""

    def __init__(self, source: HttpSource, url: str, credentials: Mapping[str, str]) -> None:
        """Take what is needed; nothing is asked yet.

        Raises:
            SettingsError: `key` or `secret` is missing.
        """
        if not credentials.get("key") or not credentials.get("secret"):
            raise SettingsError(f"{source.name}: credentials need key and secret")
        pair = f"{credentials['key']}:{credentials['secret']}".encode()
        self._basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self._source = source
        self._url = url
        self._lock = Lock()
        self._current: Headers | None = None

    def headers(self, refused: Headers | None) -> Headers:
        """See `HeaderSource`: several threads refused at once ask for one new token."""
        with self._lock:
            if self._current is None or refused == self._current:
                self._current = self._new()
            return self._current

    def _new(self) -> Headers:
        form = {"grant_type": "client_credentials"}
        try:
            answer = self._source.post_form(self._url, form, headers=self._basic, what="token")
        except Permanent as error:
            raise Permanent(
                f"{error}: is this the key and secret of {self._source.name}?"
            ) from None
        token = text(_object(answer.content, "token"), "access_token")
        if not token.isascii() or not token.isprintable() or not token:
            raise Permanent(f"{self._source.name}: no token")
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def newest_version(source: HttpSource, places: Places) -> tuple[int, int] | None:
    """Oldest and newest change version, or None where the ODS keeps none."""
    answer = source.get(
        places.changes + "availableChangeVersions", what="change versions", expect=frozenset({404})
    )
    if answer.status == 404:
        return None
    stated = {k.lower(): v for k, v in _object(answer.content, "change versions").items()}
    oldest, newest = stated.get("oldestchangeversion"), stated.get("newestchangeversion")
    if not isinstance(oldest, int) or not isinstance(newest, int):
        raise SubmissionRefused(Reason.HEADER_CHANGED, file="change versions")
    return oldest, newest


def _object(content: bytes, name: str) -> Object:
    found = page_elements(content, name)
    if len(found) != 1:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="not one object")
    return found[0]


def _standard(root: Object) -> tuple[int, ...]:
    """The data standard's version; 5 where none is named."""
    versions = [
        text(model, "version")
        for model in listed(root, "dataModels")
        if text(model, "name").lower() == "ed-fi"
    ]
    return (_numbers(versions[0]) if versions else ()) or (5,)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d{1,6}", version, re.ASCII)[:3])


def _folder(url: str) -> str:
    return url if url.endswith("/") else url + "/"
