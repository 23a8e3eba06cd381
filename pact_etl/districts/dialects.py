"""What inference asks of a dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CANONICAL = frozenset(
    {"schools", "students", "enrollments", "guardians", "calendar", "attendance", "ladder"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What inference asks of a dialect.

    Attributes:
        name: its own.
        settings: the whole YAML mapping.
        columns: by table, canonical column to the titles it stands under in that table's own file.
        second_files: by table, for each lookup the titles that the second file must have.
        not_read: names of files that such a delivery may have and nobody here reads (its option `not_read`).
    """

    name: str
    settings: Mapping[str, Any] = field(repr=False)
    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    second_files: Mapping[str, tuple[frozenset[str], ...]]
    not_read: frozenset[str]

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any]) -> "Dialect":
        """From a dialect's YAML mapping."""
        columns, second = {}, {}
        for table, layout in (settings.get("files") or {}).items():
            lookups = layout.get("lookups", [])
            added = {title for one in lookups for title in one["adds"]}
            columns[table] = {
                column: tuple(t for t in _listed(titles) if t not in added)
                for column, titles in layout["columns"].items()
            }
            second[table] = tuple(
                frozenset([*one["keys"].values(), *one["adds"].values()]) for one in lookups
            )
        names = str((settings.get("options") or {}).get("not_read", "")).split(",")
        return cls(
            name=name,
            settings=settings,
            columns=columns,
            second_files=second,
            not_read=frozenset(one.strip() for one in names if one.strip()),
        )

    @property
    def standard_files(self) -> frozenset[str]:
        """Its files that are no canonical table: those of a standard that says more than one of ours in each."""
        return frozenset(self.columns) - CANONICAL

    def titles(self, table: str) -> frozenset[str]:
        """Every title that a table's file must have."""
        return frozenset(t for titles in self.columns[table].values() for t in titles)


def _listed(titles: str | list[str]) -> list[str]:
    return [titles] if isinstance(titles, str) else list(titles)
