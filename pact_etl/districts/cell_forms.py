"""How dates and ids are written in the cells of samples."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pact_etl.districts.dialects import Dialect
from pact_etl.districts.sample_text import SampleText

DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%m-%d-%Y", "%m/%d/%y", "%d.%m.%Y")
DATE_COLUMNS = frozenset({"birth_date", "entry_date", "exit_date", "date"})

_MOST_DATES = 0.95


def date_format_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The formats in which nearly all texts are dates, as good ones in the order of `DATE_FORMATS`."""
    shares = {form: _share_of_dates(texts, form) for form in DATE_FORMATS}
    best = max(shares.values(), default=0.0)
    if not texts or best < _MOST_DATES:
        return ()
    return tuple(form for form, share in shares.items() if share == best)


def id_digits_of(ids: Sequence[str]) -> int | None:
    """The length of ids that all have as many digits; None where they differ or are not digits."""
    lengths = {len(one) for one in ids if one.isascii() and one.isdigit()}
    plain = all(one.isascii() and one.isdigit() for one in ids)
    return lengths.pop() if plain and len(lengths) == 1 else None


def date_settings(
    tables: Mapping[str, SampleText],
    dialect: Dialect,
    renamed: Mapping[str, Mapping[str, str]],
    unsure: list[str],
) -> dict[str, Any]:
    """The date format, where it is not the dialect's; adds to `unsure` what cannot be told."""
    usual = str(dialect.settings["date_format"])
    texts = texts_of(tables, dialect, renamed, DATE_COLUMNS)
    fitting = date_format_of(texts)
    if not texts:
        return {}
    if not fitting:
        if _share_of_dates(texts, usual) < _MOST_DATES:
            unsure.append("dates are in no format known here; date_format is the dialect's")
        return {}
    if len(fitting) > 1:
        unsure.append(f"dates can be read as {' or '.join(fitting)}")
    return {} if usual in fitting else {"date_format": fitting[0]}


def digit_settings(
    tables: Mapping[str, SampleText],
    dialect: Dialect,
    renamed: Mapping[str, Mapping[str, str]],
    unsure: list[str],
) -> dict[str, Any]:
    """The number of digits of student ids, where it is not the dialect's; adds to `unsure` what cannot be told."""
    roster = {table: text for table, text in tables.items() if table == "students"} or tables
    ids = texts_of(roster, dialect, renamed, frozenset({"local_id"}))
    if not ids:
        return {}
    digits = id_digits_of(ids)
    if digits is None and len({len(one) for one in ids}) > 1:
        unsure.append("student ids have different lengths: were leading zeros lost on the way?")
    return {} if digits == dialect.settings.get("id_digits") else {"id_digits": digits}


def texts_of(
    tables: Mapping[str, SampleText],
    dialect: Dialect,
    renamed: Mapping[str, Mapping[str, str]],
    wanted: frozenset[str],
) -> list[str]:
    """Distinct texts of some canonical columns, over all tables."""
    found: dict[str, None] = {}
    for table, text in tables.items():
        for column, titles in dialect.columns[table].items():
            title = renamed.get(table, {}).get(column, titles[0] if len(titles) == 1 else "")
            if column in wanted:
                found |= dict.fromkeys(text.column(title))
    return list(found)


def _share_of_dates(texts: Sequence[str], form: str) -> float:
    return sum(_is_date(text, form) for text in texts) / max(len(texts), 1)


def _is_date(text: str, form: str) -> bool:
    try:
        return 1900 <= datetime.strptime(text, form).year < 2200  # noqa: DTZ007 - a date without a time
    except ValueError:
        return False
