"""The districts as mapped tasks: which there are, and their names in the grid."""

from airflow.sdk import Param, get_current_context

DISTRICTS = Param(
    [],
    type=["null", "array"],
    items={"type": "string"},
    title="Only these districts",
    description="Short names such as elk-grove-unified; empty means all.",
)


def say_district(district: dict[str, str]) -> None:
    """Name the district in the grid, first thing, so that it shows even when the task fails."""
    get_current_context()["district"] = district["name"]


def choose_districts(wanted: list[str] | None) -> list[dict[str, str]]:
    """Slug and name of each district that is asked for, or of all."""
    from pact_etl.districts import load_districts
    from pact_etl.domain.errors import UsageError
    from pact_etl.settings import Settings

    known = load_districts(Settings().config)
    if unknown := sorted(set(wanted or []) - set(known)):
        raise UsageError(f"no such district: {', '.join(unknown)}")
    return [{"slug": slug, "name": known[slug].name} for slug in wanted or known]
