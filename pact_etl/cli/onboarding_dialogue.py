"""What `pact district new` asks, and how it shows what it found."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer
from rich.console import Console

if TYPE_CHECKING:
    from pact_etl.steps.onboarding_draft import Draft

out = Console(highlight=False, markup=False, soft_wrap=True)

_QUESTIONS = {
    "office_name": "Attendance office",
    "office_phone": "Its telephone",
    "office_email": "Its email address",
    "enrollment": "Students enrolled",
    "level": "Level (elementary, high, unified)",
}


def answered(draft: "Draft") -> "Draft":
    """The draft with everything asked that it could not infer."""
    answers: dict[str, str | int] = {}
    for name in draft.open_questions():
        kind = int if name == "enrollment" else str
        answers[name] = typer.prompt(_QUESTIONS[name], type=kind)
    return replace(draft, wanted=replace(draft.wanted, **answers))  # type: ignore[arg-type]


def print_draft(draft: "Draft") -> None:
    """What was written and what is left to a person."""
    out.print(f"Wrote {draft.wanted.out}: status testing, no letter leaves.")
    fit = "" if draft.fit is None else f"; {draft.fit:.0%} of its column titles found"
    out.print(f"Dialect {draft.settings['dialect']}{fit}.")
    differs = [name for name in draft.settings if name != "dialect"]
    out.print(f"Set for this district: {', '.join(differs) or 'nothing'}.")
    for code in draft.codes:
        says = f"; the source says {code.says}" if code.says else ""
        proposal = f"; proposal: {code.proposal}" if code.proposal and not code.status else ""
        meaning = code.status or "NO MEANING"
        out.print(f"  code {code.code!r}: {code.rows} rows, {meaning}{says}{proposal}")
    for table, columns in draft.missing.items():
        out.print(f"Not found in {table}: {', '.join(columns)}")
    for table, titles in draft.unplaced.items():
        out.print(f"Not used of {table}: {', '.join(titles)}")
    for name in draft.strangers:
        out.print(f"No file of this dialect: {name}")
    for table, why in draft.unread.items():
        out.print(f"Not readable yet: {table}: {why}")
    for note in draft.unsure:
        out.print(f"Please confirm: {note}")
    for question in draft.open_questions():
        out.print(f"Not answered yet: {question}")
    out.print(f"Next: pact district try {draft.wanted.slug}")
