"""YAML files as mappings, and what pydantic found wrong in them as one line."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pact_etl.domain.errors import SettingsError

# The C loader reads the same safe subset in a tenth of the time, and every task reads thirteen districts.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file's top-level mapping.

    Raises:
        SettingsError: the file is missing, is no YAML, or holds something else.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: no UTF-8, a date that is none, a number of thousands of digits.
        raise SettingsError(f"{path.name}: {type(error).__name__}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path.name}: not a mapping")
    return content


def rename_from(entries: Any) -> Any:
    """`from` is a Python keyword, so the field is called `from_`; what is no list of mappings is pydantic's to name."""
    if not isinstance(entries, list):
        return entries
    return [
        {("from_" if key == "from" else key): value for key, value in entry.items()}
        if isinstance(entry, dict)
        else entry
        for entry in entries
    ]


def describe(error: ValidationError) -> str:
    """Key and fault of everything that is wrong, without the values."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
