"""Raw text to typed columns, and a reason for every cell that is not what its column says.

Whether a value fits with other rows or with the record is not asked here; see `row_checks`.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.reasons import Reason
from pact_etl.validation.cells import READERS, Read
from pact_etl.validation.columns import TABLES, Column
from pact_etl.validation.faults import Faults
from pact_etl.validation.values import DAY, SourceTable

EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Typed:
    """One table, typed. Faulty rows are still in it, at their place; their bad cells are missing.

    `stated` are the columns that were sent. Where rows stand in several files, the frame has a column `file` too.
    """

    table: str
    file: str
    frame: pd.DataFrame = field(repr=False)
    faults: Faults = field(repr=False)
    stated: frozenset[str] = frozenset()

    @property
    def accepted(self) -> pd.DataFrame:
        """Rows without a fault."""
        return self.frame[self.faults.clean]


def type_table(source: SourceTable, district: District) -> Typed:
    """Type one raw table; columns that the dialect does not have are missing or at their default."""
    raw = source.frame.reset_index(drop=True)
    stated = frozenset(raw.columns)
    faults = Faults(len(raw))
    columns: dict[str, pd.Series] = {}
    problems: list[tuple[str, Column, Read, npt.NDArray[np.intp]]] = []
    for name, column in TABLES[source.table].columns.items():
        if name not in raw:
            raw[name] = pd.Series("", index=raw.index, dtype="str")
        codes, uniques = pd.factorize(raw[name])
        # Districts repeat themselves: a cell's text is read once, however many rows hold it.
        read = READERS[column.kind](
            pd.Series(uniques, dtype="str").str.strip(), name, column, district
        )
        columns[name] = _take(read.values, codes)
        problems.append((name, column, read, codes))
    for reason in (Reason.MISSING_FIELD, Reason.ID_MANGLED, Reason.INVALID_ID, Reason.INVALID_DATE):
        _add(faults, problems, reason)
    _add(faults, problems, Reason.INVALID_VALUE)
    frame = pd.DataFrame(columns | {name: raw[name] for name in ("row", "file") if name in raw})
    if source.table == "enrollments":
        frame = _with_inclusive_exit(frame, faults, district)
    return Typed(table=source.table, file=source.file, frame=frame, faults=faults, stated=stated)


def _add(
    faults: Faults,
    problems: list[tuple[str, Column, Read, npt.NDArray[np.intp]]],
    reason: Reason,
) -> None:
    for name, column, read, codes in problems:
        bad = (
            (read.empty & column.required)
            if reason is Reason.MISSING_FIELD
            else read.bad.get(reason)
        )
        if bad is not None and bad.any():
            faults.add(bad[codes], reason, name)


def _take(values: pd.Series, codes: npt.NDArray[np.intp]) -> pd.Series:
    return values.take(codes).reset_index(drop=True)


def _with_inclusive_exit(frame: pd.DataFrame, faults: Faults, district: District) -> pd.DataFrame:
    """Make the exit date the last day of enrollment, whatever the district's system means by it.

    Where the exit is the first day away, a student who never came has both dates alike; that span ends the day
    before it begins, which every count reads as no day at all.
    """
    entry, exit_date = frame["entry_date"], frame["exit_date"]
    faults.add((exit_date < entry).to_numpy(), Reason.INVALID_DATE, "exit_date")
    if district.exit_day != EXCLUSIVE:
        return frame
    return frame.assign(exit_date=(exit_date - pd.Timedelta(days=1)).astype(DAY))
