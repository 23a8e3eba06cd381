"""The connector "files": delimited text in a drop folder or on SFTP, one file per canonical table, as the dialect says.

Options a district may set, beside those of `fetching` and `sftp`:
- `final_newline: optional`, for systems that do not end their last line (a torn file is then only noticed when its last
  row is short, so prefer a trailer);
- `max_unpacked_bytes`: of everything that comes out of zip and gzip files together; 1 GiB.
"""

from collections.abc import Mapping, Sequence

from pact_etl.connectors.files.delimited import Shape
from pact_etl.connectors.files.fetching import Credentials, fetch_files
from pact_etl.connectors.files.kept import KeptFiles
from pact_etl.connectors.files.layouts import read_layout, shape_of
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District, FileLayout


class CsvFiles:
    """Delimited text files."""

    def __init__(self, drop: str, credentials: Credentials | None = None) -> None:
        """Name the folder or URL under which districts' files arrive, and who knows how to log in at SFTP servers."""
        self._drop = drop
        self._credentials = credentials

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`."""
        return Pulled(files=fetch_files(self._drop, district, pull.as_of, self._credentials))

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`."""
        kept = KeptFiles(district, files)
        return Parsed(tables=read_tables(district.files, kept, shape_of(district)))


def read_tables(layouts: Mapping[str, FileLayout], kept: KeptFiles, shape: Shape) -> list[RawTable]:
    """Canonical tables out of files that hold one each.

    In attendance a missing row deletes a mark, so rows that cannot be told apart make the whole file unusable; a roster
    row that cannot be read says nothing and is set aside alone.

    Raises:
        SubmissionRefused: see `read_layout`.
    """
    found = (
        read_layout(table, layout, kept, shape, unbroken=table == "attendance")
        for table, layout in layouts.items()
    )
    return [table for table in found if table is not None]
