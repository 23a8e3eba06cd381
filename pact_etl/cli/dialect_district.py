"""A dialect as if some district used it, for checking files before anybody has set that district up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pact_etl.districts import load_districts
from pact_etl.districts.reading import describe, read_mapping, rename_from
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, UsageError

_ADAPTER = TypeAdapter(District)


def configured_district(config: Path, slug: str) -> District:
    """A district that this installation knows.

    Raises:
        UsageError: there is none of that name.
    """
    districts = load_districts(config)
    if slug not in districts:
        raise UsageError(f"no district {slug!r}; known are {', '.join(districts)}")
    return districts[slug]


def district_speaking(config: Path, dialect: str, id_digits: int | None) -> District:
    """A nameless district of that dialect.

    Args:
        config: the folder that holds `dialects/`.
        dialect: its name.
        id_digits: the length of its student ids, 0 for any; None as the dialect says.

    Raises:
        UsageError: there is no such dialect, or it is not one of files.
    """
    known = sorted(path.stem for path in (config / "dialects").glob("*.yaml"))
    if dialect not in known:
        raise UsageError(f"no dialect {dialect!r}; known are {', '.join(known)}")
    content: dict[str, Any] = read_mapping(config / "dialects" / f"{dialect}.yaml")
    content["codes"] = rename_from(content.get("codes", []))
    identity = {
        "slug": "your-district",
        "name": "Your district",
        "cd_code": "0000000",
        "level": "unified",
        "status": "testing",
        "sis": dialect,
        "enrollment": 1,
        "office": {"name": "", "phone": "", "email": ""},
        "dialect": dialect,
    }
    try:
        district = _ADAPTER.validate_python(content | identity)
    except ValidationError as error:
        raise SettingsError(f"{dialect}.yaml: {describe(error)}") from None
    if district.connector != "files":
        raise UsageError(f"dialect {dialect!r} is not one of files")
    return district if id_digits is None else replace(district, id_digits=id_digits or None)
