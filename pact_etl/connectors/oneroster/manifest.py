"""`manifest.csv`: which OneRoster this is, and of each file whether it holds everything, changes, or is not there.

Format: 1EdTech OneRoster CSV 1.1.1 and 1.2.1 (22 August 2023), section "manifest".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pact_etl.connectors.files.delimited import Shape
from pact_etl.connectors.files.kept import KeptFiles
from pact_etl.connectors.files.layouts import read_layout
from pact_etl.domain.district import District, FileLayout
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

SHAPE = Shape(encoding="utf-8", delimiter=",", trailer=None, final_newline_required=False)
"""The standard leaves the districts no choice of encoding or delimiter, and asks for no last line end."""

ABSENT, BULK, DELTA = "absent", "bulk", "delta"
V11, V12 = "1.1", "1.2"

_VERSION = re.compile(r"(1\.[12])(\.\d)?")
_MANIFEST_VERSION = "1.0"
_SHOWN = re.compile(r"[0-9.]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a delivery says of itself. `modes`: a file's name without `.csv` to `absent`, `bulk` or `delta`."""

    version: str
    modes: Mapping[str, str]


def layout_of(district: District, name: str) -> FileLayout:
    """The layout of a OneRoster file.

    Raises:
        SettingsError: the district's settings have none.
    """
    if name not in district.files:
        raise SettingsError(f"{district.slug}: no file laid out for {name}")
    return district.files[name]


def read_manifest(district: District, kept: KeptFiles) -> Manifest:
    """Read it.

    Raises:
        SubmissionRefused: FILE_MISSING; or FILE_MALFORMED, it is of no version known here or says what no manifest can.
    """
    layout = layout_of(district, "manifest")
    table = read_layout("manifest", layout, kept, SHAPE, unbroken=True)
    if table is None:
        raise SubmissionRefused(Reason.FILE_MISSING, file=kept.shown(layout.name))
    names, values = (table.frame[c].str.strip() for c in ("propertyName", "value"))
    said = dict(zip(names, values, strict=True))
    version = _VERSION.fullmatch(said.get("oneroster.version", ""))
    if version is None:
        raise _malformed(table.file, "oneroster.version", said.get("oneroster.version", ""))
    if said.get("manifest.version") != _MANIFEST_VERSION:
        raise _malformed(table.file, "manifest.version", said.get("manifest.version", ""))
    modes = {
        name.removeprefix("file."): mode.lower()
        for name, mode in said.items()
        if name.startswith("file.")
    }
    if not set(modes.values()) <= {ABSENT, BULK, DELTA}:
        raise _malformed(table.file, "a file is neither absent, bulk nor delta", "")
    return Manifest(version=version[1], modes=modes)


def _malformed(file: str, what: str, value: str) -> SubmissionRefused:
    shown = f" {value}" if _SHOWN.fullmatch(value) else ""
    return SubmissionRefused(Reason.FILE_MALFORMED, file=file, detail=f"{what}{shown}")
