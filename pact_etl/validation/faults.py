"""Which rows of one table are set aside, and why. The first reason found stays, so checks run most basic first."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.reasons import Reason

Mask = npt.NDArray[np.bool_]

_REASONS = list(Reason)
_NONE = -1


class Faults:
    """One reason and one field per row, or none. Rows are positions in the table's frame."""

    def __init__(self, rows: int) -> None:
        """Start with no faults."""
        self._reason = np.full(rows, _NONE, dtype=np.int16)
        self._field = np.full(rows, _NONE, dtype=np.int16)
        self._fields: list[str] = []

    def add(self, mask: Mask, reason: Reason, field: str) -> None:
        """Give a reason to the rows of a mask that have none yet."""
        fresh = mask & (self._reason == _NONE)
        if not fresh.any():
            return
        if field not in self._fields:
            self._fields.append(field)
        self._reason[fresh] = _REASONS.index(reason)
        self._field[fresh] = self._fields.index(field)

    @property
    def clean(self) -> Mask:
        """Rows without a reason."""
        return np.equal(self._reason, _NONE)

    @property
    def found(self) -> Mask:
        """Rows with a reason."""
        return np.not_equal(self._reason, _NONE)

    def has(self, reason: Reason) -> Mask:
        """Rows set aside for one reason."""
        return np.equal(self._reason, _REASONS.index(reason))

    def count(self, *reasons: Reason) -> int:
        """Number of rows set aside for any of these reasons."""
        return sum(int(self.has(reason).sum()) for reason in reasons)

    def table(self) -> pd.DataFrame:
        """Positions of the rows set aside, with `reason` and `field` as text."""
        positions = np.flatnonzero(self.found)
        reasons = np.array([r.value for r in _REASONS], dtype=object)
        fields = np.array([*self._fields, ""], dtype=object)
        return pd.DataFrame(
            {
                "field": pd.Series(fields[self._field[positions]], index=positions, dtype="str"),
                "reason": pd.Series(reasons[self._reason[positions]], index=positions, dtype="str"),
            }
        )
