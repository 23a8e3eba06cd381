"""Read `config/county.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pact_etl.districts.reading import describe, read_mapping, rename_from
from pact_etl.domain.county import County
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import OwnText

_ADAPTER = TypeAdapter(County)
_DATED_WITHIN = {
    "mailing": {"intelligent_mail", "taken_as_delivered", "approvers_needed", "void_brake"},
    "vendor": {"hours", "package_limits"},
    "back_reports": {"schedule"},
}


def load_county(config: Path) -> County:
    """The county's policy and identity, and what its letters say in words of its own (`letters/<language>.yaml`).

    Raises:
        SettingsError: a file cannot be used; the message names the file and the key.
    """
    county = county_of(read_mapping(config / "county.yaml"), "county.yaml")
    own_words = tuple(
        text for path in sorted((config / "letters").glob("*.yaml")) for text in _own_words(path)
    )
    return replace(county, sender=replace(county.sender, own_words=own_words))


def _own_words(path: Path) -> Iterator[OwnText]:
    for section, texts in read_mapping(path).items():
        if not isinstance(texts, dict):
            raise SettingsError(f"letters/{path.name}: {section}: not a mapping")
        for name, said in texts.items():
            if not isinstance(said, str):
                raise SettingsError(f"letters/{path.name}: {section}.{name}: not a text")
            yield OwnText(language=path.stem, section=section, name=name, text=said)


def county_of(content: Mapping[str, Any], file: str) -> County:
    """A county out of a file's mapping.

    Raises:
        SettingsError: it cannot be used; the message names the file and the key.
    """
    dated = (
        "thresholds",
        "counting",
        "routing",
        "duties",
        "costs",
        "disclosures",
        "follow_ups",
        "served_notices",
    )
    renamed = {part: rename_from(content.get(part, [])) for part in dated}
    for part, dated_within in _DATED_WITHIN.items():
        found = content.get(part)
        if isinstance(found, dict):
            lists = {name: rename_from(found[name]) for name in dated_within & found.keys()}
            renamed[part] = found | lists
    try:
        return _ADAPTER.validate_python({**content, **renamed})
    except ValidationError as error:
        raise SettingsError(f"{file}: {describe(error)}") from None
