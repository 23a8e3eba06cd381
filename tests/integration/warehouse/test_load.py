"""Replacing slices and merging dimensions: same in, same out, and nothing half done."""

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from sqlalchemy import Boolean as Bool
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    select,
)

from pact_etl.domain.errors import InvariantBroken, UsageError
from pact_etl.warehouse.load import Between, Replaced, merge_dimension, replace_slice

pytestmark = pytest.mark.integration

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("place", Text, nullable=False),
    Column("day", Date),
    Column("share", Float),
    Column("price", Numeric(8, 3)),
    Column("is_odd", Bool),
)


@pytest.fixture(scope="module")
def table(warehouse: Engine) -> Iterator[Table]:
    THING.create(warehouse)
    yield THING
    THING.drop(warehouse)


def things(*rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["id", "place", "day", "share", "price", "is_odd"])
    return frame.astype({"id": "Int64"})


def content(connection: Connection, table: Table) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]


EAST = things(
    (1, "east", pd.Timestamp("2026-09-01"), 0.1, 1.25, True),
    (2, "east", None, None, None, None),
    (3, "east", pd.Timestamp("2026-09-03"), 1 / 3, 0.001, False),
)
WEST = things((9, "west", None, 0.5, 2, True))


def test_every_value_arrives_as_it_was(connection: Connection, table: Table) -> None:
    replace_slice(connection, table, EAST, {"place": "east"})

    rows = content(connection, table)
    assert [str(value) for value in rows[0]] == ["1", "east", "2026-09-01", "0.1", "1.250", "True"]
    assert rows[1] == (2, "east", None, None, None, None)
    assert rows[2][3] == 1 / 3


@pytest.mark.parametrize("text", ["", " ", 'a "b", c\n\\N', "ñ", "\\."])
def test_texts_that_look_like_csv_or_null_arrive_as_they_were(
    connection: Connection, table: Table, text: str
) -> None:
    replace_slice(connection, table, things((1, text, None, None, None, None)), {"place": text})

    assert content(connection, table)[0][1] == text


def test_a_rerun_leaves_the_same_rows_and_other_slices_alone(
    connection: Connection, table: Table
) -> None:
    replace_slice(connection, table, WEST, {"place": "west"})
    first = replace_slice(connection, table, EAST, {"place": "east"})
    before = content(connection, table)

    again = replace_slice(connection, table, EAST.sample(frac=1, random_state=1), {"place": "east"})

    assert first == Replaced(deleted=0, inserted=3)
    assert again == Replaced(deleted=3, inserted=3)
    assert content(connection, table) == before


def test_a_smaller_frame_removes_what_it_no_longer_has(
    connection: Connection, table: Table
) -> None:
    replace_slice(connection, table, EAST, {"place": "east"})

    replace_slice(connection, table, EAST.head(0), {"place": "east"})

    assert content(connection, table) == []


def test_a_range_is_replaced_from_its_first_to_its_last_value(
    connection: Connection, table: Table
) -> None:
    replace_slice(connection, table, EAST, {"place": "east"})

    replaced = replace_slice(
        connection, table, EAST.iloc[[1]], {"place": "east", "id": Between(first=2, last=3)}
    )

    assert replaced == Replaced(deleted=2, inserted=1)
    assert [row[0] for row in content(connection, table)] == [1, 2]


def test_a_row_outside_its_slice_is_refused_and_nothing_changes(
    warehouse: Engine, table: Table
) -> None:
    with warehouse.begin() as connection:
        replace_slice(connection, table, EAST, {"place": "east"})

    with (
        pytest.raises(InvariantBroken, match="1 rows of thing outside the slice"),
        warehouse.begin() as connection,
    ):
        replace_slice(connection, table, pd.concat([EAST.head(1), WEST]), {"place": "east"})

    with warehouse.begin() as connection:
        assert len(content(connection, table)) == 3
        replace_slice(connection, table, EAST.head(0), {"place": "east"})


def test_a_refused_load_does_not_stand_in_the_way_of_the_next(
    connection: Connection, table: Table
) -> None:
    with pytest.raises(InvariantBroken, match="outside the slice"):
        replace_slice(connection, table, WEST, {"place": "east"})

    replace_slice(connection, table, WEST, {"place": "west"})

    assert len(content(connection, table)) == 1


@pytest.mark.parametrize("slice_", [{}, {"nowhere": 1}])
def test_a_slice_without_a_column_of_the_table_is_refused(
    connection: Connection, table: Table, slice_: dict[str, int | str | Between]
) -> None:
    with pytest.raises(UsageError):
        replace_slice(connection, table, EAST, slice_)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (EAST.assign(name="Canary"), "does not know \\['name'\\]"),
        (EAST.drop(columns="share"), "lacks \\['share'\\]"),
        (EAST.assign(share="Canary"), "thing.share holds no double"),
        (EAST.assign(id=1.5), "thing.id holds no int64"),
        (EAST.assign(place=None), "23502 place"),
        (pd.concat([EAST, EAST]), "23505 thing_pkey"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_without_quoting_it(
    connection: Connection, table: Table, frame: pd.DataFrame, says: str
) -> None:
    with pytest.raises(InvariantBroken, match=says) as caught:
        replace_slice(connection, table, frame, {"place": "east"})

    told = "".join(traceback.format_exception_only(caught.value))
    assert "Canary" not in told
    assert "east" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_two_loads_of_one_slice_at_once_end_as_one_of_them(warehouse: Engine, table: Table) -> None:
    def load(number: int) -> None:
        with warehouse.begin() as connection:
            frame = EAST.assign(share=float(number))
            replace_slice(connection, table, frame, {"place": "east"})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(load, range(8)))

    with warehouse.begin() as connection:
        rows = content(connection, table)
        assert len(rows) == 3
        assert len({row[3] for row in rows}) == 1
        replace_slice(connection, table, EAST.head(0), {"place": "east"})


def test_merging_adds_and_changes_and_counts_only_what_differs(
    connection: Connection, table: Table
) -> None:
    assert merge_dimension(connection, table, EAST) == 3
    assert merge_dimension(connection, table, EAST) == 0
    assert merge_dimension(connection, table, EAST.head(2).assign(place="north")) == 2
    assert merge_dimension(connection, table, WEST) == 1

    assert [row[1] for row in content(connection, table)] == ["north", "north", "east", "west"]


def test_a_key_that_is_there_twice_is_refused(connection: Connection, table: Table) -> None:
    with pytest.raises(InvariantBroken, match="thing refused the load"):
        merge_dimension(connection, table, pd.concat([EAST, EAST]))


def test_a_hundred_thousand_rows_are_a_matter_of_a_second(
    connection: Connection, table: Table
) -> None:
    many = things(*[(n, "east", None, 0.5, 1.5, True) for n in range(100_000)])

    replaced = replace_slice(connection, table, many, {"place": "east"})

    assert replaced.inserted == 100_000
    assert connection.scalar(select(func.count()).select_from(table)) == 100_000
