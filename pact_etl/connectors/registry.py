"""Which connector stands behind the name in a district's settings."""

from collections.abc import Callable

from pact_etl.connectors.protocol import Connector, Sources
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError


def connector_for(district: District, sources: Sources) -> Connector:
    """The connector that a district's settings ask for.

    Raises:
        SettingsError: there is no connector of that name.
    """
    if district.connector not in CONNECTORS:
        known = ", ".join(sorted(CONNECTORS))
        raise SettingsError(
            f"{district.slug}: no connector {district.connector!r}; known are {known}"
        )
    return CONNECTORS[district.connector](sources)


# Imported when asked for, so that a district's files do not wait for another connector's libraries.


def _files(sources: Sources) -> Connector:
    from pact_etl.connectors.files.connector import CsvFiles

    return CsvFiles(sources.drop, sources.credentials)


def _edfi_xml(sources: Sources) -> Connector:
    from pact_etl.connectors.edfi.xml import EdfiXml

    return EdfiXml(sources.drop)


def _aeries_api(sources: Sources) -> Connector:
    from pact_etl.connectors.aeries.connector import AeriesApi

    return AeriesApi(sources.credentials)


def _edfi_api(sources: Sources) -> Connector:
    from pact_etl.connectors.edfi.api import EdfiApi

    return EdfiApi(sources.credentials)


def _oneroster(sources: Sources) -> Connector:
    from pact_etl.connectors.oneroster.connector import OneRoster

    return OneRoster(sources.drop, sources.credentials)


CONNECTORS: dict[str, Callable[[Sources], Connector]] = {
    "aeries_api": _aeries_api,
    "edfi_api": _edfi_api,
    "edfi_xml": _edfi_xml,
    "files": _files,
    "oneroster": _oneroster,
}
