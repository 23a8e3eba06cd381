"""Columns that stand in a second file, such as the code behind PowerSchool's `attendance_codeid`."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from pact_etl.connectors.files.delimited import Rows
from pact_etl.domain.district import FileLayout, Lookup
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

NOT_FOUND = "#"
"""Begins what stands for a key that the second file does not have. It is no code that anybody has explained and no id,
so that validation sets the row aside, and names the key, instead of reading it as empty."""

_BETWEEN = "-"


def with_lookups(file: str, rows: Rows, layout: FileLayout, read: Callable[[str], Rows]) -> Rows:
    """The rows with every column that the layout's lookups add.

    Args:
        file: the first file's name, for errors.
        rows: its rows.
        layout: whose lookups.
        read: a second file's name in the layout to its rows.

    Raises:
        SubmissionRefused: HEADER_CHANGED, a header is missing or stands twice; FILE_MALFORMED, the second file has a
            broken row or says two things of one key.
    """
    for lookup in layout.lookups:
        second = read(lookup.name)
        known = _index(lookup, second)
        keys = _keys(rows, list(lookup.keys), file)
        places = known.get_indexer(pd.Index(keys))
        added = {}
        for title, there in lookup.adds.items():
            values = second.cells.iloc[:, _place(second, there, lookup.name)]
            found = values.take(places.clip(min=0)) if len(values) else keys
            found = found.reset_index(drop=True).where(places >= 0, NOT_FOUND + keys)
            added[title] = found.mask(keys.str.strip(_BETWEEN) == "", "")
        header = [*rows.header, *added]
        cells = pd.concat([rows.cells, pd.DataFrame(added, dtype="str")], axis=1)
        cells.columns = pd.Index([f"c{n}" for n in range(len(header))])
        rows = replace(rows, header=header, cells=cells)
    return rows


def _index(lookup: Lookup, second: Rows) -> "pd.Index[str]":
    """The second file's keys in its rows' order; later rows that repeat an earlier one whole are given no key."""
    if second.broken:
        detail = f"{len(second.broken)} rows with a wrong number of cells"
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=lookup.name, detail=detail)
    keys = _keys(second, list(lookup.keys.values()), lookup.name)
    said = [second.cells.iloc[:, _place(second, t, lookup.name)] for t in lookup.adds.values()]
    whole = pd.concat([keys, *said], axis=1, ignore_index=True)
    repeated = whole.duplicated()
    if keys[~repeated].duplicated().any():
        raise SubmissionRefused(
            Reason.FILE_MALFORMED, file=lookup.name, detail="two answers for one key"
        )
    unkeyed = pd.Series([f"\0{n}" for n in range(len(keys))], dtype="str")
    keyed: list[str] = keys.mask(repeated, unkeyed).tolist()
    return pd.Index(keyed)


def _keys(rows: Rows, titles: list[str], file: str) -> pd.Series:
    parts = [rows.cells.iloc[:, _place(rows, title, file)].str.strip() for title in titles]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + _BETWEEN + part
    return joined.reset_index(drop=True)


def _place(rows: Rows, title: str, file: str) -> int:
    if rows.header.count(title) != 1:
        raise SubmissionRefused(Reason.HEADER_CHANGED, file=file, detail=f"expected {title}")
    return rows.header.index(title)
