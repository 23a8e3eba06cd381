"""The connector "files": delimited text in a drop folder or on SFTP, one file per canonical table, as the dialect says.

Options a district may set, beside those of `fetching` and `sftp`:
- `final_newline: optional`, for systems that do not end their last line (a torn file is then only noticed when its last
  row is short, so prefer a trailer);
- `max_unpacked_bytes`: of everything that comes out of zip and gzip files together; 1 GiB.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from pact_etl.connectors.files.delimited import Rows, Shape, read_rows
from pact_etl.connectors.files.fetching import Credentials, fetch_files, wanted_files
from pact_etl.connectors.files.file_patterns import MEMBER, pattern_of, split_member
from pact_etl.connectors.files.lookups import with_lookups
from pact_etl.connectors.files.tracks import by_track
from pact_etl.connectors.files.unpacking import Bounds, Unpacker
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District, FileLayout
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

MAX_UNPACKED_BYTES = 1 << 30


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
        kept = _Kept(district, files)
        tables = []
        for table, layout in district.files.items():
            content = kept.content(layout.name)
            if content is not None:
                file = kept.shown(layout.name)
                rows = read_rows(file, content, kept.shape)
                if layout.lookups:
                    rows = with_lookups(file, rows, layout, kept.rows)
                tables.append(_table(table, file, layout, rows))
            elif layout.required:
                raise SubmissionRefused(Reason.FILE_MISSING, file=kept.shown(layout.name))
        return Parsed(tables=tables)


class _Kept:
    """The kept files of one submission by what the layouts call them."""

    def __init__(self, district: District, files: Sequence[RawFile]) -> None:
        self.shape = Shape(
            encoding=district.encoding,
            delimiter=district.delimiter,
            trailer=district.trailer,
            final_newline_required=district.options.get("final_newline") != "optional",
        )
        self._by_pattern = _by_pattern(district, files)
        limit = district.options.get("max_unpacked_bytes", MAX_UNPACKED_BYTES)
        if not isinstance(limit, int):
            raise SettingsError(f"{district.slug}: option max_unpacked_bytes is no number")
        self._unpacker = Unpacker(Bounds(total_bytes=limit))

    def content(self, layout: str) -> bytes | None:
        """The bytes a layout's name means, unpacked; None where they were not sent."""
        outer, _ = split_member(layout)
        file = self._by_pattern.get(outer)
        if file is None:
            return None
        return self._unpacker.text_of(file.name, file.content, layout)

    def shown(self, layout: str) -> str:
        """What to call it to the district."""
        outer, member = split_member(layout)
        name = self._by_pattern[outer].name if outer in self._by_pattern else outer
        return name if member is None else f"{name}{MEMBER}{member}"

    def rows(self, layout: str) -> Rows:
        """The rows of a second file.

        Raises:
            SubmissionRefused: FILE_MISSING, or the file cannot be read.
        """
        content = self.content(layout)
        if content is None:
            raise SubmissionRefused(Reason.FILE_MISSING, file=self.shown(layout))
        return read_rows(self.shown(layout), content, self.shape)


def _by_pattern(district: District, files: Sequence[RawFile]) -> Mapping[str, RawFile]:
    patterns = list(wanted_files(district))
    found: dict[str, RawFile] = {}
    for file in files:
        pattern = pattern_of(file.name, patterns)
        if pattern is not None and pattern in found:
            detail = f"a second file for {pattern}"
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=file.name, detail=detail)
        if pattern is not None:
            found[pattern] = file
    return found


def _table(table: str, file: str, layout: FileLayout, rows: Rows) -> RawTable:
    positions = _positions(file, layout, rows.header)
    # In attendance a missing row deletes a mark, so rows that cannot be told apart make the whole file unusable;
    # a roster row that cannot be read says nothing and is set aside alone, as a row whose cells are all empty.
    if table == "attendance" and (rows.broken or rows.has_line_breaks):
        detail = f"{len(rows.broken)} rows with a wrong number of cells"
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=file, detail=detail)
    columns = {column: _joined(rows.cells, places) for column, places in positions.items()}
    frame = pd.DataFrame(columns | {"row": rows.lines})
    tracks = _may_be_missing(file, layout.tracks, rows.header)
    if tracks:
        frame = by_track(frame, {t: rows.cells.iloc[:, place] for t, place in tracks.items()})
    return RawTable(table=table, file=file, frame=frame)


def _positions(file: str, layout: FileLayout, header: list[str]) -> dict[str, list[int]]:
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
                    file=file,
                    field=column,
                    detail=f"expected {title}",
                )
        positions[column] = [header.index(title) for title in wanted]
    found = _may_be_missing(file, layout.optional, header)
    return positions | {column: [place] for column, place in found.items()}


def _may_be_missing(file: str, titles: Mapping[str, str], header: list[str]) -> dict[str, int]:
    """Where the titles stand that are there.

    Raises:
        SubmissionRefused: HEADER_CHANGED, one of them stands twice.
    """
    for column, title in titles.items():
        if header.count(title) > 1:
            detail = f"{title} twice"
            raise SubmissionRefused(Reason.HEADER_CHANGED, file=file, field=column, detail=detail)
    return {column: header.index(t) for column, t in titles.items() if t in header}


def _joined(cells: pd.DataFrame, places: list[int]) -> pd.Series:
    """One column as it is, several joined by a colon; all of them empty stays empty."""
    if len(places) == 1:
        return cells.iloc[:, places[0]]
    parts = [cells.iloc[:, place].str.strip() for place in places]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + ":" + part
    return joined.mask(joined == ":" * (len(parts) - 1), "")
