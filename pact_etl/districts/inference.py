"""From a district's sample files to settings: which dialect fits, and what the district does otherwise.

Pure: samples and dialects in, settings out. What cannot be told is listed, never guessed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pact_etl.districts.sample_text import ASCII, SampleText
from pact_etl.domain.errors import UsageError

DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%m-%d-%Y", "%m/%d/%y", "%d.%m.%Y")
DATE_COLUMNS = frozenset({"birth_date", "entry_date", "exit_date", "date"})

_LEAST_FIT = 0.6
_LEAST_PLACED = 0.5
_MOST_DATES = 0.95
_DATE_IN_NAME = re.compile(r"(?<!\d)(?:(20\d\d-\d\d-\d\d)|(20\d\d(?:0[1-9]|1[0-2])[0-3]\d))(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What inference asks of a dialect.

    Attributes:
        name: its own.
        settings: the whole YAML mapping.
        columns: by table, canonical column to the titles it stands under in that table's own file.
        second_files: by table, for each lookup the titles that the second file must have.
    """

    name: str
    settings: Mapping[str, Any] = field(repr=False)
    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    second_files: Mapping[str, tuple[frozenset[str], ...]]

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any]) -> "Dialect":
        """From a dialect's YAML mapping."""
        columns, second = {}, {}
        for table, layout in (settings.get("files") or {}).items():
            lookups = layout.get("lookups", [])
            added = {title for one in lookups for title in one["adds"]}
            columns[table] = {
                column: tuple(t for t in _listed(titles) if t not in added)
                for column, titles in layout["columns"].items()
            }
            second[table] = tuple(
                frozenset([*one["keys"].values(), *one["adds"].values()]) for one in lookups
            )
        return cls(name=name, settings=settings, columns=columns, second_files=second)

    def titles(self, table: str) -> frozenset[str]:
        """Every title that a table's file must have."""
        return frozenset(t for titles in self.columns[table].values() for t in titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What samples say.

    Attributes:
        dialect: the best fitting one.
        fit: share of its titles found in the files that were placed.
        tables: table to the name of the sample it stands in.
        settings: what the district's file must say beside the dialect.
        unplaced: by table, titles that no canonical column asked for.
        missing: by table, canonical columns that no title was found for.
        strangers: samples that are none of the dialect's files.
        unsure: what a person should confirm.
    """

    dialect: str
    fit: float
    tables: dict[str, str]
    settings: dict[str, Any]
    unplaced: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]
    strangers: tuple[str, ...]
    unsure: tuple[str, ...]


def infer(samples: Sequence[SampleText], dialects: Sequence[Dialect]) -> Inferred:
    """Find the best fitting dialect and what differs from it.

    Raises:
        UsageError: there are no samples, or no dialect has most of their titles.
    """
    if not samples:
        raise UsageError("no sample files")
    ranked = sorted(
        ((_fit(samples, one), one.name, one) for one in dialects if one.columns),
        key=lambda found: (-found[0][0], -found[0][1], found[1]),
    )
    if not ranked or ranked[0][0][0] < _LEAST_FIT:
        nearest = f"; nearest is {ranked[0][1]}, {ranked[0][0][0]:.0%}" if ranked else ""
        raise UsageError(f"no dialect has most of these files' column titles{nearest}")
    (fit, _), _, dialect = ranked[0]
    tables, strangers = _placed(samples, dialect)
    unsure: list[str] = []
    renamed, missing, unplaced = _columns(tables, dialect, dialects)
    unsure += [
        f"{table}.{column} is taken from {title!r}, which {dialect.name} calls otherwise"
        for table, found in renamed.items()
        for column, title in found.items()
    ]
    settings: dict[str, Any] = {}
    if renamed:
        settings["files"] = {table: {"columns": found} for table, found in renamed.items()}
    settings |= _writing([t for t in samples if t.name not in strangers], dialect, unsure)
    settings |= _dates(tables, dialect, renamed, unsure)
    settings |= _digits(tables, dialect, renamed, unsure)
    return Inferred(
        dialect=dialect.name,
        fit=fit,
        tables={table: text.name for table, text in tables.items()},
        settings=settings,
        unplaced=unplaced,
        missing=missing,
        strangers=strangers,
        unsure=tuple(unsure),
    )


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


def pattern_for(name: str) -> str:
    """A file's name with the night's date in it as a layout writes it; without a date as it is."""
    braced = name.replace("{", "").replace("}", "")
    return _DATE_IN_NAME.sub(lambda m: "{as_of}" if m[1] else "{as_of:%Y%m%d}", braced)


def _listed(titles: str | list[str]) -> list[str]:
    return [titles] if isinstance(titles, str) else list(titles)


def _fit(samples: Sequence[SampleText], dialect: Dialect) -> tuple[float, float]:
    """Share of titles found in placed files, weighed by the files placed; and how little else stands in them."""
    tables, strangers = _placed(samples, dialect)
    if not tables:
        return 0.0, 0.0
    wanted = sum(len(dialect.titles(table)) for table in tables)
    found = sum(len(dialect.titles(table) & set(text.header)) for table, text in tables.items())
    either = sum(len(dialect.titles(table) | set(text.header)) for table, text in tables.items())
    placed = 1 - len(strangers) / len(samples)
    return found / wanted * placed, found / either


def _placed(
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
        if text.name not in taken and not any(titles <= set(text.header) for titles in second)
    )
    return {table: tables[table] for table in dialect.columns if table in tables}, strangers


def _columns(
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


def _writing(samples: Sequence[SampleText], dialect: Dialect, unsure: list[str]) -> dict[str, Any]:
    """Encoding, delimiter, trailer and last line end, where they are not the dialect's."""
    settings: dict[str, Any] = {}
    encodings = Counter(text.encoding for text in samples if text.encoding != ASCII)
    usual = str(dialect.settings.get("encoding", "utf-8"))
    if encodings:
        # A mark of UTF-8 says so of itself wherever it stands, so the file without one decides.
        bare = [e for e in encodings if e != "utf-8-sig"]
        encoding = bare[0] if bare else "utf-8-sig"
        if len(bare) > 1:
            encoding = "cp1252" if "cp1252" in bare else bare[0]
            unsure.append(f"the files are in several encodings: {', '.join(sorted(bare))}")
        if encoding.removesuffix("-sig") != usual.removesuffix("-sig"):
            settings["encoding"] = encoding
    for name, default in (("delimiter", ","), ("trailer", None)):
        found = Counter(
            getattr(text, name) for text in samples if name != "delimiter" or len(text.header) > 1
        )
        if not found:
            continue
        stated, count = found.most_common(1)[0]
        if count < found.total():
            unsure.append(f"not every file has the same {name}")
        if stated != dialect.settings.get(name, default):
            settings[name] = stated
    if "trailer" in settings and settings["trailer"] is None:
        unsure.append("the dialect's last line with the row count is missing: were files cut?")
    trailed = settings.get("trailer", dialect.settings.get("trailer"))
    if trailed is None and not all(text.has_final_newline for text in samples):
        settings["options"] = {"final_newline": "optional"}
        unsure.append("last lines have no end, so a torn file cannot be told from a whole one")
    return settings


def _texts(
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


def _dates(
    tables: Mapping[str, SampleText],
    dialect: Dialect,
    renamed: Mapping[str, Mapping[str, str]],
    unsure: list[str],
) -> dict[str, Any]:
    usual = str(dialect.settings["date_format"])
    texts = _texts(tables, dialect, renamed, DATE_COLUMNS)
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


def _digits(
    tables: Mapping[str, SampleText],
    dialect: Dialect,
    renamed: Mapping[str, Mapping[str, str]],
    unsure: list[str],
) -> dict[str, Any]:
    roster = {table: text for table, text in tables.items() if table == "students"} or tables
    ids = _texts(roster, dialect, renamed, frozenset({"local_id"}))
    if not ids:
        return {}
    digits = id_digits_of(ids)
    if digits is None and len({len(one) for one in ids}) > 1:
        unsure.append("student ids have different lengths: were leading zeros lost on the way?")
    return {} if digits == dialect.settings.get("id_digits") else {"id_digits": digits}


def _share_of_dates(texts: Sequence[str], form: str) -> float:
    return sum(_is_date(text, form) for text in texts) / max(len(texts), 1)


def _is_date(text: str, form: str) -> bool:
    try:
        return 1900 <= datetime.strptime(text, form).year < 2200  # noqa: DTZ007 - a date without a time
    except ValueError:
        return False
