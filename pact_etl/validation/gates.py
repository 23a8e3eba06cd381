"""Batch gates: Great Expectations suites over a submission's accepted rows and its figures.

The suites are JSON files in `expectations/`, one per canonical table; each expectation's `meta` names the reason that a
failure gives, the frame it looks at (`rows` or `summary`) and why its limit is what it is. Only yes or no leaves the
library here: its richer results, its exceptions and its reports hold cell values.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pact_etl.domain.errors import InvariantBroken, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.validation.values import Gates

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition

ROWS, SUMMARY = "rows", "summary"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What one table's suite looks at."""

    table: str
    file: str
    rows: pd.DataFrame = field(repr=False)
    figures: Mapping[str, float] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file, checked for what this module relies on."""

    table: str
    expectations: tuple[dict[str, Any], ...]

    def looking_at(self, frame: str) -> list[dict[str, Any]]:
        """The expectations over one kind of frame."""
        return [e for e in self.expectations if e["meta"]["frame"] == frame]


def load_suite(folder: Path, table: str) -> Suite:
    """One table's suite.

    Raises:
        SettingsError: the file is missing, or an expectation lacks reason, gate, frame or why.
    """
    path = folder / f"{table}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        expectations = tuple(content["expectations"])
        for expectation in expectations:
            meta = expectation["meta"]
            Reason(meta["reason"])
            if (
                meta["gate"] != "batch"
                or meta["frame"] not in {ROWS, SUMMARY}
                or not meta["why"].strip()
            ):
                raise ValueError(expectation["type"])
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{path.name}: {type(error).__name__} {error}") from error
    return Suite(table=table, expectations=expectations)


def judge(judged: Sequence[Judged], folder: Path, gates: Gates) -> dict[str, int]:
    """Hold every table against its suite.

    Args:
        judged: in the order in which tables depend on each other, so that the cause is named before its effects.
        folder: where the suites are.
        gates: limits that the suites name as parameters.

    Returns:
        Table to number of expectations that held.

    Raises:
        SubmissionRefused: for the first expectation that did not.
        SettingsError: a suite cannot be used.
        InvariantBroken: an expectation could not be computed.
    """
    suites = {one.table: load_suite(folder, one.table) for one in judged}
    failed = _failed_figures(judged, suites, gates)
    counts = {}
    for one in judged:
        suite = suites[one.table]
        faults = failed[one.table]
        if not faults and len(one.rows):
            faults = _failures(suite, ROWS, one.rows, gates)
        if faults:
            raise _refusal(faults[0], one)
        counts[one.table] = (
            len(suite.expectations) if len(one.rows) else len(suite.looking_at(SUMMARY))
        )
    return counts


def _failed_figures(
    judged: Sequence[Judged], suites: Mapping[str, Suite], gates: Gates
) -> dict[str, list[dict[str, Any]]]:
    """The expectations about figures that do not hold, by table.

    All tables' figures are one row of one frame, because a run of the library costs the same for one as for fifty.
    """
    figures = {
        f"{one.table}.{name}": value for one in judged for name, value in one.figures.items()
    }
    wanted = [(one.table, e) for one in judged for e in suites[one.table].looking_at(SUMMARY)]
    named = [
        e
        | {
            "kwargs": e["kwargs"] | {"column": f"{table}.{e['kwargs']['column']}"},
            "meta": e["meta"] | {"place": place},
        }
        for place, (table, e) in enumerate(wanted)
    ]
    results = _run(SUMMARY, named, pd.DataFrame([figures]), gates) if named else []
    held = {place for place, success in results if success}
    failed: dict[str, list[dict[str, Any]]] = {one.table: [] for one in judged}
    for place, (table, expectation) in enumerate(wanted):
        if place not in held:
            failed[table].append(expectation)
    return failed


def _refusal(expectation: Mapping[str, Any], one: Judged) -> SubmissionRefused:
    column = expectation["kwargs"].get("column")
    figure = one.figures.get(str(column))
    detail = expectation["type"] if figure is None else f"{column} is {figure:.4g}"
    return SubmissionRefused(
        Reason(expectation["meta"]["reason"]),
        file=one.file,
        field=str(column) if figure is None and column else None,
        detail=detail,
    )


def _failures(suite: Suite, frame: str, rows: pd.DataFrame, gates: Gates) -> list[dict[str, Any]]:
    """The expectations that do not hold, in the file's order."""
    wanted = suite.looking_at(frame)
    if not wanted:
        return []
    # The library sorts its results, so each expectation carries its place along.
    numbered = [e | {"meta": e["meta"] | {"place": place}} for place, e in enumerate(wanted)]
    columns = {c for e in wanted for c in _columns(e)}
    results = _run(
        f"{suite.table}_{frame}", numbered, rows[[c for c in rows if c in columns]], gates
    )
    held = {place for place, success in results if success}
    return [e for place, e in enumerate(wanted) if place not in held]


def _columns(expectation: Mapping[str, Any]) -> list[str]:
    kwargs = expectation["kwargs"]
    return [kwargs["column"]] if "column" in kwargs else list(kwargs.get("column_list", []))


def _run(
    name: str, expectations: list[dict[str, Any]], rows: pd.DataFrame, gates: Gates
) -> list[tuple[int, bool]]:
    with warnings.catch_warnings():
        # What the library thinks of its own dependencies is no business of a night's log.
        warnings.simplefilter("ignore")
        import great_expectations as gx  # four seconds, so only where it is needed

        suite = gx.ExpectationSuite(name=name, expectations=expectations)
        if len(suite.expectations) != len(expectations):
            # An unknown type or a misspelt one is dropped without an error.
            raise SettingsError(
                f"{name}: {len(expectations) - len(suite.expectations)} not understood"
            )
        batch = _batch_definition().get_batch({"dataframe": rows})
        outcome = batch.validate(
            suite, result_format="BOOLEAN_ONLY", expectation_parameters=asdict(gates)
        )
    results = []
    for result in outcome.results:
        config = result.expectation_config
        if config is None or not _was_computed(result.exception_info):
            # The library's own text is left out on purpose: it quotes cells.
            raise InvariantBroken(
                f"{name}: {config.type if config else 'an expectation'} was not computed"
            )
        results.append((int(config.meta["place"]), bool(result.success)))
    if len(results) != len(expectations):
        raise InvariantBroken(
            f"{name}: {len(results)} of {len(expectations)} expectations answered"
        )
    return results


def _was_computed(exception_info: Mapping[str, Any] | None) -> bool:
    """The library reports an exception either flat or by metric."""
    if not exception_info:
        return True
    entries = (
        [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    )
    return not any(entry.get("raised_exception") for entry in entries)


@lru_cache(maxsize=1)
def _batch_definition() -> "BatchDefinition[Any]":
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.analytics_enabled = False
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("pact").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")
