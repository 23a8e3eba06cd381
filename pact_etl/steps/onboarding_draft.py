"""A district's settings before they are written: what is wanted, what was found, the file, and writing it."""

import re
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pact_etl.districts import load_district
from pact_etl.districts.reading import read_mapping
from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.settings import Settings
from pact_etl.steps.settings_text import CodeSeen, settings_text

_NAMES = {"edfi": "Ed-Fi", "powerschool": "PowerSchool"}
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
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        aside = Path(folder) / path.name
        aside.write_text(text_of(draft), encoding="utf-8")
        if force:
            aside.replace(path)
            return district
        try:
            path.hardlink_to(aside)  # the name appears with its whole content, or was there already
        except FileExistsError:
            raise UsageError(f"{path.name} is there already; --force replaces it") from None
    return district


def _sis(dialect: str) -> str:
    """The system's name as far as its dialect's name tells it."""
    words = [word for word in dialect.split("_") if word not in {"csv", "api", "file"}]
    return _NAMES.get(words[0], " ".join(words).title()) if words else dialect
