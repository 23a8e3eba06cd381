"""Calendars that say in one row, in a column for each track, whether it is in session: as one row for each track."""

from collections.abc import Mapping

import pandas as pd

OFF = frozenset({"0", "n", "no", "false"})


def by_track(calendar: pd.DataFrame, tracks: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The rows as they are, for the common calendar, and below them those of each track.

    A track is off on the days its column says so, and follows the common calendar otherwise; an empty cell says
    nothing. Systems write the columns for schools without tracks, too: a school none of whose tracks is ever off on a
    day in session has no tracks.

    Args:
        calendar: school_code, date, instructional, row.
        tracks: by track, its column of the same rows.
    """
    open_days = ~calendar["instructional"].str.strip().str.lower().isin(OFF)
    off = {t: cells.str.strip().str.lower().isin(OFF) for t, cells in tracks.items()}
    differs = pd.concat([is_off & open_days for is_off in off.values()], axis=1).any(axis=1)
    with_tracks = calendar["school_code"].isin(calendar.loc[differs, "school_code"])
    parts = [calendar.assign(track=pd.Series("", index=calendar.index, dtype="str"))]
    for track, cells in tracks.items():
        stated = with_tracks & (cells.str.strip() != "")
        own = calendar["instructional"].mask(off[track], cells)
        parts.append(calendar.assign(track=track, instructional=own)[stated])
    return pd.concat(parts, ignore_index=True).astype({"track": "str"})
