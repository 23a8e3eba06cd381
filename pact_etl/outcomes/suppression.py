"""Hiding small groups in anything that leaves the house.

A cell is hidden where fewer than 11 students stand behind it. That alone is not enough: in a line
whose total is printed, one hidden cell is the total minus the others. So further cells are hidden,
the smallest first, until no hidden cell follows from what is left by any addition or subtraction,
and what a line hides together is itself no small group. Two editions of one table can still be
subtracted from each other: publish monthly, not nightly.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.errors import UsageError

SMALLEST = 11
"""Students; the state education department hides groups of ten or fewer."""

TOTAL = "total"
_LARGE = 60
_EXTREMES = (5.0, 95.0)
_TINY = 1e-9

Cells = npt.NDArray[np.float64]
Hidden = npt.NDArray[np.bool_]


def hidden_cells(counts: pd.DataFrame, smallest: int = SMALLEST) -> pd.DataFrame:
    """Which cells of a table must not be printed.

    Args:
        counts: students behind each cell, two-way and without totals; a cell that cannot exist is
            missing. A one-way table has one column.
        smallest: the smallest group that may be shown.

    Returns:
        The table with a row and a column `total` added, true where a cell must be hidden.
    """
    cells = _with_totals(counts.to_numpy(dtype=float))
    hidden = np.nan_to_num(cells, nan=float(smallest)) < smallest
    lines = _lines(cells)
    while (line := _weak_line(cells, hidden, lines, smallest)) is not None:
        shown = [place for place in line if not hidden[place] and not np.isnan(cells[place])]
        # The total comes last: it is hidden only where nothing else of the line is left to hide.
        shown.sort(key=lambda place: (place == line[-1], cells[place], place))
        hidden[shown[0]] = True
    return pd.DataFrame(
        hidden, index=[*counts.index, TOTAL], columns=[*counts.columns, TOTAL], dtype=bool
    )


def publishable(
    frame: pd.DataFrame,
    rows: str,
    columns: str | None,
    count: str,
    values: Sequence[str],
    smallest: int = SMALLEST,
) -> pd.DataFrame:
    """A table as it may be printed.

    Args:
        frame: one row per cell, without totals.
        rows: the column that names the cell's row.
        columns: the column that names its column; None for a one-way table.
        count: the column with the number of students behind the cell, its denominator.
        values: further columns, rates among them, that are hidden together with the count.
        smallest: the smallest group that may be shown.

    Returns:
        The frame with hidden figures missing and a column `is_hidden`.

    Raises:
        UsageError: a cell is there twice.
    """
    across = frame[columns] if columns else pd.Series("", index=frame.index)
    if pd.DataFrame({"row": frame[rows], "column": across}).duplicated().any():
        raise UsageError("suppression: a cell is there twice")
    counts = pd.crosstab(frame[rows], across, values=frame[count], aggfunc="sum")
    hidden = hidden_cells(counts, smallest)
    is_hidden = [
        bool(hidden.at[row, column]) for row, column in zip(frame[rows], across, strict=True)
    ]
    published = frame.assign(is_hidden=is_hidden)
    figures = [count, *values]
    published[figures] = published[figures].astype(float).mask(published["is_hidden"])
    return published


def blunt_extremes(rates: "pd.Series[float]", counts: "pd.Series[float]") -> "pd.Series[float]":
    """Rates in per cent, cut off at 5 and 95 where fewer than 60 students stand behind them.

    "100 %" of a small group says something about each of its members; "95 % or more" does not.
    """
    return rates.where(counts >= _LARGE, rates.clip(*_EXTREMES))


def recoverable_cells(cells: Cells, hidden: Hidden) -> list[tuple[int, int]]:
    """Hidden cells that follow exactly from the shown ones and the totals.

    A table is a system of linear equations, one per line; a cell is safe only if the equations
    leave it free.
    """
    places = [(int(row), int(column)) for row, column in np.argwhere(hidden)]
    if not places:
        return []
    number = {place: n for n, place in enumerate(places)}
    equations = np.zeros((len(_lines(cells)), len(places)))
    for row, line in enumerate(_lines(cells)):
        for place in line:
            if place in number:
                equations[row, number[place]] = -1.0 if place == line[-1] else 1.0
    _, sizes, directions = np.linalg.svd(equations)
    free = directions[int((sizes > _TINY).sum()) :]
    return [place for place, n in number.items() if np.abs(free[:, n]).max(initial=0.0) < _TINY]


def _with_totals(cells: Cells) -> Cells:
    cells = np.vstack([cells, np.nansum(cells, axis=0, keepdims=True)])
    return np.hstack([cells, np.nansum(cells, axis=1, keepdims=True)])


def _lines(cells: Cells) -> list[list[tuple[int, int]]]:
    """Every row and column with its total last."""
    rows, columns = cells.shape
    across = [[(row, column) for column in range(columns)] for row in range(rows)]
    return across + [[(row, column) for row in range(rows)] for column in range(columns)]


def _weak_line(
    cells: Cells, hidden: Hidden, lines: list[list[tuple[int, int]]], smallest: int
) -> list[tuple[int, int]] | None:
    """The first line that gives something away and has a cell left to hide."""
    given_away = set(recoverable_cells(cells, hidden))
    for line in lines:
        shown = [place for place in line if not hidden[place] and not np.isnan(cells[place])]
        together = sum(float(cells[place]) for place in line[:-1] if hidden[place])
        is_small = 0 < together < smallest and not hidden[line[-1]]
        if shown and (is_small or given_away.intersection(line)):
            return line
    return None
