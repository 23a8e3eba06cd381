"""Small groups stay hidden, also from somebody who can subtract."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pact_etl.domain.errors import UsageError
from pact_etl.outcomes.suppression import (
    SMALLEST,
    TOTAL,
    blunt_extremes,
    hidden_cells,
    publishable,
)


def one_way(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"students": counts})


def hidden_names(counts: pd.DataFrame) -> set[str]:
    hidden = hidden_cells(counts)
    return set(hidden.index[hidden["students"]])


def test_a_group_of_eleven_is_shown_and_a_group_of_ten_is_not() -> None:
    assert hidden_names(one_way(a=11, b=40)) == set()
    assert "a" in hidden_names(one_way(a=10, b=40, c=50))


def test_the_next_smallest_group_is_hidden_so_that_the_total_gives_nothing_away() -> None:
    assert hidden_names(one_way(a=5, b=40, c=20, d=30)) == {"a", "c"}


def test_hidden_groups_are_never_few_students_together() -> None:
    # a and b would protect each other, but total minus c and d says that they are seven.
    assert hidden_names(one_way(a=3, b=4, c=20, d=30)) == {"a", "b", "c"}


def test_a_small_total_is_hidden_as_well() -> None:
    assert hidden_names(one_way(a=3, b=4)) == {"a", "b", TOTAL}


def test_a_total_goes_only_where_nothing_else_is_left_to_hide() -> None:
    assert hidden_names(one_way(a=3)) == {"a", TOTAL}
    assert hidden_names(one_way(a=5, b=40)) == {"a", "b"}


def test_a_table_is_protected_in_both_directions() -> None:
    counts = pd.DataFrame(
        {"eng": [50, 60, 70], "spa": [5, 30, 40], "hmn": [20, 25, 35]}, index=["x", "y", "z"]
    )

    hidden = hidden_cells(counts)

    assert hidden.at["x", "spa"]
    assert hidden.loc["x"].sum() >= 2
    assert hidden["spa"].sum() >= 2
    assert not hidden.loc[TOTAL].any()


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(
        np.int64,
        st.tuples(st.integers(1, 5), st.integers(1, 5)),
        elements=st.integers(0, 40),
    )
)
def test_no_hidden_cell_follows_from_the_printed_table(cells: np.ndarray) -> None:
    table = pd.DataFrame(cells)

    hidden = hidden_cells(table).to_numpy()

    full = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1))
    full[:-1, :-1] = cells
    full[-1] = full.sum(axis=0)
    full[:, -1] = full.sum(axis=1)
    assert hidden[full < SMALLEST].all()
    # What a reader knows: every line adds up, and every printed cell.
    size = full.size
    number = np.arange(size).reshape(full.shape)
    known = [np.eye(size)[n] for n in number[~hidden]]
    for line in [*number, *number.T]:
        equation = np.zeros(size)
        equation[line[:-1]], equation[line[-1]] = 1, -1
        known.append(equation)
    system = np.array(known)
    rank = np.linalg.matrix_rank(system)
    for n in number[hidden]:
        assert np.linalg.matrix_rank(np.vstack([system, np.eye(size)[n]])) == rank + 1


def test_what_is_published_has_no_figure_in_a_hidden_cell() -> None:
    frame = pd.DataFrame(
        {
            "district": ["a", "b", "c"],
            "students": [5, 40, 20],
            "attendance_rate": [50.0, 90.0, 80.0],
        }
    )

    published = publishable(frame, "district", None, "students", ["attendance_rate"])

    assert published["is_hidden"].tolist() == [True, False, True]
    assert published["students"].isna().tolist() == [True, False, True]
    assert published["attendance_rate"].isna().tolist() == [True, False, True]


def test_a_cell_that_is_not_in_the_frame_hides_nothing() -> None:
    frame = pd.DataFrame(
        {
            "district": ["a", "a", "b"],
            "language": ["eng", "spa", "eng"],
            "students": [30, 40, 50],
        }
    )

    published = publishable(frame, "district", "language", "students", [])

    assert not published["is_hidden"].any()


def test_a_cell_that_is_there_twice_is_refused() -> None:
    frame = pd.DataFrame({"district": ["a", "a"], "students": [30, 40]})

    with pytest.raises(UsageError, match="a cell is there twice"):
        publishable(frame, "district", None, "students", [])


def test_extreme_rates_of_small_groups_are_cut_off() -> None:
    rates, counts = pd.Series([100.0, 100.0, 0.0, 50.0]), pd.Series([59, 60, 20, 20])

    assert blunt_extremes(rates, counts.astype(float)).tolist() == [95, 100, 5, 50]
