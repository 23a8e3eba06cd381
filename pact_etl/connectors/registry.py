"""Which connector stands behind the name in a district's settings."""

from pact_etl.connectors.csv_files import CsvFiles
from pact_etl.connectors.edfi_xml import EdfiXml
from pact_etl.connectors.protocol import Connector
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError


def connector_for(district: District, drop: str) -> Connector:
    """The connector that a district's settings ask for.

    Args:
        district: whose.
        drop: URL or path of the folder under which districts' files arrive.

    Raises:
        SettingsError: there is no connector of that name.
    """
    if district.connector == "files":
        return CsvFiles(drop)
    if district.connector == "edfi_xml":
        return EdfiXml(drop)
    raise SettingsError(
        f"{district.slug}: no connector {district.connector!r}; known are files, edfi_xml"
    )
