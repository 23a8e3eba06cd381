"""From a district's sample files to settings: which dialect fits, and what the district does otherwise.

Pure: samples and dialects in, settings out. What cannot be told is listed, never guessed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pact_etl.districts.cell_forms import date_settings, digit_settings
from pact_etl.districts.dialects import Dialect
from pact_etl.districts.placing import columns_of, fit_of, is_not_read, place_samples
from pact_etl.districts.sample_text import ASCII, SampleText
from pact_etl.domain.errors import UsageError

_LEAST_FIT = 0.6
_DATE_IN_NAME = re.compile(r"(?<!\d)(?:(20\d\d-\d\d-\d\d)|(20\d\d(?:0[1-9]|1[0-2])[0-3]\d))(?!\d)")


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
        ((fit_of(samples, one), one.name, one) for one in dialects if one.columns),
        key=lambda found: (-found[0][0], -found[0][1], found[1]),
    )
    if not ranked or ranked[0][0][0] < _LEAST_FIT:
        nearest = f"; nearest is {ranked[0][1]}, {ranked[0][0][0]:.0%}" if ranked else ""
        raise UsageError(f"no dialect has most of these files' column titles{nearest}")
    (fit, _), _, dialect = ranked[0]
    tables, strangers = place_samples(samples, dialect)
    unsure: list[str] = []
    renamed, missing, unplaced = columns_of(tables, dialect, dialects)
    unsure += [
        f"{table}.{column} is taken from {title!r}, which {dialect.name} calls otherwise"
        for table, found in renamed.items()
        for column, title in found.items()
    ]
    settings: dict[str, Any] = {}
    if renamed:
        settings["files"] = {table: {"columns": found} for table, found in renamed.items()}
    settings |= _writing(_ours(samples, tables, strangers, dialect), dialect, unsure)
    settings |= date_settings(tables, dialect, renamed, unsure)
    settings |= digit_settings(tables, dialect, renamed, unsure)
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


def pattern_for(name: str) -> str:
    """A file's name with the night's date in it as a layout writes it; without a date as it is."""
    braced = name.replace("{", "").replace("}", "")
    return _DATE_IN_NAME.sub(lambda m: "{as_of}" if m[1] else "{as_of:%Y%m%d}", braced)


def _ours(
    samples: Sequence[SampleText],
    tables: Mapping[str, SampleText],
    strangers: Sequence[str],
    dialect: Dialect,
) -> list[SampleText]:
    """Those samples that are written as the district likes: a standard's own files leave it no choice."""
    standard = {text.name for table, text in tables.items() if table in dialect.standard_files}
    others = {*strangers, *standard, *(t.name for t in samples if is_not_read(t, dialect))}
    return [text for text in samples if text.name not in others]


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
