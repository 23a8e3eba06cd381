"""What letters cost. The figures are the county's own and dated, in `config/county.yaml`.

Meetings and returned letters are not in it; a figure that leaves them out says so by its name.
"""

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from pact_etl.domain.county import Costs

_MILLS = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCost:
    """US dollars for one letter.

    Attributes:
        marginal: postage, paper and print, envelope: what one letter more costs.
        full: the same with staff time.
    """

    marginal: Decimal
    full: Decimal


def letter_cost(sheets: int, costs: Costs) -> LetterCost:
    """One letter.

    Args:
        sheets: sheets of paper in the envelope.
        costs: the figures in force on the mailing date.
    """
    postage, sheet, envelope, staff = (
        Decimal(str(figure)) for figure in (costs.postage, costs.sheet, costs.envelope, costs.staff)
    )
    marginal = postage + sheet * sheets + envelope
    return LetterCost(marginal=marginal.quantize(_MILLS), full=(marginal + staff).quantize(_MILLS))


def cost_per_letter(letters: pd.DataFrame) -> LetterCost | None:
    """Mean cost of the letters that were mailed, or None where none was.

    Args:
        letters: one row per mailed letter: `marginal_cost`, `full_cost`.
    """
    if letters.empty:
        return None
    mailed = len(letters)
    marginal, full = (
        (sum(map(Decimal, map(str, letters[name])), Decimal(0)) / mailed).quantize(_MILLS)
        for name in ("marginal_cost", "full_cost")
    )
    return LetterCost(marginal=marginal, full=full)
