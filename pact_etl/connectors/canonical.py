"""The canonical tables' columns, and rows of text as frames: for connectors whose sources are no tables themselves."""

from collections.abc import Mapping, Sequence

import pandas as pd

Row = dict[str, str | int]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "schools": ("school_code", "name", "level", "periods_per_day", "phone"),
    "students": (
        *("local_id", "ssid", "first_name", "last_name", "birth_date", "home_language"),
        *("foster", "homeless", "do_not_send"),
    ),
    "enrollments": ("local_id", "school_code", "grade", "entry_date", "exit_date"),
    "guardians": (
        *("local_id", "guardian_id", "first_name", "last_name", "relation", "lives_with"),
        *("has_rights", "restrained", "contact_order", "language"),
        *("street", "unit", "city", "state", "zip", "email", "phone", "safe_at_home"),
    ),
    "calendar": ("school_code", "date", "instructional"),
    "attendance": ("local_id", "school_code", "date", "period", "code", "minutes"),
    "ladder": ("local_id", "step", "section", "date", "channel", "proof"),
}


def text_frame(table: str, rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a canonical frame: every column of the table as text, empty where a row lacks it, and `row`.

    Args:
        table: a canonical table's name.
        rows: by canonical column; `row` is where the row stands in its file.
    """
    columns = {c: pd.Series([row.get(c, "") for row in rows], dtype="str") for c in COLUMNS[table]}
    lines = pd.Series([row["row"] for row in rows], dtype="int64")
    return pd.DataFrame(columns | {"row": lines})
