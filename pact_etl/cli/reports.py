"""Step results and reports as tables for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pact_etl.domain.results import StepResult

out = Console(highlight=False)


def print_night(report: Mapping[str, Any]) -> None:
    """A night's districts and what came of it."""
    table = Table(
        "district",
        "status",
        "received",
        "recorded",
        "unchanged",
        "quarantined",
        "corrections",
        "reasons",
    )
    for slug, one in report["districts"].items():
        counts = one["counts"]
        names = ("received", "recorded", "unchanged", "quarantined", "corrections")
        table.add_row(
            slug, one["status"], *(str(counts.get(n, "")) for n in names), _pairs(one["reasons"])
        )
    out.print(table)
    out.print(f"findings: {_pairs(report['findings'])}")
    planned = {k: v for k, v in report["plan"].items() if k != "held_by_reason"}
    own = {k: v for k, v in planned.items() if not k.startswith(("new_", "follow_ups_"))}
    out.print(f"plan: {_pairs(own)}")
    out.print(_equation(planned))
    out.print(_following(planned))
    if report["plan"]["held_by_reason"]:
        out.print(f"held: {_pairs(report['plan']['held_by_reason'])}")
    if report["batch"]:
        out.print(
            f"batch {report['batch']} waits for approval: pact approve {report['batch']} --by NAME"
        )


def _equation(planned: Mapping[str, Any]) -> str:
    """Where the night's new findings went; empty where the night was not planned, for its batch was shown before."""
    if "new_findings" not in planned:
        return "new findings: planned another night, tonight's batch was shown already"
    parts = " + ".join(
        f"{planned[f'new_{name}']} {name.replace('_', ' ')}"
        for name in ("planned", "held", "withdrawn", "already_invited")
    )
    return f"new findings: {planned['new_findings']} = {parts}"


def _following(planned: Mapping[str, Any]) -> str:
    """What became of this year's letters that follow another one; empty where the night was not planned."""
    if "follow_ups_proposed" not in planned:
        return ""
    parts = " + ".join(
        f"{planned[f'follow_ups_{name}']} {name}" for name in ("planned", "held", "withdrawn")
    )
    return f"letters that follow another: {planned['follow_ups_proposed']} = {parts}"


def print_rows(rows: Sequence[Mapping[str, Any]], nothing: str) -> None:
    """Rows that share their columns, as a table."""
    if not rows:
        out.print(nothing)
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)


def print_corrections(found: Mapping[str, Mapping[str, Any]]) -> None:
    """What a night changed about the past."""
    if not found:
        out.print("Nothing about the past changed that night.")
        return
    table = Table("district", "what changed", "how many", "days back", "at most")
    for slug, one in found.items():
        for kind, spread in one["kinds"].items():
            table.add_row(
                slug, kind, str(spread["count"]), str(spread["median"]), str(spread["most"])
            )
    out.print(table)
    for slug, one in found.items():
        for name in ("letters_pending", "letters_out", "mailed_then_undone"):
            if one[name]:
                out.print(f"{slug}: {name}: {', '.join(one[name])}")


def print_questions(questions: Sequence[Mapping[str, Any]]) -> None:
    """The by-hand queue of who is who."""
    if not questions:
        out.print("No open question about who is who.")
        return
    table = Table("student", "doubt", "since")
    for one in questions:
        table.add_row(one["student"], one["doubt"], one["opened_on"])
    out.print(table)
    out.print("answer: pact identity DISTRICT:LOCAL_ID --same|--other --by NAME")


def print_result(result: StepResult) -> None:
    """One step."""
    parts = [
        result.step,
        result.status.value,
        result.as_of.isoformat(),
        _pairs(result.counts),
        _pairs(result.reasons),
    ]
    out.print("  ".join(part for part in parts if part))


def print_results(results: Iterable[StepResult]) -> None:
    """Several runs of a step."""
    for result in results:
        print_result(result)


def print_status(report: Mapping[str, Any]) -> None:
    """The county at a glance."""
    table = Table("district", "last night", "status", "received", "quarantined", "reason")
    for row in report["districts"]:
        table.add_row(
            *(
                str(row[k] or "")
                for k in ("slug", "as_of", "status", "received", "quarantined", "reason")
            )
        )
    out.print(table)
    for name in ("findings", "letters", "holds", "follow_ups", "emails", "tasks"):
        out.print(f"{name}: {_pairs(report[name]) or 'none'}")
    for batch in report["batches"]:
        out.print("  ".join(f"{k} {v}" for k, v in batch.items() if v is not None))


def print_simulation(summary: Mapping[str, Any]) -> None:
    """What was simulated."""
    for key, value in summary.items():
        out.print(f"{key}: {_pairs(value) if isinstance(value, Mapping) else value}")


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in values.items() if v is not None and v != "")


def print_balance(found: Mapping[str, Any]) -> None:
    """Letters by the vendor's working day and place, counted; and what does not add up."""
    places = list(next(iter(found["days"].values()), {}))
    table = Table("day", *(place.replace("_", " ") for place in places))
    for day, lists in found["days"].items():
        table.add_row(day, *(str(len(lists[place])) for place in places))
    out.print(table)
    for name in ("broken_batches", "missing_numbers", "overtaken"):
        if found[name]:
            out.print(f"{name.replace('_', ' ')}: {', '.join(map(str, found[name]))}")
