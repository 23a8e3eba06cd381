"""Columns of text drawn from short lists: the one place that turns numbers into words."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District


def chosen(words: Sequence[str], places: npt.NDArray[np.integer]) -> "pd.Series[str]":
    """A column of words, by their places in the list."""
    return pd.Series(list(words), dtype="str").take(places).reset_index(drop=True)


def drawn(words: Sequence[str], rng: np.random.Generator, n: int) -> "pd.Series[str]":
    """A column of n words, each as likely as the other."""
    return chosen(words, rng.integers(0, len(words), n))


def dates(days: npt.NDArray[np.datetime64], settings: District) -> "pd.Series[str]":
    """Dates as a district writes them."""
    unique, place = np.unique(days.astype("M8[D]"), return_inverse=True)
    return chosen([day.item().strftime(settings.date_format) for day in unique], place)


def flags(column: str, values: npt.NDArray[np.bool_], settings: District) -> "pd.Series[str]":
    """A boolean column as a district writes it; where words share a meaning, the first is used."""
    words = settings.values.get(column, {"Y": True, "N": False})
    by_meaning = {meaning: word for word, meaning in reversed(words.items())}
    return chosen([by_meaning[False], by_meaning[True]], values.astype(np.int64))
