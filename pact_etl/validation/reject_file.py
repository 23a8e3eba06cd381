"""The reject file: what a district gets back about the rows that were set aside. CSV, format version 1.

It says where to look, not what stands there: line, field, reason, and the value's shape (`9` for a digit, `A` or `a`
for a letter), which is enough to see a mangled id and tells a stranger nothing.
"""

import csv
import io
from collections.abc import Iterable, Sequence

import pandas as pd

from pact_etl.domain.reasons import Reason
from pact_etl.validation.values import SourceTable
from pact_etl.validation.wording import WORDING

HEADER = ("file", "row", "field", "reason", "shape", "explanation")
LONGEST_SHAPE = 24


def reject_file(quarantined: pd.DataFrame, tables: Iterable[SourceTable]) -> bytes:
    """The file's bytes: UTF-8 with a byte order mark, because it is opened in a spreadsheet.

    Args:
        quarantined: `Validated.quarantined`.
        tables: the raw tables that the rows were found in, for the shapes.
    """
    shapes = {table.table: _cells(table, quarantined) for table in tables}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in quarantined.sort_values(["file", "row"], kind="stable").itertuples():
        value = shapes.get(str(row.table), {}).get((int(str(row.row)), str(row.field)), "")
        reason = Reason(str(row.reason))
        file = _no_formula(str(row.file))
        writer.writerow((file, row.row, row.field, reason.value, shape(value), WORDING[reason]))
    return stream.getvalue().encode("utf-8-sig")


def shape(value: str) -> str:
    """A value's outline: digits and letters replaced, other signs kept, long ones cut."""
    outline = "".join(_outline(sign) for sign in value[:LONGEST_SHAPE])
    return _no_formula(outline + ("..." if len(value) > LONGEST_SHAPE else ""))


def _no_formula(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; some take the wide signs of East Asian keyboards for one, too."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else cell


def _outline(sign: str) -> str:
    if sign.isdigit():
        return "9"
    if sign.isalpha():
        return "A" if sign.isupper() else "a"
    return sign if sign.isprintable() else "?"


def _cells(table: SourceTable, quarantined: pd.DataFrame) -> dict[tuple[int, str], str]:
    """The raw text of the cells at fault."""
    wanted = quarantined.loc[quarantined["table"] == table.table, ["row", "field"]]
    cells: dict[tuple[int, str], str] = {}
    for field, rows in wanted.groupby("field")["row"]:
        if field in table.frame:
            found = table.frame[table.frame["row"].isin(rows)]
            texts: Sequence[str] = found[str(field)].tolist()
            cells |= {
                (int(line), str(field)): text
                for line, text in zip(found["row"], texts, strict=True)
            }
    return cells
