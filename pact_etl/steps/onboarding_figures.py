"""What a district's own data say of it: its codes, how many are enrolled, which level it is. Frames in."""

import re
from collections import Counter
from collections.abc import Mapping

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.steps.settings_text import CodeSeen
from pact_etl.validation.books import MOST_CODES, PLAIN_CODE, UNREADABLE_CODE


def codes_seen(
    attendance: pd.DataFrame, district: District, said: Mapping[str, tuple[str, str]]
) -> tuple[CodeSeen, ...]:
    """Every code with its rows and newest day; what is no code by its looks is counted and not shown."""
    texts = attendance["code"].str.strip()
    days = pd.to_datetime(
        attendance["date"].str.strip(), format=district.date_format, errors="coerce"
    )
    seen = pd.DataFrame({"code": texts, "day": days})
    grouped = seen[seen["code"] != ""].groupby("code")["day"].agg(["size", "max"])
    codes: list[CodeSeen] = []
    hidden: Counter[str] = Counter()
    unknown = 0
    for code, size, newest in grouped.itertuples():
        day = None if pd.isna(newest) else newest.date()
        status = district.status_of(str(code), day) if day else None
        unknown += status is None
        if status is None and not re.fullmatch(PLAIN_CODE, str(code)):
            hidden[UNREADABLE_CODE] += int(size)
            continue
        says, proposal = said.get(str(code), ("", ""))
        codes.append(
            CodeSeen(code=str(code), rows=int(size), status=status, says=says, proposal=proposal)
        )
    if unknown > MOST_CODES:  # a column of something else, perhaps of persons
        hidden[UNREADABLE_CODE] += sum(one.rows for one in codes if one.status is None)
        codes = [one for one in codes if one.status is not None]
    codes += [CodeSeen(code=code, rows=rows, status=None) for code, rows in hidden.items()]
    return tuple(sorted(codes, key=lambda one: (one.status is not None, -one.rows, one.code)))


def enrollment_of(frames: Mapping[str, pd.DataFrame], district: District) -> int | None:
    """Students with an enrollment that has no end, or one after the newest day in the files."""
    if "enrollments" not in frames:
        return None
    spans = frames["enrollments"]
    form = district.date_format
    ends = pd.to_datetime(spans["exit_date"].str.strip(), format=form, errors="coerce")
    starts = pd.to_datetime(spans["entry_date"].str.strip(), format=form, errors="coerce")
    newest = starts.max()
    open_ = (spans["exit_date"].str.strip() == "") | (ends > newest)
    return int(spans.loc[open_, "local_id"].nunique()) or None


def level_of(frames: Mapping[str, pd.DataFrame]) -> str | None:
    """From the levels of its schools; None where they do not settle it."""
    if "schools" not in frames:
        return None
    levels = {text.strip().lower() for text in frames["schools"]["level"]} - {""}
    if levels == {"high"}:
        return "high"
    if levels and levels <= {"elementary", "middle"}:
        return "elementary"
    return "unified" if {"elementary", "high"} <= levels else None
