"""A trial as one page of text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console

from pact_etl.domain.reasons import Reason
from pact_etl.validation.wording import WORDING

if TYPE_CHECKING:
    from pact_etl.steps.trial_outcome import Trial

out = Console(highlight=False, markup=False, soft_wrap=True)

_ENDS = {
    "done": "would be recorded",
    "held": "would be HELD",
    "late": "would be LATE: nothing usable is there",
    "skipped": "no school that day, and nothing there",
}


def print_trial(trial: "Trial") -> None:
    """The page."""
    out.print(f"{trial.district}, night of {trial.as_of}: {_ENDS[trial.status]}.")
    if trial.refused is not None:
        one = trial.refused
        parts = (one.reason, one.file, one.field, one.detail)
        out.print(f"Refused by: {', '.join(part for part in parts if part)}")
        out.print(f"  {_worded(one.reason)}")
    letters = "letters leave" if trial.mail == "active" else "no letter leaves"
    out.print(f"District is {trial.mail}: {letters}. Nothing was written by this trial.")
    if trial.stated is None:
        return
    stated = trial.stated
    asked = "everything of the school year" if stated.everything_asked else "what changed"
    roster = "everybody" if stated.whole_roster else "what changed"
    out.print(f"Fetched: {trial.files} files, {trial.bytes:,} bytes; asked for {asked}.")
    out.print(
        f"States attendance of {stated.first} to {stated.last}; roster: {roster}; "
        f"students read one by one: {stated.single_students}."
    )
    out.print("Rows:")
    for table, book in trial.tables.items():
        aside = f"; set aside: {_pairs(book.set_aside)}" if book.set_aside else ""
        out.print(f"  {table}: {book.received} received, {book.accepted} accepted{aside}")
    reasons = {reason for book in trial.tables.values() for reason in book.set_aside}
    for reason in sorted(reasons):
        out.print(f"    {reason}: {_worded(reason)}")
    if trial.unmapped:
        out.print("Codes without a meaning:")
        for code in trial.unmapped:
            says = f"; the source says {code.source_says}" if code.source_says else ""
            proposal = f"; proposal: {code.proposal}" if code.proposal else ""
            out.print(f"  {code.code!r}: {code.rows} rows{says}{proposal}")
    else:
        out.print("Every code has a meaning.")
    for caution in trial.cautions:
        out.print(f"Caution: {caution}")
    out.print(f"Marks: {_pairs(trial.marks) or 'none'}")
    if trial.shares:
        out.print("Share absent all day, largest schools, newest days:")
    for school in trial.shares:
        days = ", ".join(f"{day} {share:.1%}" for day, share in school.absent.items())
        out.print(f"  school {school.school_code} ({school.enrolled} enrolled): {days}")
    out.print(
        f"Students without an adult who holds rights: {trial.without_rights_holder}"
        f" of {trial.students}"
    )
    out.print(f"Addresses no envelope can carry: {_pairs(trial.address_faults) or 'none'}")


def _worded(reason: str) -> str:
    return WORDING[Reason(reason)]


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
