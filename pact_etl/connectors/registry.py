"""Which connector stands behind the name in a district's settings."""

from collections.abc import Callable

from pact_etl.connectors.csv_files import CsvFiles
from pact_etl.connectors.edfi_xml import EdfiXml
from pact_etl.connectors.protocol import Connector, Sources
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError

# Made when asked for, so that a district's files do not wait for another connector's libraries.
CONNECTORS: dict[str, Callable[[Sources, District], Connector]] = {
    "files": lambda sources, district: CsvFiles(sources.drop),
    "edfi_xml": lambda sources, district: EdfiXml(sources.drop),
}


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
    return CONNECTORS[district.connector](sources, district)
