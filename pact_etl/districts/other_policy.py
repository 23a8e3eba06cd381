"""Read another policy than the county's own: a file with the parts of `config/county.yaml` that would be different."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from pact_etl.districts.county import county_of
from pact_etl.districts.reading import describe, read_mapping
from pact_etl.domain.county import County
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.policy import Law

PARTS = ("thresholds", "counting", "mailing", "meetings", "law")
MAILING = ("lead_days", "last_mailing_dates", "cooldown_weeks")
"""Of the mailing rules only these are re-run; another key would stand in the file without effect."""

ALWAYS = date(1900, 1, 1)


LawNumber = Literal[
    "compulsory_from_age",
    "compulsory_until_age",
    "truant_occasions",
    "chronic_truant_tenths",
    "chronic_absentee_tenths",
]
"""Numbers of `Law` that could be others, on every day alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPolicy:
    """A county that decides otherwise, and numbers of the law that would be others."""

    county: County
    law: Mapping[LawNumber, int]

    def law_as(self, law: Law) -> Law:
        """The law of a day with the numbers that would be others."""
        changed = replace(law, **dict(self.law))  # type: ignore[arg-type]
        ages = {"compulsory_from_age", "compulsory_until_age"} & self.law.keys()
        return replace(changed, earlier_ages=()) if ages else changed


def load_other_policy(path: Path, config: Path) -> OtherPolicy:
    """The county's policy with what a file changes of it.

    Args:
        path: the file. `thresholds` and `counting` take the place of the county's lists; an entry takes what it does
            not say from the county's entry that is in force on its `from`, and one without `from` holds on every day.
            `mailing` changes single keys, `meetings` takes the place of the county's evenings.
        config: the folder of the county's own settings.

    Raises:
        SettingsError: a part or key is unknown, or a value cannot be used.
    """
    own, other = read_mapping(config / "county.yaml"), read_mapping(path)
    for part in other.keys() - set(PARTS):
        raise SettingsError(f"{path.name}: {part} is no part of a policy; {', '.join(PARTS)} are")
    changed: dict[str, Any] = {}
    for part in ("thresholds", "counting"):
        if part in other:
            entries = [
                _entry(path.name, part, one, own[part])
                for one in _list(path.name, part, other[part])
            ]
            changed[part] = entries
    if "mailing" in other:
        if not isinstance(other["mailing"], dict):
            raise SettingsError(f"{path.name}: mailing: not a mapping")
        for key in other["mailing"].keys() - set(MAILING):
            raise SettingsError(
                f"{path.name}: mailing.{key} changes nothing; {', '.join(MAILING)} do"
            )
        changed["mailing"] = own["mailing"] | other["mailing"]
    if "meetings" in other:
        changed["meetings"] = other["meetings"]
    try:
        law = TypeAdapter(dict[LawNumber, int]).validate_python(other.get("law", {}))
    except ValidationError as error:
        raise SettingsError(f"{path.name}: law.{describe(error)}") from None
    return OtherPolicy(county=county_of(own | changed, path.name), law=law)


def _list(file: str, part: str, entries: object) -> list[Any]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise SettingsError(f"{file}: {part}: not a list of entries")
    return entries


def _entry(
    file: str, part: str, entry: Mapping[str, Any], own: list[dict[str, Any]]
) -> dict[str, Any]:
    """An entry with what it does not say taken from the county's own of that day."""
    since = entry.get("from")
    if since is not None and not isinstance(since, date):
        raise SettingsError(f"{file}: {part}: from is no date")
    earlier = [one for one in own if since is None or one["from"] <= since]
    base = max(earlier, key=lambda one: one["from"], default={})
    said = {key: _answer(value) if part == "counting" else value for key, value in entry.items()}
    if said.get("kind", base.get("kind", "ratio")) != base.get("kind", "ratio"):
        base = {"minimum_enrolled_days": base.get("minimum_enrolled_days")}
    return {**base, **said, "from": since or ALWAYS}


def _answer(value: object) -> object:
    """An answer may come without its reason."""
    plain = isinstance(value, bool | int)
    return {"answer": value, "why": "what if"} if plain else value
