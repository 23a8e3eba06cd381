"""One file as its layout has it: which header holds which column, and what is too broken to be read at all."""

from collections.abc import Mapping

import pandas as pd

from pact_etl.connectors.files.delimited import Shape, read_rows
from pact_etl.connectors.files.kept import KeptFiles
from pact_etl.connectors.files.lookups import with_lookups
from pact_etl.connectors.files.tracks import by_track
from pact_etl.connectors.protocol import RawTable
from pact_etl.domain.district import District, FileLayout
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason


def shape_of(district: District) -> Shape:
    """How a district writes its files.

    Raises:
        SettingsError: encoding or delimiter cannot be used.
    """
    return Shape(
        encoding=district.encoding,
        delimiter=district.delimiter,
        trailer=district.trailer,
        final_newline_required=district.options.get("final_newline") != "optional",
    )


def read_layout(
    table: str, layout: FileLayout, kept: KeptFiles, shape: Shape, *, unbroken: bool
) -> RawTable | None:
    """One file as text columns by the layout's names, with `row`; None where an optional file was not sent.

    Args:
        table: what to call it.
        layout: its name and columns.
        kept: the submission's files.
        shape: how it is written.
        unbroken: whether a row that cannot be told apart from its neighbours makes the file unusable. Otherwise such a
            row's cells are all empty.

    Raises:
        SubmissionRefused: FILE_MISSING, HEADER_CHANGED, or the file cannot be read.
    """
    content = kept.content(layout.name)
    file = kept.shown(layout.name)
    if content is None:
        if layout.required:
            raise SubmissionRefused(Reason.FILE_MISSING, file=file)
        return None
    rows = read_rows(file, content, shape)
    if layout.lookups:
        rows = with_lookups(file, rows, layout, lambda name: kept.rows(name, shape))
    positions = _positions(file, layout, rows.header)
    if unbroken and (rows.broken or rows.has_line_breaks):
        detail = f"{len(rows.broken)} rows with a wrong number of cells"
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=file, detail=detail)
    columns = {column: _joined(rows.cells, places) for column, places in positions.items()}
    frame = pd.DataFrame(columns | {"row": rows.lines})
    tracks = _may_be_missing(file, layout.tracks, rows.header)
    if tracks:
        frame = by_track(frame, {t: rows.cells.iloc[:, place] for t, place in tracks.items()})
    return RawTable(table=table, file=file, frame=frame)


def _positions(file: str, layout: FileLayout, header: list[str]) -> dict[str, list[int]]:
    """Where each column stands; headers that nobody asked for are ignored.

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
