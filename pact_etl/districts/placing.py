"""Which sample is which file of a dialect, and which title which column."""

import re
from collections.abc import Mapping, Sequence

from pact_etl.districts.dialects import Dialect
from pact_etl.districts.sample_text import SampleText

_LEAST_PLACED = 0.5


def fit_of(samples: Sequence[SampleText], dialect: Dialect) -> tuple[float, float]:
    """Share of titles found in placed files, weighed by the files placed; and how little else stands in them.

    The files that a standard lets a district add are nobody's in particular; they alone are no sign of it.
    """
    tables, strangers = place_samples(samples, dialect)
    if not tables or (dialect.standard_files and not dialect.standard_files & set(tables)):
        return 0.0, 0.0
    wanted = sum(len(dialect.titles(table)) for table in tables)
    found = sum(len(dialect.titles(table) & set(text.header)) for table, text in tables.items())
    either = sum(len(dialect.titles(table) | set(text.header)) for table, text in tables.items())
    placed = 1 - len(strangers) / len(samples)
    return found / wanted * placed, found / either


def place_samples(
    samples: Sequence[SampleText], dialect: Dialect
) -> tuple[dict[str, SampleText], tuple[str, ...]]:
    """Table to sample, the best fitting pairs first; and the samples that are no file of the dialect."""
    pairs = []
    for text in samples:
        for table in dialect.columns:
            titles = dialect.titles(table)
            found = len(titles & set(text.header))
            if found >= _LEAST_PLACED * len(titles):
                pairs.append((found / len(titles), found, table, text))
    pairs.sort(key=lambda p: (-p[0], -p[1], p[2], p[3].name))
    tables: dict[str, SampleText] = {}
    taken: set[str] = set()
    for _, _, table, text in pairs:
        if table not in tables and text.name not in taken:
            tables[table] = text
            taken.add(text.name)
    second = [titles for found in dialect.second_files.values() for titles in found]
    strangers = tuple(
        text.name
        for text in samples
        if text.name not in taken
        and not is_not_read(text, dialect)
        and not any(titles <= set(text.header) for titles in second)
    )
    return {table: tables[table] for table in dialect.columns if table in tables}, strangers


def is_not_read(text: SampleText, dialect: Dialect) -> bool:
    """Whether such a delivery may have the file and nobody here reads it."""
    return text.name.rsplit("!", 1)[-1].rsplit("/", 1)[-1] in dialect.not_read


def columns_of(
    tables: Mapping[str, SampleText], dialect: Dialect, dialects: Sequence[Dialect]
) -> tuple[dict[str, dict[str, str]], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Columns under another title, columns not found, and titles that nobody asked for."""
    renamed: dict[str, dict[str, str]] = {}
    missing, unplaced = {}, {}
    for table, text in tables.items():
        used = dialect.titles(table) & set(text.header)
        free = [t for t in text.header if t and t not in used]
        absent = [
            column
            for column, titles in dialect.columns[table].items()
            if any(title not in text.header for title in titles)
        ]
        for column in list(absent):
            title = _respelt(column, table, free, dialect, dialects)
            if title is not None:
                renamed.setdefault(table, {})[column] = title
                free.remove(title)
                absent.remove(column)
        if absent:
            missing[table] = tuple(absent)
        if free:
            unplaced[table] = tuple(free)
    return renamed, missing, unplaced


def _respelt(
    column: str, table: str, free: Sequence[str], dialect: Dialect, dialects: Sequence[Dialect]
) -> str | None:
    """A title that is the dialect's but for spelling, or that another dialect has for the column; only if it is one."""
    own = dialect.columns[table][column]
    if len(own) != 1:
        return None
    others = [
        titles[0]
        for one in dialects
        if len(titles := one.columns.get(table, {}).get(column, ())) == 1
    ]
    for known in ([own[0]], [column, *others]):
        plain = {_plain(title) for title in known}
        found = [title for title in free if _plain(title) in plain]
        if len(found) == 1:
            return found[0]
    return None


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())
