"""Onboarding: a district's settings file out of its sample files, or out of its live system.

The settings are proven before they are written: the samples are read with them as a night would read them, and a live
system is asked with the district's own credentials, which shows that they belong to it. Needs no database.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import Pull, RawFile, RawTable, Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.districts.cell_forms import id_digits_of
from pact_etl.districts.dialects import Dialect
from pact_etl.districts.inference import Inferred, infer
from pact_etl.districts.reading import read_mapping
from pact_etl.districts.sample_text import read_sample
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused, UsageError
from pact_etl.domain.school_year import school_year_of
from pact_etl.installation.secrets import read_credentials
from pact_etl.settings import Settings
from pact_etl.steps.onboarding_draft import Draft, Wanted, district_of
from pact_etl.steps.onboarding_figures import codes_seen, enrollment_of, level_of
from pact_etl.steps.sample_files import file_names, unpacked
from pact_etl.steps.settings_text import CodeSeen
from pact_etl.steps.source_cautions import cautions_of_source
from pact_etl.steps.source_codes import codes_of_source

LIVE = ("aeries_api", "edfi_api")


def from_samples(settings: Settings, wanted: Wanted, paths: Sequence[Path]) -> Draft:
    """Settings for a district that sends files.

    Raises:
        UsageError: a sample cannot be read, or no dialect fits.
    """
    files = _sample_files(paths)
    dialects = [
        Dialect.of(path.stem, read_mapping(path))
        for path in sorted((settings.config / "dialects").glob("*.yaml"))
    ]
    found = infer([read_sample(sample) for sample in unpacked(files)], dialects)
    own = {"dialect": found.dialect} | found.settings
    chosen = next(one for one in dialects if one.name == found.dialect)
    own, named = _with_names(own, found, chosen)
    draft = Draft(
        wanted=wanted,
        settings=own,
        codes=(),
        enrollment=None,
        level=None,
        fit=round(found.fit, 4),
        unplaced=_left_over(found, chosen),
        missing=found.missing,
        strangers=found.strangers,
        unsure=(*found.unsure, *named),
    )
    tables, unread = _read_tables(district_of(settings, draft), files)
    return _with_figures(settings, replace(draft, unread=unread), tables, [])


def from_live(
    settings: Settings, wanted: Wanted, *, connector: str, url: str, as_of: date
) -> Draft:
    """Settings for a district with an API: the credential is proven first, then the school year is read.

    Raises:
        UsageError: there is no such connector, or no dialect for it.
        SettingsError: the district's credentials are not there.
        SubmissionRefused: the credential is another district's, or the answers cannot be read.
        Retryable: the system did not answer.
        Permanent: it refused us.
    """
    if connector not in LIVE:
        raise UsageError(f"--connector is one of {', '.join(LIVE)}")
    if not (settings.config / "dialects" / f"{connector}.yaml").is_file():
        raise UsageError(f"no dialect {connector!r}")
    draft = Draft(
        wanted=wanted,
        settings={"dialect": connector, "url": url},
        codes=(),
        enrollment=None,
        level=None,
    )
    district = district_of(settings, draft)
    source = connector_for(
        district,
        Sources(
            drop=settings.drop,
            credentials=lambda slug: read_credentials(settings.credentials, slug),
        ),
    )
    pull = Pull(as_of=as_of, year_start=school_year_of(as_of).first)
    files = source.fetch(district, pull).files
    try:
        tables = {one.table: one for one in source.parse(district, files).tables}
    except SubmissionRefused as refused:
        draft = replace(draft, unread={refused.file or connector: str(refused)})
        tables = {}
    draft = replace(draft, unsure=(*draft.unsure, *cautions_of_source(district, files)))
    if "students" in tables:
        digits = id_digits_of(list(tables["students"].frame["local_id"].unique()))
        if digits is not None and digits != district.id_digits:
            # Ids that are numbers have lost their zeros, so all of one length today proves nothing.
            note = f"student ids now have {digits} digits; set id_digits if they always do"
            draft = replace(draft, unsure=(*draft.unsure, note))
    return _with_figures(settings, draft, tables, files)


def _sample_files(paths: Sequence[Path]) -> list[RawFile]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"{path.name}: no such file")
    return [RawFile(name=path.name, content=path.read_bytes()) for path in found]


def _with_names(
    own: dict[str, Any], found: Inferred, dialect: Dialect
) -> tuple[dict[str, Any], list[str]]:
    """File names where the samples are not called as the dialect calls them."""
    layouts = dialect.settings["files"]
    names = file_names({t: str(layouts[t]["name"]) for t in found.tables}, found.tables)
    files = {table: dict(entry) for table, entry in own.get("files", {}).items()}
    for table, name in names.items():
        files.setdefault(table, {})["name"] = name
    notes = [f"{table} files are called {name!r} every night" for table, name in names.items()]
    return (own | {"files": files} if files else own), notes


def _left_over(found: Inferred, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Titles that nobody asked for, without those that a dialect takes where they are there."""
    left = {}
    for table, titles in found.unplaced.items():
        layout = dialect.settings["files"][table]
        taken = {*layout.get("optional", {}).values(), *layout.get("tracks", {}).values()}
        if others := tuple(title for title in titles if title not in taken):
            left[table] = others
    return left


def _read_tables(
    district: District, files: Sequence[RawFile]
) -> tuple[dict[str, RawTable], dict[str, str]]:
    """Table by table, so that one that cannot be read does not hide the others; but where tables come of all files."""
    if district.connector != "files":
        source = connector_for(district, Sources(drop="", credentials=lambda slug: {}))
        try:
            return {one.table: one for one in source.parse(district, files).tables}, {}
        except SubmissionRefused as refused:
            return {}, {refused.file or district.dialect: str(refused)}
    tables: dict[str, RawTable] = {}
    unread: dict[str, str] = {}
    for table, layout in district.files.items():
        try:
            found = CsvFiles("").parse(replace(district, files={table: layout}), files).tables
            tables |= {one.table: one for one in found}
        except SubmissionRefused as refused:
            unread[table] = str(refused)
    return tables, unread


def _with_figures(
    settings: Settings, draft: Draft, tables: dict[str, RawTable], files: Sequence[RawFile]
) -> Draft:
    district = district_of(settings, draft)
    frames = {name: one.frame for name, one in tables.items()}
    codes: tuple[CodeSeen, ...] = ()
    if "attendance" in frames:
        codes = codes_seen(frames["attendance"], district, codes_of_source(district, files))
    return replace(
        draft, codes=codes, enrollment=enrollment_of(frames, district), level=level_of(frames)
    )
