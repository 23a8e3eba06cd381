"""Read `config/county.yaml`."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pact_etl.districts.reading import describe, read_mapping, rename_from
from pact_etl.domain.county import County
from pact_etl.domain.errors import SettingsError

_ADAPTER = TypeAdapter(County)


def load_county(config: Path) -> County:
    """The county's policy and identity.

    Raises:
        SettingsError: the file cannot be used; the message names the key.
    """
    content = read_mapping(config / "county.yaml")
    for dated in ("thresholds", "counting", "costs", "disclosures"):
        content[dated] = rename_from(content.get(dated, []))
    mailing = content.get("mailing")
    if isinstance(mailing, dict) and "intelligent_mail" in mailing:
        content["mailing"] = mailing | {
            "intelligent_mail": rename_from(mailing["intelligent_mail"])
        }
    try:
        return _ADAPTER.validate_python(content)
    except ValidationError as error:
        raise SettingsError(f"county.yaml: {describe(error)}") from None
