"""The canonical tables' columns, and rows of text as frames: for connectors whose sources are no tables themselves."""

from collections.abc import Mapping, Sequence, Set

import pandas as pd

Row = dict[str, str | int]

_EARLY = frozenset({"IN", "PS", "TK", "KN", "UE"})

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "schools": ("school_code", "name", "level", "periods_per_day", "phone", "charter"),
    "students": (
        *("local_id", "ssid", "first_name", "last_name", "birth_date", "home_language"),
        *("foster", "homeless", "do_not_send"),
        *("unaccompanied", "deceased", "support_pending"),
    ),
    "enrollments": ("local_id", "school_code", "grade", "entry_date", "exit_date", "track"),
    "guardians": (
        *("local_id", "guardian_id", "first_name", "last_name", "relation", "lives_with"),
        *("has_rights", "restrained", "contact_order", "language"),
        *("street", "unit", "city", "state", "zip", "email", "phone", "safe_at_home", "deceased"),
    ),
    "calendar": ("school_code", "track", "date", "instructional"),
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


def level_of(grades: Set[str]) -> str:
    """The level of a school by the state grades it teaches; empty where they do not say.

    One that teaches any of grades 9 to 12 is a high school; one that ends with grade 7 or 8 a middle school if it
    begins with grade 5 or later, and an elementary school otherwise.
    """
    numbered = sorted(grade for grade in grades if grade.isdigit())
    last = numbered[-1] if numbered else ""
    if last >= "09" or "US" in grades:
        return "high"
    if last >= "07" and numbered[0] >= "05" and not grades & _EARLY:
        return "middle"
    return "elementary" if numbered or grades & _EARLY else ""
