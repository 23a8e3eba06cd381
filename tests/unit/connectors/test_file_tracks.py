"""Calendars with a column for each track."""

import pandas as pd

from pact_etl.connectors.files.tracks import by_track


def calendar(*rows: tuple[str, str, str, str, str]) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    columns = ["school_code", "date", "instructional", "a", "b"]
    frame = pd.DataFrame(rows, columns=columns, dtype="str").assign(row=range(2, len(rows) + 2))
    return frame.drop(columns=["a", "b"]), {"A": frame["a"], "B": frame["b"]}


def told(frame: pd.DataFrame) -> set[tuple[str, str, str, str, int]]:
    columns = ["school_code", "track", "date", "instructional", "row"]
    return set(frame[columns].itertuples(index=False, name=None))


def test_a_track_is_off_where_its_column_says_so_and_when_school_is_closed():
    found = by_track(*calendar(("1", "d1", "1", "1", "0"), ("1", "d2", "0", "1", "1")))

    assert told(found) == {
        ("1", "", "d1", "1", 2),
        ("1", "A", "d1", "1", 2),
        ("1", "B", "d1", "0", 2),
        ("1", "", "d2", "0", 3),
        ("1", "A", "d2", "0", 3),
        ("1", "B", "d2", "0", 3),
    }


def test_a_school_whose_tracks_never_differ_has_none():
    found = by_track(*calendar(("1", "d1", "1", "1", "1"), ("1", "d2", "0", "0", "0")))

    assert set(found["track"]) == {""}


def test_an_empty_cell_says_nothing_of_its_track():
    found = by_track(*calendar(("1", "d1", "1", "", "0")))

    assert told(found) == {("1", "", "d1", "1", 2), ("1", "B", "d1", "0", 2)}
