"""Read `retention.yaml`: how long the law wants each class of record kept."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.retention import RecordClass, Span

_FILE = Path(__file__).parent / "retention.yaml"


@cache
def load_retention() -> dict[RecordClass, Span]:
    """Every class of record with its span.

    Raises:
        SettingsError: the file is no such mapping, or a class is missing.
    """
    try:
        spans = TypeAdapter(dict[RecordClass, Span]).validate_python(
            yaml.safe_load(_FILE.read_text(encoding="utf-8"))
        )
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"{_FILE.name}: {type(error).__name__}") from error
    missing = sorted(one.value for one in RecordClass if one not in spans)
    if missing:
        raise SettingsError(f"{_FILE.name}: no span for {', '.join(missing)}")
    return spans
