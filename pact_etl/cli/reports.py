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
    noticed = report["first_notices"]
    if noticed["districts"]:
        own = {k: v for k, v in noticed.items() if isinstance(v, int)}
        out.print(f"first notices: {noticed['status']}, {_pairs(own)}")
    if report["batch"]:
        out.print(
            f"batch {report['batch']} waits for approval: pact approve {report['batch']} --by NAME"
        )


def _equation(planned: Mapping[str, Any]) -> str:
    """Where the night's new findings went; empty where the night was not planned, for its batch was shown before."""
    if "new_findings" not in planned:
        return "students newly over the invitation line: planned another night, tonight's batch was shown already"
    parts = [
        f"{planned[f'new_{name}']} {words}"
        for name, words in (
            ("planned", "with a letter planned"),
            ("held", "held"),
            ("withdrawn", "withdrawn"),
            ("already_invited", "invited before"),
            ("unaccounted", "UNACCOUNTED FOR"),
        )
        if planned[f"new_{name}"]
    ]
    return f"students newly over the invitation line: {planned['new_findings']} = {' + '.join(parts) or '0'}"


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


def print_tasks(tasks: Sequence[Mapping[str, Any]]) -> None:
    """Open tasks under their owners, one on a line, so that no id is cut off; reasons are explained once below."""
    if not tasks:
        out.print("No open task.")
    owner = None
    for one in tasks:
        if one["owner"] != owner:
            owner = one["owner"]
            out.print(f"[bold]{owner}[/]")
        about = one["letter"] or one["student"]
        why = one["reason"] + (f" ({one['detail']})" if one["detail"] else "")
        late = "  OVERDUE" if one["is_overdue"] else ""
        line = f"  {one['task']:<6} {one['due_on']}  {about:<11}  {why}{late}"
        out.print(line, soft_wrap=True, markup=False)
    meant = {task["reason"]: (task["words"], task["remedy"]) for task in tasks}
    for reason, (words, remedy) in sorted(meant.items()):
        told = f"{reason}: {words}" + (f"; {remedy}" if remedy else "")
        out.print(told, soft_wrap=True, markup=False)
    if tasks:
        late_ones = sum(bool(task["is_overdue"]) for task in tasks)
        out.print(f"{len(tasks)} open, {late_ones} overdue")


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
    for name in ("findings", "letters", "holds", "follow_ups", "served_notices", "emails", "tasks"):
        out.print(f"{name}: {_pairs(report[name]) or 'none'}")
    if "cases" in report:
        _print_waiting(report)
    for slug, counts in report.get("first_notices", {}).items():
        out.print(f"first notices of {slug}: {_pairs(counts)}")
    for batch in report["batches"]:
        out.print("  ".join(f"{k} {v}" for k, v in batch.items() if v is not None))
        for one in report["packages"]:
            if one["batch"] == batch["id"] and one["status"] != "acknowledged":
                out.print(f"  {_package(one)}", soft_wrap=True)


def _package(one: Mapping[str, Any]) -> str:
    name = one["name"] or "a package without a number yet"
    return f"{name} {one['status']}" + (f", {one['pieces']} pieces" if one["pieces"] else "")


def _print_waiting(report: Mapping[str, Any]) -> None:
    """What waits for persons, as of the newest night."""
    reasons = {
        reason: f"{one['open']}" + (f" ({one['overdue']} overdue)" if one["overdue"] else "")
        for reason, one in report["tasks_by_reason"].items()
    }
    out.print(f"tasks by reason: {_pairs(reasons) or 'none'}")
    out.print(f"holds by hand: {_pairs(report['holds_by_hand']) or 'none'}")
    cases = report["cases"]
    out.print(f"cases: open {cases['open']}, closed {cases['closed']}")
    out.print(f"overdue deadlines: {_pairs(cases['overdue']) or 'none'}")


def print_simulation(summary: Mapping[str, Any]) -> None:
    """What was simulated."""
    for key, value in summary.items():
        out.print(f"{key}: {_pairs(value) if isinstance(value, Mapping) else value}")


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in values.items() if v is not None and v != "")


def print_balance(found: Mapping[str, Any]) -> None:
    """Letters by the vendor's working day: how many in each place that holds any; and what does not add up."""
    for day, lists in found["days"].items():
        told = [f"{place.replace('_', ' ')} {len(lists[place])}" for place in lists if lists[place]]
        out.print(f"{day}  {', '.join(told)}", soft_wrap=True, markup=False, highlight=False)
    for name in ("broken_packages", "missing_numbers", "overtaken"):
        if found[name]:
            out.print(f"{name.replace('_', ' ')}: {', '.join(map(str, found[name]))}")
