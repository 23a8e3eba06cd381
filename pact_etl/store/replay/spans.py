"""Enrollments as spans that do not overlap, as every night of a school year believed them.

The same rule as `pact_etl.store.spans`: where two enrollments of one student in one district overlap, the later entry
takes over from its entry date. Which overlap depends on which were believed, so a student has as many sets of spans as
its enrollments had changes.
"""

import pandas as pd


def believed_spans(enrollments: pd.DataFrame) -> pd.DataFrame:
    """One row per span and run of nights.

    Args:
        enrollments: of one district, as `KnownDistrict` has them.

    Returns:
        The columns of `enrollments`, with `exit` cut where a later entry takes over; of one student no two rows share
        both a night and a day.
    """
    known = enrollments[enrollments["start"] < enrollments["end"]]
    changes = pd.concat(
        [
            known[["student_id", "start"]],
            known[["student_id", "end"]].set_axis(["student_id", "start"], axis=1),
        ]
    )
    epochs = changes.drop_duplicates().sort_values(["student_id", "start"], ignore_index=True)
    epochs["end"] = epochs.groupby("student_id")["start"].shift(-1)
    epochs = epochs.dropna().astype("int64").rename(columns={"start": "from", "end": "until"})
    pairs = known.merge(epochs, on="student_id")
    pairs = pairs[(pairs["start"] <= pairs["from"]) & (pairs["from"] < pairs["end"])]
    pairs = pairs.sort_values(["student_id", "from", "entry", "id"], ignore_index=True)
    following = pairs.groupby(["student_id", "from"])["entry"].shift(-1) - 1
    exits = pairs["exit"].where(~(following < pairs["exit"]), following).astype("int64")
    spans = pairs.assign(exit=exits, start=pairs["from"], end=pairs["until"])
    return (
        spans[spans["entry"] <= spans["exit"]]
        .drop(columns=["from", "until"])
        .reset_index(drop=True)
    )
