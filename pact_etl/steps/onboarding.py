"""Onboarding: a district's settings file out of its sample files, or out of its live system.

The settings are proven before they are written: the samples are read with them as a night would read them, and a live
system is asked with the district's own credentials, which shows that they belong to it. Needs no database.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import Pull, RawFile, RawTable, Sources
from pact_etl.connectors.registry import connector_for
from pact_etl.districts import load_district
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
from pact_etl.steps.sample_files import file_names, unpacked
from pact_etl.steps.settings_text import CodeSeen, settings_text
from pact_etl.steps.trial import codes_of_source
from pact_etl.validation.books import MOST_CODES, PLAIN_CODE, UNREADABLE_CODE

LIVE = ("aeries_api", "edfi_api")

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is known of the district before anything was looked at; None is asked of a person or inferred."""

    slug: str
    name: str
    cd_code: str
    out: Path
    office_name: str | None = None
    office_phone: str | None = None
    office_email: str | None = None
    enrollment: int | None = None
    level: str | None = None
    sis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A district's settings, not yet written.

    Attributes:
        wanted: the district.
        settings: dialect, connector options and whatever differs from the dialect.
        codes: every code seen.
        enrollment, level: as the data have it; None where they do not say.
        fit: share of the dialect's titles found; None for a live system.
        unplaced, missing, strangers, unsure: see `Inferred`.
        unread: by table, why it could not be read with these settings.
    """

    wanted: Wanted
    settings: dict[str, Any]
    codes: tuple[CodeSeen, ...]
    enrollment: int | None
    level: str | None
    fit: float | None = None
    unplaced: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def unmapped(self) -> dict[str, int]:
        """Codes without a meaning, with their rows."""
        return {one.code: one.rows for one in self.codes if one.status is None}

    @property
    def is_left_open(self) -> bool:
        """Whether a person must still do something before the district can be read and written about."""
        left = (self.unmapped, self.missing, self.strangers, self.unread, self.open_questions())
        return any(left)

    def open_questions(self) -> list[str]:
        """Names of settings that nobody has answered."""
        one = self.wanted
        asked = {
            "office_name": one.office_name,
            "office_phone": one.office_phone,
            "office_email": one.office_email,
            "enrollment": one.enrollment or self.enrollment,
            "level": one.level or self.level,
        }
        return [name for name, answer in asked.items() if not answer]

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe; the settings without the identity."""
        return {
            "district": self.wanted.slug,
            "file": str(self.wanted.out),
            "dialect": self.settings["dialect"],
            "fit": self.fit,
            "settings": self.settings,
            "codes": [asdict(one) for one in self.codes],
            "unmapped": self.unmapped,
            "enrollment": self.wanted.enrollment or self.enrollment,
            "level": self.wanted.level or self.level,
            "open_questions": self.open_questions(),
            "unplaced": {table: list(titles) for table, titles in self.unplaced.items()},
            "missing": {table: list(columns) for table, columns in self.missing.items()},
            "strangers": list(self.strangers),
            "unsure": list(self.unsure),
            "unread": self.unread,
        }


def check_wanted(settings: Settings, wanted: Wanted, *, force: bool) -> None:
    """Refuse what cannot become a district before anybody is asked anything.

    Raises:
        UsageError: slug or code are of another form, taken, or the file is there and `force` is not given.
    """
    if not _SLUG.fullmatch(wanted.slug):
        raise UsageError(f"{wanted.slug!r}: a short name is lower-case words joined by hyphens")
    if not re.fullmatch(r"[0-9]{7}", wanted.cd_code, re.ASCII):
        raise UsageError("--cd-code is seven digits, two of the county and five of the district")
    if wanted.out.stem != wanted.slug or wanted.out.suffix != ".yaml":
        raise UsageError(f"the file must be called {wanted.slug}.yaml")
    if wanted.out.exists() and not force:
        raise UsageError(f"{wanted.out.name} is there already; --force replaces it")
    for path in sorted((settings.config / "districts").glob("*.yaml")):
        if path.stem != wanted.slug and read_mapping(path).get("cd_code") == wanted.cd_code:
            raise UsageError(f"{path.name} has this county-district code")


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
        unplaced=found.unplaced,
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
    if "students" in tables:
        digits = id_digits_of(list(tables["students"].frame["local_id"].unique()))
        if digits is not None and digits != district.id_digits:
            # Ids that are numbers have lost their zeros, so all of one length today proves nothing.
            note = f"student ids now have {digits} digits; set id_digits if they always do"
            draft = replace(draft, unsure=(*draft.unsure, note))
    return _with_figures(settings, draft, tables, files)


def district_of(settings: Settings, draft: Draft) -> District:
    """The district as the settings file will make it.

    Raises:
        SettingsError: the file would not be one.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{draft.wanted.slug}.yaml"
        path.write_text(text_of(draft), encoding="utf-8")
        return load_district(path, settings.config / "dialects")


def text_of(draft: Draft) -> str:
    """The settings file."""
    one = draft.wanted
    identity = {
        "slug": one.slug,
        "name": one.name,
        "cd_code": one.cd_code,
        "level": one.level or draft.level or "unified",
        "status": "testing",
        "sis": one.sis or _sis(str(draft.settings["dialect"])),
        "enrollment": one.enrollment or draft.enrollment or 0,
    }
    office = {
        "name": one.office_name or "",
        "phone": one.office_phone or "",
        "email": one.office_email or "",
    }
    notes = [f"to be answered: {name}" for name in draft.open_questions()]
    notes += [f"to be confirmed: {note}" for note in draft.unsure]
    notes += [f"not found: {t}: {', '.join(columns)}" for t, columns in draft.missing.items()]
    notes += [f"not used: {t}: {', '.join(titles)}" for t, titles in draft.unplaced.items()]
    notes += [f"no file of this dialect: {name}" for name in draft.strangers]
    notes += [f"not readable yet: {table}: {why}" for table, why in draft.unread.items()]
    return settings_text(identity | draft.settings | {"office": office}, draft.codes, notes)


def write(settings: Settings, draft: Draft, *, force: bool) -> District:
    """Write the settings file, whole or not at all.

    Raises:
        UsageError: it is there and `force` is not given.
        SettingsError: it would be no district.
    """
    district = district_of(settings, draft)
    path = draft.wanted.out
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not force:
            with path.open("x", encoding="utf-8") as file:
                file.write(text_of(draft))
        else:
            aside = path.with_suffix(".yaml.new")
            aside.write_text(text_of(draft), encoding="utf-8")
            aside.replace(path)
    except FileExistsError:
        raise UsageError(f"{path.name} is there already; --force replaces it") from None
    return district


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
        codes = _codes(frames["attendance"], district, codes_of_source(district, files))
    return replace(
        draft, codes=codes, enrollment=_enrollment(frames, district), level=_level(frames)
    )


def _codes(
    attendance: pd.DataFrame, district: District, said: dict[str, tuple[str, str]]
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


def _enrollment(frames: dict[str, pd.DataFrame], district: District) -> int | None:
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


def _level(frames: dict[str, pd.DataFrame]) -> str | None:
    if "schools" not in frames:
        return None
    levels = {text.strip().lower() for text in frames["schools"]["level"]} - {""}
    if levels == {"high"}:
        return "high"
    if levels and levels <= {"elementary", "middle"}:
        return "elementary"
    return "unified" if {"elementary", "high"} <= levels else None


def _sis(dialect: str) -> str:
    """The system's name as far as its dialect's name tells it."""
    words = [word for word in dialect.split("_") if word not in {"csv", "api", "file"}]
    return " ".join(words).title()
