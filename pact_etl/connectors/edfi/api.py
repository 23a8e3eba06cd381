"""The connector "edfi_api": an Ed-Fi ODS/API of version 3 to 7, data standard 3 to 5.

`url` is the address of its root document, the secrets are `key` and `secret`. The names of the credential's resources
are those of Ed-Fi (`students`, `studentSchoolAttendanceEvents` ...); it must be allowed to read them and their
`/deletes` and `/keyChanges`.

edfi-api-client 0.4.1 is not used here: it decodes every page before we could keep its bytes, asks one page at a time,
logs query values, and raises `requests` errors. It drives our fake of an ODS in a test instead.

Options:
    page_size: rows asked for at once (500, which most installations allow at most).
    concurrency: requests under way at once (4).
    delta_students_percent, delta_days: a night that touches more students (5 percent) or more single days (500) than
        this reads everything.
    agency_id: the district's id in this ODS, where that is not its county-district code.
    ssid_system: the identification system (a StudentIdentificationSystem descriptor's code value) of the state's
        student id; without it, none is read.
    default_language: home language of students for whom none is stated; without it, none is assumed.
    programs: whether homeless programs and evaluations for special education are read (yes).
    foster_characteristics, homeless_characteristics, unaccompanied_characteristics, support_pending_characteristics,
        deceased_characteristics, do_not_send_characteristics: how the code values of StudentCharacteristic descriptors
        begin that say so; the first three have the standard's own as default (see `protections`).
    foster_indicators and so on for the same six: names of StudentIndicators that say so; none.
    deceased_exits: ExitWithdrawType descriptors of students who died (the standard's).
    not_charter: CharterStatus descriptors of schools that are no charters (the standard's).

What the ODS cannot tell: a transaction that began before a pull and ended after it may carry an older change version
than the pull's; the next full read finds it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import httpx

from pact_etl.connectors.edfi.api_access import Places, Token, discover, newest_version
from pact_etl.connectors.edfi.api_asking import Asker
from pact_etl.connectors.edfi.api_identity import prove_district
from pact_etl.connectors.edfi.api_manifest import Manifest, read_manifest
from pact_etl.connectors.edfi.api_pull import Limits, Pulling
from pact_etl.connectors.edfi.api_tables import Kept, canonical_tables
from pact_etl.connectors.edfi.protections import words_of
from pact_etl.connectors.http_source import HeaderSource, HttpSource, Patience
from pact_etl.connectors.protocol import Cursor, Parsed, Pull, Pulled, RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError

logger = logging.getLogger(__name__)

_VERSION = "change_version"
_YEAR = "year_start"


class EdfiApi:
    """An Ed-Fi ODS/API."""

    def __init__(
        self,
        credentials: Callable[[str], Mapping[str, str]],
        *,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take what is needed to get in.

        Args:
            credentials: a district's slug to its `key` and `secret`.
            patience: how long a source is borne with.
            transport: instead of the network (tests).
        """
        self._credentials = credentials
        self._patience = patience
        self._transport = transport

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`."""
        if not district.url:
            raise SettingsError(f"{district.slug}: connector edfi_api needs url")
        credentials = self._credentials(district.slug)
        with self._source(district) as door:
            places = discover(door)
            token = Token(door, places.oauth, credentials)
            with self._source(district, token.headers) as source:
                return _pulled(district, pull, source, places)

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`."""
        manifest = read_manifest(files)
        tables = canonical_tables(Kept(files, manifest), manifest, district.options)
        return Parsed(tables=tables, scope=manifest.scope)

    def _source(self, district: District, headers: HeaderSource | None = None) -> HttpSource:
        return HttpSource(
            str(district.url),
            name=district.slug,
            headers=headers,
            patience=self._patience,
            connections=_concurrency(district),
            transport=self._transport,
        )


def _pulled(district: District, pull: Pull, source: HttpSource, places: Places) -> Pulled:
    versions = newest_version(source, places)
    oldest, newest = versions or (0, None)

    def read_newest() -> int:
        again = newest_version(source, places)
        return 0 if again is None else again[1]

    asker = Asker(
        source,
        places.data,
        page_size=_number(district, "page_size", 500, 1, 5000),
        concurrency=_concurrency(district),
        has_cursor_paging=places.has_cursor_paging,
        is_still=lambda: newest is None or read_newest() == newest,
    )
    agency, proof = prove_district(asker, district)
    limits = Limits(
        students_percent=_number(district, "delta_students_percent", 5, 0, 100),
        days=_number(district, "delta_days", 500, 0, 100_000),
    )
    has_programs = words_of(district.options).programs
    scope, pulling = None, Pulling(asker, places, newest, read_newest, has_programs=has_programs)
    since = _since(pull, oldest, newest)
    if since is not None:
        window = (_window_start(district, pull), pull.as_of)
        scope = pulling.changes(since, window, pull.year_start, limits)
    mode = "full" if scope is None else "delta"
    if scope is None:
        scope = pulling.everything(pull.year_start, pull.as_of)
    pulling.keep(proof)
    cursor: Cursor | None = None
    if newest is not None:
        cursor = {_VERSION: newest, _YEAR: pull.year_start.isoformat()}
    manifest = Manifest(
        mode=mode,
        year_start=pull.year_start,
        agency=agency,
        scope=scope,
        resources=pulling.counts(),
        cursor=cursor,
    )
    rows = sum(counts.received for counts in manifest.resources.values())
    logger.info("pulled", extra={"district": district.slug, "mode": mode, "rows": rows})
    return Pulled(files=[*pulling.files(), manifest.file()], cursor=cursor)


def _since(pull: Pull, oldest: int, newest: int | None) -> int | None:
    """The change version to go on from; None where everything must be read.

    That is so on the first night of a school year, and where the source no longer knows the cursor's version: it has
    been set up anew, or its list of changes was cut.
    """
    if pull.since is None or newest is None or pull.since.get(_YEAR) != pull.year_start.isoformat():
        return None
    since = pull.since.get(_VERSION)
    if not isinstance(since, int) or not oldest - 1 <= since <= newest:
        return None
    return since


def _window_start(district: District, pull: Pull) -> date:
    start = pull.as_of - timedelta(days=district.attendance.covers_days - 1)
    return max(start, pull.year_start)


def _concurrency(district: District) -> int:
    return _number(district, "concurrency", 4, 1, 32)


def _number(district: District, name: str, default: int, least: int, most: int) -> int:
    stated = district.options.get(name, default)
    if not isinstance(stated, int) or not least <= stated <= most:
        raise SettingsError(f"{district.slug}: {name} must be a number from {least} to {most}")
    return stated
