"""The OneRoster files of one night as frames of text, by the standard's own column names.

A layout's `columns` may give a column another title, and add columns that the standard leaves to the district
(`metadata.*`). Columns: 1EdTech OneRoster CSV 1.1.1 and 1.2.1. Of users' passwords nothing is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from pact_etl.connectors.files.kept import KeptFiles
from pact_etl.connectors.files.layouts import read_layout
from pact_etl.connectors.oneroster.manifest import (
    ABSENT,
    BULK,
    DELTA,
    SHAPE,
    V11,
    V12,
    Manifest,
    layout_of,
    read_manifest,
)
from pact_etl.connectors.oneroster.options import CLASSES, HOMEROOMS, ROLES
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

_RECORD = ("sourcedId", "status")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orgs": ("type", "name", "school_code"),
    "academic_sessions": ("startDate", "endDate"),
    "users": (
        *("local_id", "givenName", "familyName", "userIds", "email", "sms", "phone"),
        *("agentSourcedIds", "grades"),
    ),
    "roles": ("userSourcedId", "role", "beginDate", "endDate", "orgSourcedId"),
    "classes": ("classType", "termSourcedIds"),
    "class_enrollments": (
        *("classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
        *("beginDate", "endDate"),
    ),
    "demographics": ("birthDate",),
}
_REFERRING = frozenset({"class_enrollments", "roles"})
"""Nothing refers to these records, so that their own ids need not be kept."""

_USERS_OF_11 = ("role", "orgSourcedIds")
_TITLES = {"local_id": "sourcedId", "school_code": "identifier"}
_PROPERTIES = {"academic_sessions": "academicSessions", "class_enrollments": "enrollments"}

FILES = frozenset({"manifest", *_COLUMNS})
"""What the layouts of OneRoster's own files are called."""

_ROSTER = {CLASSES: "class_enrollments", HOMEROOMS: "class_enrollments", ROLES: "roles"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """One file's records: standard columns, `row`, and `deleted`, whether the record takes itself back."""

    file: str
    mode: str
    frame: pd.DataFrame = field(repr=False)

    @property
    def standing(self) -> pd.DataFrame:
        """Records that are not taken back."""
        return self.frame[~self.frame["deleted"]].reset_index(drop=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """All that was read. `is_whole` says that everybody is in it: every file that a roster is made of is bulk."""

    version: str
    sources: Mapping[str, Source]
    is_whole: bool
    translates: frozenset[str]

    def __getitem__(self, name: str) -> Source:
        """One file."""
        return self.sources[name]

    def codes(self, texts: pd.Series, name: str, column: str) -> pd.Series:
        """What the district calls the organizations or users that are referred to by sourcedId.

        One whose record is not in the delivery has no name here: `#` and its sourcedId, which no check lets pass;
        unless the sourcedId is what the district calls them.
        """
        frame = self[name].frame.drop_duplicates("sourcedId", keep="last")
        known = pd.Series(frame[column].to_numpy(), index=frame["sourcedId"].to_numpy())
        unknown = "#" + texts if f"{name}.{column}" in self.translates else texts
        return looked_up(texts, known).where(texts.isin(known.index) | (texts == ""), unknown)


def read_delivery(district: District, kept: KeptFiles, enrollments_from: str) -> Delivery:
    """Read every file that the manifest has.

    Args:
        district: whose layouts.
        kept: the submission's files.
        enrollments_from: see `options`.

    Raises:
        SubmissionRefused: FILE_MISSING, a file that the manifest has is not there; FILE_MALFORMED, one is there that it
            does not speak of, or a file or the manifest cannot be read; HEADER_CHANGED.
    """
    manifest = read_manifest(district, kept)
    sources = {name: _source(district, kept, manifest, name) for name in _COLUMNS}
    needed = {"orgs", "users", _ROSTER[enrollments_from]}
    needed |= {"roles"} if manifest.version == V12 else set()
    modes = {name: one.mode for name, one in sources.items()}
    return Delivery(
        version=manifest.version,
        sources=sources,
        is_whole=DELTA not in modes.values() and all(modes[name] == BULK for name in needed),
        translates=frozenset(
            f"{name}.{column}"
            for name, column in (("users", "local_id"), ("orgs", "school_code"))
            if _columns(district, manifest, name)[column] != "sourcedId"
        ),
    )


def require_files(district: District, kept: KeptFiles) -> None:
    """See that every file is there which the manifest has.

    Raises:
        SubmissionRefused: FILE_MISSING; or the manifest cannot be read.
    """
    manifest = read_manifest(district, kept)
    for name in _COLUMNS:
        if name in district.files and _mode(manifest, name) in (BULK, DELTA):
            file = district.files[name].name
            if kept.content(file) is None:
                raise SubmissionRefused(Reason.FILE_MISSING, file=kept.shown(file))


def _mode(manifest: Manifest, name: str) -> str | None:
    """What the manifest says of a file; roles are of 1.2."""
    if name == "roles" and manifest.version == V11:
        return ABSENT
    return manifest.modes.get(_PROPERTIES.get(name, name))


def _source(district: District, kept: KeptFiles, manifest: Manifest, name: str) -> Source:
    stated = _mode(manifest, name)
    columns = _columns(district, manifest, name)
    if name not in district.files and stated in (None, ABSENT):
        return Source(file=name, mode=ABSENT, frame=_no_records(columns))
    layout = layout_of(district, name)
    file = kept.shown(layout.name)
    if stated is None and kept.content(layout.name) is not None:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=file, detail="not in the manifest")
    if stated in (None, ABSENT):
        return Source(file=file, mode=ABSENT, frame=_no_records(columns))
    # A row that cannot be told apart may be the student, the adult or the date that everything else refers to.
    own = replace(layout, columns=columns, required=True)
    table = read_layout(name, own, kept, SHAPE, unbroken=True)
    if table is None:
        raise SubmissionRefused(Reason.FILE_MISSING, file=file)
    frame = table.frame
    for column in columns:  # one at a time: seats are many, and their ids are long
        frame[column] = frame[column].str.strip()
    deleted = frame["status"].str.lower() == "tobedeleted"
    return Source(file=file, mode=str(stated), frame=frame.assign(deleted=deleted))


def _columns(district: District, manifest: Manifest, name: str) -> dict[str, str | list[str]]:
    wanted = (*(_RECORD if name not in _REFERRING else _RECORD[1:]), *_COLUMNS[name])
    if name == "users" and manifest.version == V11:
        wanted += _USERS_OF_11
    own = district.files[name].columns if name in district.files else {}
    return {column: _TITLES.get(column, column) for column in wanted} | own


def looked_up(keys: pd.Series, values: "pd.Series | Mapping[str, str]") -> pd.Series:
    """The text that stands under each key; empty where there is none."""
    return keys.map(values).astype("str").fillna("")


def _no_records(columns: Mapping[str, object]) -> pd.DataFrame:
    texts = {column: pd.Series(dtype="str") for column in columns}
    return pd.DataFrame(
        texts | {"row": pd.Series(dtype="int64"), "deleted": pd.Series(dtype="bool")}
    )
