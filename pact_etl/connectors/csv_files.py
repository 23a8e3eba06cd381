"""The connector "files": delimited text in a drop folder, one file per canonical table, as the dialect lays them out.

Options a district may set: `final_newline: optional`, for systems that do not end their last line (a torn file is then
only noticed when its last row is short, so prefer a trailer).
"""

from collections.abc import Sequence

import pandas as pd

from pact_etl.connectors.delimited import Rows, Shape, read_rows
from pact_etl.connectors.fetching import fetch_files
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District, FileLayout
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason


class CsvFiles:
    """Delimited text files."""

    def __init__(self, drop: str) -> None:
        """Name the folder or URL under which districts' files arrive."""
        self._drop = drop

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`."""
        return Pulled(files=fetch_files(self._drop, district, pull.as_of))

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`."""
        shape = Shape(
            encoding=district.encoding,
            delimiter=district.delimiter,
            trailer=district.trailer,
            final_newline_required=district.options.get("final_newline") != "optional",
        )
        by_name = {file.name: file for file in files}
        tables = []
        for table, layout in district.files.items():
            file = by_name.get(layout.name)
            if file is not None:
                tables.append(_table(table, layout, read_rows(file.name, file.content, shape)))
            elif layout.required:
                raise SubmissionRefused(Reason.FILE_MISSING, file=layout.name)
        return Parsed(tables=tables)


def _table(table: str, layout: FileLayout, rows: Rows) -> RawTable:
    positions = _positions(layout, rows.header)
    # In attendance a missing row deletes a mark, so rows that cannot be told apart make the whole file unusable;
    # a roster row that cannot be read says nothing and is set aside alone, as a row whose cells are all empty.
    if table == "attendance" and (rows.broken or rows.has_line_breaks):
        detail = f"{len(rows.broken)} rows with a wrong number of cells"
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=layout.name, detail=detail)
    columns = {column: _joined(rows.cells, places) for column, places in positions.items()}
    return RawTable(
        table=table, file=layout.name, frame=pd.DataFrame(columns | {"row": rows.lines})
    )


def _positions(layout: FileLayout, header: list[str]) -> dict[str, list[int]]:
    """Where each canonical column stands; headers that nobody asked for are ignored.

    Raises:
        SubmissionRefused: HEADER_CHANGED, a header is missing or stands twice.
    """
    positions = {}
    for column, titles in layout.columns.items():
        wanted = [titles] if isinstance(titles, str) else titles
        for title in wanted:
            if header.count(title) != 1:
                raise SubmissionRefused(
                    Reason.HEADER_CHANGED,
                    file=layout.name,
                    field=column,
                    detail=f"expected {title}",
                )
        positions[column] = [header.index(title) for title in wanted]
    return positions


def _joined(cells: pd.DataFrame, places: list[int]) -> pd.Series:
    """One column as it is, several joined by a colon; all of them empty stays empty."""
    if len(places) == 1:
        return cells.iloc[:, places[0]]
    parts = [cells.iloc[:, place].str.strip() for place in places]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + ":" + part
    return joined.mask(joined == ":" * (len(parts) - 1), "")
