"""The accounts of a submission: every row received is accepted or set aside, and the rows set aside by reason."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pact_etl.domain.errors import InvariantBroken
from pact_etl.validation.typed import Typed
from pact_etl.validation.values import DAY, TEXT

COLUMNS = ("table", "file", "row", "field", "reason", "local_id", "school_code", "date", "code")

PLAIN_CODE = r"\S{1,6}|[\w:;/+.|# -]{1,24}"
MOST_CODES = 20
"""Codes are shown by name. Long texts or many different ones in a code column are something else, and are not."""

UNREADABLE_CODE = "(unreadable)"


def quarantined_rows(tables: Sequence[Typed]) -> pd.DataFrame:
    """Every row set aside, with its key as far as it could be read.

    A part of an attendance row's key that could not be read is missing; such a row may speak of any student, school or
    day that the rest of its key allows, and the record must not take its marks for deleted.
    """
    faulty = [typed for typed in tables if typed.faults.found.any()]
    return pd.concat([_of_table(typed) for typed in faulty or tables[:1]], ignore_index=True)


def _of_table(typed: Typed) -> pd.DataFrame:
    faults = typed.faults.table()
    rows = typed.frame.iloc[faults.index.to_numpy()]
    length = len(rows)
    columns: dict[str, object] = {
        "table": pd.Series([typed.table] * length, dtype=TEXT),
        "file": _files(typed, rows),
        "row": rows["row"].to_numpy(dtype="int64"),
        "field": faults["field"].to_numpy(),
        "reason": faults["reason"].to_numpy(),
        "local_id": _column(rows, "local_id", TEXT),
        "school_code": _column(rows, "school_code", TEXT),
        "date": _column(rows, "date", DAY),
        "code": _shown_codes(_column(rows, "code", TEXT)),
    }
    return pd.DataFrame(columns).astype({"field": TEXT, "reason": TEXT, "date": DAY})


def _files(typed: Typed, rows: pd.DataFrame) -> pd.Series:
    if "file" in rows:
        return rows["file"].reset_index(drop=True).astype(TEXT)
    return pd.Series([typed.file] * len(rows), dtype=TEXT)


def _column(rows: pd.DataFrame, name: str, kind: str) -> pd.Series:
    if name in rows:
        return rows[name].reset_index(drop=True)
    return pd.Series([None] * len(rows), dtype=kind)


def _shown_codes(codes: pd.Series) -> pd.Series:
    if codes.nunique() > MOST_CODES:
        return codes.where(codes.isna(), UNREADABLE_CODE)
    plain = codes.str.fullmatch(f"(?:{PLAIN_CODE})", na=False)
    return codes.where(codes.isna() | plain.astype(bool), UNREADABLE_CODE)


def check_books(
    received: Mapping[str, int], accepted: Mapping[str, int], quarantined: pd.DataFrame
) -> None:
    """Received equals accepted plus quarantined, for every table.

    Raises:
        InvariantBroken: a row got lost or was counted twice.
    """
    aside = quarantined["table"].value_counts()
    for table, count in received.items():
        if count != accepted[table] + int(aside.get(table, 0)):
            raise InvariantBroken(f"{table}: {count} rows received, {accepted[table]} accepted")
