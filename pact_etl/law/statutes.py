"""Load dated statutes and pick the entry in force on a day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.policy import Law

CALIFORNIA = Path(__file__).with_name("california.yaml")


@dataclass(frozen=True, slots=True)
class Statutes:
    """Every statute with its dated entries, as read."""

    state: str
    sections: dict[str, dict[str, Any]]

    def entry(self, name: str, day: date) -> dict[str, Any]:
        """The parameters of one statute in force on a day.

        Raises:
            SettingsError: nothing was in force, or two entries claim the day.
        """
        entries = [e for e in self.sections[name]["entries"] if e["from"] <= day]
        latest = max(entries, key=lambda e: e["from"], default=None)
        if latest is None or latest.get("to", day) < day:
            raise SettingsError(f"{self.state}: {name} has no entry in force on {day}")
        return dict(latest)

    def on(self, day: date) -> Law:
        """The law in force on a day; its version is the newest entry that was already in force."""
        age, truant = self.entry("compulsory_age", day), self.entry("truant", day)
        chronic, absentee = self.entry("chronic_truant", day), self.entry("chronic_absentee", day)
        newest = max(e["from"] for e in (age, truant, chronic, absentee))
        return Law(
            version=f"{self.state}:{newest.isoformat()}",
            compulsory_from_age=age["from_age"],
            compulsory_until_age=age["until_age"],
            truant_occasions=truant["occasions"],
            chronic_truant_tenths=chronic["tenths"],
            chronic_absentee_tenths=absentee["tenths"],
        )


def load_statutes(path: Path = CALIFORNIA) -> Statutes:
    """Read a state's file.

    Raises:
        SettingsError: a statute lacks its citation or entries.
    """
    sections = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, section in sections.items():
        if not section.get("citation") or not section.get("entries"):
            raise SettingsError(f"{path.name}: {name} needs a citation and entries")
    return Statutes(state=path.stem, sections=sections)
