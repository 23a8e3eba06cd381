"""Read `config/districts/*.yaml`, each over the dialect that it names."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pact_etl.districts.reading import describe, read_mapping, rename_from
from pact_etl.domain.district import District, DistrictStatus
from pact_etl.domain.errors import SettingsError

_ADAPTER = TypeAdapter(District)


def load_districts(config: Path) -> dict[str, District]:
    """Every district that is not inactive, by slug, in slug order.

    Args:
        config: the folder that holds `districts/` and `dialects/`.

    Raises:
        SettingsError: a file cannot be read as a district; the message names file and key.
    """
    districts = (
        load_district(path, config / "dialects")
        for path in sorted((config / "districts").glob("*.yaml"))
    )
    return {d.slug: d for d in districts if d.status is not DistrictStatus.INACTIVE}


def load_district(path: Path, dialects: Path) -> District:
    """One district from its own file over its dialect's; there a key that is `null` removes the dialect's.

    Raises:
        SettingsError: see `load_districts`.
    """
    own = read_mapping(path)
    dialect = str(own.get("dialect", ""))
    merged = _merge(read_mapping(dialects / f"{dialect}.yaml"), own)
    for dated in ("codes", "charters", "first_notices"):
        merged[dated] = rename_from(merged.get(dated, []))
    try:
        district = _ADAPTER.validate_python(merged)
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {describe(error)}") from None
    if district.slug != path.stem:
        raise SettingsError(f"{path.name}: slug says {district.slug!r}")
    return district


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """What the dialect says with what the district says over it; `null` takes away what the dialect says."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        if both:
            merged[key] = _merge(merged[key], value)
        elif value is None and key in base:
            del merged[key]
        else:
            merged[key] = value
    return merged
